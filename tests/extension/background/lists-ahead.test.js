// @ts-check
// Lists that are made before the panel is opened.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createListsAhead } from "../../../extension/background/lists-ahead.js";
import { lastList } from "../../../extension/messaging/last-list.js";
import { createBrowser } from "../fakes/browser.js";

const SHOP = "shop.example";
const URL_SEEN = `https://${SHOP}/mug`;
const TAB = /** @type {any} */ ({ id: 7, incognito: false });

/** @type {ReturnType<typeof createBrowser>["state"]} */
let state;
/** @type {any} */
let browser;
/** @type {{isConsented: boolean, isPaused: boolean, hasShelf: boolean, items: object[]}} */
let world;
/** Shops that were ranked. @type {string[]} */
let ranked;
/** What happens while it waits. @type {() => void} */
let meanwhile;
/** What happens while it ranks. @type {() => void} */
let whileRanking;

function listsAhead() {
  return createListsAhead({
    browser,
    getProfile: async () =>
      /** @type {any} */ ({ isConsented: () => world.isConsented, settings: { paused: world.isPaused } }),
    shelves: { kept: async () => /** @type {any} */ (world.hasShelf ? {} : null) },
    async source({ shop }) {
      ranked.push(shop);
      whileRanking();
      return /** @type {any} */ ({ mode: "shelf", shop, basis: "taste", items: world.items });
    },
    stateOf: async (tabId) => /** @type {any} */ ({ tab: { tabId, url: URL_SEEN, shop: SHOP } }),
    wait: async () => meanwhile(),
  });
}

/** @returns {Promise<any[] | undefined>} the items of the list that a panel of the tab would show at once */
const kept = async () => (await lastList(7, browser))?.answer.items;

beforeEach(() => {
  const fake = createBrowser();
  state = fake.state;
  browser = fake.context("background.js");
  state.tabs = [{ id: 7, url: URL_SEEN, active: true }];
  world = {
    isConsented: true,
    isPaused: false,
    hasShelf: true,
    items: [{ itemId: "a", score: 0.3, why: ["the mug"] }],
  };
  ranked = [];
  meanwhile = () => {};
  whileRanking = () => {};
});

test("a tab that shows an allowed shop has its list before the panel is opened, which names nothing that was seen", async () => {
  await listsAhead().prepare(SHOP, TAB);
  assert.deepEqual(await kept(), [{ itemId: "a", score: 0, why: [] }]);
});

test("it is made once a visit", async () => {
  const lists = listsAhead();
  await Promise.all([lists.prepare(SHOP, TAB), lists.prepare(SHOP, TAB)]);
  await lists.prepare(SHOP, TAB);
  await listsAhead().prepare(SHOP, TAB);
  assert.deepEqual(ranked, [SHOP]);
  state.tabs = [{ id: 7, url: "https://other.example/", active: true }];
  await lists.prepare("other.example", TAB);
  assert.deepEqual(ranked, [SHOP, "other.example"]);
});

/** @type {[string, () => void][]} */
const REFUSED = [
  ["without consent", () => (world.isConsented = false)],
  ["while paused", () => (world.isPaused = true)],
  ["without a catalogue", () => (world.hasShelf = false)],
  ["for a tab behind another", () => (state.tabs[0].active = false)],
  ["for a tab that shows another shop", () => (state.tabs[0].url = "https://other.example/")],
  ["for a tab that was closed", () => (state.tabs = [])],
];
for (const [name, change] of REFUSED) {
  test(`nothing is ranked ${name}, then or when the page has settled`, async () => {
    meanwhile = change;
    await listsAhead().prepare(SHOP, TAB);
    meanwhile = () => assert.fail("It waited for what it may not do.");
    await listsAhead().prepare(SHOP, TAB);
    assert.deepEqual([ranked, state.session], [[], {}]);
  });

  test(`no list is kept ${name} since it was begun`, async () => {
    whileRanking = change;
    await listsAhead().prepare(SHOP, TAB);
    assert.deepEqual([ranked, state.session], [[SHOP], {}]);
  });
}

test("nothing is ranked for a private window", async () => {
  await listsAhead().prepare(SHOP, { ...TAB, incognito: true });
  assert.deepEqual(ranked, []);
});

test("the list that the panel showed meanwhile stays, and an empty one is not kept", async () => {
  world.items = [];
  await listsAhead().prepare(SHOP, TAB);
  assert.deepEqual(state.session, {});
});
