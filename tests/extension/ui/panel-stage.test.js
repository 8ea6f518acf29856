// @ts-check
// An open panel ranks anew where its list can come from elsewhere, and stays as it is otherwise.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, stateOf } from "../fakes/page.js";
import { afterSomeTurns, answered, item, openPanel } from "./panel-page.js";

const { tab: TAB } = stateOf();
const ALLOWED = { tab: { ...TAB, isConsented: true }, shelf: { status: "none", numItems: 0 } };
const numLists = (/** @type {{type: string}[]} */ sent) => sent.filter(({ type }) => type === "recommend").length;

for (const [name, before, after] of /** @type {[string, object, object][]} */ ([
  ["the shopper allows the shop", {}, ALLOWED],
  ["the shopper withdraws that", ALLOWED, {}],
  ["a list of catalogues is named", ALLOWED, { ...ALLOWED, packListUrl: "https://packs.example/list.json" }],
  ["other keys are trusted", ALLOWED, { ...ALLOWED, trustedKeys: ["MCowBQYDK2VwAyEA"] }],
  ["a published catalogue has come", ALLOWED, { ...ALLOWED, shelf: { status: "none", numItems: 40 } }],
  ["a server is named", {}, { serverUrl: "http://127.0.0.1:8710" }],
  [
    "the server that is named is paired",
    { serverUrl: "http://127.0.0.1:8710" },
    { serverUrl: "http://127.0.0.1:8710", pairedKey: "0123456789abcdef" },
  ],
  [
    "a server is said to be the shopper's own",
    { serverUrl: "https://s.example" },
    { serverUrl: "https://s.example", serverIsMine: true },
  ],
  ["only the page may be ranked", ALLOWED, { ...ALLOWED, mode: "page" }],
])) {
  test(`an open panel ranks anew, once, where ${name}`, async () => {
    let state = stateOf(before);
    let title = "mug";
    const { sent, worker, textsOf } = await openPanel({
      "state.get": () => ({ state }),
      recommend: () => answered([item(title)]),
    });
    await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
    state = stateOf(after);
    title = "sea rug";
    await worker.runtime.sendMessage({ type: "state.changed" });
    await eventually(() => assert.deepEqual(textsOf(".card .title"), ["sea rug"]));
    await worker.runtime.sendMessage({ type: "state.changed" });
    await afterSomeTurns();
    assert.equal(numLists(sent), 2);
  });
}

for (const [name, change] of /** @type {[string, object][]} */ ([
  ["learning is paused", { paused: true }],
  ["the icon shows a number", { showsBadge: true }],
  ["images are compared", { compareImages: true }],
  ["another shop is allowed", { consents: [{ shop: "b.example", since: "2026-03-01T12:00:00Z" }] }],
])) {
  test(`the list stays where ${name}`, async () => {
    let state = stateOf(ALLOWED);
    const { sent, worker, textsOf } = await openPanel({ "state.get": () => ({ state }) });
    await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
    state = stateOf({ ...ALLOWED, ...change });
    await worker.runtime.sendMessage({ type: "state.changed" });
    await afterSomeTurns();
    assert.equal(numLists(sent), 1);
  });
}

test("where only the page may be ranked, a kept catalogue does not hide that the page shows other products", async () => {
  let numChanges = 1;
  const shelf = { status: "read", numItems: 40 };
  const tab = () => ({ ...TAB, reading: { isLearned: false, numChanges } });
  const { sent, worker } = await openPanel({
    "state.get": () => ({ state: stateOf({ mode: "page", shelf, tab: tab() }) }),
  });
  await eventually(() => assert.equal(numLists(sent), 1));
  numChanges = 2;
  await worker.runtime.sendMessage({ type: "state.changed" });
  await eventually(() => assert.equal(numLists(sent), 2));
});

test("without a shop in front a new address asks for nothing", async () => {
  let state = stateOf({ tab: null });
  const { sent, worker, one } = await openPanel({ "state.get": () => ({ state }) });
  await eventually(() => assert.equal(one("#message h2").textContent, "Open a shop"));
  state = stateOf({ tab: null, serverUrl: "http://127.0.0.1:8710" });
  await worker.runtime.sendMessage({ type: "state.changed" });
  await afterSomeTurns();
  assert.equal(numLists(sent), 0);
  assert.equal(one("#message h2").textContent, "Open a shop");
});

test("a list from the last time is marked as busy until the new one stands there", async () => {
  const tabs = [{ id: 7, url: "https://a.example/other", active: true }];
  const first = await openPanel({}, {}, tabs);
  await eventually(() => assert.ok(first.state.session["list 7"]));
  const kept = structuredClone(first.state.session);
  kept["list 7"].answer.mode = "shelf";
  /** @type {(value: object) => void} */
  let tellState = () => {};
  const told = new Promise((resolve) => {
    tellState = resolve;
  });
  const again = await openPanel({ "state.get": () => told, recommend: () => answered([item("bowl")]) }, {}, tabs, kept);
  await eventually(() => assert.deepEqual(again.textsOf(".card .title"), ["mug"]));
  assert.equal(again.one("#cards").getAttribute("aria-busy"), "true");
  tellState({ state: stateOf() });
  await eventually(() => assert.deepEqual(again.textsOf(".card .title"), ["bowl"]));
  await eventually(() => assert.ok(!again.one("#cards").hasAttribute("aria-busy")));
});
