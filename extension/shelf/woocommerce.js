// @ts-check
// WooCommerce's public Store API: up to 100 products a page, prices in minor units, pages counted in a header.
import { ratingOf } from "../extract/markup/ratings.js";
import { attributeKey } from "../extract/markup/schemaorg.js";
import { feeds } from "../generated/contracts.js";
import { normaliseGtin } from "../values/gtin.js";
import { currencyCode, machinePrice, unitsOf } from "../values/price.js";
import { clean } from "../values/text.js";
import {
  LIMITS,
  addressesOf,
  areOfProduct,
  descriptionOf,
  feedUrl,
  isRow,
  joined,
  jsonOf,
  pageOf,
  productOf,
  rowsOf,
  skip,
} from "./feed.js";

/**
 * @typedef {import("./feed.js").FeedContext} FeedContext
 * @typedef {import("./feed.js").Row} Row
 * @typedef {import("../generated/contract-types.js").Price} Price
 * @typedef {import("../generated/contract-types.js").Variant} Variant
 */

const FEED = feeds.woocommerce;
const MINOR_UNITS = /^[0-9]{1,15}$/;
const COUNT = /^[0-9]{1,7}$/;
const MAX_CATEGORIES_READ = 100;

/** Return an amount of minor units as a price: "1999" of unit 2 is 19.99. @param {Row} prices @param {string} key @returns {Price | null} */
function priceOf(prices, key) {
  const { [key]: value, currency_minor_unit: unit } = prices;
  const text = typeof value === "string" || Number.isSafeInteger(value) ? String(value) : "";
  if (typeof unit !== "number" || !Number.isInteger(unit) || unit < 0 || unit > FEED.maxMinorUnit) return null;
  if (!MINOR_UNITS.test(text) || /^0*$/.test(text)) return null;
  const digits = text.padStart(unit + 1, "0");
  const amount = unit === 0 ? digits : `${digits.slice(0, -unit)}.${digits.slice(-unit)}`;
  const found = machinePrice(amount, currencyCode(prices.currency_code));
  if (!found) return null;
  // The amount is not as the shop writes it.
  const { amountText, ...price } = found;
  return price;
}

/** @param {Row} row @returns {"BackOrder" | "InStock" | "LimitedAvailability" | "OutOfStock" | null} */
function availabilityOf(row) {
  if (row.is_on_backorder === true) return "BackOrder";
  if (row.is_in_stock === true) return Number.isInteger(row.low_stock_remaining) ? "LimitedAvailability" : "InStock";
  return row.is_in_stock === false ? "OutOfStock" : null;
}

/**
 * Return the deepest category with those above it, found by their addresses, because the list has no order.
 * @param {Row[]} categories @param {FeedContext} context @returns {string[]}
 */
function categoryPath(categories, context) {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const category of categories.slice(0, MAX_CATEGORIES_READ)) {
    const name = clean(category.name, 200);
    const [link] = addressesOf([category.link], context);
    if (name && link) names.set(`${new URL(link).pathname.replace(/\/+$/, "")}/`, name);
  }
  const depthOf = (/** @type {string} */ path) => path.split("/").length;
  const paths = [...names.keys()];
  const deepest = paths.reduce((best, path) => {
    const isDeeper = depthOf(path) > depthOf(best) || (depthOf(path) === depthOf(best) && path > best);
    return isDeeper ? path : best;
  }, "");
  const above = paths.filter((path) => deepest.startsWith(path)).sort((a, b) => a.length - b.length);
  return above.map((path) => names.get(path) ?? "").slice(0, LIMITS.categories);
}

/** @param {Row} attribute @returns {string} */
const keyOf = (attribute) => attributeKey(String(attribute.name || ""));

/** @param {Row[]} attributes @returns {Record<string, string>} those of the whole product; what a shopper chooses is none, unless it is one of few colours */
function attributesOf(attributes) {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const part of attributes) {
    const names = rowsOf(part.terms)
      .map((term) => clean(term.name, 200))
      .filter((name) => name !== null);
    const key = keyOf(part);
    const isChoice = part.has_variations && !areOfProduct(key, names.length);
    if (!key || key === "brand" || names.length === 0 || isChoice || found.has(key)) continue;
    found.set(key, joined(key, names));
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.slice(0, LIMITS.attributes));
}

/** Return the variants; a variation names its choices by slugs, and `attributes` has their names. @param {Row} row @param {Row[]} attributes @returns {Variant[]} */
function variantsOf(row, attributes) {
  const names = new Map(
    attributes.flatMap((part) =>
      rowsOf(part.terms).map((term) => [JSON.stringify([String(part.name), String(term.slug)]), term.name]),
    ),
  );
  const found = [];
  for (const variation of rowsOf(row.variations).slice(0, LIMITS.variants)) {
    /** @type {Record<string, string>} */
    const values = {};
    for (const part of rowsOf(variation.attributes).slice(0, LIMITS.attributes)) {
      const slug = JSON.stringify([String(part.name), String(part.value)]);
      const value = clean(names.has(slug) ? names.get(slug) : part.value, 200);
      if (keyOf(part) && value) values[keyOf(part)] = value;
    }
    if (Object.keys(values).length > 0) found.push({ attributes: values });
  }
  return found;
}

/** @param {Row} row @param {string} title @param {FeedContext} context @returns {import("./feed.js").Fields} */
function fieldsOf(row, title, context) {
  const prices = isRow(row.prices) ? row.prices : {};
  const [price, regular] = [priceOf(prices, "price"), priceOf(prices, "regular_price")];
  const attributes = rowsOf(row.attributes);
  const brandTerms = attributes.filter((part) => keyOf(part) === "brand").flatMap((part) => rowsOf(part.terms));
  const brands = [...rowsOf(row.brands), ...brandTerms].map(({ name }) => clean(name, 200));
  return {
    title,
    // The short one first, as WooCommerce's own structured data does.
    description: descriptionOf(row.short_description) ?? descriptionOf(row.description),
    brand: brands.find((name) => name !== null),
    categoryPath: categoryPath(rowsOf(row.categories), context),
    gtin: normaliseGtin(row.global_unique_id),
    sku: clean(row.sku, 100),
    images: addressesOf(
      rowsOf(row.images).map(({ src }) => src),
      context,
    ),
    price,
    regularPrice: price && regular && unitsOf(regular.amount) > unitsOf(price.amount) ? regular : null,
    availability: availabilityOf(row),
    rating: ratingOf({ ratingValue: row.average_rating, reviewCount: row.review_count }, true),
    attributes: attributesOf(attributes),
    variants: variantsOf(row, attributes),
  };
}

/** @type {import("./feed.js").Adapter} */
export const woocommerce = {
  name: "woocommerce",
  firstUrl: (origin) => `${origin}${FEED.path}?per_page=${FEED.limit}&page=1`,
  // Every price names its currency.
  currencyUrls: () => [],
  currencyOf: () => null,
  totalOf: (_, headers) => (COUNT.test(headers[FEED.totalHeader] ?? "") ? Number(headers[FEED.totalHeader]) : null),

  nextUrls(url, body, headers) {
    const data = jsonOf(body);
    if (!Array.isArray(data)) return null;
    const rows = rowsOf(data);
    const page = pageOf(url);
    if (page === 1 && !rows.some((row) => "permalink" in row && "prices" in row)) return null;
    const total = headers[FEED.totalPagesHeader] ?? "";
    const hasMore = COUNT.test(total) ? page < Number(total) : rows.length === FEED.limit;
    const origin = url.slice(0, url.indexOf(FEED.path));
    return hasMore && page < LIMITS.pages ? [`${origin}${FEED.path}?per_page=${FEED.limit}&page=${page + 1}`] : [];
  },

  async productsOf(body, context, tally) {
    const products = [];
    for (const row of rowsOf(jsonOf(body))) {
      const title = clean(row.name, 500);
      const url = title ? feedUrl(row.permalink, context, tally) : null;
      if (!title) skip(tally, "no_title");
      else if (url) products.push(await productOf(url, fieldsOf(row, title, context), context));
    }
    return products;
  },
};
