// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { followable, parseSitemap } from "../../../extension/shelf/sitemap.js";
import { vectors } from "../vectors.js";

for (const { name, url, text, pages, sitemaps } of vectors("sitemaps.json").cases) {
  test(`shared vector: ${name}`, () => assert.deepEqual(parseSitemap(text, url), { pages, sitemaps }));
}

test("a broken file of many opening tags is read in linear time", () => {
  const text = `<urlset>${"<url><loc>https://shop.example/p</loc>".repeat(20_000)}${"<url ".repeat(20_000)}`;
  assert.deepEqual(parseSitemap(text, "https://shop.example/sitemap.xml").pages, ["https://shop.example/p"]);
});

test("files, private pages, actions and other origins are not followed", () => {
  const origin = "https://shop.example";
  const follow = (/** @type {string} */ url) => followable(url, origin);
  assert.equal(follow(`${origin}/p/1?utm_source=x`), `${origin}/p/1`);
  for (const path of ["/a.pdf", "/cart", "/Account/orders", "/p?add-to-cart=1", "/p?x=1&sort=price"])
    assert.equal(follow(origin + path), null, path);
  assert.equal(follow("https://www.shop.example/p/1"), null);
  assert.equal(follow("mailto:x@shop.example"), null);
});
