// @ts-check
import { privacy } from "../generated/contracts.js";
import { decodeEmbedding, encodeEmbedding } from "../values/encoding.js";
import { CarryoverError, UrlError } from "../values/errors.js";
import { canonicalUrl, itemIdOf, shopOf } from "../values/identity.js";
import { NO_SHOP } from "../values/imports.js";
import { collapse, itemText } from "../values/item-text.js";
import { dot } from "../values/vectors.js";
import { admit, begin, keep } from "./door.js";
import { KINDS } from "./history.js";
import { textPlace } from "./text-block.js";

/**
 * What a file or a page lists, through the same door as what is looked at.
 * @typedef {import("../generated/contract-types.js").ImportRefusal} Refusal
 * @typedef {Omit<import("../generated/contract-types.js").ImportReport, "savedIds">} Report of interactions
 * @typedef {import("../generated/contract-types.js").ImportRow & {itemId?: string}} Row `itemId`: where another browser knows it by another than
 *   its address gives
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {import("./profile.js").Profile} Profile
 * @typedef {import("./recommender.js").Model} Model
 * @typedef {import("./door.js").Act} Act
 * @typedef {import("./door.js").ToldPast} ToldPast
 * @typedef {Omit<ToldPast, "space" | "embedding"> & {itemId: string}} Happened
 * @typedef {{row: Row, happened: Happened}} Passed a row that was admitted
 */

const DAY_MS = 86_400_000;
/** Rounding, and no other words: the least cosine of what a file's embedding says of the text with the text's own. */
const LEAST_AGREEMENT = 0.9999;
/** So many texts are embedded at once. */
const BATCH = 250;

/** @param {string} reason of the door @returns {Refusal} */
function refusalOf(reason) {
  if (reason.startsWith("invalid_product")) return "invalid";
  if (reason.startsWith("sensitive_")) return "sensitive";
  return reason === "no_consent" ? "no_consent" : "private";
}

/** @param {Row} row @returns {Promise<string | null>} the canonical address, one of nobody where the row has none; null where it is none */
async function addressOf({ url, title }) {
  if (!url) return `https://${NO_SHOP}/${await itemIdOf(collapse(title).toLowerCase())}`;
  try {
    return canonicalUrl(url);
  } catch (error) {
    if (error instanceof UrlError) return null;
    throw error;
  }
}

/** @param {Row} row @param {string} url @returns {Promise<Product>} not checked */
async function productOf({ title, brand, description, categoryPath, attributes, images, price }, url) {
  const told = { brand, description, categoryPath, attributes, images, price };
  const known = Object.entries(told).filter(([, value]) => value !== undefined);
  return {
    shop: shopOf(url),
    itemId: await itemIdOf(url),
    url,
    verdict: "product",
    title: collapse(title),
    provenance: { url: "url" },
    ...Object.fromEntries(known),
  };
}

/** @param {Row} row @param {number} now @returns {string | Refusal} a time in ISO 8601, of now for none and for the future */
function timeOf({ time }, now) {
  const at = time === undefined ? now : Date.parse(time);
  if (Number.isNaN(at)) return "invalid";
  if (at < now - privacy.retentionDays * DAY_MS) return "too_old";
  return new Date(Math.min(at, now)).toISOString();
}

/**
 * @param {Row} row @param {{rule: "file" | "listed" | "sync", act: Act, now: number}} context
 * @returns {Promise<Happened | Refusal>}
 */
async function checked(row, { rule, act, now }) {
  if (!KINDS.includes(row.kind)) return "invalid";
  const url = await addressOf(row);
  if (url === null) return "invalid";
  if (collapse(row.title) === "") return "no_title";
  const time = timeOf(row, now);
  if (time === "invalid" || time === "too_old") return time;
  const { admitted, reason } = await admit(await productOf(row, url), rule, act);
  if (!admitted) return refusalOf(reason);
  const weight = Math.min(5, Math.max(1, row.weight ?? 1));
  return { kind: row.kind, time, weight, of: admitted, itemId: row.itemId ?? admitted.product.itemId };
}

/** Return what is the same for what a profile keeps as one interaction. @param {{kind: string, time: string, product: {shop: string, itemId: string}}} one @returns {string} */
export const interactionKey = ({ kind, time, product }) =>
  `${kind} ${time.slice(0, 10)} ${product.itemId} ${product.shop}`;

/** @param {Happened} happened @returns {string} */
const keyOf = ({ of: { product }, itemId, ...one }) => interactionKey({ ...one, product: { ...product, itemId } });

/** @param {Profile} profile @returns {(key: string) => boolean} whether it keeps no such interaction at the time of the call */
function createIsNew(profile) {
  /** @type {{of: unknown, keys: Set<string>}} */
  let known = { of: null, keys: new Set() };
  return (key) => {
    const kept = profile.interactions();
    if (known.of !== kept) known = { of: kept, keys: new Set(kept.map(interactionKey)) };
    return !known.keys.has(key);
  };
}

/**
 * Return whether an embedding of a file says of the product's words what they say themselves. What it says of an image cannot be checked.
 * @param {Float32Array} told @param {Float32Array} own of the text alone @param {Model["manifest"]} manifest
 */
function agrees(told, own, manifest) {
  if (told.length !== own.length || !told.every(Number.isFinite)) return false;
  if (Math.abs(dot(told, told) - 1) > 1 - LEAST_AGREEMENT) return false;
  if (!manifest.lite.textBlock) return dot(told, own) >= LEAST_AGREEMENT;
  const { start, length } = textPlace(manifest);
  const [a, b] = [told, own].map((item) => item.subarray(start, start + length));
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  return lengths > 0 ? dot(a, b) / lengths >= LEAST_AGREEMENT : dot(told, own) >= LEAST_AGREEMENT;
}

/** @param {Passed[]} passed @param {Model} model @returns {Promise<string[]>} an embedding of each, from its words unless the file's is better */
async function embeddingsOf(passed, { towers, manifest }) {
  const embeddings = [];
  for (let start = 0; start < passed.length; start += BATCH) {
    const batch = passed.slice(start, start + BATCH);
    const texts = batch.map(({ happened }) => itemText(happened.of.product, manifest.text.itemText));
    const own = await towers.embedItems(texts);
    for (const [i, { row }] of batch.entries()) {
      const told = row.embedding && row.space === manifest.space ? decodeEmbedding(row.embedding) : null;
      embeddings.push(told && agrees(told, own[i], manifest) ? row.embedding : encodeEmbedding(own[i]));
    }
  }
  return /** @type {string[]} */ (embeddings);
}

/** How many rows are refused, and why. */
class Tally {
  /** @type {Map<Refusal, number>} */
  #counts = new Map();

  /** @param {Refusal} reason @param {number} [num] */
  add(reason, num = 1) {
    if (num > 0) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + num);
  }

  /** @returns {Report["refused"]} */
  all() {
    return [...this.#counts].map(([reason, count]) => ({ reason, count }));
  }
}

/**
 * Return why rows were refused, with more of them counted.
 * @param {Report["refused"]} refused @param {Refusal[]} reasons one a row
 * @returns {Report["refused"]}
 */
export function withReasons(refused, reasons) {
  const tally = new Tally();
  for (const { reason, count } of refused) tally.add(reason, count);
  for (const reason of reasons) tally.add(reason);
  return tally.all();
}

/** @param {Profile} profile @returns {number} how many interactions can be added without one that is lost */
export const roomIn = (profile) => Math.max(0, privacy.maxInteractions - profile.interactions().length);

/**
 * Admit rows. @param {Row[]} rows not trusted @param {{rule: "file" | "listed" | "sync", act: Act, now: number}} context @param {Tally} tally
 * @returns {Promise<Passed[]>} the newest first, of equally old ones those that were listed first
 */
async function passing(rows, context, tally) {
  const known = new Set(context.act.profile.interactions().map(interactionKey));
  /** @type {Passed[]} */
  const passed = [];
  for (const row of rows) {
    const happened = await checked(row, context);
    if (typeof happened === "string") {
      tally.add(happened);
      continue;
    }
    const key = keyOf(happened);
    if (known.has(key)) tally.add("already_known");
    else passed.push({ row, happened });
    known.add(key);
  }
  return passed.sort((a, b) => Number(a.happened.time < b.happened.time) - Number(a.happened.time > b.happened.time));
}

/**
 * Admit rows, and embed those for which there is room. What the profile has stays: it was learned by looking, and a file can be imported again.
 * Of the file's the newest come first.
 * @param {Row[]} rows not trusted @param {{rule: "file" | "listed" | "sync", act: Act, model: () => Promise<Model>, now: number}} context
 * @returns {Promise<{past: ToldPast[], numPassed: number, tally: Tally}>} `past` for the door; how many rows passed
 */
export async function admitRows(rows, { model, ...context }) {
  const tally = new Tally();
  const { profile } = context.act;
  const passed = await passing(rows, context, tally);
  const fitting = passed.slice(0, roomIn(profile));
  const current = await model();
  const embeddings = await embeddingsOf(fitting, current);
  const { space } = current.manifest;
  const isNew = createIsNew(profile);
  // Something may be looked at while the words are read.
  const past = fitting.map(({ happened }, i) => ({
    ...happened,
    space,
    embedding: embeddings[i],
    isStill: () => isNew(keyOf(happened)),
  }));
  return { past, numPassed: passed.length, tally };
}

/**
 * Add what a file or a page lists to the profile. A row that is in the profile already changes nothing, so that the same file can be imported
 * again.
 * @param {Row[]} rows not trusted
 * @param {"file" | "listed"} rule "listed" on a page of a shop, whose own consent is asked for; the shopper's yes to a file is the consent for it
 * @param {{profile: Profile, model: () => Promise<Model>, now?: number, act?: Act}} on `act`: where it began before this call
 * @returns {Promise<Report>}
 */
export async function addImported(rows, rule, { profile, model, now = profile.today(), act = begin(profile) }) {
  const paused = () => ({ ids: [], refused: [{ reason: /** @type {const} */ ("paused"), count: rows.length }] });
  if (profile.settings.paused) return paused();
  const { past, numPassed, tally } = await admitRows(rows, { rule, act, model, now });
  // Learning may have been paused while the words were read.
  const { ids, reason } = await keep({ past, room: () => roomIn(profile) }, act);
  if (reason === "paused") return paused();
  if (reason === "erased") throw new CarryoverError("erased", "Everything was erased meanwhile.");
  tally.add(reason === "no_consent" ? "no_consent" : "no_room", numPassed - ids.length);
  return { ids, refused: tally.all() };
}
