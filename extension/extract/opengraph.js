// @ts-check
// Open Graph, product and plain <meta> tags.
import * as breadcrumbs from "./breadcrumbs.js";
import { normaliseGtin } from "./gtin.js";
import { machinePrice, unitsOf } from "./price.js";
import { clean } from "./text.js";
import { availabilityOf, conditionOf } from "./words.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./price.js").Price} Price */

const MAX_IMAGES = 30;
const ATTRIBUTES = {
  color: "color", size: "size", material: "material", pattern: "pattern", target_gender: "gender", age_group: "ageGroup",
};
const SEPARATORS = [" | ", " - ", " – ", " — ", " · ", ": "];

/** @param {Page} page @param {string[]} names @returns {string | null} */
function first({ meta }, ...names) {
  return names.map((name) => meta.get(name)?.[0]).find((value) => value !== undefined) ?? null;
}

/** @param {Page} page @returns {string | null} og:title without the site's own name at its end */
function titleOf(page) {
  const title = clean(first(page, "og:title"), 500);
  const site = clean(first(page, "og:site_name"), 200);
  if (!title || !site) return title;
  for (const separator of SEPARATORS) {
    const at = title.lastIndexOf(separator);
    const tail = title.slice(at + separator.length).trim().toLowerCase();
    if (at > 0 && title.slice(0, at).trim() && tail === site.toLowerCase()) return title.slice(0, at).trim();
  }
  return title;
}

/** The lowest of the named prices; amount and currency from the same pair of tags. @param {Page} page @param {string[]} kinds @returns {Price | null} */
function priceOf(page, ...kinds) {
  const prices = kinds.flatMap((kind) => ["product", "og"].map((prefix) =>
    machinePrice(first(page, `${prefix}:${kind}:amount`), first(page, `${prefix}:${kind}:currency`), { region: page.region })))
    .filter((price) => price !== null).filter((price) => unitsOf(price.amount) > 0n);
  const same = prices.filter((price) => price.currency === prices[0].currency);
  return same.length > 0 ? same.reduce((low, price) => (unitsOf(price.amount) < unitsOf(low.amount) ? price : low)) : null;
}

/** @param {Page} page @param {Price | null} price @returns {Price | null} */
function regularPriceOf(page, price) {
  const higher = (/** @type {Price | null} */ one) =>
    one && price && one.currency === price.currency && unitsOf(one.amount) > unitsOf(price.amount);
  return ["original_price", "price"].map((kind) => priceOf(page, kind)).find(higher) ?? null;
}

/** @param {Page} page @returns {string[]} */
function imagesOf(page) {
  for (const name of ["og:image", "og:image:url", "og:image:secure_url"]) {
    const urls = (page.meta.get(name) ?? []).map((value) => page.absolute(value)).filter((url) => url !== null);
    if (urls.length > 0) return [...new Set(urls)].slice(0, MAX_IMAGES);
  }
  return [];
}

/** @param {Page} page @returns {Record<string, string>} */
function attributesOf(page) {
  const pairs = Object.entries(ATTRIBUTES).map(([name, key]) => [key, clean(first(page, `product:${name}`), 200)]);
  return Object.fromEntries(pairs.filter(([, value]) => value));
}

/** @param {Page} page @returns {import("./combine.js").Candidate[]} what Open Graph says, plain meta tags after it */
export function extract(page) {
  const price = priceOf(page, "price", "sale_price");
  const type = (first(page, "og:type") ?? "").toLowerCase();
  const gtins = ["product:gtin", "product:ean", "product:upc", "product:isbn"].map((name) => normaliseGtin(first(page, name)));
  return [
    {
      syntax: "opengraph",
      isProduct: ["product", "og:product", "product.item"].includes(type) || price !== null,
      title: titleOf(page),
      description: clean(first(page, "og:description"), 5000),
      brand: clean(first(page, "product:brand", "og:brand"), 200),
      categoryPath: breadcrumbs.ofCategory(first(page, "product:category")),
      gtin: gtins.find((gtin) => gtin !== null),
      sku: clean(first(page, "product:retailer_item_id", "product:sku"), 100),
      mpn: clean(first(page, "product:mfr_part_no"), 100),
      images: imagesOf(page),
      price,
      regularPrice: regularPriceOf(page, price),
      availability: availabilityOf(first(page, "product:availability", "og:availability")),
      condition: conditionOf(first(page, "product:condition", "og:condition")),
      attributes: attributesOf(page),
    },
    { syntax: "meta", description: clean(first(page, "description"), 5000) },
    ...[...page.languages].map(([syntax, language]) => ({ syntax: /** @type {"dom" | "opengraph" | "meta"} */ (syntax), language })),
  ];
}
