// @ts-check
// Open Graph, product and plain <meta> tags.
import * as breadcrumbs from "./breadcrumbs.js";
import { normaliseGtin } from "../../values/gtin.js";
import { machinePrice, unitsOf } from "../../values/price.js";
import { clean } from "../../values/text.js";
import { availabilityOf, conditionOf, fold } from "../../values/words.js";

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("../../values/price.js").Price} Price */

const MAX_IMAGES = 30;
const ATTRIBUTES = {
  color: "color",
  size: "size",
  material: "material",
  pattern: "pattern",
  target_gender: "gender",
  age_group: "ageGroup",
};
const PRODUCT_TYPES = ["product", "og:product", "product.item", "product:item", "product.group", "ebay-objects:item"];
const GTIN_NAMES = ["gtin", "gtin13", "gtin14", "ean", "upc", "isbn"]
  .map((kind) => `product:${kind}`)
  .concat("og:ean", "og:upc", "og:isbn", "book:isbn", "books:isbn");
// twitter:label1 is written for people; these are its words for a price and for the stock, folded.
const PRICE_LABELS = [
  "price",
  "preis",
  "prix",
  "precio",
  "prezzo",
  "preço",
  "prijs",
  "pris",
  "cena",
  "ár",
  "hinta",
  "цена",
  "ціна",
  "fiyat",
  "価格",
  "价格",
  "價格",
];
const STOCK_LABELS = [
  "availability",
  "stock",
  "instock",
  "verfügbarkeit",
  "disponibilité",
  "disponibilidad",
  "disponibilità",
  "disponibilidade",
  "beschikbaarheid",
  "наличие",
];
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
    const tail = title
      .slice(at + separator.length)
      .trim()
      .toLowerCase();
    if (at > 0 && title.slice(0, at).trim() && tail === site.toLowerCase()) return title.slice(0, at).trim();
  }
  return title;
}

/** The lowest of the named prices; amount and currency from the same pair of tags. @param {Page} page @param {string[]} kinds @returns {Price | null} */
function priceOf(page, ...kinds) {
  const prices = kinds
    .flatMap((kind) =>
      ["product", "og"].map((prefix) => {
        // Where a price has no currency of its own, the page's one currency tag is its.
        const currency = first(page, `${prefix}:${kind}:currency`, `${prefix}:price:currency`, `${prefix}:currency`);
        return machinePrice(first(page, `${prefix}:${kind}:amount`, `${prefix}:${kind}`), currency, {
          region: page.region,
        });
      }),
    )
    .filter((price) => price !== null)
    .filter((price) => unitsOf(price.amount) > 0n);
  const same = prices.filter((price) => price.currency === prices[0].currency);
  return same.length > 0
    ? same.reduce((low, price) => (unitsOf(price.amount) < unitsOf(low.amount) ? price : low))
    : null;
}

/** @param {Page} page @param {Price | null} price @returns {Price | null} */
function regularPriceOf(page, price) {
  const higher = (/** @type {Price | null} */ one) =>
    one && price && one.currency === price.currency && unitsOf(one.amount) > unitsOf(price.amount);
  return ["original_price", "price:standard_amount", "price"].map((kind) => priceOf(page, kind)).find(higher) ?? null;
}

/** @param {Page} page @returns {{word: string, text: string}[]} the Twitter card's labels, folded, with their texts */
function twitterLabels(page) {
  return [1, 2, 3, 4]
    .map((number) => ({
      word: fold(first(page, `twitter:label${number}`) ?? ""),
      text: first(page, `twitter:data${number}`) ?? "",
    }))
    .filter(({ word, text }) => word && text);
}

/** @param {Page} page @param {{word: string, text: string}[]} labels @returns {Price | null} */
function labelledPrice(page, labels) {
  return (
    labels
      .filter(({ word }) => PRICE_LABELS.includes(word))
      .map(({ text }) => machinePrice(text, null, { region: page.region }))
      .find((price) => price && unitsOf(price.amount) > 0n) ?? null
  );
}

/** @param {Page} page @param {string[]} names @returns {string[]} */
function imagesOf(page, ...names) {
  for (const name of names) {
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

/** @param {Page} page @returns {import("../combine.js").Candidate[]} what Open Graph says, plain meta tags after it */
export function extract(page) {
  const labels = twitterLabels(page);
  const price = priceOf(page, "price", "sale_price") ?? labelledPrice(page, labels);
  const type = (first(page, "og:type") ?? "").toLowerCase();
  const stock = [
    first(page, "product:availability"),
    first(page, "og:availability"),
    ...labels.filter(({ word }) => STOCK_LABELS.includes(word)).map(({ text }) => text),
  ];
  return [
    {
      syntax: "opengraph",
      isProduct: PRODUCT_TYPES.includes(type) || price !== null,
      title: titleOf(page),
      description: clean(first(page, "og:description"), 5000),
      brand: clean(first(page, "product:brand", "og:brand"), 200),
      categoryPath: breadcrumbs.ofCategory(first(page, "product:category")),
      gtin: GTIN_NAMES.map((name) => normaliseGtin(first(page, name))).find((gtin) => gtin !== null),
      sku: clean(first(page, "product:retailer_item_id", "product:sku", "og:sku"), 100),
      mpn: clean(first(page, "product:mfr_part_no", "product:mpn"), 100),
      images: imagesOf(page, "og:image", "og:image:url", "og:image:secure_url"),
      price,
      regularPrice: regularPriceOf(page, price),
      availability: stock.map(availabilityOf).find((name) => name !== null),
      condition: conditionOf(first(page, "product:condition", "og:condition")),
      attributes: attributesOf(page),
    },
    {
      syntax: "meta",
      description: clean(first(page, "description", "twitter:description"), 5000),
      images: imagesOf(page, "twitter:image", "twitter:image:src"),
    },
    ...[...page.languages].map(([syntax, language]) => ({
      syntax: /** @type {"dom" | "opengraph" | "meta"} */ (syntax),
      language,
    })),
  ];
}
