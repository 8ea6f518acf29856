// @ts-check
// Tests of the visible-page readers beyond the page vectors; tests/scraper/extraction/visible has the same cases.
import assert from "node:assert/strict";
import { test } from "node:test";
import { queryCode } from "../../../../extension/extract/visible/address-code.js";
import { imageUrl } from "../../../../extension/extract/visible/image-url.js";
import { createPage } from "../../../../extension/extract/page.js";
import { namesOf, textOf } from "../../../../extension/extract/visible/elements.js";
import { documentOf } from "../../vectors.js";

const URL = "https://shop.example/p";
/** @param {Document} document @param {string} name @returns {Element} the first element of that name */
const first = (document, name) => document.getElementsByTagName(name)[0];
const pageOf = (/** @type {string} */ html) => createPage(documentOf(html, URL), URL);

test("texts are whole over comments and in document order", () => {
  const { texts } = pageOf("<div><b>a<i>b</i></b>c<p>$<!-- -->12<!---->.50</p></div>d<!-- e --><script>f</script>");
  assert.deepEqual(
    texts.map(({ text }) => text),
    ["a", "b", "c", "$12.50", "d"],
  );
  assert.deepEqual(
    texts.map(({ element }) => element.localName),
    ["b", "i", "div", "p", "body"],
  );
});

test("unseen elements give no text", () => {
  const unread = "<noscript><p>b</p></noscript><svg><title>c</title></svg><select><option>d</option></select>";
  const { document, texts } = pageOf(`<button>a ${unread} e<textarea>f</textarea></button>`);
  assert.equal(textOf(first(document, "button")), "a e");
  assert.deepEqual(
    texts.map(({ text }) => text),
    ["a", "e"],
  );
});

test("a long text is cut behind the wanted length", () => {
  const { document } = pageOf(`<p>${"<b>word</b> ".repeat(1000)}</p>`);
  const start = textOf(first(document, "p"), 20);
  assert.ok(start.length > 20 && start.length < 40 && start.startsWith("word word"), start);
});

test("only the first hundred parameters of an address are read", () => {
  const many = Array.from({ length: 99 }, (_, n) => `a${n}=1`).join("&");
  assert.equal(queryCode(`${URL}?${many}&sku=A-17`), "A-17");
  assert.equal(queryCode(`${URL}?${many}&b=1&sku=A-17`), null);
});

test("an element is named by class, id and test names", () => {
  const { document } = pageOf('<p class="a  b" id="c" data-testid="d" data-other="e">x</p>');
  assert.deepEqual(namesOf(first(document, "p")).split(/\s+/), ["a", "b", "c", "d"]);
});

for (const [attributes, path] of /** @type {[string, string | null][]} */ ([
  ['srcset="/s.jpg 400w, /l.jpg 1200w, /m.jpg 800w" src="/x.jpg"', "/l.jpg"],
  ['srcset="/one.jpg,/two.jpg 2x"', "/one.jpg,/two.jpg"],
  ['srcset="/one.jpg 1x,/two.jpg 2x"', "/two.jpg"],
  ['srcset="/plain.jpg, /same.jpg 1x"', "/plain.jpg"],
  ['srcset="/one.jpg , /tall.jpg 300w 900h, /wide.jpg 301w"', "/wide.jpg"],
  ['srcset="," data-src="/late.jpg" src="/now.gif"', "/late.jpg"],
  ['src="/logo.svg?v=1"', null],
  [`srcset="${"a".repeat(19_000)} x y"`, null],
])) {
  test(`image URL is the widest and not a drawing: ${attributes.slice(0, 60)}`, () => {
    const page = pageOf(`<img ${attributes}>`);
    assert.equal(imageUrl(first(page.document, "img"), page), path && `https://shop.example${path}`);
  });
}
