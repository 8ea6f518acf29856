// @ts-check
// The order of a catalogue against its definition, item by item and without anything kept between lists.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cardsOf } from "../../../extension/core/catalogue-cards.js";
import { PENALTY_BEGINS, PENALTY_IS_WHOLE } from "../../../extension/core/dismissal.js";
import { REQUESTED, recommendShelf } from "../../../extension/core/recommender.js";
import { itemOf, matrixOf, packed } from "../../../extension/core/shelf-matrix.js";
import { createRanker } from "../../../extension/core/shelf-ranking.js";
import { decodeEmbedding, encodeEmbedding } from "../../../extension/values/encoding.js";
import { dot, similarity, unit } from "../../../extension/values/vectors.js";

const DIM = 24;
const FILLER = 23;
const NUM_ITEMS = 340;
const NUM_SEEN = 430;
const [POOL, COMPARED, CLOSENESS] = [300, 400, 0.25]; // as the recommender states them
const layout = {
  dim: DIM,
  blocks: [
    { start: 0, length: 16 },
    { start: 16, length: 7 },
  ],
};

/** @param {number} seed @returns {() => number} numbers about 0 */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
}

/** @param {() => number} number @param {number} i @returns {Float32Array} of unit length; two of three have no second block, but the filler */
const embeddingOf = (number, i) =>
  unit(Float32Array.from({ length: DIM }, (_, j) => (j < 16 || (j < FILLER ? i % 3 === 0 : i % 3 > 0) ? number() : 0)));

/** @param {() => number} number @param {number} i @returns {any} */
const interactionOf = (number, i) => ({
  id: `${i}`,
  kind: i % 11 === 5 ? "dismiss" : "view",
  time: new Date(1_780_000_000_000 - i * 3_600_000).toISOString(),
  weight: 1,
  space: "s1",
  embedding: encodeEmbedding(embeddingOf(number, i)),
  product: { shop: "b.example", itemId: `seen ${i}`, title: `Seen ${i % 50}`, url: "" },
});

/** @type {any} */
const model = {
  manifest: { space: "s1", dim: DIM, filler: FILLER, interactions: { maxItems: 30 } },
  metric: null,
  towers: {
    embedUser: async (/** @type {{items: Float32Array[], kinds: number[]}} */ { items }) =>
      unit(Float32Array.from({ length: DIM }, (_, j) => items.reduce((sum, item) => sum + item[j], 0))),
  },
};

/** @param {number[]} values @param {number} most @returns {number} */
const meanOfBest = (values, most) =>
  [...values]
    .sort((a, b) => b - a)
    .slice(0, most)
    .reduce((sum, value, _, { length }) => sum + value / length, 0);

/** Return the first items' ids with their reasons, by the definition. @param {import("../../../extension/core/shelf-matrix.js").Matrix} matrix @param {any[]} interactions */
function byDefinition(matrix, interactions) {
  const isDismissal = (/** @type {any} */ one) => one.kind === "dismiss";
  const newest = (/** @type {number} */ most) => {
    const dismissed = interactions.filter(isDismissal).slice(0, Math.floor(most / 4));
    const liked = interactions.filter((one) => !isDismissal(one)).slice(0, most - dismissed.length);
    return interactions.filter((one) => dismissed.includes(one) || liked.includes(one));
  };
  const vectors = (/** @type {any[]} */ list) => list.map((one) => decodeEmbedding(one.embedding));
  const user = unit(
    vectors(newest(30)).reduce((sum, item) => sum.map((value, j) => value + item[j]), new Float32Array(DIM)),
  );
  const liked = newest(COMPARED).filter((one) => !isDismissal(one));
  const [likedVectors, dismissed] = [vectors(liked), vectors(newest(COMPARED).filter(isDismissal))];
  const rows = Array.from({ length: NUM_ITEMS }, (_, row) => {
    const item = itemOf(matrix, row);
    return { row, item, score: dot(item, user) };
  });
  const scored = rows
    .sort((a, b) => b.score - a.score)
    .slice(0, POOL)
    .map(({ row, item, score }) => {
      const alike = likedVectors.map((one) => similarity(item, one, FILLER));
      const direction = unit(item);
      const near = meanOfBest(
        likedVectors.map((one) => similarity(direction, one, FILLER)),
        3,
      );
      const nearest = Math.max(...dismissed.map((one) => similarity(direction, one, FILLER)));
      const share = ((nearest - near) / (1 - near) - PENALTY_BEGINS) / (PENALTY_IS_WHOLE - PENALTY_BEGINS);
      const penalty = Math.min(1, Math.max(0, share));
      const titled = liked.map(({ product }, i) => ({ title: product.title, value: alike[i] }));
      const reasons = titled.filter(({ value }) => value >= 0.25).sort((a, b) => b.value - a.value);
      const second = reasons.find(({ title }) => title !== reasons[0].title);
      const isSecond = second && second.value >= reasons[0].value - 0.1;
      const why = [reasons[0]?.title, isSecond && second.title].filter(Boolean);
      return { row, score: score + CLOSENESS * meanOfBest(alike, 3) - penalty, why };
    });
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, REQUESTED)
    .map(({ row, why }) => [`item ${row}`, why]);
}

for (let seed = 1; seed <= 4; seed += 1) {
  test(`a list is in its order to the last place, first, again, and after one more view (seed ${seed})`, async () => {
    const number = numbers(seed * 7919);
    const matrix = matrixOf(
      [
        packed(
          Array.from({ length: NUM_ITEMS }, (_, i) => embeddingOf(number, i)),
          layout,
        ),
      ],
      layout,
    );
    /** @type {any[]} */
    const list = Array.from({ length: NUM_ITEMS }, (_, row) => ({ itemId: `item ${row}`, url: "", title: `${row}` }));
    const shelf = { cards: cardsOf(list), ranker: createRanker(matrix, null) };
    let interactions = Array.from({ length: NUM_SEEN }, (_, i) => interactionOf(number, i));
    /** @type {any} */
    const profile = { interactions: () => interactions, shelves: () => [], shopMeans: null };
    const ranked = async () =>
      (await recommendShelf({ shop: "a.example", shelf }, { profile, model })).items.map(({ itemId, why }) => [
        itemId,
        why,
      ]);
    const expected = byDefinition(matrix, interactions);
    assert.deepEqual(await ranked(), expected);
    assert.deepEqual(await ranked(), expected);
    interactions = [{ ...interactionOf(number, -1), id: "new" }, ...interactions];
    assert.deepEqual(await ranked(), byDefinition(matrix, interactions));
  });
}
