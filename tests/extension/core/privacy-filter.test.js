// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { filterProduct, scrubUrl } from "../../../extension/core/privacy-filter.js";
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

/** Fields of a product, with a personal text in each. @type {Record<string, (text: string) => object>} */
const FIELDS = {
  title: (text) => ({ title: `Mug ${text} blue` }),
  brand: (text) => ({ brand: `Kelp ${text}` }),
  description: (text) => ({ description: `Soft. ${text} Warm.` }),
  categoryPath: (text) => ({ categoryPath: ["Kitchen", `Gifts ${text}`] }),
  attributes: (text) => ({ attributes: { engraving: text } }),
  path: (text) => ({ url: `https://example.com/gift/${encodeURIComponent(text)}/mug` }),
  query: (text) => ({ url: `https://example.com/mug?note=${encodeURIComponent(text)}` }),
  "query, encoded twice": (text) => ({
    url: `https://example.com/mug?note=${encodeURIComponent(encodeURIComponent(text))}`,
  }),
  image: (text) => ({ images: [`https://example.com/i/${encodeURIComponent(text)}.jpg`] }),
};

for (const { text } of vectors("personal-data.json").personal) {
  test(`nothing of it is kept in any field: ${text}`, async () => {
    for (const [name, field] of Object.entries(FIELDS)) {
      const product = {
        shop: "example.com",
        itemId: "0".repeat(16),
        url: "https://example.com/p/1",
        verdict: "product",
      };
      const told = /** @type {import("../../../extension/generated/contract-types.js").Product} */ ({
        ...product,
        title: "Mug",
        provenance: {},
        ...field(text),
      });
      const decision = await filterProduct(told, { incognito: false, paused: false, isConsented: () => true });
      const kept = JSON.stringify(decision);
      for (const form of [text, encodeURIComponent(text), encodeURIComponent(encodeURIComponent(text))])
        assert.ok(!kept.includes(form), `${name}: ${kept}`);
    }
  });
}

const PERSONAL_PARAMETERS = [
  "access_token=abc",
  "jwt=abc",
  "customerId=77",
  "customer_id=77",
  "Customer-Number=77",
  "kundennr=77",
  "x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc",
  "utm_email_hash=abc",
  "user%5Bemail%5D=abc",
  "PHPSESSID=abc",
];

for (const parameter of PERSONAL_PARAMETERS) {
  test(`a parameter goes away from query, path and route: ${parameter}`, () => {
    assert.equal(scrubUrl(`https://example.com/p/1?size=9&${parameter}`), "https://example.com/p/1?size=9");
    assert.equal(scrubUrl(`https://example.com/p/1;${parameter}`), "https://example.com/p/1");
    assert.equal(scrubUrl(`https://example.com/#/p/1?size=9&${parameter}`), "https://example.com/#/p/1?size=9");
  });
}

test("parameters that name a thing stay", () => {
  const url = "https://example.com/p/1;v=2?sku=77&color=navy&size=9&pid=4&variant=12";
  assert.equal(scrubUrl(url), url);
});
