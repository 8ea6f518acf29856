// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { itemOf, matrixOf, packed } from "../../../extension/core/shelf-matrix.js";
import { completed, examplesOf } from "../../../extension/shelf/guesses.js";

const ORIGIN = "https://a.example";
/** Two directions of texts and a filler. */
const LAYOUT = { dim: 3, blocks: [{ start: 0, length: 2 }] };
const vectors = (/** @type {number[][]} */ ...rows) =>
  packed(
    rows.map((one) => Float32Array.from(one)),
    LAYOUT,
  );
const matrix = (/** @type {number[][]} */ ...rows) => matrixOf([vectors(...rows)], LAYOUT);

/** @param {Uint8Array<ArrayBuffer>} bytes @param {number[][]} expected */
function assertItems(bytes, expected) {
  const got = matrixOf([bytes], LAYOUT);
  assert.equal(got.num, expected.length);
  for (const [i, item] of expected.entries())
    item.forEach((value, j) => assert.ok(Math.abs(itemOf(got, i)[j] - value) < 0.005, `${i}: ${itemOf(got, i)}`));
}

test("what pages add on average is added to directions, which keep their lengths", () => {
  // Pages add (0.4, -0.8) and (0, 0): on average (0.2, -0.4).
  const examples = { pages: matrix([0.5, 0, 0.5], [0, 1, 0]), addresses: matrix([0.3, 0.4, 0.5], [0, 1, 0]) };
  const [x, y] = [0.2 / Math.hypot(0.2, 0.6), 0.6 / Math.hypot(0.2, 0.6)];
  assertItems(completed(vectors([0, 0.5, 0.7], [0, 1, 0]), examples), [
    [0.5 * x, 0.5 * y, 0.7],
    [x, y, 0],
  ]);
});

test("a product without words stays without, and where no example has words nothing is added", () => {
  const some = { pages: matrix([1, 0, 0]), addresses: matrix([0, 1, 0]) };
  assertItems(completed(vectors([0, 0, 1]), some), [[0, 0, 1]]);
  const none = { pages: matrix([0, 0, 1]), addresses: matrix([0, 1, 0]) };
  assertItems(completed(vectors([0.6, 0.8, 0]), none), [[0.6, 0.8, 0]]);
});

test("examples are the newest reading of each product whose address has words", async () => {
  const item = (/** @type {string} */ itemId) => ({ itemId, url: `${ORIGIN}/p/${itemId}`, title: itemId });
  const page = (/** @type {string} */ itemId) => ({ url: `${ORIGIN}/p/${itemId}`, itemId });
  const parts = [
    {
      items: [item("a"), item("b")],
      pages: [page("a"), { url: `${ORIGIN}/news` }, page("b")],
      vectors: vectors([1, 0, 0], [0, 1, 0]),
    },
    { items: [item("c"), item("a")], pages: [page("c"), page("a")], vectors: vectors([0.6, 0.8, 0], [0.8, 0.6, 0]) },
  ];
  /** @type {string[]} */
  const asked = [];
  const around = {
    now: () => 0,
    /** @param {any[]} answers */
    async readAnswers(answers) {
      asked.push(...answers.map(({ kind, body }) => `${kind} ${body}`));
      return { items: [], counts: [1, 0, 1], vectors: vectors([0, 1, 0], [1, 0, 0]), layout: LAYOUT };
    },
  };
  const found = await examplesOf(/** @type {any} */ (parts.map((content) => ({ content }))), ORIGIN, around);
  assert.deepEqual(
    asked,
    ["b", "c", "a"].map((id) => `addresses ${ORIGIN}/p/${id}`),
  );
  const rows = (/** @type {any} */ of) =>
    [0, 1].map((i) => [...itemOf(of, i)].map((value) => Math.round(value * 10) / 10));
  assert.deepEqual(rows(found?.pages), [
    [0, 1, 0],
    [0.8, 0.6, 0],
  ]);
  assert.deepEqual(rows(found?.addresses), [
    [0, 1, 0],
    [1, 0, 0],
  ]);
});
