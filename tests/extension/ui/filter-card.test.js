// @ts-check
// What the filter left out, on the page that shows what is known.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, openPage, stateOf } from "../fakes/page.js";

const FILTER = { dropped: [], removed: [], categories: ["health", "drugs"], rules: {}, shops: ["a.example"] };
/** @param {Record<string, (fields: any) => any>} handlers */
const open = (handlers) =>
  openPage("knows", {
    handlers: {
      "taste.get": () => ({ taste: { clusters: [], alone: [], dismissed: [] }, saved: [], shops: [], shelves: [] }),
      "state.get": () => ({ state: stateOf() }),
      "import.pages": () => ({ pages: [] }),
      ...handlers,
    },
  });

test("what the filter left out is shown by count and reason, and a kind, a shop and words can be changed", async () => {
  let filter = /** @type {any} */ ({
    ...FILTER,
    dropped: [
      { reason: "drugs", count: 12 },
      { reason: "personal_url", count: 1 },
    ],
    removed: [{ reason: "health", count: 3 }],
    rules: { ownWords: ["teapot"] },
  });
  const page = await open({
    "filter.get": () => ({ filter }),
    "filter.set": ({ type, ...rules }) => {
      filter = { ...filter, rules: { ...filter.rules, ...rules } };
      return { filter };
    },
  });
  await eventually(() =>
    assert.deepEqual(page.textsOf("#dropped li"), [
      "Alcohol, tobacco and drugs: 12",
      "Addresses with personal data: 1",
    ]),
  );
  assert.ok(page.one("#dropped-none").hidden);
  assert.deepEqual(page.textsOf("#removed li"), ["Health and body: 3"]);
  page.one("#filter-drugs").click();
  await eventually(() => assert.deepEqual(filter.rules.categories, ["drugs"]));
  page.one('[id="filter-a.example"]').click();
  await eventually(() => assert.deepEqual(filter.rules.shops, ["a.example"]));
  page.one("#own-word").value = "kettle*";
  page.one("#own-word-form button").click();
  await eventually(() => assert.deepEqual(filter.rules.ownWords, ["teapot", "kettle*"]));
  await eventually(() => assert.equal(page.textsOf("#own-words li").length, 2));
  page.one("#own-words li:first-child button").click();
  await eventually(() => assert.deepEqual(filter.rules.ownWords, ["kettle*"]));
  await eventually(() => assert.ok(page.one("#filter-drugs").checked));
});

test("where nothing was left out the page says so", async () => {
  const page = await open({ "filter.get": () => ({ filter: FILTER }) });
  await eventually(() => assert.equal(page.textsOf("#filter-categories li").length, 2));
  assert.ok(!page.one("#dropped-none").hidden);
  assert.ok(page.one("#removed-box").hidden);
});

test("an answer that was asked for before another is not shown over it", async () => {
  /** @type {((answer: object) => void)[]} */
  const waiting = [];
  let numAsked = 0;
  const page = await open({
    "filter.get": () => {
      numAsked += 1;
      return numAsked === 1 ? { filter: FILTER } : new Promise((resolve) => waiting.push(resolve));
    },
    "filter.set": ({ categories }) => ({ filter: { ...FILTER, rules: { categories } } }),
  });
  await eventually(() => assert.equal(page.textsOf("#filter-categories li").length, 2));
  void page.worker.runtime.sendMessage({ type: "state.changed" });
  await eventually(() => assert.equal(waiting.length, 1));
  page.one("#filter-drugs").click();
  await eventually(() => assert.ok(page.one("#filter-drugs").checked));
  waiting[0]({ filter: FILTER });
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.ok(page.one("#filter-drugs").checked);
});
