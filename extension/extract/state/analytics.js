// @ts-check
// Products in analytics objects (GA4, enhanced ecommerce, Tealium, digitalData, Meta's pixel) as product objects. A view of
// exactly one product concerns this page; a list of impressions or a cart does not.
import { asList, isObject, textOf, truthy } from "../markup/nodes.js";
import { pageVocabulary } from "../../generated/contracts.js";
import { anyOf } from "../../values/patterns.js";

const vocabulary = pageVocabulary.state.analytics;

/** @typedef {import("../markup/nodes.js").DataNode} DataNode */

const VIEW_EVENTS = vocabulary.viewEvents;
const UTAG_PAGE = anyOf(vocabulary.utagPagePatterns);

/** @param {unknown} name */
function isView(name) {
  return typeof name === "string" && VIEW_EVENTS.includes(name.replace(/[^\p{L}\p{N}]+/gu, "").toLowerCase());
}

/** @param {any} products @param {any} currency @returns {DataNode | null} the one product of a list */
function onlyOf(products, currency) {
  const parts = asList(products);
  return parts.length === 1 && isObject(parts[0]) ? { currency, ...parts[0] } : null;
}

/** Return the product of Google's `{event: "view_item", ecommerce: {items}}`, of gtag, or of `ecommerce.detail`. @param {DataNode} node @param {string} event @returns {DataNode | null} */
function ecommerce(node, event) {
  const commerce = isObject(node.ecommerce) ? node.ecommerce : node;
  const currency = commerce.currency || commerce.currencyCode || node.currency;
  if (isObject(commerce.detail)) return onlyOf(commerce.detail.products, currency);
  return isView(event) || isView(node.event) ? onlyOf(commerce.items, currency) : null;
}

/** Return the product of Tealium's data layer: flat, each field a list with one entry per product. @param {DataNode} node @returns {DataNode | null} */
function utag(node) {
  if (!vocabulary.utagProductKeys.some((key) => asList(node[key]).length === 1)) return null;
  if (!UTAG_PAGE.test(String(node.page_type || node.page_category || ""))) return null;
  const pairs = Object.entries(vocabulary.utagFields).map(([field, keys]) => {
    const key = keys.find((name) => truthy(node[name]));
    return /** @type {[string, any]} */ ([field, key && node[key]]);
  });
  return Object.fromEntries(
    pairs.filter(([, value]) => asList(value).length === 1).map(([field, value]) => [field, textOf(value)]),
  );
}

/** Return the product of W3C's customer experience digital data: `product: [{productInfo, price}]`. @param {DataNode} node @returns {DataNode | null} */
function digitalData(node) {
  const parts = asList(node.product);
  if (parts.length !== 1 || !isObject(parts[0]) || !isObject(parts[0].productInfo)) return null;
  const info = parts[0].productInfo;
  const price = isObject(parts[0].price) ? parts[0].price : { basePrice: parts[0].price };
  return {
    name: info.productName,
    sku: info.sku,
    id: info.productID,
    brand: info.brand || info.manufacturer,
    price: price.priceWithTax || price.basePrice,
    currency: price.currency || info.currency,
  };
}

/** Return the product of Meta's `fbq("track", "ViewContent", {content_name, content_ids, value, currency})`. @param {DataNode} node @param {string} event @returns {DataNode | null} */
function pixel(node, event) {
  const ids = asList(node.content_ids);
  if (!isView(event) || !("value" in node) || ids.length > 1 || !(ids.length > 0 || truthy(node.content_name)))
    return null;
  return { name: node.content_name, id: textOf(ids), price: node.value, currency: node.currency };
}

/** Return the product of Shopify's `meta` object on a product's page, whose prices are in cents. @param {DataNode} node @returns {DataNode | null} */
function shopify({ product, page }) {
  if (!isObject(product) || !isObject(page) || page.pageType !== "product") return null;
  const variants = asList(product.variants).filter(isObject);
  if (variants.length === 0 || !Number.isInteger(variants[0].price)) return null;
  // The product has no name here; each variant's name begins with the title.
  const name = textOf(variants[0].name) ?? "";
  const choice = textOf(variants[0].public_title);
  const title = choice && name.endsWith(` - ${choice}`) ? name.slice(0, -choice.length - 3) : name;
  return {
    name: title || null,
    id: product.id,
    vendor: product.vendor,
    productType: product.type,
    price_varies: true,
    variants,
  };
}

/** @param {DataNode} node @param {string} event @returns {DataNode | null} the one product whose view it reports, with the keys of a product object */
export function productOf(node, event) {
  const found = [ecommerce(node, event), utag(node), digitalData(node), pixel(node, event), shopify(node)].find(truthy);
  return found && (truthy(found.price) || truthy(found.variants)) ? found : null;
}
