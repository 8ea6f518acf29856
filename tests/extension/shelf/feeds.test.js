// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { shopify } from "../../../extension/shelf/shopify.js";
import { woocommerce } from "../../../extension/shelf/woocommerce.js";
import { vectors } from "../vectors.js";

const { products, next, currencies } = vectors("feeds.json");
/** @type {Record<string, import("../../../extension/shelf/feed.js").Adapter>} */
const ADAPTERS = { shopify, woocommerce };

for (const one of products) {
  test(`${one.kind}: ${one.name}`, async () => {
    const tally = { skipped: {} };
    const found = await ADAPTERS[one.kind].productsOf(JSON.stringify(one.body), one, tally);
    assert.deepEqual(found, one.products);
    assert.deepEqual(tally.skipped, one.skipped);
  });
}

for (const one of next) {
  test(`${one.kind}, what follows: ${one.name}`, () => {
    const rows = one.rows === undefined ? null : Array.from({ length: one.rows }, () => one.body);
    const repeated = one.kind === "shopify" ? { products: rows } : rows;
    const body = one.text ?? JSON.stringify(rows ? repeated : one.body);
    assert.deepEqual(ADAPTERS[one.kind].nextUrls(one.url, body, one.headers ?? {}), one.next);
  });
}

test("currencies of meta.json, cart.js and start pages", () => {
  for (const { text, currency } of currencies) assert.equal(shopify.currencyOf(text), currency, text);
});

test("a shop's own count of its products", () => {
  assert.equal(shopify.totalOf('{"published_products_count": 552}', {}), 552);
  assert.equal(shopify.totalOf('{"published_products_count": "many"}', {}), null);
  assert.equal(woocommerce.totalOf("[]", { "x-wp-total": "552" }), 552);
  assert.equal(woocommerce.totalOf("[]", { "x-wp-total": "-1" }), null);
});

test("a hostile body takes no long time and gives nothing", async () => {
  const context = { origin: "https://shop.example", currency: null };
  for (const body of ["[".repeat(200_000), `{"products":[${"{".repeat(50_000)}`, "\u0000", ""])
    for (const adapter of [shopify, woocommerce])
      assert.deepEqual(await adapter.productsOf(body, context, { skipped: {} }), []);
});
