// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createContentScripts } from "../../../extension/background/content-scripts.js";
import { createTabs } from "../../../extension/background/tabs.js";
import { createBrowser } from "../fakes/browser.js";

/** @type {ReturnType<typeof createBrowser>["state"]} */
let state;
/** @type {ReturnType<typeof createTabs>} */
let tabs;
/** @type {any[]} */
let asked;
beforeEach(() => {
  const fake = createBrowser();
  state = fake.state;
  asked = [];
  const browser = fake.context("background.js");
  tabs = createTabs({
    browser,
    contentScripts: createContentScripts({ browser }),
    ask: async (message) => {
      asked.push(message);
      return /** @type {any} */ ({ product: { verdict: "listing" }, listing: [] });
    },
  });
});

test("without an id, the tab in front is described", async () => {
  state.tabs = [
    { id: 1, url: "https://www.back.example/p", incognito: false },
    { id: 2, url: "https://www.front.example/p?q=1", incognito: true, active: true },
  ];
  assert.deepEqual(await tabs.describe(), {
    tabId: 2,
    url: "https://www.front.example/p?q=1",
    shop: "front.example",
    isIncognito: true,
  });
  assert.equal((await tabs.describe(1))?.shop, "back.example");
});

test("where no tab is in front there is nothing to describe", async () => {
  assert.equal(await tabs.describe(), null);
});

for (const url of [undefined, "chrome://extensions/", "file:///home/p.html", "about:blank"]) {
  test(`a tab at ${url} has no shop`, async () => {
    state.tabs = [{ id: 3, url, incognito: false, active: true }];
    assert.deepEqual(await tabs.describe(), { tabId: 3, url: null, shop: null, isIncognito: false });
  });
}

test("a tab that is gone is an error, not the tab in front", async () => {
  state.tabs = [{ id: 1, url: "https://front.example/", incognito: false, active: true }];
  await assert.rejects(tabs.describe(9), /No tab with id: 9/);
});

test("a page is read by the content script and parsed in the towers' zone", async () => {
  state.pages.set(7, { ok: true, html: "<html></html>", url: "https://a.example/", hidden: [2] });
  assert.deepEqual(await tabs.readPage(7), { product: { verdict: "listing" }, listing: [] });
  assert.deepEqual(state.injected, [7]);
  assert.deepEqual(asked, [{ type: "page.read", html: "<html></html>", url: "https://a.example/", hidden: [2] }]);
});

test("a page whose content script answers gets no second one, which would read the page anew", async () => {
  state.pages.set(7, { ok: true, html: "<html></html>", url: "https://a.example/", hidden: [] });
  for (let i = 0; i < 3; i += 1) await tabs.readPage(7);
  assert.deepEqual([state.injected, asked.length], [[7], 3]);
});

test("a page that the browser hides is an error with the browser's reason", async () => {
  state.hiddenTabs.add(7);
  await assert.rejects(tabs.readPage(7), (/** @type {any} */ error) => {
    assert.equal(error.code, "page_not_visible");
    assert.match(error.cause.message, /Cannot access/);
    return true;
  });
});

test("a page that does not answer is not visible", async () => {
  await assert.rejects(tabs.readPage(7), { code: "page_not_visible", message: /Reload/ });
  assert.deepEqual(asked, []);
});

test("a content script that answers nothing is told apart from a hidden page", async () => {
  state.pages.set(7, undefined);
  await assert.rejects(tabs.readPage(7), { code: "no_answer" });
});

test("a content script's refusal keeps its code", async () => {
  state.pages.set(7, { ok: false, error: { code: "too_large", message: "Too large." } });
  await assert.rejects(tabs.readPage(7), { code: "too_large", message: "Too large." });
});
