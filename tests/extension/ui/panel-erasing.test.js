// @ts-check
// A profile is erased, from the panel or another page: nothing that was made of it stays in sight.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, stateOf } from "../fakes/page.js";
import { afterSomeTurns, answered, failing, item, openPanel } from "./panel-page.js";

test("erasing asks first, and a refusal erases nothing", async () => {
  const { one, sent, document, worker } = await openPanel({
    async "profile.erase"() {
      await worker.runtime.sendMessage({ type: "state.changed", isErased: true });
      return { state: stateOf() };
    },
  });
  one("#erase").click();
  assert.equal(one("dialog").open, true);
  assert.match(one("#erase-question").textContent, /cannot be undone/);
  one("dialog .plain").click();
  assert.equal(document.querySelector("dialog"), null);
  assert.ok(!sent.some(({ type }) => type === "profile.erase"));
  one("#erase").click();
  one("[data-action=erase-yes]").click();
  await eventually(() => assert.equal(one("#status").textContent, "Everything is erased."));
  assert.ok(sent.some(({ type }) => type === "profile.erase"));
});

test("an erasure that failed says so", async () => {
  const { one, document } = await openPanel({ "profile.erase": failing("internal") });
  await eventually(() => assert.equal(document.querySelectorAll("#cards a").length, 1));
  one("#erase").click();
  one("[data-action=erase-yes]").click();
  await eventually(() =>
    assert.equal(one("#status").textContent, "Something unexpected happened. Try again, or reload this page."),
  );
});

test("at a shop that was never allowed, an open panel drops its list when everything is erased elsewhere", async () => {
  let state = stateOf({ numKnown: 6 });
  /** @type {(value: object) => void} */
  let answerNow = () => {};
  let answer = /** @type {any} */ (answered([item("mug", { why: ["sea towel"] })], { mode: "page" }));
  const { one, worker, textsOf } = await openPanel({ "state.get": () => ({ state }), recommend: () => answer });
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
  state = stateOf();
  answer = new Promise((resolve) => {
    answerNow = resolve;
  });
  await worker.runtime.sendMessage({ type: "state.changed", isErased: true });
  assert.ok(!one("#list").textContent.includes("mug") && !one("#list").textContent.includes("sea towel"));
  await eventually(() => assert.equal(one("#known").textContent, "Knows nothing yet"));
  answerNow(answered([item("bowl")], { mode: "page", basis: "page_order" }));
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["bowl"]));
});

test("an answer that was under way when everything was erased is not shown", async () => {
  /** @type {((value: object) => void)[]} */
  const answers = [];
  const recommend = () => new Promise((resolve) => answers.push(resolve));
  const { worker, textsOf } = await openPanel({ recommend });
  await eventually(() => assert.equal(answers.length, 1));
  await worker.runtime.sendMessage({ type: "state.changed", isErased: true });
  answers[0](answered([item("mug")]));
  await afterSomeTurns();
  assert.deepEqual(textsOf(".card .title"), []);
  answers[1](answered([item("bowl")]));
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["bowl"]));
});

test("what was saved leaves the sight with the profile", async () => {
  let items = [{ id: "1", savedAt: "2026-03-01T12:00:00Z", shop: "a.example", card: item("lamp") }];
  const { one, worker, textsOf } = await openPanel({ "saved.get": () => ({ items }) });
  await eventually(() => assert.equal(one("#tab-saved").textContent, "Saved (1)"));
  one("#tab-saved").click();
  assert.deepEqual(textsOf(".card .title"), ["lamp"]);
  items = [];
  await worker.runtime.sendMessage({ type: "state.changed", isErased: true });
  await eventually(() => assert.equal(one("#message").dataset.state, "nothing_saved"));
  assert.deepEqual(textsOf(".card .title"), []);
});
