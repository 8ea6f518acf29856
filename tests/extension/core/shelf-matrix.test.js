// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { itemOf, layoutOf, matrixOf, packed, products, rowsOf } from "../../../extension/core/shelf-matrix.js";

// A block of small numbers beside a large filler, as an item has of which only the text is known, and an absent block.
const layout = layoutOf(
  /** @type {any} */ ({
    dim: 6,
    filler: 5,
    shopMetric: {
      blocks: [
        { start: 0, length: 3 },
        { start: 3, length: 2 },
      ],
    },
  }),
);
const items = [
  Float32Array.of(0.03, -0.02, 0.01, 0, 0, 0.775),
  Float32Array.of(0, 0, 0, 0, 0, 1),
  Float32Array.of(-0.5, 0.25, 0.125, 0, 0, 0.1),
];

test("numbers are kept to half a 127th of the largest in their block, those outside of blocks exactly", () => {
  const matrix = matrixOf([packed(items.slice(0, 1), layout), packed(items.slice(1), layout)], layout);
  assert.equal(matrix.num, 3);
  for (const [i, item] of items.entries()) {
    const got = itemOf(matrix, i);
    const bound = Math.max(...item.slice(0, 3).map(Math.abs)) / 127 / 2 + 1e-9;
    item.slice(0, 3).forEach((value, j) => assert.ok(Math.abs(got[j] - value) <= bound, `${i} ${j}: ${got[j]}`));
    assert.deepEqual([...got.slice(3)], [...item.slice(3)]);
  }
});

test("a block that no item has takes no room", () => {
  const matrix = matrixOf([packed(items, layout)], layout);
  assert.deepEqual([matrix.values[0].length, matrix.values[1].length], [9, 0]);
  // 8 bytes of header, 3 fillers and 3 scales of 4 bytes, 9 values.
  assert.equal(packed(items, layout).length, 8 + 12 + 12 + 9);
});

test("a piece in which a block is absent joins one that has it", () => {
  const withImage = Float32Array.of(0, 0.5, 0, 0.5, -0.25, 0);
  const matrix = matrixOf([packed([items[0]], layout), packed([withImage], layout)], layout);
  assert.deepEqual([...itemOf(matrix, 0).slice(3, 5)], [0, 0]);
  assert.ok(Math.abs(itemOf(matrix, 1)[4] + 0.25) < 0.003);
});

test("inner products are those of the items", () => {
  const matrix = matrixOf([packed(items, layout)], layout);
  const user = Float32Array.of(0.1, 0.7, -0.2, 0.9, 0.9, 0.3);
  const got = products(matrix, user);
  for (const i of items.keys())
    assert.ok(Math.abs(got[i] - itemOf(matrix, i).reduce((sum, value, j) => sum + value * user[j], 0)) < 1e-6);
});

test("some rows of a matrix are these items", () => {
  const matrix = rowsOf(matrixOf([packed(items, layout)], layout), [0, 2]);
  assert.equal(matrix.num, 2);
  const all = matrixOf([packed(items, layout)], layout);
  assert.deepEqual([itemOf(matrix, 0), itemOf(matrix, 1)], [itemOf(all, 0), itemOf(all, 2)]);
  assert.deepEqual([...matrix.lengths[0]], [all.lengths[0][0], all.lengths[0][2]]);
});

test("without a shop metric the blocks lie on both sides of the filler", () => {
  assert.deepEqual(layoutOf({ dim: 4 }).blocks, [{ start: 0, length: 4 }]);
  assert.deepEqual(layoutOf({ dim: 4, filler: 3 }).blocks, [{ start: 0, length: 3 }]);
  assert.deepEqual(layoutOf({ dim: 4, filler: 1 }).blocks, [
    { start: 0, length: 1 },
    { start: 2, length: 2 },
  ]);
});

test("no items are no matrix of anything", () => {
  const matrix = matrixOf([packed([], layout)], layout);
  assert.deepEqual([matrix.num, products(matrix, items[0]).length], [0, 0]);
});
