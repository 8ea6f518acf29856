// @ts-check
import { dot } from "../values/vectors.js";
import { centred, createMetric, estimate, knownTo } from "./shop-metric.js";

/** @typedef {import("./shop-metric.js").BundleMetric} BundleMetric */

/**
 * Return a ranker of the items of a page. They give the shop's metric themselves, shrunk towards the bundle's. Without a metric they are
 * compared as they are.
 * @param {Float32Array[]} items embeddings, one at least
 * @param {BundleMetric | null} metric
 * @returns {Pick<import("./shelf-ranking.js").Ranker, "compared" | "mean"> & {scores: (user: Float32Array) => number[]}}
 */
export function createPageRanker(items, metric) {
  if (!metric) return { mean: null, compared: (i) => items[i], scores: (user) => items.map((item) => dot(user, item)) };
  const { blocks } = metric.rule;
  const shop = estimate(items, blocks, items[0].length);
  const { mean, stored, length } = createMetric(shop, metric);
  return {
    mean,
    compared: (i) => centred(items[i], blocks, mean),
    scores(user) {
      const userLength = length(knownTo(user, shop, blocks)) || 1;
      return items.map((item) => dot(user, stored(item)) / userLength);
    },
  };
}
