// @ts-check
import { decodeEmbedding, encodeEmbedding } from "../values/encoding.js";
import { centred, estimateMean, shrinkMean } from "./shop-metric.js";

/**
 * @typedef {import("./shop-metric.js").BundleMetric} BundleMetric
 * @typedef {import("./profile.js").Interaction} Interaction
 * @typedef {import("../generated/contract-types.js").KeptShopMeans} KeptShopMeans
 * @typedef {import("../generated/contract-types.js").ShopMeans} ShopMeans
 * @typedef {{space: string, shops: {shop: string, mean: string}[]}} KnownMeans of one space; a mean as base64 of float32
 */

/**
 * Return the means of shops that this device knows in a space: of catalogues that it read itself, else as the shopper's own server
 * gave them.
 * @param {Pick<import("./profile.js").Profile, "shelves" | "shopMeans">} profile @param {string} space
 * @returns {KnownMeans}
 */
export function knownMeans(profile, space) {
  const known = profile.shelves().filter((shelf) => shelf.space === space);
  const own = known.flatMap(({ shop, mean }) => (mean ? [{ shop, mean }] : []));
  const fromServer = profile.shopMeans?.space === space ? profile.shopMeans.shops : [];
  return { space, shops: [...own, ...fromServer] };
}

/** What was decoded of interactions, which do not change: every list needs hundreds of them, twice. @type {WeakMap<Interaction, Float32Array>} */
const decoded = new WeakMap();

/** @param {Interaction} one @returns {Float32Array} its embedding, not to be changed */
function embeddingOf(one) {
  const known = decoded.get(one);
  if (known) return known;
  const embedding = decodeEmbedding(one.embedding);
  decoded.set(one, embedding);
  return embedding;
}

/**
 * Return what a shop's mean is taken for before anything of it is known: the average of the bundle's own and of those of the shops
 * that are known. Catalogues are more like each other than like a bundle's sample, the more so where their language is another.
 * @param {BundleMetric} metric @param {KnownMeans | null} known of the metric's space @returns {BundleMetric}
 */
function usualMetric(metric, known) {
  const mean = metric.own.mean.slice();
  const means = known?.shops.map((one) => decodeEmbedding(one.mean)) ?? [];
  for (const one of means) for (let i = 0; i < mean.length; i += 1) mean[i] += one[i];
  return { ...metric, own: { ...metric.own, mean: mean.map((sum) => sum / (1 + means.length)) } };
}

/** @param {Interaction[]} interactions @param {BundleMetric} usual @returns {Float64Array} the mean of what was seen in one shop, shrunk towards the usual one */
function meanOfSeen(interactions, usual) {
  const byItem = new Map(interactions.map((one) => [one.product.itemId, one]));
  const items = [...byItem.values()].map(embeddingOf);
  return shrinkMean(estimateMean(items, usual.rule.blocks, usual.own.mean.length), usual);
}

/**
 * Return the embedding of each interaction without the mean of the shop where it was seen: the mean of that shop where it is known,
 * else the mean of what was seen there, shrunk towards the usual one. Without a metric embeddings stay as they are.
 * @param {Interaction[]} interactions with embeddings in the bundle's space
 * @param {BundleMetric | null} metric of the bundle
 * @param {KnownMeans | null} known means of shops, in any space
 * @returns {Float32Array[]}
 */
export function centredHistory(interactions, metric, known) {
  if (!metric) return interactions.map(embeddingOf);
  /** @type {Map<string, Interaction[]>} */
  const byShop = new Map();
  for (const one of interactions) byShop.set(one.product.shop, [...(byShop.get(one.product.shop) ?? []), one]);
  const comparable = known?.space === interactions[0]?.space ? known : null;
  /** @type {BundleMetric | undefined} */
  let usual;
  /** @param {string} shop @param {Interaction[]} seen */
  const meanOf = (shop, seen) => {
    const kept = comparable?.shops.find((one) => one.shop === shop);
    if (kept) return decodeEmbedding(kept.mean);
    usual ??= usualMetric(metric, comparable);
    return meanOfSeen(seen, usual);
  };
  const means = new Map([...byShop].map(([shop, seen]) => [shop, meanOf(shop, seen)]));
  return interactions.map((one) =>
    centred(
      embeddingOf(one),
      metric.rule.blocks,
      /** @type {Float32Array | Float64Array} */ (means.get(one.product.shop)),
    ),
  );
}

/**
 * Return the server's answer as it is kept: entries that are not means of `dim` finite numbers are left out.
 * @param {ShopMeans} answer not trusted
 * @param {{serverUrl: string, fetchedAt: string, dim: number}} circumstances
 * @returns {KeptShopMeans}
 */
export function keptMeans({ space, shops }, { serverUrl, fetchedAt, dim }) {
  const sound = shops.flatMap(({ shop, count, mean }) => {
    if (typeof shop !== "string" || !Number.isInteger(count) || !/^[A-Za-z0-9+/]*={0,2}$/.test(mean)) return [];
    const numbers = mean.length === 4 * Math.ceil((4 * dim) / 3) ? decodeEmbedding(mean) : [];
    const isSound = numbers.length === dim && numbers.every(Number.isFinite);
    return isSound ? [{ shop, count, mean: encodeEmbedding(numbers) }] : [];
  });
  return { serverUrl, space, fetchedAt, shops: sound };
}
