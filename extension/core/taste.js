// @ts-check
import { centredHistory, knownMeans } from "./centring.js";
import { clusterNames } from "./cluster-words.js";
import { clustersOf } from "./clustering.js";
import { NO_SHOP } from "../values/imports.js";
import { poolingWeights } from "./pooling.js";
import { KINDS, bringToSpace, recentOf } from "./history.js";
import { recommendShelf } from "./recommender.js";

/**
 * What the profile knows, as a person can look at it, and what a removal would change.
 * @typedef {import("../generated/contract-types.js").Effect} Effect
 * @typedef {import("../generated/contract-types.js").Taste} Taste
 * @typedef {import("../generated/contract-types.js").TasteCluster} TasteCluster
 * @typedef {import("../generated/contract-types.js").TasteThing} TasteThing
 * @typedef {import("./profile.js").Interaction} Interaction
 * @typedef {import("./recommender.js").Model} Model
 * @typedef {import("./history.js").TasteSource} TasteSource
 * @typedef {{shop: string, shelf: import("./recommender.js").Shelf}} OpenShelf
 */

const DAY_MS = 86_400_000;
/** How many products an effect shows. */
const SHOWN = 10;

/**
 * Return the share that each interaction has in the taste vector, by the rule that makes it. A user tower that is a network tells no
 * shares: there each liked interaction that it reads counts the same.
 * @param {Interaction[]} interactions most recent first @param {Model["manifest"]} manifest @param {number} now milliseconds since 1970
 * @returns {Map<string, number>} by id; the liked ones sum to 1, and what is too old for the user tower is not in it
 */
function sharesOf(interactions, { lite, interactions: { maxItems } }, now) {
  const recent = recentOf(interactions, maxItems);
  const numLiked = recent.filter(({ kind }) => kind !== "dismiss").length;
  const even = () => recent.map(({ kind }) => (kind === "dismiss" ? 0 : 1 / numLiked));
  const weights = lite.pooling
    ? poolingWeights(
        {
          kinds: recent.map(({ kind }) => KINDS.indexOf(kind)),
          agesDays: recent.map(({ time }) => Math.max(0, (now - Date.parse(time)) / DAY_MS)),
          weights: recent.map(({ weight }) => weight),
        },
        lite.pooling,
      )
    : even();
  return new Map(recent.map(({ id }, i) => [id, weights[i]]));
}

/** @param {Interaction} one @returns {string} the same for one item of one shop */
const itemOf = ({ product: { shop, itemId } }) => `${itemId} ${shop}`;

/** @param {Interaction[]} interactions of one item, most recent first @param {Map<string, number>} shares @returns {TasteThing} */
function thingOf(interactions, shares) {
  const [{ product, time }] = interactions;
  const { shop, url, title = url, brand, categoryPath, images = [] } = product;
  return {
    ids: interactions.map(({ id }) => id),
    times: interactions.map((one) => one.time),
    ...(shop !== NO_SHOP && { shop, url }),
    title,
    time,
    kinds: [...new Set(interactions.map(({ kind }) => kind))],
    share: interactions.reduce((sum, { id }) => sum + Math.max(0, shares.get(id) ?? 0), 0),
    ...(brand && { brand }),
    ...(categoryPath && { categoryPath }),
    ...(images[0] && { image: images[0] }),
  };
}

/** @param {Interaction[]} interactions most recent first @returns {Interaction[][]} those of one item together */
function byItem(interactions) {
  /** @type {Map<string, Interaction[]>} */
  const items = new Map();
  for (const one of interactions) items.set(itemOf(one), [...(items.get(itemOf(one)) ?? []), one]);
  return [...items.values()];
}

/** @param {TasteThing[]} things @returns {number} their share of the taste */
const shareOf = (things) => things.reduce((sum, { share }) => sum + share, 0);

/**
 * Return what the profile knows: clusters of what was liked, what is like nothing else, and what was dismissed.
 * @param {TasteSource} profile @param {Model} model @param {number} [now] milliseconds since 1970
 * @returns {Promise<Taste>} clusters with the greatest share first
 */
export async function tasteOf(profile, model, now = Date.now()) {
  const { manifest, metric } = model;
  await bringToSpace(profile, model);
  const interactions = profile.interactions();
  const shares = sharesOf(interactions, manifest, now);
  const liked = byItem(interactions.filter(({ kind }) => kind !== "dismiss"));
  const newest = liked.map(([first]) => first);
  const vectors = centredHistory(newest, metric ?? null, knownMeans(profile, manifest.space));
  const groups = clustersOf(vectors, manifest.filler).map((rows) => rows.map((row) => thingOf(liked[row], shares)));
  const several = groups.filter(({ length }) => length > 1);
  const names = clusterNames(groups);
  const named = groups.flatMap((things, i) =>
    several.includes(things) ? [{ ...names[i], share: shareOf(things), things }] : [],
  );
  return {
    clusters: named.sort((a, b) => b.share - a.share),
    alone: groups.filter(({ length }) => length === 1).flat(),
    dismissed: byItem(interactions.filter(({ kind }) => kind === "dismiss")).map((one) => thingOf(one, shares)),
  };
}

/**
 * Return a profile without some of its interactions, to look at. Nothing is removed.
 * @param {TasteSource} profile @param {ReadonlySet<string>} ids @returns {TasteSource}
 */
function without(profile, ids) {
  return {
    interactions: () => profile.interactions().filter(({ id }) => !ids.has(id)),
    shelves: () => profile.shelves(),
    get shopMeans() {
      return profile.shopMeans;
    },
    replaceEmbedding: (id, space, embedding) => profile.replaceEmbedding(id, space, embedding),
  };
}

/**
 * Return what removing interactions would change: the shares of the clusters, and the first products of a catalogue that is on this device.
 * @param {{ids: ReadonlySet<string>, open: OpenShelf | null}} wanted
 * @param {{profile: TasteSource, model: Model, now?: number}} on
 * @returns {Promise<Effect>} shares of the clusters as `tasteOf` gives them; products only with a catalogue
 */
export async function effectOf({ ids, open }, { profile, model, now = Date.now() }) {
  const rest = without(profile, ids);
  const { clusters } = await tasteOf(profile, model, now);
  const left = sharesOf(rest.interactions(), model.manifest, now);
  const after = (/** @type {TasteCluster} */ { things }) =>
    things.flatMap((thing) => thing.ids).reduce((sum, id) => sum + (left.get(id) ?? 0), 0);
  const shares = clusters.map((cluster) => ({ before: cluster.share, after: after(cluster) }));
  if (!open) return { shares };
  const { shop } = open;
  const ranked = async (/** @type {TasteSource} */ source) =>
    (await recommendShelf(open, { profile: source, model })).items
      .slice(0, SHOWN)
      .map(({ itemId, title, url }) => ({ itemId, title, url }));
  return { shares, products: { shop, before: await ranked(profile), after: await ranked(rest) } };
}
