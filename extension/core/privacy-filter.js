// @ts-check
import { privacy } from "../generated/contracts.js";
import { canonicalUrl, itemIdOf, shopOf } from "../values/identity.js";
import { createPrivateAddress } from "../values/private-address.js";
import { hasPersonalData, scrubText } from "../values/personal-data.js";
import { sensitiveCategory } from "./sensitive-products.js";

/**
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {import("../generated/contract-types.js").KeptProduct} KeptProduct
 * @typedef {{isConsented: (shop: string) => boolean, incognito: boolean, paused: boolean, own?: import("./sensitive-products.js").OwnRules}} Context `own`: what the shopper allows and blocks for themselves
 * @typedef {{allowed: true, product: KeptProduct} | {allowed: false, reason: string}} Decision
 */

const personalParameters = new Set(privacy.personalUrlParameters);
/** A token that names its bearer, whatever its parameter is called. */
const TOKEN = new RegExp(privacy.personalDataPatterns.find(({ name }) => name === "token")?.pattern ?? "^$", "u");
/** A path's own parameters: /p/1;jsessionid=2 */
const PATH_PARAMETER = /;[^/;?#=]+=[^/;?#]*/g;
/** An address that was encoded again and again is read so many times. */
const MAX_READINGS = 3;

/** @param {string} pair name=value @returns {boolean} */
function isPersonalParameter(pair) {
  const [name, ...value] = pair.split("=");
  const plain = decoded(name)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
  if (personalParameters.has(plain) || TOKEN.test(decoded(value.join("=")))) return true;
  return privacy.personalUrlParameterParts.some((part) => plain.includes(part));
}

/** @param {string} query without ? @returns {string} */
const scrubQuery = (query) =>
  query
    .split("&")
    .filter((pair) => pair !== "" && !isPersonalParameter(pair))
    .join("&");

/** Return an address without the parameters that name a person. @param {string} url @returns {string} */
export function scrubUrl(url) {
  const parsed = new URL(url);
  parsed.search = scrubQuery(parsed.search.slice(1));
  parsed.pathname = parsed.pathname.replace(PATH_PARAMETER, (parameter) =>
    isPersonalParameter(parameter.slice(1)) ? "" : parameter,
  );
  // In shops built as one page the fragment is a route, and may have a query of its own.
  const [route, ...query] = parsed.hash.split("?");
  if (query.length > 0) {
    const kept = scrubQuery(query.join("?"));
    parsed.hash = kept === "" ? route : `${route}?${kept}`;
  }
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

/** Return whether an address holds personal data, in any number of encodings. A plus is read both as itself and as a space. @param {string} url */
function isPersonalUrl(url) {
  return [url, url.replaceAll("+", "%2B")].some((address) => {
    let text = address;
    for (let i = 0; i < MAX_READINGS; i += 1) {
      text = decoded(text);
      if (hasPersonalData(text)) return true;
    }
    return false;
  });
}

/** Return whether an address is a private page, such as an account or an order. In shops built as one page the fragment is the path. @type {(url: string) => boolean} */
export const isPrivatePath = createPrivateAddress(privacy.privateAddresses);

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
  const category = sensitiveCategory(product, context.own);
  if (category) return { allowed: false, reason: `sensitive_${category}` };
  return { allowed: true, product: await scrubbed(product) };
}
