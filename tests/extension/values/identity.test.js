// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalUrl, itemIdOf, shopOf } from "../../../extension/values/identity.js";
import { UrlError } from "../../../extension/values/errors.js";
import { originPatternOf } from "../../../extension/messaging/origins.js";
import { vectors } from "../vectors.js";

const { cases, refused } = vectors("identity.json");

for (const { url, canonicalUrl: canonical, shop, itemId } of cases) {
  test(`identity of ${url}`, async () => {
    assert.equal(canonicalUrl(url), canonical);
    assert.equal(shopOf(canonical), shop);
    assert.equal(await itemIdOf(canonical), itemId);
  });
}

for (const url of refused) {
  test(`refuses ${JSON.stringify(url)}`, () => assert.throws(() => canonicalUrl(url), UrlError));
}

test("a shop's permission covers its subdomains and names no port", () => {
  assert.equal(originPatternOf("example.co.uk"), "*://*.example.co.uk/*");
  assert.equal(originPatternOf("127.0.0.1:9000"), "*://127.0.0.1/*");
  assert.equal(originPatternOf("[::1]:8700"), "*://[::1]/*");
  assert.equal(originPatternOf("localhost"), "*://localhost/*");
});
