// @ts-check
// Reader of Open Graph, product and plain <meta> tags.
import * as breadcrumbs from "./breadcrumbs.js";
import { normaliseGtin } from "../../values/gtin.js";
import { machinePrice, unitsOf } from "../../values/price.js";
import { clean } from "../../values/text.js";
import { availabilityOf, conditionOf, fold } from "../../values/words.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.markup.opengraph;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("../../values/price.js").Price} Price */

const MAX_IMAGES = 30;
const META = vocabulary.meta;
// twitter:label1 is a text for readers; these are its words for a price and for the stock, folded.
const TWITTER_LABELS = vocabulary.twitterLabels;

/** @param {Page} page @param {string[]} names @returns {string | null} */
function first({ meta }, ...names) {
  return names.map((name) => meta.get(name)?.[0]).find((value) => value !== undefined) ?? null;
}

/** @param {Page} page @returns {string | null} og:title without the site's own name at its end */
function titleOf(page) {
  const title = clean(first(page, ...META.title), 500);
  const site = clean(first(page, ...META.siteName), 200);
  if (!title || !site) return title;
  for (const separator of vocabulary.siteNameSeparators) {
    const at = title.lastIndexOf(separator);
    const tail = title
      .slice(at + separator.length)
      .trim()
      .toLowerCase();
    if (at > 0 && title.slice(0, at).trim() && tail === site.toLowerCase()) return title.slice(0, at).trim();
  }
  return title;
}

/** Return the lowest of the named prices; amount and currency from the same pair of tags. @param {Page} page @param {string[]} kinds @returns {Price | null} */
function priceOf(page, ...kinds) {
  const prices = kinds
    .flatMap((kind) =>
      vocabulary.pricePrefixes.map((prefix) => {
        // A price without a currency of its own takes that of the page's one currency tag.
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
  return vocabulary.regularPriceKinds.map((kind) => priceOf(page, kind)).find(higher) ?? null;
}

/** @param {Page} page @returns {{word: string, text: string}[]} the Twitter card's labels, folded, with their texts */
function twitterLabels(page) {
  return [1, 2, 3, 4]
    .map((number) => ({
      word: fold(first(page, `${TWITTER_LABELS.label}${number}`) ?? ""),
      text: first(page, `${TWITTER_LABELS.text}${number}`) ?? "",
    }))
    .filter(({ word, text }) => word && text);
}

/** @param {Page} page @param {{word: string, text: string}[]} labels @returns {Price | null} */
function labelledPrice(page, labels) {
  return (
    labels
      .filter(({ word }) => TWITTER_LABELS.price.includes(word))
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
  const pairs = Object.entries(vocabulary.attributes).map(([name, key]) => [
    key,
    clean(first(page, `product:${name}`), 200),
  ]);
  return Object.fromEntries(pairs.filter(([, value]) => value));
}

/** @param {Page} page @returns {import("../candidate.js").Candidate[]} those of Open Graph, of plain meta tags, and of the languages */
export function extract(page) {
  const labels = twitterLabels(page);
  const price = priceOf(page, ...vocabulary.priceKinds) ?? labelledPrice(page, labels);
  const type = (first(page, ...META.type) ?? "").toLowerCase();
  const stock = [
    ...META.availability.map((name) => first(page, name)),
    ...labels.filter(({ word }) => TWITTER_LABELS.stock.includes(word)).map(({ text }) => text),
  ];
  return [
    {
      syntax: "opengraph",
      isProduct: vocabulary.productTypes.includes(type) || price !== null,
      title: titleOf(page),
      description: clean(first(page, ...META.description), 5000),
      brand: clean(first(page, ...META.brand), 200),
      categoryPath: breadcrumbs.pathOfCategory(first(page, ...META.category)),
      gtin: META.gtin.map((name) => normaliseGtin(first(page, name))).find((gtin) => gtin !== null),
      sku: clean(first(page, ...META.sku), 100),
      mpn: clean(first(page, ...META.mpn), 100),
      images: imagesOf(page, ...META.images),
      price,
      regularPrice: regularPriceOf(page, price),
      availability: stock.map(availabilityOf).find((name) => name !== null),
      condition: conditionOf(first(page, ...META.condition)),
      attributes: attributesOf(page),
    },
    {
      syntax: "meta",
      description: clean(first(page, ...META.plainDescription), 5000),
      images: imagesOf(page, ...META.plainImages),
    },
    ...[...page.languages].map(([syntax, language]) => ({
      syntax: /** @type {"dom" | "opengraph" | "meta"} */ (syntax),
      language,
    })),
  ];
}
