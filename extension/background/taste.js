// @ts-check
import { addImported, roomIn, withReasons } from "../core/importing.js";
import { KINDS } from "../core/history.js";
import { addSaved } from "../core/import-saved.js";
import { unlessDone } from "../core/acts.js";
import { begin, putBack } from "../core/door.js";
import { savedThings } from "../core/saved.js";
import { effectOf, tasteOf } from "../core/taste.js";
import { isOwnFile, readExport } from "../imports/own-file.js";
import { thingsIn } from "../imports/things.js";
import { CarryoverError, EnvelopeError } from "../values/errors.js";
import { shopOf } from "../values/identity.js";
import { MAX_ROWS, NO_SHOP } from "../values/imports.js";
import { notesOf } from "./shown-images.js";

/**
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {object} Parts
 * @property {import("./store.js").GetProfile} getProfile
 * @property {import("./model.js").ModelSource} model
 * @property {import("./tabs.js").Tabs} tabs
 * @property {import("./consent.js").Consent} consent
 * @property {import("./shelf-opener.js").ShelfOpener} opener
 * @property {() => Promise<void>} announceChange
 */

/** @param {chrome.runtime.MessageSender} sender @returns {boolean} */
const isPrivate = ({ tab }) => tab?.incognito === true;

/** @param {Profile} profile @param {string} space @returns {import("../generated/contract-types.js").KeptShelf[]} that can be ranked now, the one read last first */
function shelvesOf(profile, space) {
  const usable = profile.shelves().filter((shelf) => shelf.space === space && shelf.numItems > 0);
  return usable.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
}

/** @param {Profile} profile @returns {import("../generated/contract-types.js").KnownShop[]} the shops that are allowed, by name */
function shopsOf(profile) {
  const numItems = (/** @type {string} */ shop) =>
    Math.max(0, ...profile.shelves().flatMap((shelf) => (shelf.shop === shop ? [shelf.numItems] : [])));
  const shops = Object.keys(profile.settings.consents).sort();
  return shops.map((shop) => ({ shop, numItems: numItems(shop) }));
}

/**
 * Return the handlers of what the profile knows: to look at it, to see what a removal would change, to remove, and to put back.
 * @param {Parts} parts
 * @returns {Pick<Handlers, "taste.get" | "taste.effect" | "taste.remove" | "taste.restore" | "taste.showImages">}
 */
export function createTasteHandlers({ getProfile, model, consent, opener, announceChange }) {
  return {
    async "taste.get"() {
      const profile = await getProfile();
      const current = await model.getModel();
      const taste = await tasteOf(profile, current);
      const saved = savedThings(profile);
      const shops = shopsOf(profile);
      return { taste, saved, shops, shelves: shelvesOf(profile, current.manifest.space).map(({ shop }) => shop) };
    },

    async "taste.effect"({ ids, shop, forgets }) {
      const profile = await getProfile();
      const current = await model.getModel();
      const shelves = shelvesOf(profile, current.manifest.space).filter((one) => one.shop !== forgets);
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

    async "taste.remove"({ ids, saved, forgets, actId }) {
      const removed = new Set(ids);
      const profile = await getProfile();
      const isRemoved = (/** @type {import("../core/profile.js").Interaction} */ { id }) => removed.has(id);
      const done = await unlessDone(profile.removeInteractions(isRemoved, saved, actId));
      // It was removed, and the worker stopped before it could say what: that cannot be put back.
      const removal = done ?? { profileId: "", interactions: [], ledger: [] };
      const forgotten = forgets === undefined ? null : await consent.forget(forgets);
      await announceChange();
      return { removal: { ...removal, ...(forgotten && { forgotten }) } };
    },

    async "taste.restore"({ removal }, sender) {
      const { profileId, forgotten } = removal;
      const isRestored = await putBack(removal, begin(await getProfile(), { isPrivate: isPrivate(sender) }));
      const shop = forgotten && isRestored && { isShopBack: await consent.remember(profileId, forgotten) };
      await announceChange();
      return { isRestored, ...shop };
    },

    async "taste.showImages"({ ids }) {
      const profile = await getProfile();
      const wanted = new Set(ids);
      const shown = profile.interactions().filter(({ id }) => wanted.has(id));
      const images = new Set(shown.flatMap(({ product }) => product.images?.slice(0, 1) ?? []));
      for (const note of notesOf([...images])) await profile.addToLedger(note);
      return {};
    },
  };
}

/** @param {{url?: string}[]} rows @returns {string[]} the shops that their addresses name */
function shopsIn(rows) {
  const urls = rows.flatMap(({ url }) => (url && /^https?:/i.test(url) && URL.canParse(url) ? [url] : []));
  return [...new Set(urls.map(shopOf))].filter((shop) => shop !== NO_SHOP).sort();
}

/**
 * Return the handlers of imports. What is read is shown to the shopper before anything is added.
 * @param {Parts} parts
 * @returns {Pick<Handlers, "import.pages" | "import.readFile" | "import.readPage" | "import.add">}
 */
export function createImportHandlers({ getProfile, model, tabs, announceChange }) {
  return {
    async "import.pages"() {
      const profile = await getProfile();
      const pages = await tabs.shopPages();
      return { pages: pages.map((page) => ({ ...page, isConsented: profile.isConsented(page.shop) })) };
    },

    async "import.readFile"({ text, kind }) {
      const known = KINDS.find((one) => one === kind);
      if (!known) throw new CarryoverError("invalid_message", `kind must be one of ${KINDS.join(", ")}.`);
      const room = roomIn(await getProfile());
      if (!isOwnFile(text)) {
        const read = thingsIn(text, known);
        return { ...read, saved: [], shops: shopsIn(read.rows), room };
      }
      const { rows, saved } = readExport(text);
      return { rows, saved, numLeftOut: 0, shops: shopsIn([...rows, ...saved.map(({ card }) => card)]), room };
    },

    async "import.readPage"({ tabId }) {
      return { cards: (await tabs.readPage(tabId)).listing, room: roomIn(await getProfile()) };
    },

    async "import.add"({ rows, saved = [], isFile }, sender) {
      const most = Math.max(rows.length, saved.length);
      if (most > MAX_ROWS) throw new CarryoverError("too_many_rows", `Expected at most ${MAX_ROWS} rows, got ${most}.`);
      const profile = await getProfile();
      const act = begin(profile, { isPrivate: isPrivate(sender) });
      // A file names shops that Carryover does not read. The shopper's yes to what the file lists is the consent to keep it.
      const rule = isFile ? "file" : "listed";
      const { ids, refused } = await addImported(rows, rule, { profile, model: () => model.getModel(), act });
      const { savedIds, reasons } = await addSaved(saved, { profile, act });
      if (ids.length + savedIds.length > 0) await announceChange();
      return { report: { ids, savedIds, refused: withReasons(refused, reasons) } };
    },
  };
}
