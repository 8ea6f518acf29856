// @ts-check
// Embedded state: the JSON that pages carry for their own scripts, and JSON in data attributes. Only an object that
// names this very page (by title or address) and has a price is read, so that a carousel's products never are.
import * as breadcrumbs from "./breadcrumbs.js";
import { normaliseGtin } from "./gtin.js";
import { asList, isObject, textOf, truthy } from "./items.js";
import { createDecoder, parseJson } from "./json-values.js";
import { ratingOf, reviewsOf } from "./opinions.js";
import { currencyCode, machinePrice, unitsOf } from "./price.js";
import { attributesOf } from "./schemaorg.js";
import { clean, keyOf } from "./text.js";
import { availabilityOf } from "./words.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./items.js").Item} Item */
/** @typedef {import("./price.js").Price} Price */
/** @typedef {string | null | undefined} Maybe */

const MAX_STATE_CHARS = 8 * 2 ** 20;
const MAX_NODES = 300_000;
const MAX_ASSIGNMENTS = 200;
const MAX_DEPTH = 40;
const NAME_KEYS = ["title", "name", "productName", "product_name", "displayName"];
const PRICE_KEYS = ["salePrice", "sale_price", "currentPrice", "current_price", "finalPrice", "final_price", "price", "prices",
  "pricing", "priceAmount", "lowPrice", "minPrice", "priceRange"];
const REGULAR_KEYS = ["compare_at_price", "compareAtPrice", "regularPrice", "regular_price", "listPrice", "list_price",
  "originalPrice", "original_price", "wasPrice", "msrp"];
const AMOUNT_KEYS = ["amount", "value", "price", "current", "sale", "final", "now", "minVariantPrice", "min"];
const MINOR_KEYS = ["centAmount", "amountInCents", "priceInCents", "price_in_cents", "priceCents", "price_cents"];
const CURRENCY_KEYS = ["currency", "currencyCode", "currency_code", "priceCurrency", "currencyIso", "isoCode"];
const STOCK_KEYS = ["availability", "available", "availableForSale", "inStock", "in_stock", "isInStock", "is_in_stock", "stockStatus"];
const JSON_TYPE = /^\s*(?:application|text)\/(?:[\w.-]+\+)?(?:x-)?json\b/i;
const ASSIGNMENT = /(?:[\p{L}\p{N}_$\])]\s*=|JSON\.parse\()\s*(?=[{["'])/gu;

/** @param {string} text @returns {any[]} */
function jsonValue(text) {
  const parsed = parseJson(text.trim());
  return parsed ? [parsed.value] : [];
}

/** Values of `name = {…}` and `JSON.parse("…")`; anything that is not JSON is passed over. @param {string} text @param {ReturnType<typeof createDecoder>} decode @returns {any[]} */
function assigned(text, decode) {
  const found = [];
  const pattern = new RegExp(ASSIGNMENT);
  for (let i = 0; i < MAX_ASSIGNMENTS; i += 1) {
    const match = pattern.exec(text);
    if (!match) break;
    const start = match.index + match[0].length;
    const decoded = decode(text, start);
    pattern.lastIndex = decoded?.end ?? start + 1;
    if (decoded) found.push(...(typeof decoded.value === "string" ? jsonValue(decoded.value) : [decoded.value]));
  }
  return found;
}

/** @param {Document} document @returns {any[]} every JSON value in scripts and data attributes, up to a total size */
function valuesOf(document) {
  const decode = createDecoder();
  const found = [];
  let left = MAX_STATE_CHARS;
  for (const element of document.querySelectorAll("script")) {
    const text = element.textContent ?? "";
    const type = element.getAttribute("type") ?? "";
    left -= text.length;
    if (left < 0) return found;
    if (!/price/i.test(text) || /ld\+json/i.test(type)) continue;
    found.push(...(JSON_TYPE.test(type) ? jsonValue(text) : assigned(text, decode)));
  }
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (!name.startsWith("data-") || !/^[{[]/.test(value) || !/price/i.test(value)) continue;
      left -= value.length;
      if (left < 0) return found;
      found.push(...jsonValue(value));
    }
  }
  return found;
}

/** Every object with the currency that it or its nearest ancestor names. @param {any} value @param {Maybe} currency @param {{left: number}} budget @param {number} depth @returns {{item: Item, currency: Maybe}[]} */
function objectsIn(value, currency, budget, depth) {
  budget.left -= 1;
  if (budget.left < 0 || depth > MAX_DEPTH) return [];
  const own = isObject(value) ? currencyOf(value) ?? currency : currency;
  const found = isObject(value) ? [{ item: value, currency: own }] : [];
  for (const part of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof part === "object" && part !== null) found.push(...objectsIn(part, own, budget, depth + 1));
  }
  return found;
}

/** @param {Item} item @returns {string | null} */
function currencyOf(item) {
  return CURRENCY_KEYS.map((key) => currencyCode(item[key])).find((code) => code !== null) ?? null;
}

/** @param {Item} item @param {Page} page */
function isThisProduct(item, page) {
  if (![...PRICE_KEYS, ...MINOR_KEYS, "variants", "offers"].some((key) => Object.hasOwn(item, key))) return false;
  const names = new Set(NAME_KEYS.filter((key) => typeof item[key] === "string").map((key) => keyOf(item[key])));
  names.delete("");
  if (names.size === 0) return false;
  if (page.headings.some((text) => names.has(keyOf(text)))) return true;
  const last = new URL(page.url).pathname.replace(/\/+$/, "").split("/").at(-1) ?? "";
  const slug = /%(?![0-9a-f]{2})/i.test(last) ? last : decodeURIComponent(last);
  const handles = ["handle", "slug", "urlKey", "url_key"].map((key) => item[key]);
  const urls = ["url", "canonicalUrl", "link"].map((key) => page.absolute(item[key]));
  return (slug.length > 3 && handles.includes(slug)) || urls.some((url) => url && page.addresses.has(url));
}

/** @param {unknown} amount @param {Maybe} currency @param {unknown} digits @returns {Price | null} a whole number of minor units */
function scaled(amount, currency, digits) {
  const isUsable = Number.isInteger(amount) && Number(amount) > 0 && Number(amount) < 1e15;
  if (!isUsable || !Number.isInteger(digits) || Number(digits) < 0 || Number(digits) > 4) return null;
  const text = String(amount).padStart(Number(digits) + 1, "0");
  const whole = text.slice(0, text.length - Number(digits));
  const price = machinePrice(digits ? `${whole}.${text.slice(whole.length)}` : text, currency);
  return price && { amount: price.amount, ...(price.currency && { currency: price.currency }) };
}

/** Shopify's product JSON has all of these keys and counts cents in integers. @param {Item} item */
function isInMinorUnits(item) {
  return "price_varies" in item && [item.price, item.price_min, item.compare_at_price_min].every((price) => Number.isInteger(price));
}

/** @param {Item} value @param {Maybe} currency @returns {Price | null} */
function minorOf(value, currency) {
  const key = MINOR_KEYS.find((name) => Number.isInteger(value[name]));
  return key ? scaled(value[key], currencyOf(value) ?? currency, value.fractionDigits ?? 2) : null;
}

/** @param {any} value @param {Item} item @param {Maybe} currency @param {Page} page @returns {Price | null} */
function plainPrice(value, item, currency, page) {
  const digits = item.currency_minor_unit ?? item.fractionDigits;
  const isWhole = Number.isInteger(value) || (typeof value === "string" && /^\d+$/.test(value));
  if (Number.isInteger(digits) && isWhole) return scaled(Number(value), currency, digits);
  if (Number.isInteger(value) && isInMinorUnits(item)) return scaled(value, currency, 2);
  const price = machinePrice(value, currency, { region: page.region });
  return price && unitsOf(price.amount) > 0n ? price : null;
}

/** @param {Item} item @param {string[]} keys @param {Maybe} currency @param {Page} page @param {number} [depth] @returns {Price | null} */
function priceOf(item, keys, currency, page, depth = 0) {
  const own = currencyOf(item) ?? currency;
  const minorKey = keys === PRICE_KEYS && MINOR_KEYS.find((key) => Number.isInteger(item[key]));
  if (minorKey) {
    const digits = item.currency_minor_unit ?? item.fractionDigits;
    return scaled(item[minorKey], own, Number.isInteger(digits) ? digits : 2);
  }
  for (const key of keys) {
    const value = item[key];
    const price = isObject(value)
      ? (depth < MAX_DEPTH && priceOf(value, [...AMOUNT_KEYS, ...keys], own, page, depth + 1)) || minorOf(value, own)
      : plainPrice(value, item, own, page);
    if (price) return price;
  }
  return null;
}

/** @param {Item} item @param {Page} page @returns {string[]} */
function imagesOf(item, page) {
  const parts = ["images", "image", "media", "featured_image", "imageUrl"].flatMap((key) => asList(item[key]));
  const urls = parts.map((part) => {
    const key = isObject(part) && ["src", "url", "originalSrc", "href"].find((name) => truthy(part[name]));
    return page.absolute(isObject(part) ? key && part[key] : part);
  }).filter((url) => url !== null);
  return [...new Set(urls)].slice(0, 30);
}

/** @param {Item} item @param {string[]} keys @returns {any} */
function firstOf(item, ...keys) {
  return keys.map((key) => item[key]).find((value) => value !== null && value !== undefined);
}

/** @param {Item} item */
function ratingIn(item) {
  const part = firstOf(item, "aggregateRating", "rating", "reviewSummary");
  if (!isObject(part)) return null;
  return ratingOf({
    ratingValue: firstOf(part, "ratingValue", "average", "value", "score"),
    bestRating: firstOf(part, "bestRating", "max", "best", "scale"),
    ratingCount: firstOf(part, "ratingCount", "reviewCount", "count", "total"),
  }, true);
}

/** @param {Item} item */
function reviewsIn(item) {
  return reviewsOf(asList(item.reviews).filter(isObject).map((part) => ({
    reviewBody: firstOf(part, "text", "body", "reviewBody", "content"),
    datePublished: firstOf(part, "date", "datePublished", "createdAt"),
    reviewRating: { ratingValue: firstOf(part, "stars", "rating", "score") },
  })));
}

/** @param {Item} item @param {Page} page @returns {string[]} */
function breadcrumbsIn(item, page) {
  const entries = asList("breadcrumbs" in item ? item.breadcrumbs : item.breadcrumb).slice(0, 20).filter(isObject);
  return breadcrumbs.pathOf(entries.map((entry) => ({
    name: ["name", "label", "title", "text"].map((key) => clean(textOf(entry[key]), 200)).find((text) => text !== null) ?? null,
    url: page.absolute(entry.href || entry.url),
  })), page);
}

/** @param {Item} item @param {Maybe} currency @param {Page} page @returns {import("./combine.js").Candidate} */
function candidateOf(item, currency, page) {
  const price = priceOf(item, PRICE_KEYS, currency, page);
  const regular = priceOf(item, REGULAR_KEYS, price?.currency ?? currency, page);
  const isHigher = price && regular && regular.currency === price.currency && unitsOf(regular.amount) > unitsOf(price.amount);
  const title = NAME_KEYS.find((key) => typeof item[key] === "string");
  const category = ["categoryPath", "category_path", "category", "productType"].find((key) => truthy(item[key]));
  return {
    syntax: "state", isProduct: price !== null, numProducts: 1,
    title: clean(title && item[title], 500),
    description: clean(item.description, 5000),
    brand: ["brand", "vendor", "manufacturer"].map((key) => clean(textOf(item[key]), 200)).find((text) => text !== null),
    categoryPath: breadcrumbs.ofCategory(category && item[category]),
    gtin: ["gtin", "gtin13", "ean", "barcode", "upc"].map((key) => normaliseGtin(item[key])).find((gtin) => gtin !== null),
    sku: clean(textOf(item.sku), 100),
    mpn: clean(textOf(item.mpn), 100),
    images: imagesOf(item, page),
    price,
    regularPrice: isHigher ? regular : null,
    availability: STOCK_KEYS.map((key) => availabilityOf(item[key])).find((found) => found !== null),
    rating: ratingIn(item),
    attributes: attributesOf(item),
    reviews: reviewsIn(item),
  };
}

/** @param {import("./combine.js").Candidate} candidate @returns {number} how much it says */
function numFields({ brand, sku, gtin, images, availability, price }) {
  return [brand, sku, gtin, images, availability].filter(truthy).length + (price?.currency ? 10 : 0);
}

/** @param {Page} page @returns {import("./combine.js").Candidate[]} the state objects about this page's product, those that say most first, then a trail */
export function extract(page) {
  const budget = { left: MAX_NODES };
  const values = valuesOf(page.document).filter((value) => typeof value === "object" && value !== null);
  const objects = values.flatMap((value) => objectsIn(value, null, budget, 0));
  const found = objects.filter(({ item }) => isThisProduct(item, page))
    .map(({ item, currency }) => candidateOf(item, currency, page))
    .filter(({ price }) => price)
    .sort((a, b) => numFields(b) - numFields(a))
    .slice(0, 3);
  const path = objects.map(({ item }) => breadcrumbsIn(item, page)).find(({ length }) => length > 0);
  return path ? [...found, { syntax: "state", categoryPath: path }] : found;
}
