// @ts-check
import { isReachable } from "../core/reachable.js";

/** @typedef {import("../generated/contract-types.js").SentRequest} SentRequest */

/** More than a page shows at once. */
const MOST = 500;

/**
 * Return what the ledger says of images that a page of the extension is about to show: one entry a host, with their addresses.
 * @param {string[]} urls @returns {SentRequest[]}
 */
export function notesOf(urls) {
  /** @type {Map<string, string[]>} */
  const byHost = new Map();
  for (const url of new Set(urls.slice(0, MOST))) {
    if (!URL.canParse(url) || !isReachable(url)) continue;
    const { origin } = new URL(url);
    byHost.set(origin, [...(byHost.get(origin) ?? []), url]);
  }
  return [...byHost].map(([origin, images]) => ({
    method: "GET",
    url: `${origin}/`,
    body: JSON.stringify(images),
    purpose: "shown",
  }));
}
