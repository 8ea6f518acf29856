// @ts-check
import { decodeEmbedding, fromBase64, joined, sha256Hex, utf8 } from "../values/encoding.js";
import { ServerError } from "../values/errors.js";
import { EPSILON, FEWEST_CLUSTERS, MOST_CLUSTERS } from "./randomised-response.js";

/**
 * Interest clusters of a shared server: public groups of tastes, the same for everybody.
 * @typedef {import("../generated/contract-types.js").InterestClusters} InterestClusters
 * @typedef {{sha256: string, centroids: Float32Array[]}} Clusters
 */

/** @param {string} problem @returns {ServerError} */
const refused = (problem) => new ServerError("server_clusters_refused", `The server's interest clusters: ${problem}.`);

/**
 * Return the clusters of a server's answer, checked: they are those that their name says, of the device's own space. What a server writes
 * here decides what a report means, never how well it hides the taste.
 * @param {InterestClusters} answer @param {{space: string, dim: number}} manifest of the device's bundle
 * @returns {Promise<Clusters>} @throws {ServerError} server_clusters_refused
 */
export async function readClusters({ sha256, space, count, epsilon, centroids }, manifest) {
  if (space !== manifest.space) throw refused(`their space is ${space}, expected ${manifest.space}`);
  if (epsilon !== EPSILON) throw refused(`expected reports of epsilon ${EPSILON}, got ${epsilon}`);
  if (!Number.isInteger(count) || count < FEWEST_CLUSTERS || count > MOST_CLUSTERS)
    throw refused(`expected ${FEWEST_CLUSTERS} to ${MOST_CLUSTERS}, got ${count}`);
  const { dim } = manifest;
  if (typeof centroids !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(centroids)) throw refused("expected base64");
  const numbers = decodeEmbedding(centroids);
  if (numbers.length !== count * dim || !numbers.every(Number.isFinite))
    throw refused(`expected ${count} × ${dim} finite numbers, got ${numbers.length}`);
  if ((await sha256Hex(joined(utf8(space), fromBase64(centroids)))) !== sha256)
    throw refused("they have another SHA-256 than stated");
  return { sha256, centroids: Array.from({ length: count }, (_, k) => numbers.subarray(k * dim, (k + 1) * dim)) };
}

/** Return the cluster of a taste: the first with the largest inner product. @param {Float32Array} taste @param {Clusters} clusters @returns {number} */
export function clusterOf(taste, { centroids }) {
  const scores = centroids.map((centroid) => centroid.reduce((sum, value, i) => sum + value * taste[i], 0));
  return scores.indexOf(Math.max(...scores));
}
