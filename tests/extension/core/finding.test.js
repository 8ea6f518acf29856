// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { byScore, find, firstLook, isSearch } from "../../../extension/core/finding.js";
import { spreadOut } from "../../../extension/core/spread.js";
import { dot } from "../../../extension/values/vectors.js";
import { manifestOf } from "../fakes/bundle.js";
import { handTowers } from "../fakes/towers.js";

/** @type {any} */
const model = { towers: handTowers, manifest: manifestOf(), metric: null };

/** @param {string[]} titles @param {Record<string, object>} [more] by title */
async function rangeOf(titles, more = {}) {
  const cards = titles.map((title) => ({ itemId: title, url: `https://a.example/${title}`, title, ...more[title] }));
  const items = await handTowers.embedItems(titles);
  const ranker = {
    mean: null,
    compared: (/** @type {number} */ i) => items[i],
    scores: (/** @type {Float32Array} */ user) => items.map((item) => dot(user, item)),
  };
  return { cards, ranker };
}
/** @param {{items: {title: string}[]}} found */
const titlesIn = ({ items }) => items.map(({ title }) => title);

test("words find what has the most of them, then what means something similar", async () => {
  const range = await rangeOf(["oak bowl", "sea lamp", "sea mug", "blue sea mug"]);
  const found = await find(range, { words: "blue sea" }, new Set(), model, 10);
  assert.deepEqual(titlesIn(found), ["blue sea mug", "sea lamp", "sea mug"]);
  assert.equal(found.numFound, 3);
  assert.deepEqual(titlesIn(await find(range, { words: "seaside" }, new Set(), model, 10)), [
    "sea lamp",
    "sea mug",
    "blue sea mug",
  ]);
  assert.deepEqual(titlesIn(await find(range, { words: "night" }, new Set(), model, 10)), []);
});

test("a search says where nothing has any of the words", async () => {
  const range = await rangeOf(["oak bowl", "sea lamp", "sea mug"]);
  const told = async (/** @type {import("../../../extension/core/finding.js").Choice} */ choice) => {
    const { items, isOnlySimilar } = await find(range, choice, new Set(), model, 10);
    return [items.length, isOnlySimilar ?? false];
  };
  assert.deepEqual(await told({ words: "seaside" }), [2, true], "similar in meaning");
  assert.deepEqual(await told({ words: "sea xyzzyqq" }), [2, false], "one of the words");
  assert.deepEqual(await told({ words: "night" }), [0, false], "nothing is similar");
  assert.deepEqual(await told({ like: "sea mug" }), [2, false]);
});

test("what is dismissed or filtered out is not found, and the most are counted", async () => {
  const range = await rangeOf(["sea a", "sea b", "sea c", "sea d"], { "sea c": { brand: "Kelp" } });
  const found = await find(range, { words: "sea" }, new Set(["sea a"]), model, 2);
  assert.deepEqual([titlesIn(found), found.numFound], [["sea b", "sea c"], 3]);
  assert.deepEqual(titlesIn(await find(range, { words: "sea", brand: "kelp" }, new Set(), model, 2)), ["sea c"]);
});

test("an item finds what is like it, without itself, and an unknown one finds nothing", async () => {
  const range = await rangeOf(["oak bowl", "sea lamp", "night rug", "sea mug"]);
  assert.deepEqual(titlesIn(await find(range, { like: "sea mug" }, new Set(), model, 1)), ["sea lamp"]);
  assert.deepEqual(titlesIn(await find(range, { like: "gone" }, new Set(), model, 1)), []);
});

test("words and an item are a search, and filters alone are not", () => {
  assert.deepEqual([{ words: "x" }, { like: "x" }, { words: "  " }, { brand: "x" }, {}].map(isSearch), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("a spread covers every kind before it shows a second of one", () => {
  const kinds = [0, 0, 0, 0, 1, 1, 1, 2].map((kind) => Float32Array.from({ length: 3 }, (_, i) => Number(i === kind)));
  const chosen = spreadOut(kinds, 4).map((place) => kinds[place].indexOf(1));
  assert.deepEqual(chosen.slice(0, 3), [0, 1, 2], "the greatest kind first, what is alone last");
  assert.equal(chosen.length, 4);
  assert.deepEqual(spreadOut([], 3), []);
});

test("a first look shows what has an image and can be had first", async () => {
  const titles = ["sea a", "night b", "oak c", "sea d"];
  const range = await rangeOf(titles, {
    "sea a": { availability: "SoldOut", image: "x" },
    "oak c": { image: "x" },
    "sea d": { image: "x" },
  });
  const rows = [0, 1, 2, 3];
  assert.deepEqual(
    firstLook(range, rows, 4)
      .map(({ title }) => title)
      .slice(2),
    ["night b", "sea a"],
  );
});

test("the first so many by score are the beginning of all of them", () => {
  // Many scores are equal, and every third thing is sold out: order and ties are those of the whole list.
  const rows = Array.from({ length: 60 }, (_, i) => i);
  const scoreOf = (/** @type {number} */ row) => (row * 7) % 11;
  for (const isGone of [(/** @type {number} */ row) => row % 3 === 0, () => false, () => true]) {
    const all = byScore(rows, isGone, scoreOf);
    for (const most of [0, 1, 10, 39, 40, 41, 59, 60, 70])
      assert.deepEqual(byScore(rows, isGone, scoreOf, most), all.slice(0, most), `${most}`);
  }
  assert.deepEqual(
    byScore(
      [3, 4, 5, 6],
      (row) => row === 5,
      (row) => -row,
      3,
    ),
    [3, 4, 6],
  );
});
