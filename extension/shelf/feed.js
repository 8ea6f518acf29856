// @ts-check
// What the feed adapters share: the twin of scraper/feeds/adapter.py. contracts/vectors/feeds.json holds the cases of both.
import { absoluteUrl } from "../extract/page.js";
import { feeds } from "../generated/contracts.js";
import { UrlError } from "../values/errors.js";
import { canonicalUrl, itemIdOf, shopOf } from "../values/identity.js";
import { knownOf } from "../values/known.js";
import { clean } from "../values/text.js";

/**
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {Partial<{[K in keyof Product]: Product[K] | null}>} Fields of a Product, absent ones null or empty
 * @typedef {Record<string, unknown>} Row an object of a feed, not checked
 * @typedef {{origin: string, currency: string | null, fetchedAt?: string}} FeedContext the shop's origin, its currency, the time of the fetch
 * @typedef {{skipped: Record<string, number>}} FeedTally unusable items by reason
 * @typedef {object} Adapter one kind of feed; every function is pure
 * @property {"shopify" | "woocommerce"} name
 * @property {(origin: string) => string} firstUrl the address whose answer tells whether the shop has such a feed
 * @property {(origin: string) => string[]} currencyUrls addresses that may name the currency where the feed does not, best first
 * @property {(body: string) => string | null} currencyOf the ISO 4217 code that an answer of currencyUrls names
 * @property {(body: string, headers: Record<string, string>) => number | null} totalOf how many products the shop says it has
 * @property {(url: string, body: string, headers: Record<string, string>) => string[] | null} nextUrls the addresses that follow; null
 *   where the answer is not such a feed. Names of headers are in lower case
 * @property {(body: string, context: FeedContext, tally: FeedTally) => Promise<Product[]>} productsOf
 */

export const LIMITS = feeds.limits;
const JOINED = feeds.joinedAttributes;
const isJoined = (/** @type {string} */ name) => JOINED.names.includes(name);
const UNSHOWN = new RegExp(`<(${feeds.unshownTags.join("|")})\\b`, "g");
// No product is in so many pieces; a body of this depth was written to exhaust the parser.
const MAX_PAGE = 1_000_000;

/** Return the parsed JSON of an answer, null for anything else, such as an HTML page with status 200. @param {string} body @returns {unknown} */
export function jsonOf(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** @param {unknown} value @returns {value is Row} */
export function isRow(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Return the objects of a list; anything else is left out. @param {unknown} value @returns {Row[]} */
export function rowsOf(value) {
  return Array.isArray(value) ? value.filter(isRow) : [];
}

/** Return the number of the page that an address asks for. @param {string} url @returns {number} */
export function pageOf(url) {
  const page = Number(new URL(url).searchParams.get("page") ?? 1);
  return Number.isInteger(page) && page > 0 && page < MAX_PAGE ? page : 1;
}

/** Return the text of a description, without that of its scripts and styles. @param {unknown} markup @returns {string | null} */
export function descriptionOf(markup) {
  if (typeof markup !== "string") return null;
  const text = markup.slice(0, LIMITS.markupChars);
  const lowered = text.toLowerCase();
  let shown = "";
  let position = 0;
  for (;;) {
    UNSHOWN.lastIndex = position;
    const match = UNSHOWN.exec(lowered);
    if (!match) return clean(shown + text.slice(position), 5000);
    shown += text.slice(position, match.index);
    const end = lowered.indexOf(`</${match[1]}`, UNSHOWN.lastIndex);
    const close = end >= 0 ? lowered.indexOf(">", end) : -1;
    if (close < 0) return clean(shown, 5000);
    position = close + 1;
  }
}

/** Count one item without a Product. @param {FeedTally} tally @param {string} reason */
export function skip(tally, reason) {
  tally.skipped[reason] = (tally.skipped[reason] ?? 0) + 1;
}

/**
 * Return an item's canonical URL, identical to its page's own; count a link to another shop and return null.
 * @param {unknown} link @param {FeedContext} context @param {FeedTally} tally @returns {string | null}
 */
export function feedUrl(link, { origin }, tally) {
  const absolute = typeof link === "string" ? absoluteUrl(link, `${origin}/`) : null;
  let url = null;
  try {
    url = absolute && canonicalUrl(absolute);
  } catch (error) {
    if (!(error instanceof UrlError)) throw error;
  }
  if (!url) {
    skip(tally, "no_address");
    return null;
  }
  if (shopOf(url) === shopOf(`${origin}/`)) return url;
  skip(tally, "other_shop");
  return null;
}

/**
 * Return absolute http(s) addresses, each once, in order; at most as many as a Product may have images.
 * @param {unknown[]} sources @param {FeedContext} context @returns {string[]}
 */
export function addressesOf(sources, { origin }) {
  const found = sources.map((source) => (typeof source === "string" ? absoluteUrl(source, `${origin}/`) : null));
  return [...new Set(found.filter((url) => url !== null))].slice(0, LIMITS.images);
}

/** Return the values of one attribute as one text. @param {string} name @param {string[]} values @returns {string} */
export function joined(name, values) {
  return values.join(isJoined(name) ? "/" : ", ").slice(0, 200);
}

/**
 * Return whether so many values of an attribute that variants have describe the product, and are no choice.
 * @param {string} name @param {number} count @returns {boolean}
 */
export function areOfProduct(name, count) {
  return count <= (isJoined(name) ? JOINED.mostOfVariants : 1);
}

/**
 * Return the attributes of a whole product: those with one value in all variants, and few colours or materials. Several colours are
 * joined as in Google's data, navy/white. A product in many colours has none of its own.
 * @param {Record<string, string>[]} variants @returns {Record<string, string>}
 */
export function sharedAttributes(variants) {
  const names = [...new Set(variants.flatMap(Object.keys))].sort();
  const all = names.map((name) => ({ name, values: [...new Set(variants.map((variant) => variant[name]))] }));
  const shared = all.filter(({ name, values }) => values.every(Boolean) && areOfProduct(name, values.length));
  const texts = shared.map(({ name, values }) => [name, joined(name, values)]);
  return Object.fromEntries(texts.slice(0, LIMITS.attributes));
}

/** Return the Product of a feed item. @param {string} url canonical @param {Fields} fields @param {FeedContext} context @returns {Promise<Product>} */
export async function productOf(url, fields, { fetchedAt }) {
  const known = knownOf(fields);
  const provenance = Object.fromEntries([...Object.keys(known), "url"].map((name) => [name, "feed"]));
  const product = { shop: shopOf(url), itemId: await itemIdOf(url), url, verdict: "product", ...known };
  return /** @type {Product} */ ({ ...product, ...(fetchedAt && { fetchedAt }), provenance });
}
