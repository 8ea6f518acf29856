// @ts-check
// Two things happen at once in the panel: of two answers the newer question's counts, and what is in sight stays where it is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, stateOf } from "../fakes/page.js";
import { afterSomeTurns, answered, failing, item, openPanel } from "./panel-page.js";

const FAILED = "Something unexpected happened. Try again, or reload this page.";
const tabOf = (/** @type {string} */ shop) => ({ ...stateOf().tab, shop, url: `https://${shop}/all` });

/** Return a handler whose questions wait, and the function that answers each. */
function held() {
  /** @type {{answer: (value: object) => void, refuse: (error: Error) => void}[]} */
  const questions = [];
  const handler = () => new Promise((answer, refuse) => questions.push({ answer, refuse }));
  return { questions, handler };
}

test("a list that begins to be made does not hide that an erasure failed", async () => {
  const state = held();
  const list = held();
  const { one } = await openPanel({
    "state.get": state.handler,
    recommend: list.handler,
    "profile.erase": failing("internal"),
  });
  one("#erase").click();
  one("[data-action=erase-yes]").click();
  await eventually(() => assert.equal(one("#status").textContent, FAILED));
  await eventually(() => assert.equal(state.questions.length, 1));
  state.questions[0].answer({ state: stateOf() });
  await eventually(() => assert.equal(one("#cards").getAttribute("aria-busy"), "true"));
  assert.equal(one("#status").textContent, FAILED);
  list.questions[0].answer(answered([item("mug")]));
  await eventually(() => assert.equal(one("#cards").getAttribute("aria-busy"), null));
  assert.equal(one("#status").textContent, FAILED);
});

test("a list of an erased profile is neither shown nor kept, though nothing newer was asked for yet", async () => {
  const list = held();
  /** @type {any} */
  let state = { state: stateOf() };
  const page = await openPanel({ "state.get": () => state, recommend: list.handler }, {}, [
    { id: 7, url: "https://a.example/all" },
  ]);
  await eventually(() => assert.equal(list.questions.length, 1));
  state = new Promise(() => {});
  await page.worker.runtime.sendMessage({ type: "state.changed", isErased: true });
  list.questions[0].answer(answered([item("mug", { why: ["sea towel"] })]));
  await afterSomeTurns();
  assert.deepEqual(page.textsOf(".card .title"), []);
  assert.deepEqual(page.state.session, {});
});

test("of two states the one that was asked for last counts, though it is answered first", async () => {
  const state = held();
  const { one, worker, textsOf } = await openPanel({
    "state.get": state.handler,
    recommend: () => answered([item("bowl")], { shop: "b.example" }),
  });
  await eventually(() => assert.equal(state.questions.length, 1));
  void worker.runtime.sendMessage({ type: "state.changed" });
  await eventually(() => assert.equal(state.questions.length, 2));
  state.questions[1].answer({ state: stateOf({ tab: tabOf("b.example") }) });
  await afterSomeTurns();
  state.questions[0].answer({ state: stateOf({ tab: tabOf("a.example") }) });
  await afterSomeTurns();
  for (const later of state.questions.slice(2)) later.answer({ state: stateOf({ tab: tabOf("b.example") }) });
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["bowl"]));
  assert.equal(one("#shop").textContent, "b.example");
});

test("a list that fails while the saved ones are in sight leaves them there", async () => {
  const list = held();
  const items = [{ id: "1", savedAt: "2026-03-01T12:00:00Z", shop: "a.example", card: item("lamp") }];
  const { one, textsOf } = await openPanel({ recommend: list.handler, "saved.get": () => ({ items }) });
  await eventually(() => assert.equal(list.questions.length, 1));
  await eventually(() => assert.equal(one("#tab-saved").textContent, "Saved (1)"));
  one("#tab-saved").click();
  list.questions[0].refuse(new Error("gone"));
  await afterSomeTurns();
  assert.deepEqual(textsOf(".card .title"), ["lamp"]);
  assert.equal(one("#message").hidden, true);
});

test("words that were typed just before do not take the place of what is saved", async () => {
  const { one, sent, textsOf, window } = await openPanel();
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
  const before = sent.length;
  one("#words").value = "bowl";
  one("#words").dispatchEvent(new window.Event("input"));
  one("#tab-saved").click();
  assert.equal(one("#message").dataset.state, "nothing_saved");
  one("#find").dispatchEvent(new window.Event("submit", { cancelable: true }));
  await afterSomeTurns();
  assert.equal(one("#message").hidden, false);
  assert.equal(one("#cards").childElementCount, 0);
  assert.ok(!sent.slice(before).some(({ type }) => type === "recommend"));
});

test("what was shown last does not take the place of what is saved", async () => {
  const { recommendations } = answered([item("old")]);
  const items = [{ id: "1", savedAt: "2026-03-01T12:00:00Z", shop: "a.example", card: item("lamp") }];
  /** @type {(tab: object) => void} */
  let tellTab = () => {};
  const told = new Promise((resolve) => {
    tellTab = resolve;
  });
  // The browser takes its time to say what the tab shows.
  const tabs = Object.assign([], { find: () => told });
  const session = { "list 7": { state: stateOf(), answer: recommendations } };
  const { one, textsOf } = await openPanel({ "saved.get": () => ({ items }) }, {}, tabs, session);
  await eventually(() => assert.equal(one("#tab-saved").textContent, "Saved (1)"));
  one("#tab-saved").click();
  tellTab({ id: 7, url: "https://a.example/all" });
  await afterSomeTurns();
  assert.deepEqual(textsOf(".card .title"), ["lamp"]);
});

test("filters that come once the saved ones are in sight stay folded", async () => {
  const facets = held();
  const { one } = await openPanel({
    recommend: (/** @type {any} */ { isFaceted }) => (isFaceted ? facets.handler() : answered([item("mug")])),
  });
  await eventually(() => assert.equal(one("#cards").childElementCount, 1));
  one("#filter-button").click();
  await eventually(() => assert.equal(facets.questions.length, 1));
  one("#tab-saved").click();
  facets.questions[0].answer(answered([]));
  await afterSomeTurns();
  assert.deepEqual([one("#filters").hidden, one("#filter-button").getAttribute("aria-expanded")], [true, "false"]);
});

test("picks that are used by a double click are kept once", async () => {
  const pick = held();
  const items = ["1", "2", "3", "4", "5", "6"].map((title) => item(title));
  const { one, sent, document } = await openPanel(
    { recommend: () => answered(items, { basis: "page_order" }), "items.pick": pick.handler },
    { tab: { ...stateOf().tab, isConsented: true } },
  );
  await eventually(() => assert.equal(document.querySelectorAll(".picks").length, 1));
  /** @type {any} */ (document.querySelector("#cards button")).click();
  one("[data-action=use-picks]").click();
  one("[data-action=use-picks]").click();
  await eventually(() => assert.equal(pick.questions.length, 1));
  await afterSomeTurns();
  assert.equal(sent.filter(({ type }) => type === "items.pick").length, 1);
  pick.questions[0].refuse(new Error("gone"));
  await eventually(() => assert.equal(one("[data-action=use-picks]").disabled, false));
});
