// @ts-check
import { addImported } from "../core/importing.js";
import { effectOf, tasteOf } from "../core/taste.js";
import { MAX_ROWS } from "../imports/things.js";
import { CarryoverError, EnvelopeError } from "../values/errors.js";

/**
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {object} Parts
 * @property {import("./store.js").GetProfile} getProfile
 * @property {import("./model.js").ModelSource} model
 * @property {import("./tabs.js").Tabs} tabs
 * @property {import("./shelf-opener.js").ShelfOpener} opener
 * @property {() => Promise<void>} announceChange
 */

/** @param {Profile} profile @param {string} space @returns {import("../generated/contract-types.js").KeptShelf[]} that can be ranked now, the one read last first */
function shelvesOf(profile, space) {
  const usable = profile.shelves().filter((shelf) => shelf.space === space && shelf.numItems > 0);
  return usable.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
}

/**
 * Return the handlers of what the profile knows: to look at it, to see what a removal would change, to remove, and to put back.
 * @param {Parts} parts
 * @returns {Pick<Handlers, "taste.get" | "taste.effect" | "taste.remove" | "taste.restore" | "taste.showImages">}
 */
export function createTasteHandlers({ getProfile, model, opener, announceChange }) {
  return {
    async "taste.get"() {
      const profile = await getProfile();
      const current = await model.getModel();
      const taste = await tasteOf(profile, current);
      return { taste, shelves: shelvesOf(profile, current.manifest.space).map(({ shop }) => shop) };
    },

    async "taste.effect"({ ids, shop }) {
      const profile = await getProfile();
      const current = await model.getModel();
      const shelves = shelvesOf(profile, current.manifest.space);
      const kept = shelves.find((one) => one.shop === shop) ?? shelves[0];
      const wanted = { ids: new Set(ids), open: null };
      const on = { profile, model: current };
      if (!kept) return { effect: await effectOf(wanted, on) };
      try {
        const shelf = await opener.open(kept);
        return { effect: await effectOf({ ...wanted, open: { shop: kept.shop, shelf } }, on) };
      } catch (error) {
        if (!(error instanceof EnvelopeError)) throw error;
        return { effect: await effectOf(wanted, on) };
      }
    },

    async "taste.remove"({ ids }) {
      const removed = new Set(ids);
      const removal = await (await getProfile()).removeInteractions(({ id }) => removed.has(id));
      await announceChange();
      return { removal };
    },

    async "taste.restore"({ removal }) {
      const isRestored = await (await getProfile()).restore(removal);
      await announceChange();
      return { isRestored };
    },

    async "taste.showImages"({ ids }) {
      const profile = await getProfile();
      const wanted = new Set(ids);
      const shown = profile.interactions().filter(({ id }) => wanted.has(id));
      const images = new Set(shown.flatMap(({ product }) => product.images?.slice(0, 1) ?? []));
      for (const url of images) await profile.addToLedger({ method: "GET", url, body: "" });
      return {};
    },
  };
}

/**
 * Return the handlers of imports. Only a page is read from outside; a file is read by the page that the shopper gives it to.
 * @param {Parts} parts
 * @returns {Pick<Handlers, "import.pages" | "import.readPage" | "import.add">}
 */
export function createImportHandlers({ getProfile, model, tabs, announceChange }) {
  return {
    async "import.pages"() {
      const profile = await getProfile();
      const pages = await tabs.shopPages();
      return { pages: pages.map((page) => ({ ...page, isConsented: profile.isConsented(page.shop) })) };
    },

    async "import.readPage"({ tabId }) {
      return { cards: (await tabs.readPage(tabId)).listing };
    },

    async "import.add"({ rows, isFile }) {
      if (rows.length > MAX_ROWS)
        throw new CarryoverError("too_many_rows", `Expected at most ${MAX_ROWS} rows, got ${rows.length}.`);
      const profile = await getProfile();
      // A file names shops that Carryover does not read. The shopper's yes to what the file lists is the consent to keep it.
      const isConsented = (/** @type {string} */ shop) => isFile || profile.isConsented(shop);
      const report = await addImported(rows, isConsented, { profile, model: () => model.getModel() });
      if (report.ids.length > 0) await announceChange();
      return { report };
    },
  };
}
