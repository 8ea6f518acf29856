// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { extractProduct } from "../../../../extension/extract/extract.js";
import { documentOf, vectors } from "../../vectors.js";

const { url, cases } = vectors("jsonld-breakages.json");
assert.ok(cases.length >= 31);

for (const { breakage, page, expected } of cases) {
  test(`broken JSON-LD is read: ${breakage}`, async () => {
    const html = `<!doctype html><html><head>${page}</head><body></body></html>`;
    const { title, price } = await extractProduct(documentOf(html, url), url);
    assert.deepEqual({ name: title, price: price?.amount, currency: price?.currency }, expected);
  });
}
