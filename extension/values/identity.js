// @ts-check
import { getDomain } from "../vendor/tldts.mjs";
import { urls } from "../generated/contracts.js";
import { UrlError } from "./errors.js";
import { sha256Hex } from "./encoding.js";

const ROUTE = new RegExp(urls.routePattern, "u");
const trackingParameters = new Set(urls.trackingParameters.map((name) => name.toLowerCase()));

/** @param {string} pair one "name=value" of a query string */
function isTracking(pair) {
  const name = pair.split("=", 1)[0].toLowerCase();
  return trackingParameters.has(name) || urls.trackingPrefixes.some((prefix) => name.startsWith(prefix));
}

/** @param {string} text @returns {URL} */
function parse(text) {
  if (!URL.canParse(text)) throw new UrlError(`Expected an http or https address, got ${JSON.stringify(text)}.`);
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new UrlError(`Expected an http or https address, got ${JSON.stringify(text)}.`);
  }
  return url;
}

/** Return the route at the end of an address, by which a shop built as one page names what it shows. @param {string} address @returns {string} from # on, or empty */
export function routeIn(address) {
  const hash = address.includes("#") ? address.slice(address.indexOf("#")) : "";
  return ROUTE.test(hash) ? hash : "";
}

/**
 * Return the canonical form of an address, the same in both languages (contracts/urls.json).
 * @param {string} text an absolute address
 * @returns {string}
 * @throws {UrlError}
 */
export function canonicalUrl(text) {
  const url = parse(text);
  const route = routeIn(url.href);
  url.hash = "";
  url.username = "";
  url.password = "";
  // Not through URLSearchParams: it respells %20 as + and the rest must keep its spelling.
  const kept = url.search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && !isTracking(pair));
  url.search = kept.join("&");
  return url.href + route;
}

/**
 * Return the shop of an address: its registrable domain, or the host itself where there is none.
 * @param {string} text
 * @returns {string}
 * @throws {UrlError}
 */
export function shopOf(text) {
  const url = parse(text);
  const isAddress = url.hostname.startsWith("[") || /^[0-9.]+$/.test(url.hostname);
  const domain = isAddress
    ? null
    : getDomain(url.hostname, { allowIcannDomains: true, allowPrivateDomains: false, validateHostname: false });
  return domain ?? url.host;
}

/** @param {string} canonical as canonicalUrl gives it @returns {Promise<string>} 16 hexadecimal digits */
export async function itemIdOf(canonical) {
  return (await sha256Hex(canonical)).slice(0, 16);
}
