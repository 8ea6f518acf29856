import assert from "node:assert/strict";
import { test } from "node:test";
import { machinePrice, parsePrice, regionOf } from "../../extension/extract/price.js";

test("reads the first price beside a currency", () => {
  assert.deepEqual(parsePrice("2 pairs from $349"), { amount: "349", currency: "USD", amountText: "2 pairs from $349" });
  assert.equal(parsePrice("sold out"), null);
});

for (const [text, amount, currency] of [
  ["1,234,567.890 €", "1234567.89", "EUR"], ["34.000 €", "34000", "EUR"], [",89 €", "0.89", "EUR"], ["£12 99", "12.99", "GBP"],
  ["KWD 1.250", "1.25", "KWD"], ["1 299,00 kr", "1299", undefined], ["$1.2M", "1200000", "USD"], ["CHF 1'050.–", "1050", "CHF"],
]) {
  test(`price of ${text}`, () => {
    const price = parsePrice(text);
    assert.equal(price?.amount, amount);
    assert.equal(price?.currency, currency);
  });
}

test("the region settles what $ and kr mean", () => {
  assert.equal(parsePrice("$5", { region: "CA" })?.currency, "CAD");
  assert.equal(parsePrice("5 kr", { region: "SE" })?.currency, "SEK");
  assert.equal(regionOf("https://shop.example.se/p", null), "SE");
  assert.equal(regionOf("https://shop.example.com/p", "en-AU"), "AU");
});

test("a machine value's point is always decimal", () => {
  assert.deepEqual(machinePrice("34.000", "EUR"), { amount: "34", currency: "EUR", amountText: "34.000" });
  assert.deepEqual(machinePrice(19.9, "usd"), { amount: "19.9", currency: "USD" });
  assert.equal(machinePrice("-5", "USD"), null);
  assert.equal(machinePrice(true, "USD"), null);
});
