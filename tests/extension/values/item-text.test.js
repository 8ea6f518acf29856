// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { itemText } from "../../../extension/values/item-text.js";
import { vectors } from "../vectors.js";

const { itemText: rule, cases } = vectors("item-text.json");

for (const { product, text } of cases) {
  test(`item text of ${JSON.stringify(product).slice(0, 60)}`, () =>
    assert.equal(itemText(product, product.rule ?? rule), text));
}
