// @ts-check
// What the profile knows, and what a removal would change.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Vault } from "../../../extension/core/vault/vault.js";
import { Profile } from "../../../extension/core/profile.js";
import { cardsOf } from "../../../extension/core/catalogue-cards.js";
import { recommendShelf } from "../../../extension/core/recommender.js";
import { matrixOf, packed } from "../../../extension/core/shelf-matrix.js";
import { createRanker } from "../../../extension/core/shelf-ranking.js";
import { effectOf, tasteOf } from "../../../extension/core/taste.js";
import { encodeEmbedding } from "../../../extension/values/encoding.js";
import { handTowers } from "../fakes/towers.js";

const NOON = Date.parse("2026-03-01T12:00:00Z");
/** @type {any} a rule by which each view counts the same, and a purchase twice */
const manifest = {
  space: "s1",
  dim: 3,
  lite: {
    pooling: {
      kindWeights: [1, 1, 1, 2, 1, -0.1],
      repeatExponent: 0,
      halfLifeDays: 1e9,
      halfLifeItems: 1e9,
      maxDismissShare: 0.1,
    },
  },
  text: { itemText: { fields: ["title"], separator: ". ", maxChars: 64 } },
  interactions: { maxItems: 100 },
};
const model = { towers: handTowers, manifest };
let databases = 0;
let now = NOON;
/** @type {Profile} */
let profile;
beforeEach(async () => {
  now = NOON;
  profile = await Profile.open(new Vault({ name: `taste-${(databases += 1)}` }), { now: () => (now += 1000) });
});

/** @param {string} title @param {import("../../../extension/core/profile.js").Kind} [kind] @param {string} [shop] */
async function see(title, kind = "view", shop = "a.example") {
  const [embedding] = await handTowers.embedItems([title]);
  const url = `https://${shop}/${title.replaceAll(" ", "-")}`;
  const product = { shop, itemId: title, url, title, images: [`${url}.jpg`] };
  await profile.addInteraction({ product, kind, space: "s1", embedding: encodeEmbedding(embedding) });
}
/** @param {{title: string}[]} things @returns {string[]} */
const titlesOf = (things) => things.map(({ title }) => title);
const round = (/** @type {number} */ value) => Math.round(value * 1000) / 1000;

test("a thing tells when each of its interactions was, so that a day of it can be removed alone", async () => {
  await see("sea mug");
  now += 2 * 86_400_000;
  await see("sea mug", "cart");
  const [mug] = (await tasteOf(profile, model, now)).alone;
  assert.deepEqual(
    mug.times.map((time) => time.slice(0, 10)),
    ["2026-03-03", "2026-03-01"],
  );
  await profile.removeInteractions(({ id }) => id === mug.ids[0]);
  const [left] = (await tasteOf(profile, model, now)).alone;
  assert.deepEqual([left.kinds, left.ids], [["view"], [mug.ids[1]]]);
});

test("things that are alike are one cluster with a name and a share, the greatest first", async () => {
  await see("sea mug");
  await see("sea towel");
  for (const title of ["night lamp", "night desk", "night chair", "oak bowl"]) await see(title);
  const { clusters, alone, dismissed } = await tasteOf(profile, model, now);
  assert.deepEqual(
    clusters.map(({ words, share, things }) => [words, round(share), titlesOf(things)]),
    [
      [["night"], 0.5, ["night chair", "night desk", "night lamp"]],
      [["sea"], 0.333, ["sea towel", "sea mug"]],
    ],
  );
  assert.deepEqual([titlesOf(alone), round(alone[0].share), dismissed], [["oak bowl"], 0.167, []]);
});

test("all that happened with one item of one shop is one thing", async () => {
  await see("sea mug");
  await see("sea mug", "purchase");
  await see("sea mug", "view", "b.example");
  const { clusters } = await tasteOf(profile, model, now);
  const [other, both] = clusters[0].things;
  assert.deepEqual([other.shop, other.kinds, round(other.share)], ["b.example", ["view"], 0.25]);
  assert.deepEqual(
    [both.shop, both.kinds, both.ids.length, round(both.share)],
    ["a.example", ["purchase", "view"], 2, 0.75],
  );
  assert.equal(both.image, "https://a.example/sea-mug.jpg");
});

test("what was dismissed is apart, and has no share", async () => {
  await see("sea mug");
  await see("night lamp", "dismiss");
  const { clusters, alone, dismissed } = await tasteOf(profile, model, now);
  assert.deepEqual([clusters, titlesOf(alone), titlesOf(dismissed)], [[], ["sea mug"], ["night lamp"]]);
  assert.deepEqual([alone[0].share, dismissed[0].share], [1, 0]);
});

test("what is too old for the user tower has no share, and without a rule all else counts the same", async () => {
  for (const title of ["sea mug", "sea towel", "sea rug"]) await see(title);
  const short = { ...manifest, lite: {}, interactions: { maxItems: 2 } };
  const { clusters } = await tasteOf(profile, { ...model, manifest: short }, now);
  assert.deepEqual(
    clusters[0].things.map(({ title, share }) => [title, share]),
    [
      ["sea rug", 0.5],
      ["sea towel", 0.5],
      ["sea mug", 0],
    ],
  );
});

/** @param {string[]} titles @returns {Promise<any>} a catalogue that can be ranked */
async function shelfOf(titles) {
  const layout = { dim: 3, blocks: [{ start: 0, length: 3 }] };
  const matrix = matrixOf([packed(await handTowers.embedItems(titles), layout)], layout);
  const items = titles.map((title) => ({ itemId: title, title, url: `https://c.example/${title}` }));
  return { cards: cardsOf(items), ranker: createRanker(matrix, null) };
}

test("an effect is the list of a profile that never had the removed things", async () => {
  const shelf = await shelfOf(["night bed", "sea bed", "oak bed", "sea rug"]);
  for (const title of ["sea mug", "sea towel", "night lamp"]) await see(title);
  const ids = new Set(profile.interactions().flatMap((one) => (/sea/.test(one.product.title ?? "") ? [one.id] : [])));
  const { products, shares } = await effectOf({ ids, open: { shop: "c.example", shelf } }, { profile, model, now });
  assert.deepEqual(
    titlesOf(products?.before ?? [])
      .slice(0, 2)
      .sort(),
    ["sea bed", "sea rug"],
  );
  assert.equal(products?.after[0].title, "night bed");
  assert.deepEqual(
    shares.map(({ before, after }) => [round(before), after]),
    [[0.667, 0]],
  );
  assert.equal(profile.interactions().length, 3);
  await profile.removeInteractions(({ id }) => ids.has(id));
  const { items } = await recommendShelf({ shop: "c.example", shelf }, { profile, model });
  assert.deepEqual(titlesOf(items), titlesOf(products?.after ?? []));
});

test("without a catalogue an effect tells the shares alone", async () => {
  for (const title of ["sea mug", "sea towel", "night lamp", "night desk"]) await see(title);
  const [last] = profile.interactions();
  const effect = await effectOf({ ids: new Set([last.id]), open: null }, { profile, model, now });
  const shares = effect.shares.map(({ before, after }) => [round(before), round(after)]).sort();
  assert.deepEqual(
    [shares, effect.products],
    [
      [
        [0.5, 0.333],
        [0.5, 0.667],
      ],
      undefined,
    ],
  );
});
