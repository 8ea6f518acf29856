// @ts-check
import assert from "node:assert/strict";
import { isLoopback } from "../../../extension/core/server-client.js";
import { serverPatternOf } from "../../../extension/messaging/origins.js";
import { listingPage, productPage } from "./device.js";
import { int8 } from "./towers.js";

export const SERVER = "http://127.0.0.1:8710";
export const SHOP = "a.example";
export const PAGE = `https://${SHOP}/sea-towel`;
export const LIST = `https://${SHOP}/all`;

/** What a shopper does with a device. @param {ReturnType<typeof import("./device.js").createDevice>} device */
export function createShopper(device) {
  return {
    /** Allow a shop, in the browser and in the panel. @param {string} [shop] */
    async allow(shop = SHOP) {
      device.state.granted.add(`*://*.${shop}/*`);
      const answer = await device.send({ type: "consent.set", shop, allowed: true });
      assert.equal(answer.ok, true, answer.error?.message);
    },

    /** Pair with a server, as the options page does. @param {string} [serverUrl] @param {boolean} [serverIsMine] */
    async pair(serverUrl = SERVER, serverIsMine = false) {
      device.state.granted.add(serverPatternOf(serverUrl));
      device.server.trust.code = "K7QF2-9XM4T";
      const answer = await device.send({ type: "pairing.make", serverUrl, serverIsMine, code: "k7qf2 9xm4t" });
      assert.equal(answer.ok, true, answer.error?.message);
    },

    /** Pair with a server and change settings, or name none. @param {string} [serverUrl] @param {object} [more] settings */
    async useServer(serverUrl = SERVER, more = {}) {
      const { serverIsMine = false } = /** @type {{serverIsMine?: boolean}} */ (more);
      if (serverUrl) device.state.granted.add(serverPatternOf(serverUrl));
      if (serverUrl && (serverIsMine || isLoopback(serverUrl))) await this.pair(serverUrl, serverIsMine);
      const answer = await device.send({ type: "settings.set", serverUrl, ...more });
      assert.equal(answer.ok, true, answer.error?.message);
    },

    /** See a product page. @param {string} title @param {{kind?: string, incognito?: boolean, shop?: string}} [how] */
    see(title, { kind = "view", incognito, shop = SHOP } = {}) {
      const url = `https://${shop}/${title.replaceAll(" ", "-")}`;
      return device.sendFromPage(url, { type: "page.seen", html: productPage(title, url), url, kind }, { incognito });
    },

    /** Open a listing in the tab in front. @param {string[]} titles @param {string} [url] */
    showListing(titles, url = LIST) {
      device.state.tabs = [{ id: 7, url, incognito: false, active: true }];
      device.state.pages.set(7, { ok: true, html: listingPage(titles, new URL(url).hostname), url, hidden: [] });
    },

    /** @returns {Promise<any>} the exported profile */
    async exported() {
      return (await device.send({ type: "profile.export" })).profile;
    },
  };
}

/** @param {any} answer to a recommend message @returns {string[]} */
export const titlesOf = (answer) => answer.recommendations.items.map((/** @type {any} */ item) => item.title);

/** Return an item as the server recommends it. @param {string} title @param {number} score @param {number[]} vector */
export const offered = (title, score, vector) => ({
  itemId: title.padEnd(16, "0").slice(0, 16),
  url: `https://${SHOP}/${title}`,
  title,
  score,
  vectorInt8: int8(...vector),
});
