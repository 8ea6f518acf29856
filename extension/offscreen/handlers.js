// @ts-check
import { BUNDLE_CACHE, openBundle } from "../core/bundle.js";
import { createTowers } from "../core/towers.js";
import { extractProduct } from "../extract/combine.js";
import { extractListing } from "../extract/visible/listing.js";

/** @type {Map<string, Promise<import("../core/towers.js").Towers>>} */
const loaded = new Map();

/** @param {string} bundleUrl @returns {Promise<import("../core/towers.js").Towers>} */
async function load(bundleUrl) {
  const cache = await caches.open(BUNDLE_CACHE);
  const bundle = await openBundle({ cache, bundleUrl });
  return createTowers({ bundle, wasmUrl: chrome.runtime.getURL("vendor/ort-wasm-simd-threaded.wasm") });
}

/** @param {string} bundleUrl one bundle at a time is kept in memory */
function towersOf(bundleUrl) {
  const present = loaded.get(bundleUrl);
  if (present) return present;
  loaded.clear();
  const loading = load(bundleUrl).catch((error) => {
    loaded.delete(bundleUrl);
    throw error;
  });
  loaded.set(bundleUrl, loading);
  return loading;
}

/** @type {Record<string, (fields: Record<string, any>) => Promise<Record<string, any>>>} */
export const towersHandlers = {
  async "page.read"({ html, url, hidden }) {
    // A parsed document runs no script and loads nothing; the shop's own scripts have run before it was handed over.
    const page = new DOMParser().parseFromString(html, "text/html");
    return {
      product: await extractProduct(page, url, { isRendered: true }),
      listing: await extractListing(page, url, hidden),
    };
  },
  async "towers.embedItems"({ bundleUrl, texts }) {
    const embeddings = await (await towersOf(bundleUrl)).embedItems(texts);
    return { embeddings: embeddings.map((row) => Array.from(row)) };
  },
  async "towers.embedUser"({ bundleUrl, items, kinds, agesDays }) {
    const embedding = await (await towersOf(bundleUrl)).embedUser({ items, kinds, agesDays });
    return { embedding: Array.from(embedding) };
  },
};
