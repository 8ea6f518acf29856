// @ts-check

/**
 * What the browser is asked for when a shopper allows a shop. Match patterns name no port, since Firefox knows none in them.
 * @param {string} shop as in a Product: a registrable domain, or a host with its port
 * @returns {string}
 */
export function originPatternOf(shop) {
  const host = shop.startsWith("[") ? shop.slice(0, shop.indexOf("]") + 1) : shop.split(":")[0];
  const isDomain = !host.startsWith("[") && !/^[0-9.]+$/.test(host) && host.includes(".");
  return isDomain ? `*://*.${host}/*` : `*://${host}/*`;
}
