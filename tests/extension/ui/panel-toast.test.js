// @ts-check
// What the line at the bottom of the panel says happened, and the way back that it offers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { UNDO_MS } from "../../../extension/ui/panel/toast.js";
import { CarryoverError } from "../../../extension/values/errors.js";
import { eventually } from "../fakes/page.js";
import { answered, item, openPanel } from "./panel-page.js";

const failing = (/** @type {string} */ code) => () => {
  throw new CarryoverError(code, `The message of ${code}.`);
};

test("a dismissed item is sent without score and reasons, and replaced", async () => {
  let items = [item("mug", { why: ["sea towel"] }), item("bowl")];
  const { one, sent, textsOf, document, window } = await openPanel({
    recommend: () => answered(items),
    "item.dismiss": () => ({ stored: true }),
  });
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug", "bowl"]));
  items = items.slice(1);
  one('[data-item-id="mug"] .dismiss').click();
  await eventually(() => assert.equal(one("#status").textContent, "You will see less like that."));
  const { item: dismissed } = sent.find(({ type }) => type === "item.dismiss");
  assert.deepEqual(dismissed, { itemId: "mug", url: "https://a.example/mug", title: "mug" });
  assert.deepEqual(textsOf(".card .title"), ["bowl"]);
  assert.equal(document.activeElement?.id, "undo", "who works with keys finds the way back at once");
  one("#undo").dispatchEvent(new window.KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  assert.equal(document.activeElement?.getAttribute("aria-label"), "Less like bowl");
  assert.deepEqual([one("#undo").hidden, one("#status").textContent], [true, ""]);
});

test("a dismissal by pointer leaves the focus in the list, and can be undone", async () => {
  let items = [item("mug"), item("bowl")];
  const { one, sent, textsOf, document, window } = await openPanel({
    recommend: () => answered(items),
    "item.dismiss": () => ({ stored: true }),
    "item.undismiss": () => ({}),
  });
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug", "bowl"]));
  items = items.slice(1);
  const click = new window.MouseEvent("click", { detail: 1, bubbles: true });
  one('[data-item-id="mug"] .dismiss').dispatchEvent(click);
  await eventually(() => assert.equal(one("#undo").hidden, false));
  assert.equal(document.activeElement?.getAttribute("aria-label"), "Less like bowl");
  items = [item("mug"), item("bowl")];
  one("#undo").click();
  await eventually(() => assert.equal(one("#status").textContent, "Undone."));
  assert.deepEqual(textsOf(".card .title"), ["mug", "bowl"]);
  assert.equal(document.activeElement?.getAttribute("aria-label"), "Less like mug", "Undo went away with the focus");
  const undone = { itemId: "mug", url: "https://a.example/mug", title: "mug" };
  assert.deepEqual(sent.find(({ type }) => type === "item.undismiss").item, undone);
});

for (const [reason, words] of [
  ["paused", "Hidden for now. Learning is paused, so it is not remembered."],
  ["sensitive_health", "Hidden for now. Things of this kind are never kept, so it is not remembered."],
])
  test(`a dismissal that is not kept (${reason}) hides the card, says so and offers no way back`, async () => {
    const { one, sent, textsOf, document } = await openPanel({
      recommend: () => answered([item("mug"), item("bowl")]),
      "item.dismiss": () => ({ stored: false, reason }),
    });
    await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug", "bowl"]));
    const numLists = () => sent.filter(({ type }) => type === "recommend").length;
    const before = numLists();
    one('[data-item-id="mug"] .dismiss').click();
    await eventually(() => assert.equal(one("#status").textContent, words));
    assert.deepEqual([textsOf(".card .title"), one("#undo").hidden, numLists()], [["bowl"], true, before]);
    assert.equal(document.activeElement?.getAttribute("aria-label"), "Less like bowl");
  });

test("what is not saved because learning is paused is said, and the heart stays empty", async () => {
  const { one } = await openPanel({
    recommend: () => answered([item("mug")]),
    "item.save": failing("paused"),
  });
  await eventually(() => assert.ok(one('[data-item-id="mug"] .save')));
  one('[data-item-id="mug"] .save').click();
  const words = "Not kept, because learning is paused. Resume it first.";
  await eventually(() => assert.equal(one("#status").textContent, words));
  assert.equal(one('[data-item-id="mug"] .save').getAttribute("aria-pressed"), "false");
});

test("a list that failed is no longer said to be looked for", async () => {
  /** @type {((error: Error) => void)[]} */
  const waiting = [];
  const { one } = await openPanel({ recommend: () => new Promise((_, reject) => void waiting.push(reject)) });
  await eventually(() => assert.equal(one("#status").textContent, "Looking for what fits you…"));
  waiting[0](new CarryoverError("internal", "x"));
  await eventually(() => assert.equal(one("#message h2").textContent, "That did not work"));
  assert.equal(one("#status").textContent, "");
});

test("a dismissal that failed leaves the card, with its button", async () => {
  const { one } = await openPanel({ "item.dismiss": failing("server_unreachable") });
  await eventually(() => one(".card .dismiss"));
  one(".card .dismiss").click();
  await eventually(() =>
    assert.equal(
      one("#status").textContent,
      "Your server does not answer. Start it, or correct its address in the options.",
    ),
  );
  assert.equal(one(".card .dismiss").disabled, false);
});

test("what the line at the bottom says goes away, since it covers cards, and a failure stays longer", async (context) => {
  const { one } = await openPanel({
    "item.save": () => ({ isLearned: false }),
    "item.dismiss": () => {
      throw new CarryoverError("storage_full", "No room.");
    },
  });
  await eventually(() => one(".card .save"));
  context.mock.timers.enable({ apis: ["setTimeout"] });
  one(".card .save").click();
  await eventually(() => assert.equal(one("#status").textContent, "Saved."));
  context.mock.timers.tick(UNDO_MS);
  assert.equal(one("#status").textContent, "");
  one(".card .dismiss").click();
  await eventually(() => assert.match(one("#status").textContent, /^This device is full/));
  context.mock.timers.tick(UNDO_MS);
  assert.match(one("#status").textContent, /^This device is full/);
  context.mock.timers.tick(2 * UNDO_MS);
  assert.equal(one("#status").textContent, "");
});
