// @ts-check
import assert from "node:assert/strict";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { JSDOM } from "jsdom";
import { createTowersHandlers } from "../../../extension/offscreen/handlers.js";
import { createListener } from "../../../extension/messaging/messages.js";
import { ORIGIN, createBrowser } from "./browser.js";
import { packageOf } from "./bundle.js";
import { MemoryCache } from "./cache.js";
import { createServer } from "./server.js";
import { handTowers } from "./towers.js";

let workers = 0;

/**
 * A device with the extension installed: the browser, its disk and its network are fakes, and everything between them is the
 * extension's own code, from background.js on. The towers are worked out by hand.
 * @param {object} [options]
 * @param {ReturnType<typeof createServer>} [options.server]
 * @param {(url: string, etag?: string, signal?: AbortSignal) => Promise<import("./shop.js").Answer | null>} [options.shop] answers what is not for the server
 * @param {import("../../../extension/core/towers.js").Towers} [options.towers]
 * @param {ReturnType<typeof packageOf>} [options.packaged]
 */
export function createDevice({ server = createServer(), packaged = packageOf(), shop, towers = handTowers } = {}) {
  const { state, context, close } = createBrowser();
  const cache = new MemoryCache();
  /** @type {any} */
  const world = globalThis;
  world.indexedDB = new IDBFactory();
  world.IDBKeyRange = IDBKeyRange;
  world.caches = { open: async () => cache };
  world.fetch = async (/** @type {any} */ url, /** @type {any} */ init) => {
    if (String(url).startsWith(`${ORIGIN}/`)) return packaged(url);
    if (!shop || String(url).startsWith("http://127.0.0.1")) return server.fetch(url, init);
    assert.deepEqual([init.credentials, init.referrerPolicy, init.cache], ["omit", "no-referrer", "no-store"]);
    const found = await shop(String(url), init.headers["If-None-Match"], init.signal);
    if (!found) throw new TypeError("Failed to fetch");
    const { status, headers, body } = found;
    return new Response(status === 304 ? null : body, { status, headers });
  };
  world.DOMParser = new JSDOM("").window.DOMParser;
  const panel = context("ui/panel.html");

  function openOffscreen() {
    const { runtime } = context("offscreen/offscreen.html");
    runtime.onMessage.addListener(createListener("towers", createTowersHandlers({ load: async () => towers })));
  }

  return {
    state,
    server,
    cache,
    panel,
    context,
    /** Start the service worker, as the browser does on an event: background.js runs from its top. @returns {Promise<any>} its chrome.* */
    async startWorker() {
      const browser = context("background.js", { onOffscreen: openOffscreen });
      world.chrome = browser;
      workers += 1;
      await import(`../../../extension/background.js?worker=${workers}`);
      return browser;
    },
    /** Stop a worker, as the browser does after 30 idle seconds. */
    stopWorker: close,
    /** Send a message as the panel does. @param {Record<string, any>} message @returns {Promise<any>} */
    send: (message) => panel.runtime.sendMessage(message),
    /** Send a message as the content script of a page does. @param {string} url @param {Record<string, any>} message @param {{incognito?: boolean}} [tab] @returns {Promise<any>} */
    sendFromPage: (url, message, { incognito = false } = {}) =>
      context(url, { tab: { id: 7, url, incognito } }).runtime.sendMessage(message),
  };
}

/** @param {string} title @param {string} url @returns {string} a product page that says so in JSON-LD */
export function productPage(title, url) {
  const product = {
    "@context": "https://schema.org",
    "@type": "Product",
    name: title,
    url,
    image: `${url}.jpg`,
    offers: { "@type": "Offer", price: "19.90", priceCurrency: "EUR", availability: "https://schema.org/InStock" },
  };
  return `<!doctype html><html lang="en"><head><title>${title}</title>
    <script type="application/ld+json">${JSON.stringify(product)}</script></head><body><h1>${title}</h1></body></html>`;
}

/** @param {string[]} titles @param {string} shop @returns {string} a page that lists products */
export function listingPage(titles, shop) {
  const cards = titles.map(
    (
      title,
    ) => `<li class="tile"><a href="https://${shop}/${title.replaceAll(" ", "-")}"><img src="/i/${title.length}.jpg" alt="">
      <h3>${title}</h3></a><p class="price">€ 20.00</p></li>`,
  );
  return `<!doctype html><html lang="en"><body><ul>${cards.join("")}</ul></body></html>`;
}
