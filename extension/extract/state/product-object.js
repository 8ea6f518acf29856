// @ts-check
// Reader of product objects in a page's state, under the field names of many shop systems.
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

const vocabulary = pageVocabulary.state.productObject;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("../markup/nodes.js").DataNode} DataNode */
/** @typedef {string | null | undefined} Maybe */

const MAX_VARIANTS = 250;
export const NAME_KEYS = vocabulary.nameKeys;
const BRAND_KEYS = vocabulary.brandKeys;
const SKU_KEYS = vocabulary.skuKeys;
const WEAK_SKU_KEYS = vocabulary.weakSkuKeys;
const GTIN_KEYS = vocabulary.gtinKeys;
const MPN_KEYS = vocabulary.mpnKeys;
const STOCK_KEYS = vocabulary.stockKeys;
// A number under these keys is 1 and 0 for yes and no, or the number in stock.
const COUNTED_STOCK_KEYS = vocabulary.countedStockKeys;
const CATEGORY_KEYS = vocabulary.categoryKeys;
const RATING_PARTS = vocabulary.ratingParts;
const REVIEW_PARTS = vocabulary.reviewParts;

/** @param {any} value @returns {DataNode[]} the objects of a list, or of a GraphQL connection */
function entriesOf(value) {
  const list = isObject(value) ? (value.edges ?? value.nodes) : value;
  return (Array.isArray(list) ? list.slice(0, MAX_VARIANTS) : [])
    .map((part) => (isObject(part) && isObject(part.node) ? part.node : part))
    .filter(isObject);
}

/** @param {DataNode} variant @param {Page} page */
function isAskedFor(variant, page) {
  const name = textOf(variant.id);
  return name !== null && new URL(page.url).searchParams.getAll("variant").includes(name.split("/").at(-1) ?? "");
}

/** @param {DataNode} node @returns {string | null} */
export function availabilityIn(node) {
  for (const key of STOCK_KEYS) {
    const part = node[key];
    const name = isObject(part) ? vocabulary.stockValueKeys.find((one) => one in part) : undefined;
    const value = isObject(part) ? name && part[name] : part;
    const found = availabilityOf(value);
    if (found) return found;
    if (COUNTED_STOCK_KEYS.includes(key) && Number.isInteger(value)) return value > 0 ? "InStock" : "OutOfStock";
  }
  return null;
}

/** @param {DataNode[]} variants @param {Page} page @returns {DataNode} the one that the address selects, else the first that can be bought, else the first */
function chosenVariant(variants, page) {
  return (
    variants.find((one) => isAskedFor(one, page)) ??
    variants.find((one) => availabilityIn(one) === "InStock") ??
    variants[0] ??
    {}
  );
}

/** @param {DataNode[]} variants @returns {string | null} */
function stockOf(variants) {
  const found = variants.map(availabilityIn).filter((stock) => stock !== null);
  return found.includes("InStock") ? "InStock" : (found[0] ?? null);
}

/** @param {DataNode} node @param {string[]} keys @returns {string | null} */
function codeOf(node, keys) {
  return keys.map((key) => clean(textOf(node[key]), 100)).find((code) => code !== null) ?? null;
}

/** @param {DataNode} node @returns {string | null} */
function gtinOf(node) {
  return GTIN_KEYS.map((key) => normaliseGtin(textOf(node[key]))).find((gtin) => gtin !== null) ?? null;
}

/** @param {DataNode} node @returns {string | null} */
function brandOf(node) {
  return (
    BRAND_KEYS.map((key) => {
      const value = node[key];
      return clean(textOf(isObject(value) ? value.name || value.label || value.title : value), 200);
    }).find((text) => text !== null) ?? null
  );
}

/** Return Shopify's option1, option2, option3 under their names. @param {DataNode} variant @param {string[]} names @returns {Record<string, string>} */
function optionsOf(variant, names) {
  const pairs = names.map((name, i) => [attributeKey(name), clean(variant[`option${i + 1}`], 200)]);
  return Object.fromEntries(pairs.filter(([key, value]) => key && value));
}

/** @param {DataNode} node @param {DataNode[]} variants @param {Maybe} currency @param {Page} page @returns {Record<string, any>[]} */
function variantsOf(node, variants, currency, page) {
  const names = asList(node.options)
    .slice(0, 3)
    .map((option) => textOf(option) ?? "");
  const isMinor = isInMinorUnits(node);
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

/** @param {DataNode} node @returns {string[]} */
function categoryPathOf(node) {
  const key = [...CATEGORY_KEYS, ...(isInMinorUnits(node) ? ["type"] : [])].find((name) => truthy(node[name]));
  const value = key && node[key];
  if (typeof value !== "string" || typeof node.item_category2 !== "string") return breadcrumbs.pathOfCategory(value);
  return breadcrumbs.pathOfCategory([
    value,
    ...[2, 3, 4, 5].map((number) => node[`item_category${number}`]).filter((part) => typeof part === "string"),
  ]);
}

/** @param {DataNode} node @param {Page} page @returns {string[]} */
function imagesOf(node, page) {
  const parts = vocabulary.imageKeys.flatMap((key) => {
    const entries = entriesOf(node[key]);
    return entries.length > 0 ? entries : asList(node[key]);
  });
  const urls = parts
    .map((part) => {
      const key = isObject(part) && vocabulary.imageAddressKeys.find((name) => truthy(part[name]));
      return page.absolute(isObject(part) ? key && part[key] : part);
    })
    .filter((url) => url !== null);
  return [...new Set(urls)].slice(0, 30);
}

/** @param {DataNode} node @param {string[]} keys @returns {any} */
function firstOf(node, ...keys) {
  return keys.map((key) => node[key]).find((value) => value !== null && value !== undefined);
}

/** @param {DataNode} node */
function ratingIn(node) {
  const part = firstOf(node, ...vocabulary.ratingKeys);
  if (!isObject(part)) return null;
  return ratingOf(
    Object.fromEntries(Object.entries(RATING_PARTS).map(([name, keys]) => [name, firstOf(part, ...keys)])),
    true,
  );
}

/** @param {DataNode} node */
function reviewsIn(node) {
  return reviewsOf(
    asList(node.reviews)
      .filter(isObject)
      .map((part) => ({
        reviewBody: firstOf(part, ...REVIEW_PARTS.reviewBody),
        datePublished: firstOf(part, ...REVIEW_PARTS.datePublished),
        reviewRating: { ratingValue: firstOf(part, ...REVIEW_PARTS.ratingValue) },
      })),
  );
}

/** @param {DataNode} node @returns {string | null} an id that may be the shop's number for the product or internal to its database */
export function weakSkuOf(node) {
  const code = (codeOf(node, WEAK_SKU_KEYS) ?? "").split("/").at(-1) ?? "";
  return /^(?=.*\d)[\p{L}\p{N}_.-]{2,40}$/u.test(code) && code.split("-").length < 5 ? code : null;
}

/** @param {DataNode} node @param {Maybe} currency @param {Page} page @returns {import("../candidate.js").Candidate} without a price it claims no product */
export function candidateOf(node, currency, page) {
  const variants = entriesOf(node.variants);
  const chosen = chosenVariant(variants, page);
  const isAsked = isAskedFor(chosen, page);
  const isMinor = isInMinorUnits(node);
  const whole = priceIn(node, PRICE_KEYS, currency, page);
  const own = !whole || isAsked ? priceIn(chosen, PRICE_KEYS, currency, page, isMinor) : null;
  const price = own ?? whole;
  const regular = priceIn(own ? chosen : node, REGULAR_KEYS, price?.currency ?? currency, page, isMinor);
  const isHigher =
    price && regular && regular.currency === price.currency && unitsOf(regular.amount) > unitsOf(price.amount);
  const title = NAME_KEYS.find((key) => typeof node[key] === "string");
  return {
    syntax: "state",
    isProduct: price !== null,
    numProducts: 1,
    title: clean(title && node[title], 500),
    description: clean(node.description, 5000),
    brand: brandOf(node),
    categoryPath: categoryPathOf(node),
    gtin: gtinOf(node) ?? gtinOf(chosen),
    sku: codeOf(node, SKU_KEYS) ?? codeOf(chosen, SKU_KEYS),
    mpn: codeOf(node, MPN_KEYS) ?? codeOf(chosen, MPN_KEYS),
    images: imagesOf(node, page),
    price,
    regularPrice: isHigher ? regular : null,
    availability: availabilityIn(isAsked ? chosen : node) ?? stockOf(variants),
    rating: ratingIn(node),
    attributes: attributesOf(node),
    variants: variants.length > 1 ? variantsOf(node, variants, currency, page) : [],
    reviews: reviewsIn(node),
  };
}
