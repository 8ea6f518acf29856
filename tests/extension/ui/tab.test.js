// @ts-check
// Which tab a page of the extension is about: the one in front of its own window.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CarryoverError } from "../../../extension/values/errors.js";
import { eventually, openPage, stateOf } from "../fakes/page.js";
import { answered, item } from "./panel-page.js";

/** @param {number} tabId */
const describe = (tabId) =>
  stateOf({
    tab: { tabId, url: "https://x.example/", shop: `shop${tabId}.example`, isIncognito: false, isConsented: true },
  });

test("the panel follows its own window's tab, whichever window is in front", async () => {
  const { state, chrome, sent, one } = await openPage("panel", {
    windowId: 2,
    tabs: [
      { id: 5, active: true, windowId: 1 },
      { id: 8, active: true, windowId: 2 },
      { id: 9, active: false, windowId: 2 },
    ],
    handlers: {
      "state.get": ({ tabId }) => ({ state: describe(tabId) }),
      "saved.get": () => ({ items: [] }),
      recommend: () => ({ recommendations: { items: [], mode: "page", basis: "taste", shop: "x.example" } }),
    },
  });
  await eventually(() => assert.equal(one("#shop").textContent, "shop8.example"));
  const before = sent.length;
  chrome.tabs.onActivated.fire({ tabId: 5, windowId: 1 });
  chrome.tabs.onUpdated.fire(5, { status: "complete" }, { active: true, windowId: 1 });
  chrome.tabs.onUpdated.fire(9, { status: "complete" }, { active: false, windowId: 2 });
  await new Promise((resolve) => {
    setTimeout(resolve, 30);
  });
  assert.equal(sent.length, before, "another window's tabs, and tabs behind, change nothing");
  state.tabs = state.tabs.map((tab) => (tab.windowId === 2 ? { ...tab, active: tab.id === 9 } : tab));
  chrome.tabs.onActivated.fire({ tabId: 9, windowId: 2 });
  await eventually(() => assert.equal(one("#shop").textContent, "shop9.example"));
});

/** Return the panel of window 1, where tab 5 is in front. @param {() => object} recommend */
const openPanelOf = (recommend) =>
  openPage("panel", {
    windowId: 1,
    tabs: [{ id: 5, active: true, windowId: 1 }],
    handlers: {
      "state.get": ({ tabId }) => ({ state: describe(tabId) }),
      "saved.get": () => ({ items: [] }),
      recommend,
    },
  });
const loading = () => new CarryoverError("no_shop", "The page has no address yet.");

test("a list that failed while the page was loading is made once it has loaded", async () => {
  let isLoaded = false;
  const { chrome, one, textsOf } = await openPanelOf(() => {
    if (!isLoaded) throw loading();
    return answered([item("mug")]);
  });
  await eventually(() => assert.equal(one("#message").hidden, false));
  isLoaded = true;
  chrome.tabs.onUpdated.fire(5, { status: "complete" }, { active: true, windowId: 1 });
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
  assert.equal(one("#message").hidden, true);
});

test("a list that fails after its page has loaded is tried again, once", async () => {
  /** @type {{resolve: (answer: object) => void, reject: (error: Error) => void}[]} */
  const waiting = [];
  const { chrome, one, textsOf, sent } = await openPanelOf(
    () => new Promise((resolve, reject) => void waiting.push({ resolve, reject })),
  );
  await eventually(() => assert.equal(waiting.length, 1));
  const states = () => sent.filter(({ type }) => type === "state.get").length;
  const before = states();
  chrome.tabs.onUpdated.fire(5, { status: "complete" }, { active: true, windowId: 1 });
  await eventually(() => assert.equal(states(), before + 1));
  waiting[0].reject(loading());
  await eventually(() => assert.equal(waiting.length, 2));
  waiting[1].reject(loading());
  await eventually(() => assert.equal(one("#message").hidden, false));
  assert.equal(waiting.length, 2);
  assert.deepEqual(textsOf(".card .title"), []);
});

test("a step to another page of the shop ranks anew only where the list can come from elsewhere by then", async () => {
  let packListUrl = "";
  const { chrome, sent } = await openPage("panel", {
    windowId: 1,
    tabs: [{ id: 5, active: true, windowId: 1 }],
    handlers: {
      "state.get": ({ tabId }) => ({ state: { ...describe(tabId), packListUrl } }),
      "saved.get": () => ({ items: [] }),
      recommend: () => answered([item("mug")]),
    },
  });
  const numLists = () => sent.filter(({ type }) => type === "recommend").length;
  const step = () => chrome.tabs.onUpdated.fire(5, { status: "complete" }, { active: true, windowId: 1 });
  await eventually(() => assert.equal(numLists(), 1));
  step();
  await new Promise((resolve) => {
    setTimeout(resolve, 30);
  });
  assert.equal(numLists(), 1);
  packListUrl = "https://packs.example/list.json";
  step();
  await eventually(() => assert.equal(numLists(), 2));
});
