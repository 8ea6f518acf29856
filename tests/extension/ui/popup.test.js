// @ts-check
// The popup in jsdom: it speaks about the tab in front.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CarryoverError } from "../../../extension/values/errors.js";
import { eventually, openPage, stateOf } from "../fakes/page.js";

/** @param {Record<string, any>} [handlers] @param {Record<string, any>} [state] */
const openPopup = (handlers = {}, state = {}) =>
  openPage("popup", { handlers: { "state.get": () => ({ state: stateOf(state) }), ...handlers } });
const consented = { ...stateOf().tab, isConsented: true };

test("the popup shows the shop in front and what is known", async () => {
  const { one, sent } = await openPopup({}, { numKnown: 4, paused: true });
  await eventually(() => assert.equal(one("#shop").textContent, "a.example"));
  assert.equal(one("#known").textContent, "Knows 4 things");
  assert.equal(one("#status").textContent, "Learning is paused");
  assert.deepEqual(sent, [{ type: "state.get" }]);
});

test("a panel that is open beside the popup is told that the tab can be seen now", async () => {
  /** @type {((state: object) => void)[]} */
  const waiting = [];
  const { worker, chrome } = await openPopup({
    "state.get": () => new Promise((resolve) => void waiting.push(resolve)),
  });
  /** @type {any[]} */
  const heard = [];
  worker.runtime.onMessage.addListener((/** @type {any} */ message, /** @type {any} */ sender) => {
    heard.push([message, sender.url]);
    return false;
  });
  await eventually(() => assert.equal(waiting.length, 1));
  waiting[0]({ state: stateOf() });
  await eventually(() =>
    assert.deepEqual(heard, [[{ type: "state.changed" }, chrome.runtime.getURL("ui/popup.html")]]),
  );
});

test("the panel is told at once, also where the popup closes before the background has started", async () => {
  const { told } = await openPopup({ "state.get": () => new Promise(() => {}) });
  assert.deepEqual(told, ["state.changed"]);
});

test("without a shop the popup explains, and offers no consent", async () => {
  const { one, document, sent } = await openPopup({}, { tab: null });
  await eventually(() => assert.match(one("#main p").textContent, /only sees pages you show it/));
  assert.deepEqual(sent, [{ type: "state.get" }]);
  assert.equal(document.querySelector(".consent"), null);
});

test("allowing a shop notes the question, asks the browser, then records", async () => {
  const { one, sent, state } = await openPopup({
    "consent.ask": () => ({}),
    "consent.set": () => ({ state: stateOf({ tab: consented }) }),
  });
  await eventually(() => assert.equal(one(".consent h2").textContent, "Learn from this shop"));
  one("[data-action=allow]").click();
  assert.deepEqual(state.questions, [["*://*.a.example/*"]], "asked within the click");
  await eventually(() => assert.equal(one(".consent h2").textContent, "Learning from this shop"));
  assert.deepEqual(sent.slice(1), [
    { type: "consent.ask", shop: "a.example", tabId: 7 },
    { type: "consent.set", shop: "a.example", allowed: true, tabId: 7 },
  ]);
});

test("a shopper who says no to the browser has not consented", async () => {
  const { one, sent, state } = await openPopup({ "consent.ask": () => ({}) });
  state.isGranting = false;
  await eventually(() => one("[data-action=allow]"));
  one("[data-action=allow]").click();
  await eventually(() => assert.equal(sent.length, 2));
  assert.deepEqual(
    sent.map(({ type }) => type),
    ["state.get", "consent.ask"],
  );
  assert.ok(one("[data-action=allow]"));
});

test("the focus stays on a button and on a switch that change what they say", async () => {
  const { one, document } = await openPopup(
    {
      "consent.set": () => ({ state: stateOf() }),
      "pause.set": (/** @type {any} */ { paused }) => ({ state: stateOf({ paused }) }),
    },
    { tab: consented },
  );
  await eventually(() => one("[data-action=stop]"));
  one("[data-action=stop]").focus();
  one("[data-action=stop]").click();
  await eventually(() => one("[data-action=allow]"));
  assert.equal(document.activeElement?.getAttribute("data-action"), "allow");
  one("#pause").focus();
  one("#pause").click();
  await eventually(() => assert.equal(one("#status").textContent, "Learning is paused"));
  assert.equal(document.activeElement?.id, "pause");
});

test("stopping asks the browser nothing", async () => {
  const { one, sent, state } = await openPopup({ "consent.set": () => ({ state: stateOf() }) }, { tab: consented });
  await eventually(() => one("[data-action=stop]"));
  one("[data-action=stop]").click();
  await eventually(() => one("[data-action=allow]"));
  assert.deepEqual(sent.at(-1), { type: "consent.set", shop: "a.example", allowed: false, tabId: 7 });
  assert.deepEqual(state.questions, []);
});

test("consent that the background refuses is explained", async () => {
  const { one } = await openPopup({
    "consent.ask": () => ({}),
    "consent.set": () => {
      throw new CarryoverError("permission_missing", "The browser has not allowed it.");
    },
  });
  await eventually(() => one("[data-action=allow]"));
  one("[data-action=allow]").click();
  await eventually(() =>
    assert.equal(one("#status").textContent, "Your browser did not allow Carryover to read this shop."),
  );
});

test("the switch pauses learning", async () => {
  const { one, sent } = await openPopup({
    "pause.set": (/** @type {any} */ { paused }) => ({ state: stateOf({ paused }) }),
  });
  await eventually(() => one("#pause"));
  assert.equal(one("#pause").checked, false);
  one("#pause").click();
  await eventually(() => assert.equal(one("#status").textContent, "Learning is paused"));
  assert.deepEqual(sent.at(-1), { type: "pause.set", paused: true });
  assert.equal(one("#pause").checked, true);
});

test("the panel is opened in the window in front, and the popup closes", async () => {
  const { one, chrome, window } = await openPopup();
  /** @type {any[]} */
  const opened = [];
  chrome.sidePanel = { open: async (/** @type {any} */ where) => opened.push(where) };
  chrome.windows = { getCurrent: async () => ({ id: 3 }) };
  let closed = 0;
  window.close = () => {
    closed += 1;
  };
  await eventually(() => one("[data-action=open]"));
  one("[data-action=open]").click();
  await eventually(() => assert.equal(closed, 1));
  assert.deepEqual(opened, [{ windowId: 3 }]);
});

test("Firefox opens its sidebar instead", async () => {
  const { one, window } = await openPopup();
  let opened = 0;
  Object.assign(globalThis, {
    browser: {
      sidebarAction: {
        open: async () => {
          opened += 1;
        },
      },
    },
  });
  window.close = () => {};
  await eventually(() => one("[data-action=open]"));
  one("[data-action=open]").click();
  await eventually(() => assert.equal(opened, 1));
});

test("a background that fails is reported", async () => {
  const { one } = await openPopup({
    "state.get": () => {
      throw new CarryoverError("internal", "The disk is full.");
    },
  });
  await eventually(() =>
    assert.equal(one("#status").textContent, "Something unexpected happened. Try again, or reload this page."),
  );
});
