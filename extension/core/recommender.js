// @ts-check
import { canonicalUrl, itemIdOf, shopOf } from "../values/identity.js";
import { decodeEmbedding, encodeEmbedding } from "../values/encoding.js";
import { CarryoverError } from "../values/errors.js";
import { itemText } from "../values/item-text.js";
import { facetsOf, inOrder, passes } from "./choice.js";
import { dismissalPenalty, meanOfNearest } from "./dismissal.js";
import { admit, begin, keep } from "./door.js";
import { countDropped } from "./dropped.js";
import { byScore, find, firstLook, isSearch } from "./finding.js";
import { bringToSpace, historyOf, tasteVector } from "./history.js";
import { compareAll, similarities } from "./nearness.js";
import { createPageRanker } from "./page-ranking.js";
import { randomId } from "./profile-records.js";
import { hasOwnServer, mayAskServer } from "./settings.js";
import { knownTo } from "./shop-metric.js";
import { hasImage, textPlace, withText } from "./text-block.js";
import { decodeInt8, dot, isZero } from "../values/vectors.js";

/**
 * @typedef {import("./profile.js").Profile} Profile
 * @typedef {import("./profile.js").Kind} Kind
 * @typedef {import("./towers.js").Towers} Towers
 * @typedef {import("./history.js").History} History
 * @typedef {import("./history.js").TasteSource} TasteSource
 * @typedef {import("./shop-metric.js").BundleMetric} BundleMetric
 * @typedef {{towers: Towers, manifest: import("./bundle.js").Manifest, metric?: BundleMetric | null}} Model
 * @typedef {(url: string) => Promise<string>} ReadImage the image at an address as base64, empty where it cannot be had
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../generated/contract-types.js").Choice} Choice
 * @typedef {import("../generated/contract-types.js").ListedCard} ListedCard
 * @typedef {import("../generated/contract-types.js").Recommendations} Recommendations
 * @typedef {{cards: import("./catalogue-cards.js").Cards, ranker: import("./shelf-ranking.js").Ranker}} Shelf a shop's catalogue; the ranker's rows are its cards
 * @typedef {import("../generated/contract-types.js").RecommendationRequest} RecommendationRequest
 */

/** How many of a catalogue's nearest items are compared with single items of the history. */
const SHELF_POOL = 300;
/** A whole catalogue has near copies of single items in number: with their full weight they would fill the list. */
const SHELF_CLOSENESS = 0.25;
/** How many items are requested. The number never changes, so it tells the server nothing about the history. */
export const REQUESTED = 30;
/** A second reason is given only where its similarity is within this margin of the first one's. */
const SECOND_REASON_MARGIN = 0.1;
const WEAKEST_REASON = 0.25;
const UNIT_TOLERANCE = 1e-6;

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
 * Keep a product that a page shows, through the door and with an embedding computed on this device.
 * @param {object} happened
 * @param {unknown} happened.product as read from a page: not trusted
 * @param {Kind} happened.kind
 * @param {0 | 1} [happened.adds] 0: it changes what is kept of a product that was counted today, and counts no further
 * @param {boolean} happened.incognito
 * @param {ReadImage} [happened.readImage] only where the shopper wants images compared; the image itself is not kept
 * @param {{profile: Profile, model: () => Promise<Model>, act?: import("./door.js").Act}} on `act`: where it began before this call
 * @returns {Promise<{stored: boolean, reason?: string}>}
 */
export async function learn({ product, kind, adds = 1, incognito, readImage }, { profile, model, act }) {
  const mine = act ?? begin(profile, { isPrivate: incognito });
  const rule = kind === "view" ? "look" : "click";
  const { admitted, reason } = await admit(product, rule, mine);
  if (!admitted) {
    await countDropped(profile, reason);
    return { stored: false, reason };
  }
  const current = await model();
  // Consent may have been withdrawn, or learning paused, while the towers were loading: then no image is read.
  const again = await admit(product, rule, mine);
  if (!again.admitted) return { stored: false, reason: again.reason };
  const embedding = encodeEmbedding(await embeddingOf(admitted.product, profile, current, readImage));
  const told = { of: admitted, kind, space: current.manifest.space, embedding, adds };
  const { stored, reason: refusal } = await keep({ now: [told] }, mine);
  return stored ? { stored } : { stored, reason: refusal };
}

/** @param {Card} item @returns {Promise<import("../generated/contract-types.js").Product & {title: string}>} not checked @throws {CarryoverError} invalid_item, where the item has no title */
export async function productOfCard(item) {
  const url = canonicalUrl(String(item.url));
  const title = String(item.title ?? "").slice(0, 500);
  if (!title) throw new CarryoverError("invalid_item", "Expected an item with a title.");
  const { brand, categoryPath, attributes, image, price, regularPrice, availability } = item;
  const told = {
    brand,
    categoryPath,
    attributes,
    images: image ? [image] : undefined,
    price,
    regularPrice,
    availability,
  };
  const known = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
  const [shop, itemId] = [shopOf(url), await itemIdOf(url)];
  return { shop, itemId, url, title, ...known, verdict: "product", provenance: { url: "url" } };
}

/**
 * Return what the shopper said about products, as the door takes it: with embeddings of their texts.
 * @param {import("./door.js").Admitted[]} admitted @param {Kind} kind @param {() => Promise<Model>} model
 * @returns {Promise<import("./door.js").ToldNow[]>}
 */
export async function said(admitted, kind, model) {
  const { towers, manifest } = await model();
  const embeddings = await towers.embedItems(admitted.map(({ product }) => itemText(product, manifest.text.itemText)));
  return admitted.map((of, i) => ({ of, kind, space: manifest.space, embedding: encodeEmbedding(embeddings[i]) }));
}

/**
 * Keep an item as dismissed ("Less like this"). It needs no consent for the shop: the shopper says it themselves, about this one item.
 * @param {Card} item
 * @param {{profile: Profile, model: () => Promise<Model>, act?: import("./door.js").Act}} on `act`: where it began before this call
 * @returns {Promise<{stored: boolean, reason?: string}>}
 */
export async function dismiss(item, { profile, model, act = begin(profile) }) {
  const product = await productOfCard(item);
  const { admitted, reason } = await admit(product, "dismiss", act);
  if (!admitted) return { stored: false, reason };
  const [told] = await said([admitted], "dismiss", model);
  // Its list knows it by its own address, and what is kept may have lost a part of that.
  const { stored, reason: refusal } = await keep({ now: [{ ...told, itemId: product.itemId }] }, act);
  return stored ? { stored } : { stored, reason: refusal };
}

/**
 * Return the titles of at most two liked items that are most similar to a candidate. They are computed here and never sent.
 * @param {Float32Array} candidate
 * @param {{title: string, embedding: Float32Array}[]} liked
 * @param {number} [filler] the manifest's coordinate for what is missing of an item
 * @returns {string[]}
 */
export function why(candidate, liked, filler) {
  const scores = similarities(candidate, liked, filler);
  const named = liked.map(({ title }, i) => ({ title, score: scores[i] }));
  const near = named.filter(({ score }) => score >= WEAKEST_REASON).sort((a, b) => b.score - a.score);
  const [first] = near;
  const second = near.find(({ title }) => title !== first.title);
  const isSecond = second && second.score >= first.score - SECOND_REASON_MARGIN;
  return [first, isSecond ? second : undefined].flatMap((one) => one?.title ?? []);
}

/**
 * Return what the history adds to a candidate's score. One vector blurs several tastes into their middle. This re-rank brings
 * forward what is close to single liked items and takes away what is close to a dismissed one. It runs on the device, because
 * only the device has the history.
 * @param {Float32Array} candidate @param {History} history @param {number | undefined} filler
 * @param {number} [weight] of what is close to liked items @returns {number}
 */
function closeness(candidate, history, filler, weight = 1) {
  const near = meanOfNearest(candidate, history.liked, filler);
  const isUnit = Math.abs(dot(candidate, candidate) - 1) < UNIT_TOLERANCE;
  return weight * near - dismissalPenalty(candidate, history, filler, isUnit ? near : undefined);
}

/**
 * Return the ids of the items seen or dismissed in a shop.
 * @param {TasteSource} profile
 * @param {string} shop
 * @param {(kind: Kind) => boolean} [isMeant] all kinds without it
 * @returns {Set<string>}
 */
function knownIn(profile, shop, isMeant = () => true) {
  const there = profile.interactions().filter(({ product, kind }) => product.shop === shop && isMeant(kind));
  return new Set(there.map(({ product }) => product.itemId));
}

/** @param {TasteSource} profile @param {string} shop @returns {Set<string>} the ids of the items dismissed in a shop */
const dismissedIn = (profile, shop) => knownIn(profile, shop, (kind) => kind === "dismiss");

/**
 * Recommend items of the server's catalogue of a shop. The server gets the mode, the shop, a fixed k, the taste vector and its
 * space, and nothing else: what the shopper chooses is applied here, to its answer.
 * @param {{shop: string, choice?: Choice, isTold?: boolean}} wanted `isTold`: whether the server may be told what comes of the list
 * @param {{profile: Profile, model: Model, server: import("./server-client.js").ServerClient}} on
 * @returns {Promise<Recommendations>}
 */
export async function recommendOwn({ shop, choice = {}, isTold = false }, { profile, model, server }) {
  if (!hasOwnServer(profile.settings) || !profile.settings.pairedKey) {
    throw new CarryoverError(
      "not_own_server",
      "This server is not paired as your own, so your taste is not sent to it.",
    );
  }
  const vector = await tasteVector(profile, model);
  // The shopper may have left the server meanwhile, or erased everything.
  if (!mayAskServer(profile.settings) || profile.settings.serverUrl !== server.baseUrl)
    throw new CarryoverError("not_own_server", "This server is not in use any more, so your taste is not sent to it.");
  /** @type {RecommendationRequest} */
  const body = { mode: "own", shop, k: REQUESTED };
  if (vector) Object.assign(body, { vector: Array.from(vector), space: model.manifest.space, include: ["vectors"] });
  // A list that the shopper filters or sorts says what they look for: nothing is told of it.
  const screen = isTold && Object.keys(choice).length === 0 ? randomId() : "";
  if (screen) body.screen = screen;
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
  const passing = inOrder(
    items.filter((card) => passes(card, choice)),
    choice,
  );
  const basis = vector ? "taste" : "first_screen";
  const { space, arm } = answer;
  return {
    ...{ items: passing, mode: "own", basis, shop, facets: facetsOf(items), numFound: passing.length },
    ...(screen && { screen: { id: screen, space, ...(arm && { arm }) } }),
  };
}

/**
 * Rank the products on the page, on this device. Nothing is sent.
 * @param {{shop: string, listing: ListedCard[], choice?: Choice}} wanted
 * @param {{profile: Profile, model: Model}} on
 * @returns {Promise<Recommendations>}
 */
export async function recommendPage({ shop, listing, choice = {} }, { profile, model }) {
  const answer = { mode: /** @type {const} */ ("page"), shop, facets: facetsOf(listing) };
  const known = knownIn(profile, shop);
  const isFinding = isSearch(choice) && listing.length > 0;
  const cards = isFinding ? listing : listing.filter((card) => !known.has(card.itemId) && passes(card, choice));
  const vector = cards.length > 0 && !isFinding ? await tasteVector(profile, model) : null;
  if (!vector && !isFinding) {
    const items = inOrder(cards, choice).map((card) => ({ ...card, score: 0, why: [] }));
    return { ...answer, items, basis: "page_order", numFound: items.length };
  }
  const embeddings = await model.towers.embedItems(cards.map((card) => itemText(card, model.manifest.text.itemText)));
  const ranker = createPageRanker(embeddings, model.metric ?? null);
  if (!vector) {
    const hidden = dismissedIn(profile, shop);
    return { ...answer, ...(await find({ cards, ranker }, choice, hidden, model, REQUESTED)), basis: "search" };
  }
  const scores = ranker.scores(vector);
  const history = historyOf(profile, model);
  const { filler } = model.manifest;
  const items = cards.map((card, i) => {
    const compared = ranker.compared(i);
    const score = scores[i] + closeness(compared, history, filler);
    return { ...card, score, why: why(compared, history.liked, filler) };
  });
  const best = items.sort((a, b) => b.score - a.score);
  return { ...answer, items: inOrder(best, choice), basis: "taste", numFound: items.length };
}

/** @param {Shelf["cards"]} cards @param {Choice} choice @param {Set<string>} known ids @returns {number[]} the rows of what is not known and passes the filters */
function rowsFor(cards, { sort, ...filters }, known) {
  const list = Object.keys(filters).length > 0 ? cards.all() : null;
  const rows = Array.from({ length: cards.num }, (_, row) => row);
  return rows.filter((row) => !known.has(cards.itemId(row)) && (!list || passes(list[row], filters)));
}

/**
 * Rank a shop's own catalogue, on this device. Nothing is sent. The catalogue may be still on its way from the disk: the history is made
 * ready meanwhile.
 * @param {{shop: string, shelf: Shelf | Promise<Shelf>, choice?: Choice, mode?: "shelf" | "pack"}} wanted `mode`: whether the shop or somebody else gave the catalogue
 * @param {{profile: TasteSource, model: Model}} on
 * @returns {Promise<Recommendations>} at most REQUESTED items; without a taste a first look at what can be had
 */
export async function recommendShelf({ shop, shelf, choice = {}, mode = "shelf" }, { profile, model }) {
  const answer = { mode, shop };
  if (!isSearch(choice)) {
    await bringToSpace(profile, model);
    // In a turn of its own, so that the disk has been asked.
    await new Promise((resolve) => {
      setTimeout(resolve);
    });
    historyOf(profile, model);
  }
  const { cards, ranker } = await shelf;
  if (isSearch(choice)) {
    const hidden = dismissedIn(profile, shop);
    const found = await find({ cards: cards.all(), ranker }, choice, hidden, model, REQUESTED);
    return { ...answer, ...found, basis: "search" };
  }
  const rows = rowsFor(cards, choice, knownIn(profile, shop));
  const vector = await tasteVector(profile, model);
  if (!vector) {
    const first = firstLook({ cards: cards.all(), ranker }, rows, REQUESTED);
    return { ...answer, items: inOrder(first, choice), basis: "first_screen", numFound: rows.length };
  }
  const { counts } = ranker;
  const asked = counts && model.metric && knownTo(vector, { counts }, model.metric.rule.blocks);
  const scores = ranker.scores(asked && !isZero(asked) ? asked : vector);
  const history = historyOf(profile, model);
  const { filler } = model.manifest;
  const pool = byScore(rows, cards.isGone, (row) => scores[row], SHELF_POOL);
  const compared = new Map(pool.map((row) => [row, ranker.compared(row)]));
  const comparedOf = (/** @type {number} */ row) => /** @type {Float32Array} */ (compared.get(row));
  compareAll([...compared.values()], history.liked, filler);
  for (const row of pool) scores[row] += closeness(comparedOf(row), history, filler, SHELF_CLOSENESS);
  const best = byScore(pool, cards.isGone, (row) => scores[row]);
  // An order by price is one of the whole pool; else no more cards are parsed than are shown.
  const candidates = (choice.sort ?? "fit") === "fit" ? best.slice(0, REQUESTED) : best;
  const scored = candidates.map((row) => ({ ...cards.at(row), score: scores[row], row }));
  const shown = inOrder(scored, choice).slice(0, REQUESTED);
  const explained = shown.map(({ row, ...card }) => ({ ...card, why: why(comparedOf(row), history.liked, filler) }));
  return { ...answer, items: explained, basis: "taste", numFound: rows.length };
}
