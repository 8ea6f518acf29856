// @ts-check
// What a panel asks when it is opened, before its other modules are there. The first panel of a process alone runs that file, as each does
// in a browser: the tests share one panel.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, stateOf } from "../fakes/page.js";
import { answered, item, openPanel } from "./panel-page.js";

test("a panel asks for state and list once, and for both anew after a change", async () => {
  let title = "mug";
  const { sent, document, worker } = await openPanel({
    "state.get": () => ({ state: stateOf({ numKnown: title.length }) }),
    recommend: () => answered([item(title)]),
  });
  const titles = () => [...document.querySelectorAll("#cards .title")].map(({ textContent }) => textContent);
  const numAsked = (/** @type {string} */ type) => sent.filter((one) => one.type === type).length;
  await eventually(() => assert.deepEqual(titles(), ["mug"]));
  assert.deepEqual([numAsked("state.get"), numAsked("recommend")], [1, 1]);
  assert.deepEqual(
    sent.filter(({ type }) => type !== "saved.get").map(({ tabId }) => tabId),
    [7, 7],
  );
  title = "lamp";
  await worker.runtime.sendMessage({ type: "state.changed" });
  assert.equal(numAsked("state.get"), 2);
  document.getElementById("refresh")?.click();
  await eventually(() => assert.deepEqual(titles(), ["lamp"]));
  assert.deepEqual([numAsked("state.get"), numAsked("recommend")], [3, 2]);
});
