// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  centred,
  createMetric,
  estimate,
  estimateMean,
  momentsFrom,
  problemInBlocks,
  shrinkMean,
} from "../../../extension/core/shop-metric.js";
import { vectors } from "../vectors.js";

const { cases, refused, tolerance } = vectors("shop-metric.json");

/** @param {ArrayLike<number>} got @param {number[]} expected @param {string} what */
function assertNear(got, expected, what) {
  assert.equal(got.length, expected.length, what);
  expected.forEach((value, i) =>
    assert.ok(Math.abs(got[i] - value) <= tolerance, `${what} ${i}: ${got[i]}, not ${value}`),
  );
}

/** @param {any[]} numbers @returns {Uint8Array} as a bundle's file holds them */
function fileOf(numbers) {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((value, i) => view.setFloat32(4 * i, Number(value), true));
  return new Uint8Array(view.buffer);
}

/** @param {any} one a case @returns {import("../../../extension/core/shop-metric.js").BundleMetric} */
function bundleOf({ rule, own, dim, filler }) {
  assert.equal(problemInBlocks(rule, dim, filler), null);
  const moments = momentsFrom(fileOf([own.mean, own.covariances].flat(3)), rule.blocks, dim);
  assert.ok(typeof moments !== "string", String(moments));
  return { rule, own: moments };
}

for (const one of cases) {
  test(`shared vector: ${one.name}`, () => {
    const bundle = bundleOf(one);
    const { blocks } = one.rule;
    const shop = estimate(one.shop, blocks, one.dim);
    assert.deepEqual(shop.counts, one.counts);
    const mean = shrinkMean(shop, bundle);
    assertNear(mean, one.mean, "mean");
    assert.deepEqual(estimateMean(one.shop, blocks, one.dim).mean, shop.mean);
    const metric = createMetric(shop, bundle);
    for (const [i, item] of one.shop.entries()) {
      assertNear(metric.stored(item), one.stored[i], `stored ${i}`);
      assertNear(centred(item, blocks, mean), one.centred[i], `centred ${i}`);
    }
    for (const [i, user] of one.users.entries())
      assertNear([metric.length(Float32Array.from(user))], [one.lengths[i]], `length ${i}`);
  });
}

for (const { name, dim, filler, blocks, file, names } of refused) {
  test(`refused: ${name}`, () => {
    const problem = problemInBlocks({ file: "", lambda: 1, pseudoItems: 1, blocks }, dim, filler);
    const found = problem ?? momentsFrom(fileOf(file), blocks, dim);
    assert.equal(typeof found, "string");
    assert.ok(String(found).includes(names), `${found}: expected ${names}`);
  });
}

test("a large block is solved as exactly as a small one", () => {
  const dim = 129;
  const blocks = [{ start: 0, length: 128 }];
  const items = Array.from({ length: 40 }, (_, n) =>
    Float32Array.from({ length: dim }, (__, i) => (i < 128 ? Math.sin((n + 1) * (i + 1) * 0.37) / (1 + i / 9) : 0)),
  );
  const shop = estimate(items, blocks, dim);
  const own = { ...shop, counts: [0] };
  const metric = createMetric(shop, { rule: { file: "", lambda: 0.3, pseudoItems: 1, blocks }, own });
  for (const item of items) {
    const pair = centred(item, blocks, shop.mean);
    const score = metric.stored(item).reduce((sum, value, i) => sum + value * pair[i], 0);
    const length = Math.sqrt(item.reduce((sum, value) => sum + value ** 2, 0));
    assert.ok(Math.abs(score / metric.length(pair) - length) < 1e-4, "an item fits itself with the cosine 1");
  }
});
