// @ts-check
// What a shopper chooses in the panel: consent, words, filters, what is saved, first picks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, stateOf } from "../fakes/page.js";
import { answered, item, openPanel } from "./panel-page.js";

const SHOP_TAB = { tabId: 7, url: "https://a.example/all", shop: "a.example", isIncognito: false, isConsented: false };

test("the question for consent folds away once answered, with a way back", async () => {
  const { one, document } = await openPanel();
  await eventually(() => one("#consent [data-action=allow]"));
  one("[data-action=later]").click();
  assert.equal(document.querySelector("#consent")?.childElementCount, 0);
  assert.match(one("#leaves").textContent, /Not learning from this shop/);
  assert.ok(one("#leaves [data-action=allow]"));
  const allowed = await openPanel({}, { tab: { ...SHOP_TAB, isConsented: true } });
  await eventually(() => allowed.one("#leaves [data-action=stop]"));
  assert.equal(allowed.document.querySelector("#consent")?.childElementCount, 0);
});

test("words are looked for once the shopper stops typing, and can be cleared", async () => {
  const answers = (/** @type {{choice: {words?: string}}} */ { choice }) =>
    choice.words ? answered([item("sea mug")], { basis: "search", numFound: 3 }) : answered([item("mug")]);
  const { one, sent, textsOf, window } = await openPanel({ recommend: answers });
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
  one("#words").value = " sea ";
  one("#words").dispatchEvent(new window.Event("input"));
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["sea mug"]));
  assert.deepEqual(sent.at(-1), { type: "recommend", tabId: 7, choice: { words: "sea" } });
  assert.match(one("#heading").textContent, /^3 products found/);
  assert.deepEqual([one("#said").textContent, one("#said").getAttribute("role")], ["3 products found", "status"]);
  one("[data-action=clear]").click();
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
  assert.deepEqual([one("#heading").hidden, one("#words").value], [true, ""]);
});

test("a search for words that nothing has does not say that it found them", async () => {
  const answers = (/** @type {{choice: {words?: string}}} */ { choice }) =>
    answered([item("mug")], choice.words ? { basis: "search", numFound: 10, isOnlySimilar: true } : {});
  const { one, textsOf, window } = await openPanel({ recommend: answers });
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
  one("#words").value = "xyzzyqq";
  one("#words").dispatchEvent(new window.Event("input"));
  await eventually(() =>
    assert.match(one("#heading").textContent, /^No product has these words\. These come closest:/),
  );
  assert.doesNotMatch(one("#heading").textContent, /10/);
});

test("what is like a card is looked for by its id, and the card is named", async () => {
  const { one, sent, window, document } = await openPanel();
  await eventually(() => one(".card .alike"));
  one(".card .alike").click();
  await eventually(() => assert.deepEqual(sent.at(-1)?.choice, { like: "mug" }));
  await eventually(() => assert.match(one("#heading").textContent, /^Like mug/));
  await eventually(() => assert.equal(document.activeElement?.getAttribute("data-action"), "clear"));
  one("[data-action=clear]").dispatchEvent(new window.KeyboardEvent("keydown", { key: "Escape" }));
  await eventually(() => assert.deepEqual(sent.at(-1)?.choice, {}));
  assert.equal(one("#heading").hidden, true);
});

test("that nothing was found is said once, with one way back", async () => {
  const { one, window, textsOf } = await openPanel({
    recommend: (/** @type {any} */ { choice }) => answered(choice?.words ? [] : [item("mug")], { numFound: 0 }),
  });
  await eventually(() => one(".card"));
  one("#words").value = "velvet";
  one("#find").dispatchEvent(new window.Event("submit", { cancelable: true }));
  await eventually(() => assert.equal(one("#message h2").textContent, "Nothing found"));
  assert.equal(one("#heading").hidden, true);
  assert.deepEqual(textsOf("#message button"), ["Clear"]);
  assert.equal(one("#said").textContent, "Nothing found. Nothing here fits your words and filters.");
});

test("Escape folds what a button unfolded, with the focus still on the button", async () => {
  const { one, window, document } = await openPanel();
  await eventually(() => one(".disclose"));
  const escape = () => new window.KeyboardEvent("keydown", { key: "Escape", bubbles: true });
  one(".disclose").click();
  assert.equal(one("#leaves").hidden, false);
  one(".disclose").dispatchEvent(escape());
  assert.deepEqual([one("#leaves").hidden, one(".disclose").getAttribute("aria-expanded")], [true, "false"]);
  one("#filter-button").click();
  await eventually(() => assert.equal(one("#filters").hidden, false));
  one("#filter-button").dispatchEvent(escape());
  assert.deepEqual([one("#filters").hidden, document.activeElement?.id], [true, "filter-button"]);
});

test("what another window saves is counted here, too", async () => {
  let kept = 0;
  const card = item("mug");
  const { one, worker } = await openPanel({
    "saved.get": () => ({
      items: Array.from({ length: kept }, () => ({
        id: "1",
        savedAt: "2026-03-01T12:00:00Z",
        shop: "a.example",
        card,
      })),
    }),
  });
  await eventually(() => assert.equal(one("#tab-saved").textContent, "Saved"));
  kept = 1;
  await worker.runtime.sendMessage({ type: "state.changed" });
  await eventually(() => assert.equal(one("#tab-saved").textContent, "Saved (1)"));
});

const FACETS = {
  numItems: 40,
  price: { lowest: 1, highest: 90, currency: "EUR" },
  inStock: false,
  onSale: true,
  brand: [
    { value: "Kelp", count: 12 },
    { value: "Nord", count: 3 },
  ],
  category: [],
  size: [],
  color: [],
};

test("only filters that offer a choice are shown, and what is chosen is asked for", async () => {
  const { one, sent, textsOf, window, document } = await openPanel({
    recommend: (/** @type {{isFaceted?: boolean}} */ { isFaceted }) =>
      answered([item("mug")], isFaceted ? { facets: FACETS } : {}),
  });
  await eventually(() => assert.equal(textsOf(".card").length, 1));
  one("#filter-button").click();
  await eventually(() => assert.equal(one("#filters").hidden, false));
  const names = [...document.querySelectorAll("#filters [name]")].map((field) => field.getAttribute("name"));
  assert.deepEqual(names, ["sort", "priceFrom", "priceTo", "onSale", "brand"]);
  assert.deepEqual(textsOf("[name=brand] option"), ["Any", "Kelp (12)", "Nord (3)"]);
  one("[name=brand]").value = "Kelp";
  one("[name=priceTo]").value = "20";
  one("[name=onSale]").checked = true;
  one("[name=sort]").value = "price_up";
  one("[name=sort]").dispatchEvent(new window.Event("change", { bubbles: true }));
  const choice = { sort: "price_up", priceTo: 20, onSale: true, brand: "Kelp" };
  await eventually(() => assert.deepEqual(sent.at(-1), { type: "recommend", tabId: 7, choice }));
  assert.equal(one("#filter-button").textContent, "Filter (4)");
  one("#filters").dispatchEvent(new window.KeyboardEvent("keydown", { key: "Escape" }));
  assert.deepEqual([one("#filters").hidden, document.activeElement?.id], [true, "filter-button"]);
});

test("a card is saved and taken back, and the list of what is saved shows it", async () => {
  /** @type {object[]} */
  let kept = [];
  const { one, sent, textsOf } = await openPanel({
    "saved.get": () => ({ items: kept }),
    "item.save": (/** @type {any} */ { item: card }) => {
      kept = [{ id: "1", savedAt: "2026-03-01T12:00:00Z", shop: "a.example", card }];
      return { isLearned: false };
    },
    "item.unsave": () => {
      kept = [];
      return {};
    },
  });
  await eventually(() => one(".card .save"));
  one(".card .save").click();
  await eventually(() => assert.equal(one("#status").textContent, "Saved."));
  assert.equal(one(".card .save").getAttribute("aria-pressed"), "true");
  assert.equal(one("#tab-saved").textContent, "Saved (1)");
  one("#tab-saved").click();
  assert.equal(one("#tab-saved").getAttribute("aria-selected"), "true");
  assert.deepEqual([textsOf(".card .title"), one("#find").hidden], [["mug"], true]);
  one(".card .save").click();
  await eventually(() => assert.equal(one("#status").textContent, "No longer saved."));
  assert.deepEqual(
    sent.filter(({ type }) => type.startsWith("item.")).map(({ type }) => type),
    ["item.save", "item.unsave"],
  );
});

test("nothing saved says how to save", async () => {
  const { one } = await openPanel();
  await eventually(() => one(".card"));
  one("#tab-saved").click();
  assert.equal(one("#message").dataset.state, "nothing_saved");
});

test("first picks are offered once it is said whether the shop may be learned from", async () => {
  const items = Array.from({ length: 8 }, (_, n) => item(`mug-${n}`));
  const { document, one } = await openPanel({
    recommend: () => answered(items, { mode: "page", basis: "page_order" }),
  });
  await eventually(() => assert.equal(document.querySelectorAll(".save").length, 8));
  assert.equal(document.querySelector(".picks"), null);
  one("[data-action=later]").click();
  assert.equal(document.querySelectorAll(".pick").length, 8);
  assert.ok(one(".picks"));
});

test("first picks are kept only when the shopper says so", async () => {
  const items = Array.from({ length: 8 }, (_, n) => item(`mug-${n}`));
  const { document, one, sent } = await openPanel(
    {
      recommend: () => answered(items, { mode: "page", basis: "page_order" }),
      "items.pick": () => ({ numLearned: 2 }),
    },
    { tab: { ...SHOP_TAB, isConsented: true } },
  );
  await eventually(() => assert.equal(document.querySelectorAll(".pick").length, 8));
  assert.equal(document.querySelectorAll(".dismiss, .save").length, 0);
  assert.equal(one("[data-action=use-picks]").disabled, true);
  const pick = (/** @type {number[]} */ ...places) => {
    for (const place of places) /** @type {HTMLButtonElement} */ (document.querySelectorAll(".pick")[place]).click();
  };
  pick(0, 5, 6, 6);
  assert.match(one(".picks").textContent, /2 of 3 picked/);
  pick(2, 3);
  assert.match(one(".picks").textContent, /4 of 4 picked/);
  pick(2, 3);
  assert.ok(!sent.some(({ type }) => type === "items.pick"));
  one("[data-action=use-picks]").click();
  await eventually(() => assert.ok(sent.some(({ type }) => type === "items.pick")));
  const picked = sent.find(({ type }) => type === "items.pick").items;
  assert.deepEqual(
    picked.map((/** @type {any} */ { title }) => title),
    ["mug-0", "mug-5"],
  );
});

test("what was picked at one shop is not kept with what is picked at the next", async () => {
  let shop = "a.example";
  const items = Array.from({ length: 8 }, (_, n) => item(`mug-${n}`));
  const tab = () => ({ tabId: 7, url: `https://${shop}/`, shop, isIncognito: false, isConsented: true });
  const { document, one } = await openPanel({
    "state.get": () => ({ state: stateOf({ tab: tab() }) }),
    recommend: () => answered(items, { mode: "page", basis: "page_order" }),
  });
  await eventually(() => assert.equal(document.querySelectorAll(".pick").length, 8));
  /** @type {HTMLButtonElement} */ (document.querySelectorAll(".pick")[0]).click();
  assert.match(one(".picks").textContent, /1 of 3 picked/);
  shop = "b.example";
  one("#refresh").click();
  await eventually(() => assert.match(one(".picks").textContent, /0 of 3 picked/));
  assert.equal(one("[data-action=use-picks]").disabled, true);
});

test("who is known is not asked for first picks", async () => {
  const items = Array.from({ length: 8 }, (_, n) => item(`mug-${n}`));
  const { document } = await openPanel(
    { recommend: () => answered(items, { basis: "first_screen" }) },
    { numKnown: 1 },
  );
  await eventually(() => assert.equal(document.querySelectorAll(".card .save").length, 8));
  assert.equal(document.querySelector(".picks"), null);
});

for (const [reading, text] of /** @type {[object, RegExp][]} */ ([
  [{ isLearned: true, verdict: "product" }, /^Learned: this product/],
  [{ isLearned: false, verdict: "listing", reason: "listing" }, /this page is not one product/],
  [{ isLearned: false, verdict: "product", reason: "unsure" }, /not clear which product/],
  [{ isLearned: false, verdict: "product", reason: "sensitive_health" }, /never kept/],
])) {
  test(`what became of the page is said: ${JSON.stringify(reading)}`, async () => {
    const tab = { ...SHOP_TAB, isConsented: true, reading: { numChanges: 0, ...reading } };
    const { one } = await openPanel({}, { tab });
    await eventually(() => assert.match(one("#reading").textContent, text));
  });
}

test("where nothing was to be learned, nothing is said", async () => {
  for (const reading of [null, { isLearned: false, verdict: "product", reason: "paused", numChanges: 0 }]) {
    const { document, one } = await openPanel({}, { tab: { ...SHOP_TAB, isConsented: true, reading } });
    await eventually(() => one("#leaves"));
    assert.equal(document.querySelector("#reading"), null);
  }
});
