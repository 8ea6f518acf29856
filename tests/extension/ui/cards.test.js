// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { JSDOM } from "jsdom";
import { card, skeletons } from "../../../extension/ui/cards.js";
import { byId, element } from "../../../extension/ui/elements.js";
import { createBrowser } from "../fakes/browser.js";
import { i18nOf } from "../fakes/page.js";

const MUG = { itemId: "mug", url: "https://a.example/mug", title: "Oak mug", score: 1, why: [] };
const unused = () => assert.fail("nobody clicked");

beforeEach(() => {
  const { window } = new JSDOM("");
  const chrome = createBrowser().context("ui/panel.html");
  chrome.i18n = i18nOf();
  Object.assign(globalThis, { document: window.document, window, chrome });
});

/** @param {object} changes @param {string} selector @returns {string | null | undefined} */
const textIn = (changes, selector) => card({ ...MUG, ...changes }, unused).querySelector(selector)?.textContent;

test("a regular price is crossed out beside the price that is asked", () => {
  const node = card(
    { ...MUG, price: { amount: "8", currency: "EUR" }, regularPrice: { amount: "10", currency: "EUR" } },
    unused,
  );
  assert.equal(node.querySelector(".price")?.textContent, "€8.00€10.00");
  const crossed = node.querySelector("s");
  assert.equal(crossed?.textContent, "€10.00");
  assert.equal(crossed?.getAttribute("aria-label"), "regular price €10.00");
});

for (const availability of ["OutOfStock", "SoldOut", "Discontinued"]) {
  test(`an item that is ${availability} says so, price or not`, () => {
    assert.equal(textIn({ availability }, ".badge"), "Sold out");
    assert.equal(textIn({ availability, price: { amount: "8", currency: "EUR" } }, ".badge"), "Sold out");
  });
}

test("an item in stock without a price has no price line", () => {
  assert.equal(textIn({ availability: "InStock" }, ".price"), undefined);
});

test("a brand is shown unless the title begins with it", () => {
  assert.equal(textIn({ brand: "Linden" }, ".brand"), "Linden");
  assert.equal(textIn({ brand: "Oak" }, ".brand"), undefined);
});

test("one reason or two are given, and none where there is none", () => {
  assert.equal(textIn({ why: ["sea cup"] }, ".why"), "Because you looked at sea cup");
  assert.equal(textIn({ why: ["sea cup", "sea mug"] }, ".why"), "Because you looked at sea cup and sea mug");
  assert.equal(textIn({}, ".why"), undefined);
});

test("an image is loaded without a referrer, and removed where it fails", () => {
  const node = card({ ...MUG, image: "https://a.example/mug.jpg" }, unused);
  const image = node.querySelector("img");
  assert.equal(image?.src, "https://a.example/mug.jpg");
  assert.equal(/** @type {any} */ (image).referrerPolicy, "no-referrer");
  image?.dispatchEvent(new /** @type {any} */ (window).Event("error"));
  assert.equal(node.querySelector("img"), null);
  assert.notEqual(node.querySelector(".image"), null, "the frame stays");
});

for (const url of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " https://a.example/"]) {
  test(`a card does not link to ${JSON.stringify(url)}`, () => {
    assert.equal(
      card({ ...MUG, url }, unused)
        .querySelector("a")
        ?.getAttribute("href") ?? "",
      "",
    );
  });
}

test("markup in a title stays text", () => {
  const node = card({ ...MUG, title: "<img src=x onerror=alert(1)>" }, unused);
  assert.equal(node.querySelector("img"), null);
  assert.equal(node.querySelector(".title")?.textContent, "<img src=x onerror=alert(1)>");
});

test("the dismiss button names its item and hands it over", () => {
  /** @type {unknown[]} */
  const dismissed = [];
  const node = card(MUG, (item, button) => dismissed.push(item, button));
  const button = node.querySelector("button");
  assert.equal(button?.getAttribute("aria-label"), "Less like Oak mug");
  button?.click();
  assert.deepEqual(dismissed, [MUG, button]);
});

test("skeletons are hidden from readers of the page", () => {
  const nodes = skeletons(3);
  assert.equal(nodes.length, 3);
  assert.ok(nodes.every((node) => node.getAttribute("aria-hidden") === "true" && node.textContent === ""));
});

test("an element takes attributes, listeners, properties and children", () => {
  let clicks = 0;
  const node = element(
    "button",
    { class: "plain", "aria-label": "x", "data-n": 1, type: "button", title: undefined, onclick: () => (clicks += 1) },
    "text",
    null,
    false,
    undefined,
    element("b", {}, "<i>"),
  );
  node.click();
  assert.equal(clicks, 1);
  assert.deepEqual(
    node.getAttributeNames().map((name) => [name, node.getAttribute(name)]),
    [
      ["class", "plain"],
      ["aria-label", "x"],
      ["data-n", "1"],
      ["type", "button"],
    ],
  );
  assert.deepEqual([node.childNodes.length, node.textContent], [2, "text<i>"]);
});

test("a missing element is noticed", () => {
  assert.throws(() => byId("nowhere"), /No element #nowhere/);
});
