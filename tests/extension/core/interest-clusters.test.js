// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, readClusters } from "../../../extension/core/interest-clusters.js";
import { encodeEmbedding, fromBase64, joined, sha256Hex, utf8 } from "../../../extension/values/encoding.js";

const SPACE = "ab".repeat(32);
const MANIFEST = { space: SPACE, dim: 2 };

/** @param {object} [changes] */
async function answer(changes = {}) {
  const centroids = encodeEmbedding([1, 0, 0, 1, 0, 1]);
  const sha256 = await sha256Hex(joined(utf8(SPACE), fromBase64(centroids)));
  return { sha256, space: SPACE, epsilon: /** @type {const} */ (4), count: 3, centroids, ...changes };
}

test("a taste belongs to the first cluster with the largest product", async () => {
  const clusters = await readClusters(await answer(), MANIFEST);
  assert.equal(clusterOf(Float32Array.of(1, 0), clusters), 0);
  assert.equal(clusterOf(Float32Array.of(0.1, 0.9), clusters), 1);
  assert.equal(clusterOf(Float32Array.of(0.5, 0.5), clusters), 0);
});

for (const [name, changes, message] of /** @type {[string, object, RegExp][]} */ ([
  ["of another space", { space: "cd".repeat(32) }, /their space is cdcd/],
  ["for reports that tell more", { epsilon: 8 }, /expected reports of epsilon 4, got 8/],
  ["one alone", { count: 1 }, /expected 2 to 256, got 1/],
  ["too many", { count: 257 }, /expected 2 to 256/],
  ["half of one", { count: 2.5 }, /expected 2 to 256/],
  ["fewer than stated", { count: 4 }, /expected 4 × 2 finite numbers, got 6/],
  ["with a number that is none", { centroids: encodeEmbedding([1, 0, 0, NaN, 0, 1]) }, /finite numbers/],
  ["of another name", { sha256: "00".repeat(32) }, /another SHA-256/],
  ["that are no base64", { centroids: "?" }, /expected base64/],
  ["without numbers", { centroids: undefined }, /expected base64/],
])) {
  test(`clusters are refused: ${name}`, async () => {
    await assert.rejects(readClusters(/** @type {any} */ (await answer(changes)), MANIFEST), {
      code: "server_clusters_refused",
      message,
    });
  });
}
