// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressTitle, likelyProducts } from "../../../extension/shelf/address.js";

for (const [path, title] of /** @type {[string, string | null][]} */ ([
  ["/p/40007-iben-ripstop-nylon-daypack-rust", "Iben ripstop nylon daypack rust"],
  ["/products/blue_cotton_shirt.html", "Blue cotton shirt"],
  ["/de/stra%C3%9Fenschuh-aus-leder/", "Straßenschuh aus leder"],
  ["/item/lamp-2-arms", "Lamp arms"],
  ["/p/A123456-oak-table", "Oak table"],
  ["/p/1234567", null],
  ["/p/lamp", null],
  ["/broken-%E0%A4-name-here", "Broken %E0%A4 name here"],
  ["/", null],
])) {
  test(`the words of ${path}`, () => assert.equal(addressTitle(`https://a.example${path}`), title));
}

const at = (/** @type {string} */ path) => `https://a.example${path}`;

test("an address counts as a product where pages of its kind were", () => {
  const read = ["/p/oak-table", "/p/elm-table", "/p/ash-table"].map((path) => ({ url: at(path), isProduct: true }));
  read.push({ url: at("/news/how-we-work"), isProduct: false }, { url: at("/p/our-size-guide"), isProduct: false });
  const unread = ["/p/fir-table", "/news/why-we-work", "/c/all-tables", "/p/9"].map(at);
  assert.deepEqual(likelyProducts(unread, read), [], "three of four is not enough");
  read.push({ url: at("/p/yew-table"), isProduct: true });
  assert.deepEqual(likelyProducts(unread, read), [at("/p/fir-table")]);
});

test("addresses with the category before the name are of one kind", () => {
  const read = ["/shop/tables/oak-table", "/shop/chairs/elm-chair", "/shop/lamps/ash-lamp"].map((path) => ({
    url: at(path),
    isProduct: true,
  }));
  assert.deepEqual(likelyProducts([at("/shop/rugs/red-rug"), at("/blog/rugs/red-rug")], read), [
    at("/shop/rugs/red-rug"),
  ]);
});
