// @ts-check
import { interactionSchema } from "../generated/contracts.js";
import { encodeEmbedding } from "../values/encoding.js";
import { itemText } from "../values/item-text.js";
import { isZero } from "../values/vectors.js";
import { centredHistory, knownMeans } from "./centring.js";

/**
 * What a list is made of on the side of the person: the taste vector, and the single items that were seen.
 * @typedef {import("./profile.js").Profile} Profile
 * @typedef {import("./profile.js").Interaction} Interaction
 * @typedef {import("./profile.js").Kind} Kind
 * @typedef {import("./recommender.js").Model} Model
 * @typedef {import("./centring.js").KnownMeans} KnownMeans
 * @typedef {Pick<Profile, "interactions" | "shelves" | "shopMeans" | "replaceEmbedding">} TasteSource what a taste is made of: a profile, or a look at a part of it
 * @typedef {{title: string, embedding: Float32Array}} Known
 * @typedef {{liked: Known[], dismissed: Known[]}} History
 */

/** How much of the history single items are compared with: what is older says less, and each costs every list its time. */
const MAX_COMPARED = 400;
const DAY_MS = 86_400_000;
/** A kind's place in this list is what user towers know it by. */
export const KINDS = /** @type {Kind[]} */ (interactionSchema.properties.kind.enum);
/** Dismissals fill at most this share of the history that the user tower reads, so that many of them leave room for a taste. */
const MAX_DISMISSED_SHARE = 0.25;

/** What `historyOf` made of interactions. @type {WeakMap<Interaction[], {metric: Model["metric"], means: KnownMeans, history: History}>} */
const made = new WeakMap();

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
    agesDays: recent.map(({ time }) => Math.max(0, (now - Date.parse(time)) / DAY_MS)),
    weights: recent.map(({ weight }) => weight),
  });
  return isZero(vector) ? null : vector;
}

/** @param {KnownMeans} a @param {KnownMeans} b @returns {boolean} whether they say the same */
function areEqual(a, b) {
  if (a.space !== b.space || a.shops.length !== b.shops.length) return false;
  return a.shops.every(({ shop, mean }, i) => shop === b.shops[i].shop && mean === b.shops[i].mean);
}

/**
 * Return title and centred embedding of the newest interactions, the dismissals apart. It is the same one, not to be changed, until the
 * interactions or what is known of shops change: what was compared with it once needs no second comparison.
 * @param {TasteSource} profile
 * @param {Model} model
 * @returns {History}
 */
export function historyOf(profile, { metric = null, manifest }) {
  const interactions = profile.interactions();
  const means = knownMeans(profile, manifest.space);
  const before = made.get(interactions);
  if (before?.metric === metric && areEqual(before.means, means)) return before.history;
  const compared = recentOf(interactions, MAX_COMPARED);
  const embeddings = centredHistory(compared, metric, means);
  const seen = compared.map(({ product, kind }, i) => ({
    isDismissed: kind === "dismiss",
    title: product.title ?? "",
    embedding: embeddings[i],
  }));
  const history = { liked: seen.filter((one) => !one.isDismissed), dismissed: seen.filter((one) => one.isDismissed) };
  made.set(interactions, { metric, means, history });
  return history;
}
