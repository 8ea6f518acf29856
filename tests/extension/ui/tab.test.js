// @ts-check
// Which tab a page of the extension is about: the one in front of its own window.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, openPage, stateOf } from "../fakes/page.js";

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
