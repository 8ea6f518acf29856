// @ts-check
import { interactionSchema, productSchema } from "../generated/contracts.js";
import { canonicalUrl, itemIdOf, shopOf } from "../values/identity.js";
import { decodeEmbedding, encodeEmbedding } from "../values/encoding.js";
import { CarryoverError } from "../values/errors.js";
import { itemText } from "../values/item-text.js";
import { problemIn } from "../values/json-schema.js";
import { centredHistory, knownMeans } from "./centring.js";
import { dismissalPenalty, meanOfNearest } from "./dismissal.js";
import { filterProduct } from "./privacy-filter.js";
import { hasOwnServer } from "./settings.js";
import { centred, createMetric, estimate, knownTo } from "./shop-metric.js";
import { hasImage, textPlace, withText } from "./text-block.js";
import { decodeInt8, dot, isZero, similarity } from "../values/vectors.js";

/**
 * @typedef {import("./profile.js").Profile} Profile
 * @typedef {import("./profile.js").Kind} Kind
 * @typedef {Pick<Profile, "interactions" | "shelves" | "shopMeans" | "replaceEmbedding">} TasteSource what a taste is made of: a profile, or a look at a part of it
 * @typedef {import("./towers.js").Towers} Towers
 * @typedef {import("./shop-metric.js").BundleMetric} BundleMetric
 * @typedef {{towers: Towers, manifest: import("./bundle.js").Manifest, metric?: BundleMetric | null}} Model
 * @typedef {(url: string) => Promise<string>} ReadImage the image at an address as base64, empty where it cannot be had
 * @typedef {{title: string, embedding: Float32Array}} Known
 * @typedef {{liked: Known[], dismissed: Known[]}} History
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../generated/contract-types.js").ListedCard} ListedCard
 * @typedef {import("../generated/contract-types.js").Recommendations} Recommendations
 * @typedef {{items: Card[], ranker: import("./shelf-ranking.js").Ranker}} Shelf a shop's catalogue; the ranker's rows are its items
 * @typedef {import("../generated/contract-types.js").RecommendationRequest} RecommendationRequest
 */

/** How many of a catalogue's nearest items are compared with single items of the history. */
const SHELF_POOL = 300;
/** A whole catalogue has near copies of single items in number: with their full weight they would fill the list. */
const SHELF_CLOSENESS = 0.5;
/** Availabilities of what cannot be had now. */
export const SOLD_OUT = ["OutOfStock", "SoldOut", "Discontinued"];
/** How many items are requested. The number never changes, so it tells the server nothing about the history. */
export const REQUESTED = 30;
const DAY_MS = 86_400_000;
/** A kind's place in this list is what user towers know it by. */
export const KINDS = /** @type {Kind[]} */ (interactionSchema.properties.kind.enum);
/** A second reason is given only where its similarity is within this margin of the first one's. */
const SECOND_REASON_MARGIN = 0.1;
const WEAKEST_REASON = 0.25;
/** Dismissals fill at most this share of the history that the user tower reads, so that many of them leave room for a taste. */
const MAX_DISMISSED_SHARE = 0.25;

/**
 * Return the embedding of a product: by its text and its image, where the image can be had, else by its text alone.
 * @param {import("../generated/contract-types.js").KeptProduct} product
 * @param {Profile} profile
 * @param {Model} model
 * @param {ReadImage | undefined} readImage
 * @returns {Promise<Float32Array>}
 */
async function embeddingOf(product, profile, { towers, manifest }, readImage) {
  const text = itemText(product, manifest.text.itemText);
  const [url] = product.images ?? [];
  const [alone] = await towers.embedItems([text]);
  if (!readImage || !towers.embedSeen || !manifest.lite.image) return alone;
  const place = textPlace(manifest);
  const before = profile
    .interactions()
    .filter((one) => one.product.itemId === product.itemId && one.space === manifest.space)
    .map(({ embedding }) => decodeEmbedding(embedding))
    .find((item) => hasImage(item, place));
  // It was read before: an image is asked for once.
  if (before) return withText(before, alone, place);
  try {
    const image = url && (await readImage(url));
    return image ? await towers.embedSeen(text, image) : alone;
  } catch (error) {
    // The page is gone, or the image cannot be read: nothing is lost, the product is learned by its text.
    if (!(error instanceof CarryoverError)) throw error;
    return alone;
  }
}

/**
 * Keep a product in the profile, after the privacy filter and with an embedding computed on this device.
 * @param {object} happened
 * @param {unknown} happened.product as read from a page: not trusted
 * @param {Kind} happened.kind
 * @param {boolean} happened.incognito
 * @param {ReadImage} [happened.readImage] only where the shopper wants images compared; the image itself is not kept
 * @param {{profile: Profile, model: () => Promise<Model>}} on
 * @returns {Promise<{stored: boolean, reason?: string}>}
 */
export async function learn({ product, kind, incognito, readImage }, { profile, model }) {
  const problem = problemIn(productSchema, product);
  if (problem) return { stored: false, reason: `invalid_product${problem}` };
  const extracted = /** @type {import("../generated/contract-types.js").Product} */ (product);
  if (extracted.verdict !== "product") return { stored: false, reason: extracted.verdict };
  const context = {
    incognito,
    paused: profile.settings.paused,
    isConsented: (/** @type {string} */ shop) => profile.isConsented(shop),
  };
  const decision = await filterProduct(extracted, context);
  if (!decision.allowed) return { stored: false, reason: decision.reason };
  const current = await model();
  // Consent may have been withdrawn, or learning paused, while the towers were loading or the image was read.
  const mayLearn = () => !profile.settings.paused && profile.isConsented(extracted.shop);
  const embedding = mayLearn() && (await embeddingOf(decision.product, profile, current, readImage));
  if (!embedding || !mayLearn()) return { stored: false, reason: "no_consent" };
  await profile.addInteraction({
    product: decision.product,
    kind,
    space: current.manifest.space,
    embedding: encodeEmbedding(embedding),
  });
  return { stored: true };
}

/**
 * Keep an item as dismissed ("Less like this"). It needs no consent for the shop, because the shopper says it about a card in the
 * panel.
 * @param {Card} item
 * @param {{profile: Profile, model: () => Promise<Model>}} on
 * @throws {CarryoverError} invalid_item, where the item has no title
 */
export async function dismiss(item, { profile, model }) {
  const url = canonicalUrl(String(item.url));
  const title = String(item.title ?? "").slice(0, 500);
  if (!title) throw new CarryoverError("invalid_item", "Expected an item with a title.");
  const { brand, categoryPath, attributes } = item;
  const product = {
    shop: shopOf(url),
    itemId: await itemIdOf(url),
    url,
    title,
    ...(brand && { brand }),
    ...(categoryPath && { categoryPath }),
    ...(attributes && { attributes }),
  };
  const { towers, manifest } = await model();
  const [embedding] = await towers.embedItems([itemText(product, manifest.text.itemText)]);
  await profile.addInteraction({
    product,
    kind: "dismiss",
    space: manifest.space,
    embedding: encodeEmbedding(embedding),
  });
}

/**
 * Recompute embeddings of another space from the stored texts: after a change of bundle they cannot be compared.
 * @param {TasteSource} profile
 * @param {Model} model
 */
export async function bringToSpace(profile, { towers, manifest }) {
  const stale = profile.interactions().filter(({ space }) => space !== manifest.space);
  if (stale.length === 0) return;
  const embeddings = await towers.embedItems(stale.map(({ product }) => itemText(product, manifest.text.itemText)));
  for (const [i, { id }] of stale.entries()) {
    await profile.replaceEmbedding(id, manifest.space, encodeEmbedding(embeddings[i]));
  }
}

/**
 * Return the interactions that the user tower reads, most recent first.
 * @param {import("./profile.js").Interaction[]} interactions most recent first
 * @param {number} maxItems
 */
export function recentOf(interactions, maxItems) {
  const isDismissal = (/** @type {{kind: Kind}} */ { kind }) => kind === "dismiss";
  const dismissed = interactions.filter(isDismissal).slice(0, Math.floor(maxItems * MAX_DISMISSED_SHARE));
  const liked = interactions.filter((one) => !isDismissal(one)).slice(0, maxItems - dismissed.length);
  const kept = new Set([...dismissed, ...liked]);
  return interactions.filter((one) => kept.has(one));
}

/** @param {string} time ISO 8601 @param {number} now milliseconds since 1970 @returns {number} days, 0 for the future */
export const ageOf = (time, now) => Math.max(0, (now - Date.parse(time)) / DAY_MS);

/**
 * Return the taste vector: the user tower's embedding of the most recent interactions.
 * @param {TasteSource} profile
 * @param {Model} model
 * @param {number} [now] milliseconds since 1970
 * @returns {Promise<Float32Array | null>} unit length; null where nothing was liked
 */
export async function tasteVector(profile, model, now = Date.now()) {
  await bringToSpace(profile, model);
  const recent = recentOf(profile.interactions(), model.manifest.interactions.maxItems);
  const vector = await model.towers.embedUser({
    items: centredHistory(recent, model.metric ?? null, knownMeans(profile, model.manifest.space)),
    kinds: recent.map(({ kind }) => KINDS.indexOf(kind)),
    agesDays: recent.map(({ time }) => ageOf(time, now)),
    weights: recent.map(({ weight }) => weight),
  });
  return isZero(vector) ? null : vector;
}

/**
 * Return the titles of at most two liked items that are most similar to a candidate. They are computed here and never sent.
 * @param {Float32Array} candidate
 * @param {{title: string, embedding: Float32Array}[]} liked
 * @param {number} [filler] the manifest's coordinate for what is missing of an item
 * @returns {string[]}
 */
export function why(candidate, liked, filler) {
  const near = liked
    .map(({ title, embedding }) => ({ title, score: similarity(candidate, embedding, filler) }))
    .filter(({ score }) => score >= WEAKEST_REASON)
    .sort((a, b) => b.score - a.score);
  const distinct = near.filter(({ title }, i) => near.findIndex((other) => other.title === title) === i);
  return distinct
    .slice(0, 2)
    .filter(({ score }) => score >= distinct[0].score - SECOND_REASON_MARGIN)
    .map(({ title }) => title);
}

/**
 * Return what the history adds to a candidate's score. One vector blurs several tastes into their middle. This re-rank brings
 * forward what is close to single liked items and takes away what is close to a dismissed one. It runs on the device, because
 * only the device has the history.
 * @param {Float32Array} candidate @param {History} history @param {number | undefined} filler
 * @param {number} [weight] of what is close to liked items @returns {number}
 */
function closeness(candidate, history, filler, weight = 1) {
  return weight * meanOfNearest(candidate, history.liked, filler) - dismissalPenalty(candidate, history, filler);
}

/**
 * Return title and centred embedding of every interaction, the dismissals apart.
 * @param {TasteSource} profile
 * @param {Model} model
 * @returns {History}
 */
function historyOf(profile, { metric, manifest }) {
  const interactions = profile.interactions();
  const embeddings = centredHistory(interactions, metric ?? null, knownMeans(profile, manifest.space));
  const seen = interactions.map(({ product, kind }, i) => ({
    isDismissed: kind === "dismiss",
    title: product.title ?? "",
    embedding: embeddings[i],
  }));
  return { liked: seen.filter((one) => !one.isDismissed), dismissed: seen.filter((one) => one.isDismissed) };
}

/**
 * Return what ranks the items of a page: their scores against a user, and what they are compared with seen items by. The items
 * themselves give the shop's metric, shrunk towards the bundle's. Without a metric both are the items as they are.
 * @param {Float32Array[]} embeddings @param {Float32Array} user @param {BundleMetric | null} metric
 * @returns {{scores: number[], compared: Float32Array[]}}
 */
function inPageMetric(embeddings, user, metric) {
  if (!metric) return { scores: embeddings.map((item) => dot(user, item)), compared: embeddings };
  const shop = estimate(embeddings, metric.rule.blocks, user.length);
  const { mean, stored, length } = createMetric(shop, metric);
  const userLength = length(knownTo(user, shop, metric.rule.blocks)) || 1;
  return {
    scores: embeddings.map((item) => dot(user, stored(item)) / userLength),
    compared: embeddings.map((item) => centred(item, metric.rule.blocks, mean)),
  };
}

/**
 * Return the ids of the items seen or dismissed in a shop.
 * @param {TasteSource} profile
 * @param {string} shop
 * @returns {Set<string>}
 */
function knownIn(profile, shop) {
  return new Set(
    profile
      .interactions()
      .filter(({ product }) => product.shop === shop)
      .map(({ product }) => product.itemId),
  );
}

/**
 * Recommend items of the server's catalogue of a shop. The server gets the mode, the shop, a fixed k, the taste vector and its
 * space, and nothing else.
 * @param {{shop: string}} wanted
 * @param {{profile: Profile, model: Model, server: import("./server-client.js").ServerClient}} on
 * @returns {Promise<Recommendations>}
 */
export async function recommendOwn({ shop }, { profile, model, server }) {
  if (!hasOwnServer(profile.settings)) {
    throw new CarryoverError(
      "not_own_server",
      "This server is not marked as your own, so your taste is not sent to it.",
    );
  }
  const vector = await tasteVector(profile, model);
  /** @type {RecommendationRequest} */
  const body = { mode: "own", shop, k: REQUESTED };
  if (vector) Object.assign(body, { vector: Array.from(vector), space: model.manifest.space, include: ["vectors"] });
  const answer = await server.recommend(body);
  const known = knownIn(profile, shop);
  const history = vector ? historyOf(profile, model) : { liked: [], dismissed: [] };
  const { filler } = model.manifest;
  const items = answer.items
    .filter(({ itemId }) => !known.has(itemId))
    .map((item) => {
      const { vectorInt8, ...card } = item;
      const candidate = vectorInt8 ? decodeInt8(vectorInt8) : null;
      if (!candidate) return { ...card, why: [] };
      return {
        ...card,
        score: card.score + closeness(candidate, history, filler),
        why: why(candidate, history.liked, filler),
      };
    });
  // A first screen keeps the server's order: without a taste all scores are 0, and the sort is stable.
  items.sort((a, b) => b.score - a.score);
  return { items, mode: "own", basis: vector ? "taste" : "first_screen", shop };
}

/**
 * Rank the products on the page, on this device. Nothing is sent.
 * @param {{shop: string, listing: ListedCard[]}} wanted
 * @param {{profile: Profile, model: Model}} on
 * @returns {Promise<Recommendations>}
 */
export async function recommendPage({ shop, listing }, { profile, model }) {
  const known = knownIn(profile, shop);
  const cards = listing.filter(({ itemId }) => !known.has(itemId));
  const vector = cards.length > 0 ? await tasteVector(profile, model) : null;
  if (!vector)
    return { items: cards.map((card) => ({ ...card, score: 0, why: [] })), mode: "page", basis: "page_order", shop };
  const embeddings = await model.towers.embedItems(cards.map((card) => itemText(card, model.manifest.text.itemText)));
  const { scores, compared } = inPageMetric(embeddings, vector, model.metric ?? null);
  const history = historyOf(profile, model);
  const { filler } = model.manifest;
  const items = cards.map((card, i) => ({
    ...card,
    score: scores[i] + closeness(compared[i], history, filler),
    why: why(compared[i], history.liked, filler),
  }));
  return { items: items.sort((a, b) => b.score - a.score), mode: "page", basis: "taste", shop };
}

/**
 * Return rows of a catalogue by their scores, best first, what is sold out after everything else.
 * @param {number[]} rows @param {Card[]} items @param {(row: number) => number} scoreOf @returns {number[]}
 */
function byScore(rows, items, scoreOf) {
  const isSoldOut = (/** @type {number} */ row) => SOLD_OUT.includes(items[row].availability ?? "");
  const ranked = rows.map((row) => ({ row, isLast: Number(isSoldOut(row)), score: scoreOf(row) }));
  return ranked.sort((a, b) => a.isLast - b.isLast || b.score - a.score).map(({ row }) => row);
}

/**
 * Rank a shop's own catalogue, on this device. Nothing is sent.
 * @param {{shop: string, shelf: Shelf}} wanted
 * @param {{profile: TasteSource, model: Model}} on
 * @returns {Promise<Recommendations>} at most REQUESTED items; without a taste a first look at what can be had, spread over the catalogue
 */
export async function recommendShelf({ shop, shelf: { items, ranker } }, { profile, model }) {
  const known = knownIn(profile, shop);
  const unseen = items.flatMap(({ itemId }, row) => (known.has(itemId) ? [] : [row]));
  const vector = await tasteVector(profile, model);
  if (!vector) {
    const rows = byScore(unseen, items, (row) => -row);
    const step = Math.max(1, Math.floor(rows.length / REQUESTED));
    const chosen = rows.filter((_, i) => i % step === 0).slice(0, REQUESTED);
    const cards = chosen.map((row) => ({ ...items[row], score: 0, why: [] }));
    return { items: cards, mode: "shelf", basis: "first_screen", shop };
  }
  const asked = ranker.moments && model.metric && knownTo(vector, ranker.moments, model.metric.rule.blocks);
  const scores = ranker.scores(asked && !isZero(asked) ? asked : vector);
  const history = historyOf(profile, model);
  const { filler } = model.manifest;
  const pool = byScore(unseen, items, (row) => scores[row]).slice(0, SHELF_POOL);
  const cards = new Map(
    pool.map((row) => {
      const compared = ranker.compared(row);
      const score = scores[row] + closeness(compared, history, filler, SHELF_CLOSENESS);
      return [row, { ...items[row], score, why: why(compared, history.liked, filler) }];
    }),
  );
  const cardOf = (/** @type {number} */ row) =>
    /** @type {import("../generated/contract-types.js").RankedCard} */ (cards.get(row));
  const best = byScore(pool, items, (row) => cardOf(row).score).slice(0, REQUESTED);
  return { items: best.map(cardOf), mode: "shelf", basis: "taste", shop };
}
