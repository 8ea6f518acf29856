// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { compareAll, meanOfGreatest, similarities } from "../../../extension/core/nearness.js";
import { similarity, unit } from "../../../extension/values/vectors.js";

/** @param {number} seed @param {number} dim @returns {Float32Array} unit length, the last quarter zeros for every third */
function itemAt(seed, dim) {
  const isShort = seed % 3 === 0;
  return unit(
    Float32Array.from({ length: dim }, (_, i) => (isShort && i >= (3 * dim) / 4 ? 0 : Math.sin(seed * 7.3 + i * i))),
  );
}

for (const [dim, filler] of /** @type {[number, number | undefined][]} */ ([
  [13, undefined],
  [16, 15],
  [18, 5],
])) {
  test(`many similarities equal single ones, in ${dim} dimensions with filler ${filler}`, () => {
    const items = Array.from({ length: 9 }, (_, i) => ({ embedding: itemAt(i, dim) }));
    for (let seed = 20; seed < 26; seed += 1) {
      const candidate = itemAt(seed, dim);
      const found = similarities(candidate, items, filler);
      for (const [i, { embedding }] of items.entries())
        assert.ok(Math.abs(found[i] - similarity(candidate, embedding, filler)) < 1e-9, `${seed} ${i}`);
    }
  });
}

test("candidates that are compared together get the answers of each alone, also an odd one and a short one", () => {
  const itemsOf = () => Array.from({ length: 9 }, (_, i) => ({ embedding: itemAt(i, 18) }));
  const [together, alone] = [itemsOf(), itemsOf()];
  const candidates = [20, 21, 22, 24, 27].map((seed) => itemAt(seed, 18));
  compareAll(candidates, together, 5);
  for (const candidate of candidates) {
    const expected = similarities(candidate, alone, 5);
    similarities(candidate, together, 5).forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-12));
  }
});

test("an item that has nothing but its filler is at no similarity that is not a number", () => {
  const filled = Float32Array.of(0, 0, 1);
  assert.deepEqual(
    [...similarities(filled, [{ embedding: filled }, { embedding: Float32Array.of(1, 0, 0) }], 2)],
    [0, 0],
  );
  assert.deepEqual([...similarities(Float32Array.of(1, 0), [], undefined)], []);
});

test("the mean of the greatest is over as many as there are", () => {
  assert.equal(meanOfGreatest([1, 9, 3, 7, 5], 3), 7);
  assert.equal(meanOfGreatest([2, 2, 2, 8], 3), 4);
  assert.equal(meanOfGreatest([-4, -2], 3), -3);
  assert.equal(meanOfGreatest([], 3), 0);
});
