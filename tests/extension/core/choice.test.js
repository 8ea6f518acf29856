// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { facetsOf, inOrder, passes, wordMatcher } from "../../../extension/core/choice.js";

const eur = (/** @type {string} */ amount) => ({ amount, currency: "EUR" });
/** @type {import("../../../extension/core/choice.js").Card[]} */
const CARDS = [
  {
    itemId: "1",
    url: "u",
    title: "Écharpe bleue",
    brand: "Kelp",
    price: eur("30"),
    regularPrice: eur("40"),
    categoryPath: ["Home", "Scarves"],
  },
  {
    itemId: "2",
    url: "u",
    title: "Oak board",
    brand: "KELP",
    price: eur("9.50"),
    availability: "SoldOut",
    attributes: { size: "S, M" },
  },
  {
    itemId: "3",
    url: "u",
    title: "Rain jacket",
    brand: "Nord",
    price: eur("129"),
    attributes: { size: "m", color: "Yellow" },
  },
  { itemId: "4", url: "u", title: "Gift card" },
];
/** @param {import("../../../extension/core/choice.js").Choice} choice */
const passing = (choice) => CARDS.filter((card) => passes(card, choice)).map(({ itemId }) => itemId);

test("each filter keeps what tells that it fits, and nothing that does not tell", () => {
  assert.deepEqual(passing({}), ["1", "2", "3", "4"]);
  assert.deepEqual(passing({ priceFrom: 9.5, priceTo: 30 }), ["1", "2"]);
  assert.deepEqual(passing({ priceTo: 9.49 }), []);
  assert.deepEqual(passing({ inStock: true }), ["1", "3", "4"]);
  assert.deepEqual(passing({ onSale: true }), ["1"]);
  assert.deepEqual(passing({ brand: "kelp" }), ["1", "2"], "in any case");
  assert.deepEqual(passing({ category: "Scarves" }), ["1"]);
  assert.deepEqual(passing({ size: "M" }), ["2", "3"], "one of several sizes is enough");
  assert.deepEqual(passing({ brand: "Kelp", inStock: true }), ["1"]);
});

test("a product of several colours is found by each", () => {
  const colored = (/** @type {string} */ color) => ({ ...CARDS[3], attributes: { color, size: "36/38" } });
  const cards = [colored("Red/White"), colored("white, blue"), colored("navy / red")];
  assert.deepEqual(
    facetsOf(cards).color.map(({ value, count }) => [value, count]),
    [
      ["Red", 2],
      ["White", 2],
      ["blue", 1],
      ["navy", 1],
    ],
  );
  assert.deepEqual(
    cards.map((card) => passes(card, { color: "red" })),
    [true, false, true],
  );
  assert.equal(passes(cards[0], { size: "36/38" }), true, "a size may have a stroke of its own");
});

test("a regular price below the price is no sale", () => {
  const dearer = { ...CARDS[0], regularPrice: eur("20") };
  assert.equal(passes(dearer, { onSale: true }), false);
});

test("filters are offered only where there is a choice", () => {
  const { price, inStock, onSale, brand, category, size, color, numItems } = facetsOf(CARDS);
  assert.deepEqual(price, { lowest: 9.5, highest: 129, currency: "EUR" });
  assert.deepEqual([numItems, inStock, onSale], [4, true, true]);
  assert.deepEqual(brand, [
    { value: "Kelp", count: 2 },
    { value: "Nord", count: 1 },
  ]);
  assert.deepEqual(
    size.map(({ value, count }) => [value, count]),
    [
      ["M", 2],
      ["S", 1],
    ],
  );
  assert.deepEqual([category, color], [[], []], "one value is no choice");
  const none = facetsOf([]);
  assert.deepEqual([none.price, none.inStock, none.brand], [undefined, false, []]);
});

test("prices order the list, without a price last, and sold out after everything", () => {
  const ids = (/** @type {import("../../../extension/core/choice.js").Choice} */ choice) =>
    inOrder(CARDS, choice).map(({ itemId }) => itemId);
  assert.deepEqual(ids({}), ["1", "2", "3", "4"]);
  assert.deepEqual(ids({ sort: "price_up" }), ["1", "3", "4", "2"]);
  assert.deepEqual(ids({ sort: "price_down" }), ["3", "1", "4", "2"]);
});

test("words match beginnings, without case and accents, in title, brand, category and attributes", () => {
  const share = (/** @type {string} */ words, /** @type {number} */ i) => wordMatcher(words)(CARDS[i]);
  assert.equal(share("echarpe BLEU", 0), 1);
  assert.equal(share("bleue kelp scarves", 0), 1);
  assert.equal(share("yellow jacket", 2), 1);
  assert.equal(share("yellow raincoat", 2), 0.5);
  assert.equal(share("ain", 2), 0, "not the middle of a word");
  assert.equal(share(" ?! ", 2), 0);
});
