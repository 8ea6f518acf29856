// @ts-check
// What a panel asks when it is opened, before its other modules are there. The first panel of a process alone runs that file, as each does
// in a browser: tests after the first hand answers in.
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

test("an answer from before a change, or for a list of before, is not used", async () => {
  const { sent, textsOf } = await openPanel();
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
  const { createQuestions } = await import("../../../extension/ui/panel/questions.js");
  /** @param {object} reply @returns {Promise<any>} */
  const early = async (reply) => ({ ok: true, ...reply });
  const questions = () =>
    createQuestions({ state: early({ state: "early" }), list: early({ recommendations: "early" }) });
  const used = questions();
  assert.deepEqual([await used.state(), await used.list({})], ["early", "early"]);
  const changed = questions();
  changed.renew();
  const choosing = questions();
  const later = questions();
  await later.state();
  await later.state();
  sent.length = 0;
  assert.notEqual(await changed.state(), "early");
  await changed.list({});
  await choosing.list({ words: "mug" });
  await later.list({});
  assert.deepEqual(
    sent.map(({ type, choice }) => [type, choice]),
    [
      ["state.get", undefined],
      ["recommend", {}],
      ["recommend", { words: "mug" }],
      ["recommend", {}],
    ],
  );
});

test("a refusal that came early is told as one", async () => {
  const { createQuestions } = await import("../../../extension/ui/panel/questions.js");
  const refused = Promise.resolve(/** @type {const} */ ({ ok: false, error: { code: "no_shop", message: "" } }));
  const questions = createQuestions({ state: refused, list: refused });
  await assert.rejects(questions.state(), { code: "no_shop" });
  await assert.rejects(questions.list({}), { code: "no_shop" });
});
