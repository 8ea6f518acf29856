// @ts-check
// A catalogue in 8 bits is ranked as the shop's metric says of its items: contracts/vectors/shop-metric.json has the numbers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { itemOf, matrixOf, packed } from "../../../extension/core/shelf-matrix.js";
import { createRanker } from "../../../extension/core/shelf-ranking.js";
import { createMetric, estimate, momentsFrom } from "../../../extension/core/shop-metric.js";
import { vectors } from "../vectors.js";

const { cases } = vectors("shop-metric.json");
// Half a 127th of the largest number of a block, through the metric's inverse: the vectors are to 1e-6.
const TOLERANCE = 0.03;

/** @param {any} one a case */
function worldOf({ rule, own, dim, shop }) {
  const numbers = [own.mean, own.covariances].flat(3);
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((value, i) => view.setFloat32(4 * i, Number(value), true));
  const moments = /** @type {any} */ (momentsFrom(new Uint8Array(view.buffer), rule.blocks, dim));
  const layout = { dim, blocks: rule.blocks };
  const items = shop.map((/** @type {number[]} */ item) => Float32Array.from(item));
  return { bundle: { rule, own: moments }, matrix: matrixOf([packed(items, layout)], layout) };
}

for (const one of cases.filter((/** @type {any} */ { shop }) => shop.length > 1)) {
  test(`scores and compared items: ${one.name}`, () => {
    const { bundle, matrix } = worldOf(one);
    const ranker = createRanker(matrix, bundle);
    for (const [u, user] of one.users.entries()) {
      if (one.lengths[u] === 0) continue; // no taste
      const scores = ranker.scores(Float32Array.from(user));
      for (const [i, stored] of one.stored.entries()) {
        const expected =
          stored.reduce(
            (/** @type {number} */ sum, /** @type {number} */ value, /** @type {number} */ j) => sum + value * user[j],
            0,
          ) / one.lengths[u];
        assert.ok(Math.abs(scores[i] - expected) < TOLERANCE, `user ${u}, item ${i}: ${scores[i]}, not ${expected}`);
      }
    }
    for (const [i, centred] of one.centred.entries())
      ranker.compared(i).forEach((value, j) => assert.ok(Math.abs(value - centred[j]) < TOLERANCE, `${i} ${j}`));
  });

  test(`what was kept of a ranker ranks as what was estimated: ${one.name}`, () => {
    const { bundle, matrix } = worldOf(one);
    const fresh = createRanker(matrix, bundle);
    const again = createRanker(matrix, bundle, fresh.kept() ?? undefined);
    for (const user of one.users.filter((/** @type {number[]} */ _, /** @type {number} */ u) => one.lengths[u] > 0)) {
      const [a, b] = [fresh, again].map((ranker) => ranker.scores(Float32Array.from(user)));
      a.forEach((score, i) => assert.ok(Math.abs(score - b[i]) < 1e-5));
    }
  });
}

/** @returns {any} a rule whose own directions have very different variances, so that lengths in the metric differ, and 3,000 such items */
function largeWorld() {
  const length = 24;
  const rule = { file: "", lambda: 0.1, pseudoItems: 30, covariancePseudoItems: 100, blocks: [{ start: 0, length }] };
  const own = { mean: new Float64Array(length), counts: [0], covariances: [new Float64Array(length * length)] };
  for (let i = 0; i < length; i += 1) own.covariances[0][i * length + i] = 1 / (i + 1);
  let seed = 1;
  const number = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647 - 0.5;
  };
  const items = Array.from({ length: 3000 }, () => {
    const item = Float32Array.from({ length }, (_, i) => (i % 2 ? 0.1 : 1) * number() + (i === 0 ? 0.5 : 0));
    return item.map((value) => value / Math.hypot(...item));
  });
  const layout = { dim: length, blocks: rule.blocks };
  const user = Float32Array.from({ length }, number);
  return { bundle: { rule, own }, matrix: matrixOf([packed(items, layout)], layout), user };
}
/** @param {ArrayLike<number>} scores @returns {number[]} the best 300 rows */
const best = (scores) =>
  Array.from({ length: scores.length }, (_, i) => i)
    .sort((a, b) => scores[b] - scores[a])
    .slice(0, 300);

test("in a large catalogue the best are those of the exact metric, and all scores are, once it was kept", () => {
  const { bundle, matrix, user } = largeWorld();
  const ranker = createRanker(matrix, bundle);
  const metric = createMetric(estimate(spread(matrix), bundle.rule.blocks, matrix.layout.dim), bundle);
  const exact = Array.from(
    { length: matrix.num },
    (_, i) =>
      metric.stored(itemOf(matrix, i)).reduce((sum, value, j) => sum + value * user[j], 0) / metric.length(user),
  );
  const scores = ranker.scores(user);
  assert.deepEqual(best(scores), best(exact));
  for (const row of best(exact)) assert.ok(Math.abs(scores[row] - exact[row]) < 1e-6);
  const again = createRanker(matrix, bundle, ranker.kept() ?? undefined).scores(user);
  exact.forEach((score, row) => assert.ok(Math.abs(again[row] - score) < 1e-6, `${row}: ${again[row]}, not ${score}`));
});

/** @param {import("../../../extension/core/shelf-matrix.js").Matrix} matrix @returns {Float32Array[]} the 2,000 items that a shop's metric is estimated from */
const spread = (matrix) => Array.from({ length: 2000 }, (_, i) => itemOf(matrix, Math.floor((i * matrix.num) / 2000)));

test("without a metric a score is the inner product", () => {
  const layout = { dim: 2, blocks: [{ start: 0, length: 2 }] };
  const matrix = matrixOf([packed([Float32Array.of(1, 0), Float32Array.of(0, 1)], layout)], layout);
  const ranker = createRanker(matrix, null);
  assert.deepEqual(
    [...ranker.scores(Float32Array.of(0.5, 0.25))].map((score) => Math.round(score * 1e6) / 1e6),
    [0.5, 0.25],
  );
  assert.deepEqual([...ranker.compared(1)], [0, 1]);
});

test("a part of a catalogue is ranked by the metric of its first rows, which are spread over the shop", () => {
  const { bundle } = largeWorld();
  const layout = { dim: 24, blocks: bundle.rule.blocks };
  // Forty items of all kinds, then sixty of one kind.
  const items = Array.from({ length: 100 }, (_, i) =>
    Float32Array.from({ length: 24 }, (_unused, j) => Math.sin(i * 7 + j * 3) + (i >= 40 && j === 0 ? 4 : 0)),
  );
  const matrix = matrixOf([packed(items, layout)], layout);
  const alone = createRanker(matrixOf([packed(items.slice(0, 40), layout)], layout), bundle);
  const part = createRanker(matrix, bundle, undefined, 40);
  assert.deepEqual(part.mean, alone.mean);
  assert.deepEqual(part.kept()?.factors, alone.kept()?.factors);
  assert.notDeepEqual(createRanker(matrix, bundle).mean, alone.mean);
});
