// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterNames } from "../../../extension/core/cluster-words.js";

/** @param {...string} titles */
const titled = (...titles) => titles.map((title) => ({ title }));
/** @param {import("../../../extension/core/cluster-words.js").Titled[][]} clusters @returns {string[][]} */
const wordsOf = (clusters) => clusterNames(clusters).map(({ words }) => words);

test("a cluster is named by the words that its titles have and the others lack", () => {
  const sea = titled("Sailor towel blue", "Sailor mug blue", "Sailor rug");
  const night = titled("Velvet lamp blue", "Velvet chair", "Velvet rug");
  assert.deepEqual(wordsOf([sea, night]), [["Sailor", "blue"], ["Velvet"]]);
});

test("a cluster without others is named by what its titles have in common", () => {
  const sea = titled("Striped dress navy", "Striped shirt white", "Straw hat", "Rope sandals", "Striped rug navy");
  assert.deepEqual(wordsOf([sea]), [["Striped", "navy"]]);
});

test("a word that all titles have names nothing", () => {
  assert.deepEqual(
    wordsOf([titled("Carryover mug red", "Carryover cup red"), titled("Carryover oak", "Carryover oak")]),
    [["red"], ["oak"]],
  );
});

test("short words, numbers and words of one title are left out", () => {
  assert.deepEqual(wordsOf([titled("Set of 12 in red", "Set of 12 in pine"), titled("Rug", "Lamp")]), [["Set"], []]);
});

test("a word is written as most titles write it, and counts once a title", () => {
  const one = titled("NAVY rope rope", "Navy rope", "Navy", "navy");
  assert.deepEqual(wordsOf([one, titled("Oak", "Oak")])[0], ["Navy", "rope"]);
});

test("of many words the three with the highest score are shown, and equal ones in the order of their letters", () => {
  const one = titled("delta charlie bravo alpha", "delta charlie bravo alpha");
  assert.deepEqual(wordsOf([one, titled("Oak", "Oak")])[0], ["alpha", "bravo", "charlie"]);
});

test("words without spaces between them are found, too", () => {
  assert.deepEqual(wordsOf([titled("青い茶碗", "青い毛布"), titled("黒い椅子", "黒い机")])[0], ["青い"]);
});

test("brand and category are named where more than half of the items share them, and not said twice", () => {
  const own = { brand: "Tidewater", categoryPath: ["Home", "Towels"] };
  const [name] = clusterNames([
    [
      { title: "Tidewater towels rope", ...own },
      { title: "Tidewater towels rope", ...own },
      { title: "Other rope", brand: "Elm", categoryPath: ["Home"] },
    ],
    titled("Oak"),
  ]);
  assert.deepEqual(name, { words: ["rope"], brand: "Tidewater", category: "Towels" });
  const half = [{ title: "a", brand: "X" }, { title: "b", brand: "X" }, { title: "c" }, { title: "d" }];
  assert.deepEqual(clusterNames([half]), [{ words: [] }]);
});
