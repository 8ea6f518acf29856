// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { clustersOf } from "../../../extension/core/clustering.js";

/** @param {number} degrees @returns {number[]} a direction in the plane; the cosine of two is that of the angle between them */
const at = (degrees) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];

test("items in one direction are one cluster, and others another", () => {
  assert.deepEqual(clustersOf([at(0), at(90), at(10), at(100), at(180)], undefined, 0.5), [[0, 2], [1, 3], [4]]);
});

test("an item joins by the mean over a cluster's members, not by the nearest of them", () => {
  // cos 40 = .77 to the nearest; the mean of cos 40 and cos 80 is .47.
  assert.deepEqual(clustersOf([at(0), at(40), at(80)], undefined, 0.5), [[0, 1], [2]]);
  assert.deepEqual(clustersOf([at(0), at(40), at(80)], undefined, 0.46), [[0, 1, 2]]);
});

test("the nearest pair is merged before a pair that comes first", () => {
  // 0 and 30 would merge first by order; 30 and 50 are nearer, and then 0 is .755 away from both.
  assert.deepEqual(clustersOf([at(0), at(30), at(50)], undefined, 0.8), [[0], [1, 2]]);
});

test("what is missing of an item is left out of the comparison", () => {
  const filler = 2;
  const plain = [0.6, 0, 0.8];
  const other = [0, 0.6, 0.8];
  assert.deepEqual(clustersOf([plain, other], filler, 0.5), [[0], [1]]);
  assert.deepEqual(clustersOf([plain, [1, 0, 0]], filler, 0.5), [[0, 1]]);
});

test("an item without a direction is on its own", () => {
  assert.deepEqual(clustersOf([[0, 0], at(0), at(5)], undefined, 0.5), [[0], [1, 2]]);
});

test("none and one are no special cases", () => {
  assert.deepEqual(clustersOf([], undefined), []);
  assert.deepEqual(clustersOf([at(0)], undefined), [[0]]);
});

/** The obvious way: merge the most similar two again and again. @param {number[][]} vectors @param {number} least @returns {number[][]} */
function slowly(vectors, least) {
  let clusters = vectors.map((_, i) => [i]);
  const cosine = (/** @type {number} */ i, /** @type {number} */ j) =>
    vectors[i].reduce((sum, value, k) => sum + value * vectors[j][k], 0);
  for (;;) {
    let best = { value: -Infinity, i: -1, j: -1 };
    for (let i = 0; i < clusters.length; i += 1)
      for (let j = i + 1; j < clusters.length; j += 1) {
        const pairs = clusters[i].flatMap((a) => clusters[j].map((b) => cosine(a, b)));
        const value = pairs.reduce((sum, one) => sum + one, 0) / pairs.length;
        if (value > best.value) best = { value, i, j };
      }
    const { value, i, j } = best;
    if (value < least) return clusters.map((one) => one.sort((a, b) => a - b)).sort(([a], [b]) => a - b);
    clusters[i] = [...clusters[i], ...clusters[j]];
    clusters = clusters.filter((_, k) => k !== j);
  }
}

test("clusters are those of the slow and obvious way", () => {
  let state = 7;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647 - 0.5;
  };
  for (let round = 0; round < 40; round += 1) {
    const vectors = Array.from({ length: 24 }, () => {
      const raw = [random(), random(), random(), random()];
      const length = Math.hypot(...raw);
      return raw.map((value) => value / length);
    });
    for (const least of [0.2, 0.5, 0.8])
      assert.deepEqual(clustersOf(vectors, undefined, least), slowly(vectors, least));
  }
});

test("the order of the items names the clusters and does not change them", () => {
  const vectors = [0, 3, 90, 93, 200, 5, 95].map(at);
  const backwards = clustersOf([...vectors].reverse(), undefined, 0.5);
  const named = backwards.map((one) => one.map((i) => vectors.length - 1 - i).sort((a, b) => a - b));
  assert.deepEqual(
    named.sort(([a], [b]) => a - b),
    clustersOf(vectors, undefined, 0.5),
  );
});
