// @ts-check
import { MAX_ITEMS, ReadingEnded } from "./reading.js";
import { encodePart } from "./parts.js";
import { shopify } from "./shopify.js";
import { woocommerce } from "./woocommerce.js";

/**
 * @typedef {import("./reading.js").Reading} Reading
 * @typedef {import("./reading.js").Answer} Answer
 * @typedef {import("./feed.js").Adapter} Adapter
 * @typedef {import("../generated/contract-types.js").KeptShelf["parts"][number]} KeptPart
 */

/** @type {Adapter[]} */
const ADAPTERS = [shopify, woocommerce];

/** @param {Adapter} adapter @param {string} url @param {Answer | null} answer @returns {string | null} the address that follows, "" for none; null where it is not such a feed */
function nextOf(adapter, url, answer) {
  if (!answer || answer.status < 200 || answer.status >= 300) return null;
  const urls = adapter.nextUrls(url, answer.body, answer.headers);
  return urls && (urls[0] ?? "");
}

/**
 * Return the shop's kind of feed and its first answer. The first page of each kind is its own test.
 * @param {Reading} reading @returns {Promise<{adapter: Adapter, first: Answer | null} | null>}
 */
async function findFeed(reading) {
  const { kind, origin, next, parts } = reading.shelf;
  const known = ADAPTERS.find(({ name }) => name === kind);
  // An interrupted reading continues: its feed was found before.
  if (known && next !== "" && next !== known.firstUrl(origin)) return { adapter: known, first: null };
  for (const adapter of known ? [known] : ADAPTERS) {
    const url = adapter.firstUrl(origin);
    const etag = parts.find((part) => part.url === url)?.etag;
    const answer = await reading.visit(url, etag);
    if (answer?.status === 304 || nextOf(adapter, url, answer) !== null) {
      await reading.change({ kind: adapter.name, next: url });
      return { adapter, first: answer };
    }
  }
  return null;
}

/** @param {Reading} reading @param {Adapter} adapter learns the currency, and how many products there are, apart from the feed */
async function learnCurrency(reading, adapter) {
  for (const url of reading.shelf.currency ? [] : adapter.currencyUrls(reading.shelf.origin)) {
    const answer = await reading.visit(url);
    if (answer?.status !== 200) continue;
    const currency = adapter.currencyOf(answer.body) ?? undefined;
    await reading.change({ currency, total: adapter.totalOf(answer.body, answer.headers) ?? reading.shelf.total });
    if (currency) return;
  }
}

/** @param {Reading} reading @param {KeptPart} part in place of the one of the same address @param {Partial<Reading["shelf"]>} changes @param {import("./reading.js").PartChanges} [kept] */
async function keepPart({ shelf, change }, part, changes, kept) {
  const others = shelf.parts.filter(({ url }) => url !== part.url);
  const parts = [...others, part];
  const numItems = parts.reduce((sum, one) => sum + (one.round === shelf.round ? one.numItems : 0), 0);
  await change({ ...changes, parts, numItems: Math.max(numItems, shelf.round > 1 ? shelf.numItems : 0) }, kept);
}

/** @param {Reading} reading @param {Adapter} adapter @param {string} url @param {Answer} answer @param {string} next keeps the items of an answer */
async function keepAnswer(reading, adapter, url, answer, next) {
  const { origin, currency, round, parts, total } = reading.shelf;
  const { around } = reading;
  const fetchedAt = new Date(around.now()).toISOString();
  const { items, vectors } = await around.readAnswers([
    { kind: adapter.name, url, body: answer.body, origin, fetchedAt, ...(currency && { currency }) },
  ]);
  const { etag } = answer.headers;
  const part = { id: around.newId(), numItems: items.length, round, url, next, ...(etag && { etag }) };
  const old = parts.find((one) => one.url === url);
  const changes = { next, total: adapter.totalOf(answer.body, answer.headers) ?? total };
  await keepPart(reading, part, changes, {
    puts: [{ id: part.id, bytes: encodePart({ items }, vectors) }],
    deletes: old ? [old.id] : [],
  });
}

/** @param {Reading} reading deletes the answers of earlier rounds that the feed has no more */
async function dropOldParts({ shelf, change }) {
  const old = shelf.parts.filter(({ round }) => round < shelf.round);
  const parts = shelf.parts.filter(({ round }) => round === shelf.round);
  const numItems = parts.reduce((sum, one) => sum + one.numItems, 0);
  await change({ parts, numItems, next: "" }, { deletes: old.map(({ id }) => id) });
}

/**
 * Read the shop's feed to its end.
 * @param {Reading} reading @returns {Promise<"whole" | "limit" | null>} null where the shop has none
 * @throws {ReadingEnded}
 */
export async function readFeed(reading) {
  if (reading.shelf.kind === "sitemap") return null;
  const found = await findFeed(reading);
  if (!found) {
    if (reading.shelf.kind !== "unknown") await reading.change({ kind: "unknown" });
    return null;
  }
  const { adapter } = found;
  await learnCurrency(reading, adapter);
  let { first } = found;
  let numRead = 0;
  let before = "";
  while (reading.shelf.next !== "") {
    const url = reading.shelf.next;
    const part = reading.shelf.parts.find((one) => one.url === url);
    const answer = first ?? (await reading.visit(url, part?.etag));
    first = null;
    if (answer?.status === 304 && part) {
      await keepPart(reading, { ...part, round: reading.shelf.round }, { next: part.next ?? "" });
    } else {
      const next = nextOf(adapter, url, answer);
      if (answer && answer.status >= 500) throw new ReadingEnded("unreachable");
      // Shopify refuses pages far behind: what was read until then is the catalogue.
      // Others know no pages, and give the same answer to each.
      if (!answer || next === null || answer.body === before) break;
      before = answer.body;
      await keepAnswer(reading, adapter, url, answer, next);
    }
    numRead = reading.shelf.parts.reduce((sum, one) => sum + (one.round === reading.shelf.round ? one.numItems : 0), 0);
    if (numRead >= MAX_ITEMS) break;
  }
  await dropOldParts(reading);
  return numRead >= MAX_ITEMS ? "limit" : "whole";
}
