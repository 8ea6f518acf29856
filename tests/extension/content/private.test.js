// @ts-check
// Private pages, in the languages of the shops: nothing of them is read, and nothing told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isPrivatePath } from "../../../extension/core/privacy-filter.js";
import { ID } from "../fakes/browser.js";
import { openShopPage } from "../fakes/shop-page.js";
import { vectors } from "../vectors.js";

/** What a document is read by. */
const READINGS = ["querySelector", "querySelectorAll", "getElementsByTagName", "getElementById"];

/** @param {any} window @param {string[]} read where each reading is noted */
function watch(window, read) {
  const { Document, Element } = window;
  for (const { prototype } of [Document, Element]) {
    for (const name of READINGS.filter((one) => prototype[one])) {
      const original = prototype[name];
      prototype[name] = function watched(/** @type {any[]} */ ...values) {
        read.push(`${name} ${values}`);
        return original.apply(this, values);
      };
    }
  }
  for (const [prototype, name] of [
    [Document.prototype, "title"],
    [Document.prototype, "links"],
    [Document.prototype, "images"],
    [Element.prototype, "outerHTML"],
    [window.Node.prototype, "textContent"],
  ]) {
    const { get } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
    Object.defineProperty(prototype, name, {
      configurable: true,
      get() {
        read.push(name);
        return get?.call(this);
      },
    });
  }
}

const PAGE = `<html><head><title>Ada's orders</title></head><body><h1>Oak mug</h1><button id="cart">Add to cart</button></body></html>`;

/** @param {string} url @param {{clicks?: boolean}} [how] @returns {Promise<{read: string[], told: any[]}>} what is read and told while somebody looks, and the page changes */
async function visit(url, { clicks = false } = {}) {
  /** @type {string[]} */
  const read = [];
  const { window, sent, advance } = openShopPage(PAGE, { url, prepare: (page) => watch(page, read) });
  await advance(5000);
  if (clicks)
    window.document.body.lastElementChild?.dispatchEvent(
      new window.MouseEvent("click", { bubbles: true, composed: true }),
    );
  window.document.body.append(window.document.createElement("p"));
  await advance(40_000);
  return { read, told: sent };
}

const { privateUrls, publicUrls } = vectors("private-addresses.json");

for (const url of privateUrls) test(`is private: ${url}`, () => assert.ok(isPrivatePath(url)));
for (const url of publicUrls) test(`is public: ${url}`, () => assert.ok(!isPrivatePath(url)));

test("the content script reads nothing of a private page, and tells nothing", async () => {
  for (const url of privateUrls.filter((/** @type {string} */ one) => new URL(one).hostname === "shop.example"))
    assert.deepEqual(await visit(url), { read: [], told: [] }, url);
});

test("a control of a private page that is used tells nothing", async () => {
  assert.deepEqual((await visit("https://shop.example/warenkorb", { clicks: true })).told, []);
});

test("a private page is not read where the shopper asks for it either", async () => {
  for (const url of privateUrls.filter((/** @type {string} */ one) => new URL(one).hostname === "shop.example")) {
    /** @type {string[]} */
    const read = [];
    const { ask } = openShopPage(PAGE, { url, prepare: (page) => watch(page, read) });
    const [answer] = ask({ type: "page.extract" }, { id: ID });
    assert.deepEqual([answer.ok, answer.error.code, read], [false, "private_page", []], url);
  }
});

test("what a public page is read by is seen by the same watch", async () => {
  const { read, told } = await visit("https://shop.example/p/1");
  assert.ok(read.includes("outerHTML") && told.length > 0, JSON.stringify({ read, told }));
});
