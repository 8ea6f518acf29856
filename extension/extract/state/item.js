// @ts-check
// What an object of a page's state says about a product, whatever its shop's software calls the fields.
import * as breadcrumbs from "../markup/breadcrumbs.js";
import { normaliseGtin } from "../../values/gtin.js";
import { asList, isObject, textOf, truthy } from "../markup/nodes.js";
import { ratingOf, reviewsOf } from "../markup/ratings.js";
import { unitsOf } from "../../values/price.js";
import { attributeKey, attributesOf } from "../markup/schemaorg.js";
import { PRICE_KEYS, REGULAR_KEYS, isInMinorUnits, priceIn } from "./price.js";
import { clean } from "../../values/text.js";
import { availabilityOf } from "../../values/words.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.state.item;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("../markup/nodes.js").Item} Item */
/** @typedef {string | null | undefined} Maybe */

const MAX_VARIANTS = 250;
export const NAME_KEYS = vocabulary.nameKeys;
const BRAND_KEYS = vocabulary.brandKeys;
const SKU_KEYS = vocabulary.skuKeys;
const WEAK_SKU_KEYS = vocabulary.weakSkuKeys;
const GTIN_KEYS = vocabulary.gtinKeys;
const MPN_KEYS = vocabulary.mpnKeys;
const STOCK_KEYS = vocabulary.stockKeys;
// Where a number stands here it is 1 and 0 for yes and no, or how many there are.
const COUNTED_STOCK_KEYS = vocabulary.countedStockKeys;
const CATEGORY_KEYS = vocabulary.categoryKeys;
const RATING_PARTS = vocabulary.ratingParts;
const REVIEW_PARTS = vocabulary.reviewParts;

/** @param {any} value @returns {Item[]} the objects of a list, or of a GraphQL connection */
function entriesOf(value) {
  const list = isObject(value) ? (value.edges ?? value.nodes) : value;
  return (Array.isArray(list) ? list.slice(0, MAX_VARIANTS) : [])
    .map((part) => (isObject(part) && isObject(part.node) ? part.node : part))
    .filter(isObject);
}

/** @param {Item} variant @param {Page} page */
function isAskedFor(variant, page) {
  const name = textOf(variant.id);
  return name !== null && new URL(page.url).searchParams.getAll("variant").includes(name.split("/").at(-1) ?? "");
}

/** @param {Item} item @returns {string | null} */
export function availabilityIn(item) {
  for (const key of STOCK_KEYS) {
    const part = item[key];
    const name = isObject(part) ? vocabulary.stockValueKeys.find((one) => one in part) : undefined;
    const value = isObject(part) ? name && part[name] : part;
    const found = availabilityOf(value);
    if (found) return found;
    if (COUNTED_STOCK_KEYS.includes(key) && Number.isInteger(value)) return value > 0 ? "InStock" : "OutOfStock";
  }
  return null;
}

/** @param {Item[]} variants @param {Page} page @returns {Item} the one that the address asks for, else the first that can be bought, else the first */
function chosenVariant(variants, page) {
  return (
    variants.find((one) => isAskedFor(one, page)) ??
    variants.find((one) => availabilityIn(one) === "InStock") ??
    variants[0] ??
    {}
  );
}

/** @param {Item[]} variants @returns {string | null} */
function stockOf(variants) {
  const found = variants.map(availabilityIn).filter((stock) => stock !== null);
  return found.includes("InStock") ? "InStock" : (found[0] ?? null);
}

/** @param {Item} item @param {string[]} keys @returns {string | null} */
function codeOf(item, keys) {
  return keys.map((key) => clean(textOf(item[key]), 100)).find((code) => code !== null) ?? null;
}

/** @param {Item} item @returns {string | null} */
function gtinOf(item) {
  return GTIN_KEYS.map((key) => normaliseGtin(textOf(item[key]))).find((gtin) => gtin !== null) ?? null;
}

/** @param {Item} item @returns {string | null} */
function brandOf(item) {
  return (
    BRAND_KEYS.map((key) => {
      const value = item[key];
      return clean(textOf(isObject(value) ? value.name || value.label || value.title : value), 200);
    }).find((text) => text !== null) ?? null
  );
}

/** Shopify's option1, option2, option3 under their names. @param {Item} variant @param {string[]} names @returns {Record<string, string>} */
function optionsOf(variant, names) {
  const pairs = names.map((name, i) => [attributeKey(name), clean(variant[`option${i + 1}`], 200)]);
  return Object.fromEntries(pairs.filter(([key, value]) => key && value));
}

/** @param {Item} item @param {Item[]} variants @param {Maybe} currency @param {Page} page @returns {Record<string, any>[]} */
function variantsOf(item, variants, currency, page) {
  const names = asList(item.options)
    .slice(0, 3)
    .map((option) => textOf(option) ?? "");
  const isMinor = isInMinorUnits(item);
  return variants
    .map((variant) => {
      const options = optionsOf(variant, names);
      return {
        sku: codeOf(variant, SKU_KEYS),
        gtin: gtinOf(variant),
        price: priceIn(variant, PRICE_KEYS, currency, page, isMinor),
        availability: availabilityIn(variant),
        attributes: truthy(options) ? options : attributesOf(variant),
      };
    })
    .filter((variant) => Object.values(variant).some(truthy));
}

/** @param {Item} item @returns {string[]} */
function categoryPathOf(item) {
  const key = [...CATEGORY_KEYS, ...(isInMinorUnits(item) ? ["type"] : [])].find((name) => truthy(item[name]));
  const value = key && item[key];
  if (typeof value !== "string" || typeof item.item_category2 !== "string") return breadcrumbs.ofCategory(value);
  return breadcrumbs.ofCategory([
    value,
    ...[2, 3, 4, 5].map((number) => item[`item_category${number}`]).filter((part) => typeof part === "string"),
  ]);
}

/** @param {Item} item @param {Page} page @returns {string[]} */
function imagesOf(item, page) {
  const parts = vocabulary.imageKeys.flatMap((key) => {
    const entries = entriesOf(item[key]);
    return entries.length > 0 ? entries : asList(item[key]);
  });
  const urls = parts
    .map((part) => {
      const key = isObject(part) && vocabulary.imageAddressKeys.find((name) => truthy(part[name]));
      return page.absolute(isObject(part) ? key && part[key] : part);
    })
    .filter((url) => url !== null);
  return [...new Set(urls)].slice(0, 30);
}

/** @param {Item} item @param {string[]} keys @returns {any} */
function firstOf(item, ...keys) {
  return keys.map((key) => item[key]).find((value) => value !== null && value !== undefined);
}

/** @param {Item} item */
function ratingIn(item) {
  const part = firstOf(item, ...vocabulary.ratingKeys);
  if (!isObject(part)) return null;
  return ratingOf(
    Object.fromEntries(Object.entries(RATING_PARTS).map(([name, keys]) => [name, firstOf(part, ...keys)])),
    true,
  );
}

/** @param {Item} item */
function reviewsIn(item) {
  return reviewsOf(
    asList(item.reviews)
      .filter(isObject)
      .map((part) => ({
        reviewBody: firstOf(part, ...REVIEW_PARTS.reviewBody),
        datePublished: firstOf(part, ...REVIEW_PARTS.datePublished),
        reviewRating: { ratingValue: firstOf(part, ...REVIEW_PARTS.ratingValue) },
      })),
  );
}

/** @param {Item} item @returns {string | null} an id that may be the shop's number for the product, or only its database's */
export function weakSkuOf(item) {
  const code = (codeOf(item, WEAK_SKU_KEYS) ?? "").split("/").at(-1) ?? "";
  return /^(?=.*\d)[\p{L}\p{N}_.-]{2,40}$/u.test(code) && code.split("-").length < 5 ? code : null;
}

/** @param {Item} item @param {Maybe} currency @param {Page} page @returns {import("../combine.js").Candidate} without a price it claims no product */
export function candidateOf(item, currency, page) {
  const variants = entriesOf(item.variants);
  const chosen = chosenVariant(variants, page);
  const isAsked = isAskedFor(chosen, page);
  const isMinor = isInMinorUnits(item);
  const whole = priceIn(item, PRICE_KEYS, currency, page);
  const own = !whole || isAsked ? priceIn(chosen, PRICE_KEYS, currency, page, isMinor) : null;
  const price = own ?? whole;
  const regular = priceIn(own ? chosen : item, REGULAR_KEYS, price?.currency ?? currency, page, isMinor);
  const isHigher =
    price && regular && regular.currency === price.currency && unitsOf(regular.amount) > unitsOf(price.amount);
  const title = NAME_KEYS.find((key) => typeof item[key] === "string");
  return {
    syntax: "state",
    isProduct: price !== null,
    numProducts: 1,
    title: clean(title && item[title], 500),
    description: clean(item.description, 5000),
    brand: brandOf(item),
    categoryPath: categoryPathOf(item),
    gtin: gtinOf(item) ?? gtinOf(chosen),
    sku: codeOf(item, SKU_KEYS) ?? codeOf(chosen, SKU_KEYS),
    mpn: codeOf(item, MPN_KEYS) ?? codeOf(chosen, MPN_KEYS),
    images: imagesOf(item, page),
    price,
    regularPrice: isHigher ? regular : null,
    availability: availabilityIn(isAsked ? chosen : item) ?? stockOf(variants),
    rating: ratingIn(item),
    attributes: attributesOf(item),
    variants: variants.length > 1 ? variantsOf(item, variants, currency, page) : [],
    reviews: reviewsIn(item),
  };
}
