// @ts-check
// Objects that pages hand to analytics (GA4, enhanced ecommerce, Tealium, digitalData, Meta's pixel) as plain objects. A
// view of exactly one product's page is about this page; a list of impressions or a cart is not.
import { asList, isObject, textOf, truthy } from "../markup/nodes.js";
import { pageVocabulary } from "../../generated/contracts.js";
import { anyOf } from "../../values/patterns.js";

const vocabulary = pageVocabulary.state.analytics;

/** @typedef {import("../markup/nodes.js").Item} Item */

const VIEW_EVENTS = vocabulary.viewEvents;
const UTAG_PAGE = anyOf(vocabulary.utagPagePatterns);

/** @param {unknown} name */
function isView(name) {
  return typeof name === "string" && VIEW_EVENTS.includes(name.replace(/[^\p{L}\p{N}]+/gu, "").toLowerCase());
}

/** @param {any} products @param {any} currency @returns {Item | null} the one product of a list */
function onlyOf(products, currency) {
  const parts = asList(products);
  return parts.length === 1 && isObject(parts[0]) ? { currency, ...parts[0] } : null;
}

/** Google's: `{event: "view_item", ecommerce: {items}}`, the same sent by gtag, and the older `ecommerce.detail`. @param {Item} item @param {string} event @returns {Item | null} */
function ecommerce(item, event) {
  const commerce = isObject(item.ecommerce) ? item.ecommerce : item;
  const currency = commerce.currency || commerce.currencyCode || item.currency;
  if (isObject(commerce.detail)) return onlyOf(commerce.detail.products, currency);
  return isView(event) || isView(item.event) ? onlyOf(commerce.items, currency) : null;
}

/** Tealium's data layer: flat, each field a list with one entry for each product. @param {Item} item @returns {Item | null} */
function utag(item) {
  if (!vocabulary.utagProductKeys.some((key) => asList(item[key]).length === 1)) return null;
  if (!UTAG_PAGE.test(String(item.page_type || item.page_category || ""))) return null;
  const pairs = Object.entries(vocabulary.utagFields).map(([field, keys]) => {
    const key = keys.find((name) => truthy(item[name]));
    return /** @type {[string, any]} */ ([field, key && item[key]]);
  });
  return Object.fromEntries(
    pairs.filter(([, value]) => asList(value).length === 1).map(([field, value]) => [field, textOf(value)]),
  );
}

/** W3C's customer experience digital data: `product: [{productInfo, price}]`. @param {Item} item @returns {Item | null} */
function digitalData(item) {
  const parts = asList(item.product);
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

/** Meta's pixel: `fbq("track", "ViewContent", {content_name, content_ids, value, currency})`. @param {Item} item @param {string} event @returns {Item | null} */
function pixel(item, event) {
  const ids = asList(item.content_ids);
  if (!isView(event) || !("value" in item) || ids.length > 1 || !(ids.length > 0 || truthy(item.content_name)))
    return null;
  return { name: item.content_name, id: textOf(ids), price: item.value, currency: item.currency };
}

/** Shopify's `meta` object on a product's page, its prices in cents. @param {Item} item @returns {Item | null} */
function shopify({ product, page }) {
  if (!isObject(product) || !isObject(page) || page.pageType !== "product") return null;
  const variants = asList(product.variants).filter(isObject);
  if (variants.length === 0 || !Number.isInteger(variants[0].price)) return null;
  // The product names itself nowhere here; each variant's name begins with its title.
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

/** @param {Item} item @param {string} event @returns {Item | null} the one product whose view it reports, with the keys of a product object */
export function productOf(item, event) {
  const found = [ecommerce(item, event), utag(item), digitalData(item), pixel(item, event), shopify(item)].find(truthy);
  return found && (truthy(found.price) || truthy(found.variants)) ? found : null;
}
