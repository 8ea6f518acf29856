// @ts-check
// Shopify's public /products.json: up to 250 products a page, prices as decimal text, no page count, no currency.
import { attributeKey } from "../extract/markup/schemaorg.js";
import { feeds } from "../generated/contracts.js";
import { normaliseGtin } from "../values/gtin.js";
import { knownOf } from "../values/known.js";
import { currencyCode, machinePrice, unitsOf } from "../values/price.js";
import { clean } from "../values/text.js";
import {
  LIMITS,
  addressesOf,
  descriptionOf,
  feedUrl,
  isRow,
  jsonOf,
  pageOf,
  productOf,
  rowsOf,
  sharedAttributes,
  skip,
} from "./feed.js";

/**
 * @typedef {import("./feed.js").FeedContext} FeedContext
 * @typedef {import("./feed.js").Row} Row
 * @typedef {import("../generated/contract-types.js").Variant} Variant
 * @typedef {import("../generated/contract-types.js").Price} Price
 */

const FEED = feeds.shopify;
const HANDLE = new RegExp(`^${FEED.handlePattern}$`);
const SEPARATOR = new RegExp(`[${FEED.categorySeparators}]`);
const ACTIVE_CURRENCY = new RegExp(FEED.activeCurrencyPattern);

/** @param {string} body @returns {Row[]} the products of one answer */
function productRows(body) {
  const data = jsonOf(body);
  return rowsOf(isRow(data) ? data.products : null);
}

/** @param {unknown} productType @returns {string[]} the merchant's own classification; unlike in a breadcrumb, "Home" in it is a department */
function categoryPath(productType) {
  const parts = typeof productType === "string" ? productType.slice(0, FEED.categoryChars).split(SEPARATOR) : [];
  const names = parts.map((part) => clean(part, 200)).filter((name) => name !== null);
  return names.slice(0, LIMITS.categories);
}

/** @param {unknown} value @param {FeedContext} context @returns {Price | null} */
function priceOf(value, { currency }) {
  const price = machinePrice(value, currency);
  return price && unitsOf(price.amount) > 0n ? price : null;
}

/**
 * @param {Row} row @param {string[]} names of the options @param {string} url @param {string[]} images of the product @param {FeedContext} context
 * @returns {Variant}
 */
function variantOf(row, names, url, images, context) {
  const own = addressesOf(isRow(row.featured_image) ? [row.featured_image.src] : [], context);
  const { id, available } = row;
  const values = names.slice(0, 3).map((name, i) => [name, clean(row[`option${i + 1}`], 200)]);
  return knownOf({
    sku: clean(row.sku, 100),
    gtin: normaliseGtin(row.barcode),
    url: Number.isSafeInteger(id) && Number(id) > 0 ? `${url}?variant=${id}` : null,
    image: own[0] ?? images[0],
    price: priceOf(row.price, context),
    availability: typeof available === "boolean" ? (available ? "InStock" : "OutOfStock") : null,
    // Shopify has a word for "there is no choice".
    attributes: Object.fromEntries(values.filter(([name, value]) => name && value && value !== FEED.noChoice)),
  });
}

/** @param {Row} row @param {string} url @param {string} title @param {FeedContext} context @returns {import("./feed.js").Fields} */
function fieldsOf(row, url, title, context) {
  const rows = rowsOf(row.variants).slice(0, LIMITS.variants);
  const images = addressesOf(
    rowsOf(row.images).map(({ src }) => src),
    context,
  );
  const names = rowsOf(row.options).map(({ name }) => attributeKey(String(name || "")));
  // What a shopper gets on opening the page: the first variant that can be bought.
  const chosen = rows.find(({ available }) => available === true) ?? rows[0] ?? {};
  const price = priceOf(chosen.price, context);
  const regular = priceOf(chosen.compare_at_price, context);
  const variants = rows.map((part) => variantOf(part, names, url, images, context));
  const stock = variants.flatMap(({ availability }) => availability ?? []);
  const only = variants.length === 1 ? variants[0] : {};
  return {
    title,
    description: descriptionOf(row.body_html),
    brand: clean(row.vendor, 200),
    categoryPath: categoryPath(row.product_type),
    gtin: only.gtin,
    sku: only.sku,
    images,
    price,
    regularPrice: price && regular && unitsOf(regular.amount) > unitsOf(price.amount) ? regular : null,
    availability: stock.includes("InStock") ? "InStock" : stock[0],
    attributes: sharedAttributes(variants.map(({ attributes = {} }) => attributes)),
    variants: variants.length > 1 ? variants : [],
  };
}

/** @type {import("./feed.js").Adapter} */
export const shopify = {
  name: "shopify",
  firstUrl: (origin) => `${origin}${FEED.path}?limit=${FEED.limit}&page=1`,
  currencyUrls: (origin) => FEED.currencyPaths.map((path) => origin + path),

  currencyOf(body) {
    const data = jsonOf(body);
    if (isRow(data)) return currencyCode(data.currency);
    const match = ACTIVE_CURRENCY.exec(body.slice(0, FEED.startPageChars));
    return match && currencyCode(match[1]);
  },

  totalOf(body) {
    const data = jsonOf(body);
    const total = isRow(data) ? data[FEED.countKey] : null;
    return Number.isSafeInteger(total) ? Number(total) : null;
  },

  nextUrls(url, body) {
    const data = jsonOf(body);
    if (!isRow(data) || !Array.isArray(data.products)) return null;
    const rows = rowsOf(data.products);
    const page = pageOf(url);
    if (page === 1 && !rows.some((row) => "handle" in row && "variants" in row)) return null;
    // A shop that ignores `limit` has pages of another size.
    const isFull = rows.length === FEED.limit || rows.length === FEED.defaultLimit;
    const origin = url.slice(0, url.indexOf(FEED.path));
    return isFull && page < LIMITS.pages ? [`${origin}${FEED.path}?limit=${FEED.limit}&page=${page + 1}`] : [];
  },

  async productsOf(body, context, tally) {
    const products = [];
    for (const row of productRows(body)) {
      const title = clean(row.title, 500);
      if (!title) skip(tally, "no_title");
      else if (typeof row.handle !== "string" || !HANDLE.test(row.handle)) skip(tally, "no_address");
      else {
        const url = feedUrl(FEED.productPath + row.handle, context, tally);
        if (url) products.push(await productOf(url, fieldsOf(row, url, title, context), context));
      }
    }
    return products;
  },
};
