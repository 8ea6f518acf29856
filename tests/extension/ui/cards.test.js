// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { JSDOM } from "jsdom";
import { cardOf, skeletons } from "../../../extension/ui/cards.js";
import { byId, element } from "../../../extension/ui/elements.js";
import { createBrowser } from "../fakes/browser.js";
import { InSight, eventually, i18nOf } from "../fakes/page.js";

const MUG = { itemId: "mug", url: "https://a.example/mug", title: "Oak mug", score: 1, why: [] };

beforeEach(() => {
  const { window } = new JSDOM("");
  const browser = createBrowser();
  const chrome = browser.context("ui/panel.html");
  browser
    .context("background.js")
    .runtime.onMessage.addListener(
      (/** @type {any} */ _, /** @type {any} */ _sender, /** @type {(answer: object) => void} */ respond) =>
        respond({ ok: true }),
    );
  chrome.i18n = i18nOf();
  Object.assign(globalThis, { document: window.document, window, chrome, IntersectionObserver: InSight });
});

/** @param {object} changes @param {string} selector @returns {string | null | undefined} */
const textIn = (changes, selector) => cardOf({ ...MUG, ...changes }, {}).querySelector(selector)?.textContent;

test("a regular price that is the price is not crossed out", () => {
  const price = { amount: "7.50", currency: "EUR" };
  assert.equal(cardOf({ ...MUG, price, regularPrice: price }, {}).querySelector("s"), null);
});

test("a regular price is crossed out beside the price that is asked", () => {
  const price = { amount: "8", currency: "EUR" };
  const node = cardOf({ ...MUG, price, regularPrice: { amount: "10", currency: "EUR" } }, {});
  assert.equal(node.querySelector("s [aria-hidden]")?.textContent, "€10.00", "and not said twice");
  assert.equal(node.querySelector("s .unseen")?.textContent, "regular price €10.00", "said, too, and not only drawn");
  assert.ok(node.querySelector(".price.reduced"));
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
  assert.equal(textIn({ why: ["sea cup"] }, ".why"), "like sea cup");
  const two = cardOf({ ...MUG, why: ["sea cup", "sea mug"] }, {}).querySelector(".why");
  assert.equal(two?.getAttribute("title"), "Because it is like sea cup and sea mug");
  assert.equal(textIn({}, ".why"), undefined);
});

test("a title in a line is a box of its own between the words of the text", () => {
  const node = cardOf({ ...MUG, why: ["sea cup"] }, {}).querySelector(".why .cut");
  assert.deepEqual(
    [node?.localName, node?.textContent, node?.previousElementSibling?.textContent],
    ["bdi", "sea cup", "like "],
  );
});

test("a name cannot mirror the words of a card", () => {
  const node = cardOf({ ...MUG, title: "Oak \u202egum\u202c", brand: "\u202dUfer", why: ["sea \u202epuc"] }, {});
  const said = [node, ...node.querySelectorAll("*")].flatMap((one) => [...one.attributes].map(({ value }) => value));
  assert.doesNotMatch([node.textContent, ...said].join(" "), /[\u202a-\u202e]/);
  assert.equal(node.querySelector(".title")?.textContent, "Oak gum");
});

test("an image is loaded without a referrer, and removed where it fails", async () => {
  const node = cardOf({ ...MUG, image: "https://a.example/mug.jpg" }, {});
  await eventually(() => assert.ok(node.querySelector("img")));
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
      cardOf({ ...MUG, url }, {})
        .querySelector("a")
        ?.getAttribute("href") ?? "",
      "",
    );
  });
}

test("markup in a title stays text", () => {
  const node = cardOf({ ...MUG, title: "<img src=x onerror=alert(1)>" }, {});
  assert.equal(node.querySelector("img"), null);
  assert.equal(node.querySelector(".title")?.textContent, "<img src=x onerror=alert(1)>");
});

test("each button names its item and hands it over", () => {
  /** @type {unknown[]} */
  const clicked = [];
  const node = cardOf(MUG, {
    onDismiss: (item, button, isByKey) => clicked.push("less", item, button.className, isByKey),
    onSave: (item, button) => clicked.push("save", item, button.className),
    onAlike: (item) => clicked.push("alike", item),
    isSaved: () => true,
  });
  const [save, alike, less] = node.querySelectorAll("button");
  assert.deepEqual(
    [save, alike, less].map((button) => button.getAttribute("aria-label")),
    ["Save Oak mug for later", "More like Oak mug", "Less like Oak mug"],
  );
  assert.deepEqual([save.getAttribute("aria-pressed"), less.getAttribute("aria-pressed")], ["true", null]);
  for (const button of [save, alike, less]) button.click();
  less.dispatchEvent(new /** @type {any} */ (window).MouseEvent("click", { detail: 1 }));
  assert.deepEqual(clicked, [
    "save",
    MUG,
    "save",
    "alike",
    MUG,
    "less",
    MUG,
    "dismiss",
    true,
    "less",
    MUG,
    "dismiss",
    false,
  ]);
  assert.deepEqual(cardOf(MUG, {}).querySelectorAll("button").length, 0);
});

test("a card of another shop names it, and asks it for no image", () => {
  const node = cardOf({ ...MUG, image: "https://a.example/mug.jpg" }, { isElsewhere: true }, "a.example");
  assert.equal(node.querySelector("img"), null);
  assert.equal(node.querySelector(".image")?.getAttribute("data-letter"), "O");
  assert.match(node.textContent ?? "", /a\.example/);
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
