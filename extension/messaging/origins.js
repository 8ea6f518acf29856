// @ts-check
import { isReachable } from "../core/reachable.js";

/** Return the match pattern of a server, without its port. @param {string} url @returns {string} */
export function serverPatternOf(url) {
  const { protocol, hostname } = new URL(url);
  return `${protocol}//${hostname}/*`;
}

/**
 * Return the permission that an address needs which a shopper typed.
 * @param {string} typed
 * @returns {chrome.permissions.Permissions | null} null where the address is refused later, or there is none: the browser is not asked for it
 */
export function permissionFor(typed) {
  const url = /^https?:\/\/./.test(typed) && URL.canParse(typed) ? new URL(typed) : null;
  return url && url.username === "" && isReachable(typed) ? { origins: [serverPatternOf(typed)] } : null;
}

/**
 * Return the match pattern of a shop's pages, for permissions and content scripts. It names no port, because Firefox allows none.
 * @param {string} shop as in a Product: a registrable domain, or a host with its port
 * @returns {string}
 */
export function originPatternOf(shop) {
  const host = shop.startsWith("[") ? shop.slice(0, shop.indexOf("]") + 1) : shop.split(":")[0];
  const isDomain = !host.startsWith("[") && !/^[0-9.]+$/.test(host) && host.includes(".");
  return isDomain ? `*://*.${host}/*` : `*://${host}/*`;
}
