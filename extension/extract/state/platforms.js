// @ts-check
// Readers of state without product names: Magento's price boxes, WooCommerce's variations, and shop currencies.
import { absoluteUrl } from "../page.js";
import { asList, isObject, textOf } from "../markup/nodes.js";
import { currencyCode, machinePrice, unitsOf } from "../../values/price.js";
import { attributeKey } from "../markup/schemaorg.js";
import { clean } from "../../values/text.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.state.platforms;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("../markup/nodes.js").DataNode} DataNode */
/** @typedef {import("../../values/price.js").Price} Price */
/** @typedef {import("../candidate.js").Candidate} Candidate */

const MAX_VARIANTS = 250;
const CURRENCIES = new RegExp(vocabulary.currencyPatterns.join("|"));
const VARIATION_PREFIX = new RegExp(vocabulary.variationPrefixPattern);

/** @param {Page} page @returns {string | null} the currency that Shopify's or WooCommerce's own scripts name for the whole shop */
export function shopCurrency({ document }) {
  const texts = [...document.querySelectorAll("script")].map((element) => element.textContent ?? "");
  if (!texts.some((text) => vocabulary.currencyMarks.some((mark) => text.includes(mark)))) return null;
  const match = texts.map((text) => CURRENCIES.exec(text)).find((found) => found !== null);
  return match ? currencyCode(match[1] ?? match[2] ?? match[3]) : null;
}

/** @param {unknown} value @param {string | null} currency @returns {Price | null} */
function positive(value, currency) {
  const price = machinePrice(value, currency);
  return price && unitsOf(price.amount) > 0n ? price : null;
}

/** @param {Price | null} regular @param {Price} price @returns {Price | null} */
const higher = (regular, price) => (regular && unitsOf(regular.amount) > unitsOf(price.amount) ? regular : null);

/** Return the product id of the page's own form: Magento's by its name, else the only one there is. @param {Document} document @returns {string | null} */
function boughtId(document) {
  const own = [...document.querySelectorAll("form[id=product_addtocart_form] input[name=product][value]")];
  const inputs = own.length > 0 ? own : [...document.querySelectorAll("form input[name=product][value]")];
  const ids = new Set(inputs.map((input) => input.getAttribute("value")));
  return ids.size === 1 ? [...ids][0] : null;
}

/** Return the currency of a pattern such as "€%s". @param {DataNode} node @param {Page} page @returns {string | null} */
function currencyOfPattern(node, page) {
  const pattern = isObject(node.priceFormat) ? node.priceFormat.pattern : node.currencyFormat;
  return typeof pattern === "string" ? currencyCode(pattern.replaceAll("%s", "").trim(), page.region) : null;
}

/** Return the price of a Magento price box where its product is the one that the page's form buys. @param {DataNode} node @param {Page} page @returns {Candidate | null} */
export function magentoCandidate(node, page) {
  let [final, old] = [node.productPrice, node.productOldPrice];
  if (isObject(node.prices) && isObject(node.prices.finalPrice))
    [final, old] = [node.prices.finalPrice.amount, node.prices.oldPrice?.amount];
  else if (!("productPrice" in node && "priceFormat" in node)) return null;
  const identity = textOf(node.productId);
  if (identity === null || identity !== boughtId(page.document)) return null;
  const currency = currencyOfPattern(node, page);
  const price = positive(final, currency);
  return (
    price && {
      syntax: "state",
      isProduct: true,
      numProducts: 1,
      price,
      regularPrice: higher(positive(old, currency), price),
    }
  );
}

/** @param {DataNode} part @param {string | null} currency @returns {Record<string, any>} */
function variationOf(part, currency) {
  const pairs = Object.entries(isObject(part.attributes) ? part.attributes : {}).map(([name, value]) => [
    attributeKey(name.replace(VARIATION_PREFIX, "")),
    clean(value, 200),
  ]);
  const image = asList(part.image).find(isObject)?.src;
  return {
    sku: clean(textOf(part.sku), 100),
    image: typeof image === "string" ? absoluteUrl(image, image) : null,
    price: positive(part.display_price, currency),
    availability: typeof part.is_in_stock === "boolean" ? (part.is_in_stock ? "InStock" : "OutOfStock") : null,
    attributes: Object.fromEntries(pairs.filter(([key, value]) => key && value)),
  };
}

/** Return the Candidate of the page's one form of variations: the lowest price, in stock if any variation is. @param {import("./sources.js").Source[]} sources @param {string | null} currency @returns {Candidate | null} */
export function woocommerceCandidate(sources, currency) {
  const forms = sources.filter(({ attribute }) => attribute === vocabulary.variationsAttribute);
  if (forms.length !== 1 || !Array.isArray(forms[0].value)) return null;
  const parts = forms[0].value.slice(0, MAX_VARIANTS).filter(isObject);
  const variants = parts.map((part) => variationOf(part, currency));
  const priced = variants
    .map((variant, i) => ({ price: /** @type {Price | null} */ (variant.price), part: parts[i] }))
    .filter(({ price }) => price);
  if (priced.length === 0) return null;
  const units = (/** @type {{price: Price | null}} */ one) => unitsOf(/** @type {Price} */ (one.price).amount);
  const lowest = priced.reduce((low, one) => (units(one) < units(low) ? one : low));
  const price = /** @type {Price} */ (lowest.price);
  const skus = new Set(variants.map(({ sku }) => sku));
  return {
    syntax: "state",
    isProduct: true,
    numProducts: 1,
    price,
    regularPrice: higher(positive(lowest.part.display_regular_price, currency), price),
    sku: skus.size === 1 ? variants[0].sku : null,
    availability: variants.some(({ availability }) => availability === "InStock")
      ? "InStock"
      : variants[0].availability,
    variants: variants.length > 1 ? variants : [],
  };
}
