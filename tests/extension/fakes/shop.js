// @ts-check
import { itemIdOf } from "../../../extension/values/identity.js";
import { handTowers } from "./towers.js";

export const ORIGIN = "https://a.example";
/** @typedef {import("../../../extension/shelf/reading.js").Answer} Answer */
/** @typedef {import("../../../extension/shelf/reading.js").KeptShelf} KeptShelf */
/**
 * @typedef {object} Disk
 * @property {KeptShelf | null} shelf
 * @property {Map<string, Uint8Array<ArrayBuffer>>} kept parts by id
 * @property {boolean} isGone the next keep is refused, as after a withdrawn consent
 * @property {import("../../../extension/shelf/reading.js").Surroundings} around
 */

/** @param {string} title @returns {Record<string, unknown>} a row of /products.json */
export const row = (title) => ({
  title,
  handle: title.replaceAll(" ", "-"),
  variants: [{ id: 1, price: "5.00", available: true }],
});

/** @param {any[]} rows @param {Record<string, string>} [headers] @returns {Answer} a page of /products.json */
export const feedPage = (rows, headers = {}) => ({ status: 200, headers, body: JSON.stringify({ products: rows }) });

/** @param {string} body @param {number} [status] @param {Record<string, string>} [headers] @returns {Answer} */
export const answer = (body, status = 200, headers = {}) => ({ status, headers, body });

/**
 * A shop that answers by its paths; a path without an answer is 404, null is silence. Its clock moves only while somebody waits.
 * @param {Record<string, Answer | null | ((etag?: string, signal?: AbortSignal) => Answer | null)>} answers by path and query
 */
export function createShop(answers) {
  const shop = {
    answers,
    now: Date.parse("2026-03-02T08:00:00Z"),
    /** @type {{path: string, at: number, etag?: string}[]} */
    requests: [],
    /** @returns {string[]} */
    get paths() {
      return shop.requests.map(({ path }) => path);
    },
    /** @param {string} url @param {string} [etag] @param {AbortSignal} [signal] @returns {Promise<Answer | null>} */
    async fetchAnswer(url, etag, signal) {
      const path = url.slice(ORIGIN.length);
      shop.requests.push({ path, at: shop.now, ...(etag && { etag }) });
      const found = shop.answers[path];
      if (found === undefined) return answer("not found", 404);
      return typeof found === "function" ? found(etag, signal) : found;
    },
    /** @param {number} ms */
    async wait(ms) {
      shop.now += ms;
    },
  };
  return shop;
}

/**
 * What a reading works with, on a disk that is a Map: what is kept, and what the items of an answer are.
 * @param {ReturnType<typeof createShop>} shop
 * @param {(answers: any[]) => Promise<{items: any[], counts: number[], vectors: Uint8Array<ArrayBuffer>, layout: any}>} readAnswers
 * @returns {Disk}
 */
export function createDisk(shop, readAnswers) {
  let ids = 0;
  /** @type {Disk} */
  const disk = {
    shelf: null,
    kept: new Map(),
    isGone: false,
    around: {
      fetchAnswer: shop.fetchAnswer,
      wait: shop.wait,
      now: () => shop.now,
      newId: () => `part-${(ids += 1)}`,
      readAnswers,
      mayRead: async () => !disk.isGone,
      async keep(shelf, { puts = [], deletes = [] } = {}) {
        if (disk.isGone) return false;
        disk.shelf = structuredClone(shelf);
        for (const { id, bytes } of puts) disk.kept.set(id, bytes);
        for (const id of deletes) disk.kept.delete(id);
        return true;
      },
      parts: async (wanted) =>
        wanted.map((id) => {
          const bytes = disk.kept.get(id);
          if (!bytes) throw new Error(`no part ${id}`);
          return bytes;
        }),
    },
  };
  return disk;
}

/** @param {Partial<KeptShelf>} [changes] @returns {KeptShelf} a shelf of which nothing was read */
export const emptyShelf = (changes = {}) => ({
  id: "shelf",
  shop: "a.example",
  origin: ORIGIN,
  space: "s1",
  kind: "unknown",
  status: "reading",
  round: 1,
  startedAt: "2026-03-02T08:00:00.000Z",
  numItems: 0,
  parts: [],
  next: "",
  ...changes,
});

/** @param {string} title @param {number[]} vector @param {Record<string, unknown>} [more] @returns {Promise<any>} a card of this shop, with its embedding */
export async function item(title, vector, more = {}) {
  const url = `${ORIGIN}/${title.replaceAll(" ", "-")}`;
  return { itemId: await itemIdOf(url), url, title, embedding: Float32Array.from(vector), ...more };
}

/** @param {string[]} titles @returns {Promise<Float32Array[]>} */
export const embedded = (titles) => handTowers.embedItems(titles);
