// @ts-check
// How sure a verdict on a page is: each further witness makes it surer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readProduct } from "../../../extension/extract/extract.js";
import { productPage } from "../fakes/device.js";
import { documentOf } from "../vectors.js";

const URL = "https://a.example/p/1";

/** @param {string} html */
async function confidenceOf(html) {
  const { product, confidence } = await readProduct(documentOf(html, URL), URL, { isRendered: true });
  return [product.verdict, confidence];
}

test("a product is surer the more of the page says so", async () => {
  const marked = productPage("Oak mug", URL);
  const [, whole] = await confidenceOf(marked);
  const [verdict, unnamed] = await confidenceOf(marked.replaceAll(/<title>.*?<\/title>|<h1>.*?<\/h1>/g, ""));
  const [, visible] = await confidenceOf('<h1>Oak mug</h1><p class="price">€ 19.90</p><button>Add to cart</button>');
  assert.equal(verdict, "product");
  assert.ok(whole > unnamed && whole > visible, `${whole} ${unnamed} ${visible}`);
  assert.ok(unnamed >= 0.5 && visible >= 0.5, "each of them alone is learned");
});

test("a heading and a price alone are not enough to be learned, with a button they are", async () => {
  const [verdict, unsure] = await confidenceOf('<h1>Ten mugs we like</h1><p class="price">€ 19.90</p>');
  assert.equal(verdict, "product");
  assert.ok(Number(unsure) < 0.5, `${unsure}`);
});

test("a page that says what it is instead is surer than one with nothing to read", async () => {
  const [blocked, sure] = await confidenceOf("<h1>Access denied</h1>");
  const [empty, unsure] = await confidenceOf("<script>1</script>");
  assert.deepEqual([blocked, empty], ["blocked", "needs_js"]);
  assert.ok(Number(sure) > Number(unsure));
});
