// @ts-check
// A catalogue made ready is ranked as it was, from its bytes alone, and without a look at cards that are not shown.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cardsOf } from "../../../extension/core/catalogue-cards.js";
import { decodeReady, encodeReady, readyOf } from "../../../extension/core/ready-shelf.js";
import { recommendShelf } from "../../../extension/core/recommender.js";
import { matrixOf, packed } from "../../../extension/core/shelf-matrix.js";
import { createRanker } from "../../../extension/core/shelf-ranking.js";
import { encodeEmbedding } from "../../../extension/values/encoding.js";

const DIM = 9;
const BLOCKS = [
  { start: 0, length: 6 },
  { start: 6, length: 2 },
];
/** @param {number} size @returns {Float64Array} */
const diagonal = (size) => Float64Array.from({ length: size ** 2 }, (_, i) => (i % (size + 1) === 0 ? 1 / (i + 2) : 0));
const rule = { file: "metric.bin", lambda: 0.1, pseudoItems: 30, covariancePseudoItems: 100, blocks: BLOCKS };
const metric = { rule, own: { mean: new Float64Array(DIM), counts: [0, 0], covariances: [diagonal(6), diagonal(2)] } };
const pooling = { kindWeights: [1, 1, 1, 1, 1, -0.03], halfLifeDays: 30, halfLifeItems: 30 };

/** @param {number} seed @returns {() => number} numbers about 0 */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
}
const number = numbers(11);
/** @returns {Float32Array} of unit length; the second block is known of every third item alone */
function embedding() {
  const item = Float32Array.from({ length: DIM }, (_, i) => (i < 6 || i === 8 ? number() + (i === 1 ? 0.4 : 0) : 0));
  return item.map((value) => value / Math.hypot(...item));
}
const embeddings = Array.from({ length: 1500 }, embedding);
/** @type {any[]} */
const list = embeddings.map((_, i) => ({
  itemId: i.toString(16).padStart(16, "0"),
  url: `https://a.example/p/${i}`,
  title: `Thing ${i}`,
  price: { amount: `${5 + (i % 90)}.00`, currency: "EUR" },
  ...(i % 7 === 0 && { availability: "SoldOut" }),
}));
/** @type {any} */
const model = {
  manifest: {
    space: "s1",
    dim: DIM,
    filler: 8,
    shopMetric: rule,
    files: { "metric.bin": { sha256: "0a" } },
    interactions: { maxItems: 100 },
    lite: { pooling },
  },
  metric,
  towers: {
    embedUser: async (/** @type {{items: Float32Array[]}} */ { items }) =>
      Float32Array.from({ length: DIM }, (_, j) => (j === 8 ? 0 : items.reduce((sum, item) => sum + item[j], 0))),
  },
};
/** @type {any[]} */
const interactions = Array.from({ length: 40 }, (_, i) => ({
  id: `${i}`,
  kind: i % 9 === 4 ? "dismiss" : "view",
  time: new Date(Date.now() - i * 3_600_000).toISOString(),
  weight: 1,
  space: "s1",
  embedding: encodeEmbedding(embedding()),
  product: { shop: i % 2 ? "a.example" : "b.example", itemId: list[i].itemId, title: `Seen ${i}`, url: "" },
}));
/** @type {any} */
const profile = { interactions: () => interactions, shelves: () => [], shopMeans: null };

/** @param {any} shelf @param {object} [choice] */
const ranked = (shelf, choice) => recommendShelf({ shop: "a.example", shelf, choice }, { profile, model });
const layout = { dim: DIM, blocks: BLOCKS };
const shelfNow = () => ({
  cards: cardsOf(list),
  ranker: createRanker(matrixOf([packed(embeddings, layout)], layout), metric),
});

test("a list is the same before and after, for the taste, by price, filtered and searched", async () => {
  const shelf = shelfNow();
  const ready = decodeReady(encodeReady(shelf), model);
  for (const choice of [{}, { sort: "price_up" }, { priceTo: 20, inStock: true }, { like: list[77].itemId }]) {
    const [before, after] = [await ranked(shelf, choice), await ranked(ready, choice)];
    const told = (/** @type {any} */ { items }) => items.map((/** @type {any} */ { score, ...card }) => card);
    assert.deepEqual(told(after), told(before));
    assert.equal(after.numFound, before.numFound);
    after.items.forEach(({ score }, i) => assert.ok(Math.abs(score - before.items[i].score) < 1e-5));
  }
});

test("what is made ready twice is the same bytes", () => {
  const once = encodeReady(shelfNow());
  const twice = encodeReady(decodeReady(once, model));
  assert.ok(Buffer.from(once.ranking).equals(twice.ranking) && Buffer.from(once.cards).equals(twice.cards));
});

test("a list parses the cards that it shows, and no others", async (t) => {
  const ready = decodeReady(encodeReady(shelfNow()), model);
  const parse = t.mock.method(JSON, "parse");
  const { items } = await ranked(ready);
  assert.deepEqual([items.length, parse.mock.callCount()], [30, 30]);
});

test("without a metric a shelf is made ready, too", async () => {
  const plain = { ...model, metric: null, manifest: { ...model.manifest, shopMetric: undefined } };
  const sides = { dim: DIM, blocks: [{ start: 0, length: 8 }] };
  const shelf = { cards: cardsOf(list), ranker: createRanker(matrixOf([packed(embeddings, sides)], sides), null) };
  const ready = decodeReady(encodeReady(shelf), plain);
  const user = embeddings[3];
  assert.deepEqual(ready.ranker.scores(user), shelf.ranker.scores(user));
  assert.deepEqual([ready.ranker.mean, ready.ranker.kept()], [null, null]);
});

test("a ready shelf is of its parts in their order, its space and its metric", async () => {
  const parts = /** @type {any[]} */ (["a", "b"].map((id) => ({ id })));
  const { manifest } = model;
  const other = { ...manifest, files: { "metric.bin": { sha256: "0b" } } };
  const all = await Promise.all([
    readyOf({ parts }, manifest),
    readyOf({ parts: parts.slice(1) }, manifest),
    readyOf({ parts: [...parts].reverse() }, manifest),
    readyOf({ parts }, { ...manifest, space: "s2" }),
    readyOf({ parts }, { ...manifest, shopMetric: { ...rule, lambda: 0.2 } }),
    readyOf({ parts }, other),
    readyOf({ parts }, { ...manifest, shopMetric: undefined }),
  ]);
  assert.equal(new Set(all).size, all.length);
  assert.equal(await readyOf({ parts: parts.map(({ id }) => ({ id, numItems: 3, round: 2 })) }, manifest), all[0]);
});
