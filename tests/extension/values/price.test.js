// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { machinePrice, parsePrice, regionOf } from "../../../extension/values/price.js";
import { vectors } from "../vectors.js";

const { texts, machine } = vectors("price.json");

/** @param {any} price @returns {any} without the page's own spelling, which the vectors leave out */
const worth = (price) => price && Object.fromEntries(Object.entries(price).filter(([name]) => name !== "amountText"));

for (const { text, region, hint, price } of texts) {
  test(`text ${JSON.stringify(text)} ${region ?? ""}`, () =>
    assert.deepEqual(worth(parsePrice(text, { region, currency: hint })), price));
}

for (const { value, currency, region, price } of machine) {
  test(`machine ${JSON.stringify(value)} ${currency ?? ""}`, () =>
    assert.deepEqual(worth(machinePrice(value, currency, { region })), price));
}

test("the page's own spelling is kept beside the amount", () => {
  assert.deepEqual(parsePrice("2 pairs from $349"), {
    amount: "349.00",
    currency: "USD",
    amountText: "2 pairs from $349",
  });
});

test("the domain decides the region before the language", () => {
  assert.equal(regionOf("https://shop.example.se/p", "en-GB"), "SE");
  assert.equal(regionOf("https://shop.example.com/p", "en-AU"), "AU");
});
