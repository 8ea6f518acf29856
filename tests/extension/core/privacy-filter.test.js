// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { filterProduct } from "../../../extension/core/privacy-filter.js";
import { sensitiveCategory } from "../../../extension/core/sensitive-products.js";
import { itemIdOf } from "../../../extension/values/identity.js";
import { vectors } from "../vectors.js";

for (const { name, product, consents, incognito = false, paused = false, kept, reason } of vectors("privacy.json")
  .cases) {
  test(name, async () => {
    const decision = await filterProduct(product, {
      incognito,
      paused,
      isConsented: (shop) => consents.includes(shop),
    });
    if (reason) assert.deepEqual(decision, { allowed: false, reason });
    else assert.deepEqual(decision, { allowed: true, product: { ...kept, itemId: await itemIdOf(kept.url) } });
  });
}

for (const { name, product, own, category } of vectors("privacy-titles.json").cases) {
  test(name, () => {
    assert.equal(sensitiveCategory(product, own), category);
  });
}
