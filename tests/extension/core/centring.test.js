// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { centredHistory, keptMeans } from "../../../extension/core/centring.js";
import { encodeEmbedding } from "../../../extension/values/encoding.js";

/** Two directions and a filler; the bundle's own mean is 0, and counts like one item. */
const metric = {
  rule: { file: "shop_metric.bin", lambda: 0.3, pseudoItems: 1, blocks: [{ start: 0, length: 2 }] },
  own: { mean: new Float64Array(3), covariances: [Float64Array.of(1, 0, 0, 1)], counts: [0] },
};

/** @param {string} shop @param {string} itemId @param {number[]} vector @returns {any} */
const seen = (shop, itemId, vector) => ({
  product: { shop, itemId },
  kind: "view",
  space: "s1",
  embedding: encodeEmbedding(vector),
});

/** @param {Float32Array} got @param {number[]} expected */
function assertNear(got, expected) {
  expected.forEach((value, i) => assert.ok(Math.abs(got[i] - value) < 1e-5, `${i}: ${got[i]}, not ${value}`));
}

/** @param {string} space @param {number[]} mean @returns {any} */
const meansOf = (space, mean) => ({
  serverUrl: "http://127.0.0.1:8710",
  space,
  fetchedAt: "2026-01-01T00:00:00.000Z",
  shops: [{ shop: "a.example", count: 9, mean: encodeEmbedding(mean) }],
});

test("without a metric embeddings stay as they are", () => {
  assertNear(centredHistory([seen("a.example", "1", [0.6, 0.8, 0])], null, null)[0], [0.6, 0.8, 0]);
});

test("the server's mean of the shop is taken where it is known", () => {
  const [item] = centredHistory([seen("a.example", "1", [0, 1, 0])], metric, meansOf("s1", [0, 0.5, 0]));
  assertNear(item, [0, 1, 0]);
  const [other] = centredHistory([seen("a.example", "1", [1, 0, 0])], metric, meansOf("s1", [0.25, 1, 0]));
  assertNear(other, [0.6, -0.8, 0]);
});

test("a mean of another space is not compared with", () => {
  const items = [seen("a.example", "1", [1, 0, 0])];
  assertNear(centredHistory(items, metric, meansOf("s2", [0.25, 1, 0]))[0], [1, 0, 0]);
});

test("elsewhere what was seen gives the mean, shrunk towards the bundle's", () => {
  const history = [
    seen("b.example", "1", [1, 0, 0]),
    seen("b.example", "2", [0, 1, 0]),
    seen("c.example", "3", [0, 1, 0]),
  ];
  const [first, second, third] = centredHistory(history, metric, null);
  // The mean of b is ((1, 0) + (0, 1) + 0) / 3; that of c (0, 1/2), which leaves its one item in its direction.
  const length = Math.hypot(2 / 3, 1 / 3);
  assertNear(first, [2 / 3 / length, -1 / 3 / length, 0]);
  assertNear(second, [-1 / 3 / length, 2 / 3 / length, 0]);
  assertNear(third, [0, 1, 0]);
});

test("a shop of which little was seen is taken for one like those that are known", () => {
  const history = [seen("b.example", "1", [1, 0, 0]), seen("b.example", "2", [0, 1, 0])];
  // The usual mean is (0 + (0, 0.6)) / 2 = (0, 0.3), and that of b ((1, 0) + (0, 1) + (0, 0.3)) / 3.
  const [first, second] = centredHistory(history, metric, meansOf("s1", [0, 0.6, 0]));
  const [x, y] = [1 / 3, 1.3 / 3];
  assertNear(first, [(1 - x) / Math.hypot(1 - x, y), -y / Math.hypot(1 - x, y), 0]);
  assertNear(second, [-x / Math.hypot(x, 1 - y), (1 - y) / Math.hypot(x, 1 - y), 0]);
  assert.deepEqual(centredHistory(history, metric, meansOf("s2", [0, 0.6, 0])), centredHistory(history, metric, null));
});

test("an item seen three times counts once in the mean", () => {
  const once = [seen("b.example", "1", [1, 0, 0]), seen("b.example", "2", [0, 1, 0])];
  const often = [...once, once[0], once[0]];
  assert.deepEqual(centredHistory(often, metric, null).slice(0, 2), centredHistory(once, metric, null));
});

test("an item without its image keeps the filler", () => {
  const [item] = centredHistory([seen("a.example", "1", [0.6, 0, 0.8])], metric, meansOf("s1", [0.25, 1, 0]));
  assertNear(item, [0.36, -0.48, 0.8]);
});

test("only sound means of the server are kept", () => {
  const sound = { shop: "a.example", count: 3, mean: encodeEmbedding([0, 0.5, 0]) };
  const answer = /** @type {any} */ ({
    space: "s1",
    shops: [
      sound,
      { ...sound, shop: 5 },
      { ...sound, count: "many" },
      { ...sound, mean: encodeEmbedding([0, 0.5]) },
      { ...sound, mean: encodeEmbedding([0, NaN, 0]) },
      { ...sound, mean: "!".repeat(16) },
      { ...sound, surprise: 1 },
    ],
  });
  const kept = keptMeans(answer, { serverUrl: "http://x", fetchedAt: "now", dim: 3 });
  assert.deepEqual(kept, { serverUrl: "http://x", space: "s1", fetchedAt: "now", shops: [sound, sound] });
});
