// @ts-check
import { utf8 } from "../values/encoding.js";
import { itemIdOf } from "../values/identity.js";
import { feeds } from "../generated/contracts.js";
import { likelyProducts } from "./address.js";
import { completed, examplesOf } from "./guesses.js";
import { decodePart, encodePart } from "./parts.js";
import { MAX_ITEMS, ReadingEnded } from "./reading.js";
import { followable, parseSitemap } from "./sitemap.js";

/**
 * @typedef {import("./reading.js").Reading} Reading
 * @typedef {import("../generated/contract-types.js").KeptShelf["parts"][number]} KeptPart
 */

/** How many sitemaps and how many pages one reading may fetch. Pages are large, and a visitor looks at no more. */
export const MAX_SITEMAPS = 10;
export const MAX_PAGES = 60;
const PAGES_A_PART = 10;
const GUESSES_A_PART = 250;
const OF_PRODUCTS = /product|item|artikel|produkt|produit/i;

/** @param {Reading} reading @returns {Promise<string[]>} the addresses of the shop's sitemaps that may be products' pages */
async function listedPages({ shelf: { origin }, robots, visit }) {
  const queue = robots.sitemaps.length > 0 ? [...robots.sitemaps] : [origin + feeds.sitemap.path];
  /** @type {Set<string>} */
  const pages = new Set();
  for (let num = 0; num < MAX_SITEMAPS && queue.length > 0 && pages.size < MAX_ITEMS; num += 1) {
    const url = /** @type {string} */ (queue.shift());
    if (new URL(url).origin !== origin) continue;
    const answer = await visit(url);
    if (answer?.status !== 200) continue;
    const found = parseSitemap(answer.body, url);
    const ofProducts = found.sitemaps.filter((one) => OF_PRODUCTS.test(new URL(one).pathname));
    queue.push(...(ofProducts.length > 0 ? ofProducts : found.sitemaps));
    for (const page of found.pages) {
      const address = followable(page, origin);
      if (address && robots.allows(address)) pages.add(address);
    }
  }
  return [...pages].slice(0, MAX_ITEMS);
}

/**
 * Return addresses in an order that depends on nothing but themselves: the first of them are a fair sample of the catalogue, and tell
 * the shop nothing about who reads.
 * @param {string[]} addresses @returns {Promise<string[]>}
 */
async function inFixedOrder(addresses) {
  const keyed = await Promise.all(addresses.map(async (url) => ({ url, key: await itemIdOf(url) })));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ url }) => url);
}

/** @param {Reading} reading @returns {Promise<string[]>} the addresses of this round, fetched unless an interrupted reading did */
async function addressesOf(reading) {
  const { addressesId, kind, next, origin } = reading.shelf;
  if (kind === "sitemap" && addressesId && next === "pages") {
    const [bytes] = await reading.around.parts([addressesId]);
    return JSON.parse(new TextDecoder().decode(bytes));
  }
  const addresses = await inFixedOrder(await listedPages(reading));
  if (addresses.length === 0) throw new ReadingEnded(reading.robots.allows(`${origin}/`) ? "no_feed" : "robots");
  const id = reading.around.newId();
  await reading.change(
    { kind: "sitemap", next: "pages", addressesId: id, total: addresses.length },
    { puts: [{ id, bytes: utf8(JSON.stringify(addresses)) }], deletes: addressesId ? [addressesId] : [] },
  );
  return addresses;
}

/** @param {Reading} reading @returns {Promise<{part: KeptPart, content: ReturnType<typeof decodePart>}[]>} the parts of pages that were read, oldest first */
async function readParts({ shelf, around }) {
  const parts = shelf.parts.filter(({ isGuessed }) => !isGuessed).sort((a, b) => a.round - b.round);
  const bytes = await around.parts(parts.map(({ id }) => id));
  return parts.map((part, i) => ({ part, content: decodePart(bytes[i]) }));
}

/** @param {Reading} reading @param {string} url @returns {Promise<import("./reading.js").ShelfAnswer | null>} a page, null where there is none */
async function pageAt({ visit, shelf: { origin }, around }, url) {
  const answer = await visit(url);
  if (answer?.status !== 200) return null;
  return { kind: "page", url, body: answer.body, origin, fetchedAt: new Date(around.now()).toISOString() };
}

/** @param {Reading} reading @param {import("./reading.js").ShelfAnswer[]} answers @param {string[]} urls of the pages that were asked for keeps the products of pages */
async function keepPages({ shelf, around, change }, answers, urls) {
  const { items, counts, vectors } = await around.readAnswers(answers);
  let next = 0;
  /** @type {Map<string, string>} */
  const itemIds = new Map();
  for (const [i, { url }] of answers.entries()) {
    if (counts[i] > 0) itemIds.set(url, items[next].itemId);
    next += counts[i];
  }
  const pages = urls.map((url) => ({ url, ...(itemIds.has(url) && { itemId: itemIds.get(url) }) }));
  const part = { id: around.newId(), numItems: items.length, round: shelf.round };
  const parts = [...shelf.parts, part];
  const bytes = encodePart({ items, pages }, vectors);
  await change({ parts, numItems: countOf(parts) }, { puts: [{ id: part.id, bytes }] });
}

/** @param {KeptPart[]} parts */
const countOf = (parts) => parts.reduce((sum, { numItems }) => sum + numItems, 0);

/**
 * Keep the products of addresses that were not read, known by the words of their addresses and by what the shop's pages add to
 * such words, in place of earlier ones.
 * @param {Reading} reading @param {string[]} addresses
 */
async function keepGuesses(reading, addresses) {
  const before = await readParts(reading);
  const read = before.flatMap(({ content: { pages = [] } }) =>
    pages.map(({ url, itemId }) => ({ url, isProduct: itemId !== undefined })),
  );
  const known = new Set(read.map(({ url }) => url));
  const guessed = likelyProducts(
    addresses.filter((url) => !known.has(url)),
    read,
  );
  const { origin, round, parts } = reading.shelf;
  const { around } = reading;
  const examples = await examplesOf(before, origin, around);
  const fresh = [];
  const puts = [];
  for (let start = 0; start < guessed.length; start += GUESSES_A_PART) {
    const body = guessed.slice(start, start + GUESSES_A_PART).join("\n");
    const fetchedAt = new Date(around.now()).toISOString();
    const answer = { kind: /** @type {const} */ ("addresses"), url: origin, body, origin, fetchedAt };
    const { items, vectors } = await around.readAnswers([answer]);
    const part = { id: around.newId(), numItems: items.length, round, isGuessed: true };
    fresh.push(part);
    puts.push({ id: part.id, bytes: encodePart({ items }, examples ? completed(vectors, examples) : vectors) });
  }
  const kept = parts.filter(({ isGuessed }) => !isGuessed);
  const deletes = parts.filter(({ isGuessed }) => isGuessed).map(({ id }) => id);
  const all = [...fresh, ...kept];
  await reading.change({ parts: all, numItems: countOf(all) }, { puts, deletes });
}

/** @param {Reading} reading deletes the parts whose pages were all read again */
async function dropOutdated(reading) {
  /** @type {Set<string>} */
  const readAgain = new Set();
  const outdated = new Set();
  for (const { part, content } of (await readParts(reading)).reverse()) {
    const pages = content.pages ?? [];
    if (pages.every(({ url }) => readAgain.has(url))) outdated.add(part.id);
    for (const { url } of pages) readAgain.add(url);
  }
  if (outdated.size === 0) return;
  const parts = reading.shelf.parts.filter(({ id }) => !outdated.has(id));
  await reading.change({ parts, numItems: countOf(parts) }, { deletes: [...outdated] });
}

/**
 * Read products' pages that the shop's sitemap names: those that were never read first, then those that were read longest ago.
 * @param {Reading} reading @returns {Promise<"whole" | "limit">}
 * @throws {ReadingEnded} where there is no sitemap, or nobody answers
 */
export async function readSitemap(reading) {
  const addresses = await addressesOf(reading);
  const before = await readParts(reading);
  const pagesOf = (/** @type {typeof before} */ parts) =>
    parts.flatMap(({ content }) => (content.pages ?? []).map(({ url }) => url));
  const readNow = pagesOf(before.filter(({ part }) => part.round === reading.shelf.round));
  const readEarlier = pagesOf(before.filter(({ part }) => part.round < reading.shelf.round));
  const listed = new Set(addresses);
  const known = new Set([...readNow, ...readEarlier]);
  const again = readEarlier.filter((url) => listed.has(url));
  const wanted = [...addresses.filter((url) => !known.has(url)), ...again].slice(0, MAX_PAGES - readNow.length);
  for (let start = 0; start < wanted.length; start += PAGES_A_PART) {
    const urls = wanted.slice(start, start + PAGES_A_PART);
    const answers = [];
    for (const url of urls) {
      const page = await pageAt(reading, url);
      if (page) answers.push(page);
    }
    if (answers.length === 0) throw new ReadingEnded("unreachable");
    await keepPages(reading, answers, urls);
    // The first pages tell which addresses are products: a shopper need not wait for the others.
    if (start === 0) await keepGuesses(reading, addresses);
  }
  await keepGuesses(reading, addresses);
  await dropOutdated(reading);
  return addresses.length >= MAX_ITEMS ? "limit" : "whole";
}
