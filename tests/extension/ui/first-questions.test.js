// @ts-check
// What changes while the panel's other modules are loaded makes its first answers old: only the first module hears of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createListener } from "../../../extension/messaging/messages.js";
import { createBrowser } from "../fakes/browser.js";
import { stateOf } from "../fakes/page.js";

let modules = 0;

/** Run the panel's first module in window 1, where tab 7 is in front. */
async function asked() {
  const browser = createBrowser();
  browser.state.tabs = [{ id: 7, url: "https://a.example/", active: true, windowId: 1 }];
  const chrome = browser.context("ui/panel.html", { windowId: 1 });
  Object.assign(globalThis, { chrome, location: { search: "" } });
  const worker = browser.context("background.js");
  const answer = async () => ({ state: stateOf() });
  worker.runtime.onMessage.addListener(
    createListener("background", /** @type {any} */ ({ "state.get": answer, recommend: answer })),
  );
  modules += 1;
  const first = await import(`../../../extension/ui/panel/first-questions.js?module=${modules}`);
  return { worker, chrome, take: first.takeFirstAnswers };
}

test("the first answers are given once", async () => {
  const { take } = await asked();
  const { state } = await take().state;
  assert.equal(state.numKnown, stateOf().numKnown);
  assert.equal(take(), null);
});

test("a change of the profile makes the first answers old", async () => {
  const { worker, take } = await asked();
  await worker.runtime.sendMessage({ type: "state.changed" });
  assert.equal(take(), null);
});

test("another page in the tab makes the first answers old, one in another window does not", async () => {
  const { chrome, take } = await asked();
  chrome.tabs.onUpdated.fire(8, { status: "complete" }, { active: true, windowId: 2 });
  await new Promise((resolve) => setImmediate(resolve));
  assert.notEqual(take(), null);
  const again = await asked();
  again.chrome.tabs.onUpdated.fire(7, { status: "complete" }, { active: true, windowId: 1 });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(again.take(), null);
});
