// @ts-check
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { extractProduct } from "../../../extension/extract/extract.js";
import { problemIn } from "../../../extension/values/json-schema.js";
import { productSchema } from "../../../extension/generated/contracts.js";
import { documentOf, vectors } from "../vectors.js";

const folder = new URL("../../../contracts/vectors/pages/", import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.slice(0, -5));
assert.ok(names.length > 0, "contracts/vectors/pages/ holds cases");

test('visible fields of a rendered page have the provenance "rendered"', async () => {
  const { url, product } = vectors("pages/price-before-beside-markup.json");
  const document = documentOf(readFileSync(new URL("price-before-beside-markup.html", folder), "utf8"), url);
  const extracted = await extractProduct(document, url, { isRendered: true });
  const { provenance, ...fields } = product;
  assert.deepEqual(extracted, {
    ...fields,
    provenance: { ...provenance, language: "rendered", regularPrice: "rendered" },
  });
  assert.equal(problemIn(productSchema, extracted), null);
});

for (const name of names) {
  const { url, about, product } = vectors(`pages/${name}.json`);
  test(`page ${name}: ${about}`, async () => {
    const document = documentOf(readFileSync(new URL(`${name}.html`, folder), "utf8"), url);
    const extracted = await extractProduct(document, url);
    assert.deepEqual(extracted, product);
    assert.equal(problemIn(productSchema, extracted), null);
  });
}
