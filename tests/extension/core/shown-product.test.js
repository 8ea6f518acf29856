// @ts-check
// Whether a page that changed shows another product: the known answers that decide what is learned at shops built as one page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { relationOf, shownOf } from "../../../extension/core/shown-product.js";

const MUG = { itemId: "a", title: "Oak mug", sku: "M1", image: "https://a.example/1.jpg", price: "19.90 EUR" };
const BOWL = { itemId: "b", title: "Pine bowl", sku: "B1", image: "https://a.example/2.jpg", price: "24.00 EUR" };

for (const [name, before, now, isSettling, relation] of /** @type {[string, any, any, boolean, string][]} */ ([
  ["the first product", undefined, MUG, true, "other"],
  ["another product under another address", MUG, BOWL, true, "other"],
  ["the same product", MUG, MUG, true, "same"],
  ["the product before under another address", MUG, { ...MUG, itemId: "b" }, true, "unchanged"],
  [
    "the product before, with the next one's price",
    MUG,
    { ...MUG, itemId: "b", price: "24.00 EUR" },
    true,
    "unchanged",
  ],
  ["the product before, read from less", MUG, { itemId: "b", title: "Oak mug" }, true, "unchanged"],
  ["the same name in another colour, with a page of its own", MUG, { ...MUG, itemId: "b", sku: "M2" }, false, "other"],
  [
    "another image under the same name, with a page of its own",
    MUG,
    { ...MUG, itemId: "b", image: "x" },
    false,
    "other",
  ],
  ["another price in place", MUG, { ...MUG, price: "21.00 EUR" }, false, "variant"],
  ["another code in place", MUG, { ...MUG, sku: "M2" }, false, "variant"],
  ["the name with a colour, in place", MUG, { ...MUG, title: "Oak mug, navy" }, false, "variant"],
  ["another product in place", MUG, { ...BOWL, itemId: "a" }, false, "unclear"],
  ["another product in place, while the page is drawn", MUG, { ...BOWL, itemId: "a" }, true, "variant"],
])) {
  test(`${name} is ${relation}`, () => assert.equal(relationOf(before, now, { isSettling }), relation));
}

test("a product is known by address, title, code, first image and price", async () => {
  const url = "https://a.example/p/1?email=x%40y.example&size=9&utm_source=z";
  const product = /** @type {any} */ ({
    url,
    title: "Oak mug",
    sku: "M1",
    images: ["https://a.example/1.jpg", "https://a.example/2.jpg"],
    price: { amount: "19.90", currency: "EUR" },
  });
  const { itemId, ...shown } = await shownOf(product);
  assert.deepEqual(shown, { title: "Oak mug", sku: "M1", image: "https://a.example/1.jpg", price: "19.90 EUR" });
  assert.equal(itemId, (await shownOf({ ...product, url: "https://a.example/p/1?size=9" })).itemId);
});
