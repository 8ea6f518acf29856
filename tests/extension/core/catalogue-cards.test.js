// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { cardsOf, decodeCards, encodeCards } from "../../../extension/core/catalogue-cards.js";

/** @type {any[]} */
const LIST = [
  { itemId: "00000000000000aa", url: "https://a.example/1", title: "Tasse „Küste“ 🌊" },
  { itemId: "00000000000000bb", url: "https://a.example/2", title: "Sea mug", availability: "SoldOut" },
  { itemId: "00000000000000cc", url: "https://a.example/3", title: "كوب", price: { amount: "5.00", currency: "EUR" } },
];

test("cards that were kept are those that were given, one by one and together", () => {
  const cards = decodeCards(encodeCards(cardsOf(LIST)));
  assert.equal(cards.num, 3);
  for (const [row, card] of LIST.entries()) {
    assert.equal(cards.itemId(row), card.itemId);
    assert.equal(cards.isGone(row), row === 1);
    assert.deepEqual(cards.at(row), card);
  }
  assert.deepEqual(cards.all(), LIST);
  assert.equal(cards.all(), cards.all());
});

test("a card is parsed only where it is asked for", () => {
  const bytes = encodeCards(cardsOf(LIST));
  // The first and the last card end up as no JSON at all.
  const text = (/** @type {string} */ part) => Buffer.from(bytes.buffer).indexOf(part);
  bytes.fill(33, text('{"itemId":"00000000000000aa"'), text('{"itemId":"00000000000000bb"'));
  bytes.fill(33, text('{"itemId":"00000000000000cc"'));
  const cards = decodeCards(bytes);
  assert.deepEqual(cards.at(1), LIST[1]);
  assert.deepEqual([cards.itemId(2), cards.isGone(2)], ["00000000000000cc", false]);
  assert.throws(() => cards.at(0), SyntaxError);
});

test("a shop without an item has no cards", () => {
  const cards = decodeCards(encodeCards(cardsOf([])));
  assert.deepEqual([cards.num, cards.all()], [0, []]);
});
