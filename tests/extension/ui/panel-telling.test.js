// @ts-check
// What the panel tells of a list that may be told of: what was shown, opened and dismissed, each once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, stateOf } from "../fakes/page.js";
import { afterSomeTurns, answered, item, openPanel } from "./panel-page.js";

const SCREEN = { id: "ab".repeat(16), space: "5".repeat(64) };
const TITLES = Array.from({ length: 12 }, (_, i) => `mug-${i}`);
const LIST = answered(
  TITLES.map((title) => item(title)),
  { screen: SCREEN },
);
const { tab } = stateOf();
const ALLOWED = { numKnown: 3, tab: { ...tab, isConsented: true } };

/** @param {object[]} sent @returns {[string, string[], number[]][]} kind, ids and positions of what was told */
const told = (sent) =>
  sent
    .filter((/** @type {any} */ { type }) => type === "screen.tell")
    .map((/** @type {any} */ { kind, items }) => [
      kind,
      items.map((/** @type {any} */ { card }) => card.itemId),
      items.map((/** @type {any} */ { position }) => position),
    ]);

/** @param {object} [answer] @param {Record<string, any>} [handlers] */
const openTelling = (answer = LIST, handlers = {}) =>
  openPanel({ recommend: () => answer, "screen.tell": () => ({ isTold: true }), ...handlers }, ALLOWED);

test("cards that are shown are told, and the others when they are", async () => {
  const { one, sent } = await openTelling();
  await eventually(() => assert.equal(told(sent).length, 1));
  one("#more").click();
  await eventually(() => assert.equal(told(sent).length, 2));
  assert.deepEqual(told(sent), [
    ["impression", TITLES.slice(0, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["impression", TITLES.slice(10), [10, 11]],
  ]);
  const [first] = sent.filter(({ type }) => type === "screen.tell");
  assert.deepEqual([first.shop, first.screen], ["a.example", SCREEN]);
  assert.deepEqual(Object.keys(first.items[0].card).sort(), ["itemId", "title", "url"]);
});

test("a card that is opened is told once, by the main or the middle button and not by the right one", async () => {
  const { one, sent, window } = await openTelling();
  await eventually(() => assert.equal(told(sent).length, 1));
  const link = (/** @type {string} */ id) => one(`[data-item-id="${id}"] a`);
  link("mug-3").addEventListener("click", (/** @type {Event} */ event) => event.preventDefault());
  link("mug-3").click();
  link("mug-3").click();
  link("mug-4").dispatchEvent(new window.MouseEvent("auxclick", { button: 2 }));
  link("mug-5").dispatchEvent(new window.MouseEvent("auxclick", { button: 1 }));
  await afterSomeTurns();
  assert.deepEqual(told(sent).slice(1), [
    ["click", ["mug-3"], [3]],
    ["click", ["mug-5"], [5]],
  ]);
});

test("a dismissal that was kept is told, with the place that the card had", async () => {
  let isKept = false;
  const answer = () => (isKept ? { stored: true } : { stored: false, reason: "paused" });
  const { one, sent, textsOf } = await openTelling(LIST, { "item.dismiss": answer });
  await eventually(() => assert.equal(told(sent).length, 1));
  one('[data-item-id="mug-1"] .dismiss').click();
  await eventually(() => assert.ok(!textsOf(".card .title").includes("mug-1")));
  await eventually(() => assert.deepEqual(told(sent).slice(1), [["impression", ["mug-10"], [10]]]));
  isKept = true;
  one('[data-item-id="mug-2"] .dismiss').click();
  await eventually(() => assert.deepEqual(told(sent)[2], ["dismiss", ["mug-2"], [2]]));
});

test("nothing is told of a list without a screen", async () => {
  const { one, sent, textsOf } = await openTelling(answered(TITLES.slice(0, 11).map((title) => item(title))));
  await eventually(() => assert.equal(textsOf(".card .title").length, 10));
  one("#more").click();
  const link = one('[data-item-id="mug-0"] a');
  link.addEventListener("click", (/** @type {Event} */ event) => event.preventDefault());
  link.click();
  await afterSomeTurns();
  assert.deepEqual(told(sent), []);
});

test("a list is remembered without its screen", async () => {
  const { sent, state } = await openTelling();
  await eventually(() => assert.equal(told(sent).length, 1));
  await eventually(() => assert.ok(state.session["list 7"]));
  assert.ok(!JSON.stringify(state.session).includes(SCREEN.id));
});

test("a server that cannot be told is not the shopper's trouble", async () => {
  const { one, sent, textsOf } = await openTelling(LIST, {
    "screen.tell": () => {
      throw new Error("away");
    },
  });
  await eventually(() => assert.equal(sent.filter(({ type }) => type === "screen.tell").length, 1));
  await afterSomeTurns();
  assert.deepEqual([textsOf(".card .title").length, one("#message").hidden], [10, true]);
});
