// @ts-check
import { privacy } from "../generated/contracts.js";
import { canonicalUrl, itemIdOf, shopOf } from "../values/identity.js";
import { scrubText } from "../values/personal-data.js";

/**
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {import("../generated/contract-types.js").KeptProduct} KeptProduct
 * @typedef {{isConsented: (shop: string) => boolean, incognito: boolean, paused: boolean}} Context
 * @typedef {{allowed: true, product: KeptProduct} | {allowed: false, reason: string}} Decision
 */

const personalParameters = new Set(privacy.personalUrlParameters);
const sensitive = privacy.sensitiveCategories.map(({ name, terms }) => ({ name, pattern: termsPattern(terms) }));
// Shops put a locale before the path: /en/checkout, /de-at/account.
const LOCALE = /^\/[a-z]{2}(?:[-_][a-z]{2})?(?=\/)/;

/** Return a pattern that finds any of the terms as whole words. @param {string[]} terms @returns {RegExp} */
function termsPattern(terms) {
  const escaped = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "[\\s\\-]+"));
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join("|")})(?![\\p{L}\\p{N}])`, "iu");
}

/** Return an address without the parameters that name a person. @param {string} url @returns {string} */
export function scrubUrl(url) {
  const parsed = new URL(url);
  const pairs = parsed.search.slice(1).split("&").filter(Boolean);
  parsed.search = pairs
    .filter((pair) => !personalParameters.has(decoded(pair.split("=", 1)[0]).toLowerCase()))
    .join("&");
  return parsed.href;
}

/** Return the address under which a product is kept: canonical, and without what names a person. @param {string} url @returns {string} */
export const keptUrl = (url) => canonicalUrl(scrubUrl(url));

/** Return a text percent-decoded, or as it is where that is not possible. @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

/** Return whether an address holds personal data. A plus is read both as itself and as a space. @param {string} url */
function isPersonalUrl(url) {
  const readings = [decoded(url), decoded(url.replaceAll("+", "%2B"))];
  return readings.some((text) => scrubText(text) !== text);
}

/** Return whether an address is a private page, such as an account or an order. In shops built as one page the fragment is the path. @param {string} url */
export function isPrivatePath(url) {
  const { pathname, hash } = new URL(url);
  const paths = [pathname, hash.replace(/^#!?/, "").split("?")[0]].map((path) =>
    path.toLowerCase().replace(LOCALE, ""),
  );
  return privacy.privatePathPrefixes.some((prefix) => paths.some((path) => `${path}/`.startsWith(`${prefix}/`)));
}

/** Return the sensitive category that a product belongs to. @param {Product} product @returns {string | null} */
export function sensitiveCategory(product) {
  const text = [product.title, ...(product.categoryPath ?? []), product.description].filter(Boolean).join("\n");
  return sensitive.find(({ pattern }) => pattern.test(text))?.name ?? null;
}

/** Return the fields of a product that may be kept, scrubbed. @param {Product} product @returns {Promise<KeptProduct>} */
async function scrubbed(product) {
  const url = keptUrl(product.url);
  /** @type {KeptProduct} */
  const kept = { shop: product.shop, itemId: await itemIdOf(url), url };
  for (const name of /** @type {const} */ (["title", "brand", "description"])) {
    const text = product[name];
    if (text) kept[name] = scrubText(text).slice(0, 1000);
  }
  if (product.categoryPath) kept.categoryPath = product.categoryPath.map(scrubText);
  if (product.attributes) {
    kept.attributes = Object.fromEntries(
      Object.entries(product.attributes).map(([name, value]) => [name, scrubText(value)]),
    );
  }
  const image = (product.images ?? []).map(scrubUrl).find((one) => !isPersonalUrl(one));
  if (image) kept.images = [image];
  if (product.price) kept.price = product.price;
  return kept;
}

/**
 * Decide whether a product may be stored, before anything is. The kept product holds only the fields that a profile needs:
 * variants, reviews, the seller's numbers and the rest of the page are left out.
 * @param {Product} product as extracted
 * @param {Context} context
 * @returns {Promise<Decision>}
 */
export async function filterProduct(product, context) {
  if (context.incognito) return { allowed: false, reason: "incognito" };
  if (context.paused) return { allowed: false, reason: "paused" };
  if (!context.isConsented(product.shop) || shopOf(product.url) !== product.shop) {
    return { allowed: false, reason: "no_consent" };
  }
  if (isPrivatePath(product.url)) return { allowed: false, reason: "private_path" };
  if (isPersonalUrl(scrubUrl(product.url))) return { allowed: false, reason: "personal_url" };
  const category = sensitiveCategory(product);
  if (category) return { allowed: false, reason: `sensitive_${category}` };
  return { allowed: true, product: await scrubbed(product) };
}
