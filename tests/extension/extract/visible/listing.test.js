// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { extractListing } from "../../../../extension/extract/visible/listing.js";
import { documentOf } from "../../vectors.js";

const URL = "https://shop.example/women";
const card = (
  /** @type {number} */ n,
  extra = "",
) => `<li class="tile"><a href="/p/${n}"><img src="/i/${n}.jpg" alt=""></a>
  <h3><a href="/p/${n}?utm_source=x">Thing ${n}</a></h3><p class="price"><s>€ 20.00</s> <span>€ ${n}.50</span></p>${extra}</li>`;

test("cards give title, address, image and the current price", async () => {
  const cards = await extractListing(documentOf(`<ul>${card(1)}${card(2)}</ul>`, URL), URL);
  assert.deepEqual(
    cards.map(({ title, url, image, price }) => [title, url, image, price?.amount, price?.currency]),
    [
      ["Thing 1", "https://shop.example/p/1", "https://shop.example/i/1.jpg", "1.50", "EUR"],
      ["Thing 2", "https://shop.example/p/2", "https://shop.example/i/2.jpg", "2.50", "EUR"],
    ],
  );
});

for (const [what, prices, regular] of /** @type {[string, string, string | undefined][]} */ ([
  ["struck through", `<p class="price"><s>€ 20.00</s> <span>€ 9.50</span></p>`, "20.00"],
  ["named as the old one", `<span class="price">€ 9.50</span> <span class="price-old">RRP € 20.00</span>`, "20.00"],
  ["lower than the price", `<p class="price"><s>€ 5.00</s> <span>€ 9.50</span></p>`, undefined],
  ["in another currency", `<p class="price"><s>£ 20.00</s> <span>€ 9.50</span></p>`, undefined],
  ["in a template", `<p class="price"><span>€ 9.50</span><template><s>€ 20.00</s></template></p>`, undefined],
  ["not there", `<p class="price"><span>€ 9.50</span></p>`, undefined],
])) {
  test(`a regular price that is ${what} ${regular ? "is read beside the price" : "is left out"}`, async () => {
    const html = `<ul>${card(1)}<li><a href="/p/7"><img src="/7.jpg" alt=""></a><h3>Thing 7</h3>${prices}</li></ul>`;
    const [, seventh] = await extractListing(documentOf(html, URL), URL);
    assert.deepEqual([seventh.price?.amount, seventh.regularPrice?.amount], ["9.50", regular]);
  });
}

test("navigation, other shops, the page itself and text links are not cards", async () => {
  const html = `<nav><a href="/men"><img src="/m.jpg" alt="Men"></a></nav><a href="https://other.example/p/1"><img src="/o.jpg" alt="Other"></a>
    <a href="/women#top"><img src="/t.jpg" alt="Top"></a><p><a href="/about">About us</a></p><footer><a href="/f"><img src="/f.jpg" alt="F"></a></footer>
    <ul>${card(1)}${card(2)}</ul>`;
  const cards = await extractListing(documentOf(html, URL), URL);
  assert.deepEqual(
    cards.map(({ title }) => title),
    ["Thing 1", "Thing 2"],
  );
});

test("hidden cards are left out", async () => {
  const cards = await extractListing(documentOf(`<ul>${card(1)}${card(2)}${card(3)}</ul>`, URL), URL, [2, 3]);
  assert.deepEqual(
    cards.map(({ title }) => title),
    ["Thing 1", "Thing 3"],
  );
});

test("fewer than two products are not a listing", async () => {
  assert.deepEqual(await extractListing(documentOf(`<ul>${card(1)}</ul>`, URL), URL), []);
});
