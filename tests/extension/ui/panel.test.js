// @ts-check
// The side panel in jsdom, opened for tab 7, with known answers from the background.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CarryoverError } from "../../../extension/values/errors.js";
import { eventually, openPage, stateOf } from "../fakes/page.js";

/** @param {string} title @param {object} [more] */
const item = (title, more = {}) => ({
  itemId: title,
  url: `https://a.example/${title}`,
  title,
  score: 1,
  why: [],
  ...more,
});
/** @param {object[]} items @param {object} [more] */
const answered = (items, more = {}) => ({
  recommendations: { items, mode: "own", basis: "taste", shop: "a.example", ...more },
});
/** @param {Record<string, any>} [handlers] @param {Record<string, any>} [state] */
const openPanel = (handlers = {}, state = {}) =>
  openPage("panel", {
    search: "?tab=7",
    handlers: { "state.get": () => ({ state: stateOf(state) }), recommend: () => answered([item("mug")]), ...handlers },
  });
const failing = (/** @type {string} */ code) => () => {
  throw new CarryoverError(code, `The message of ${code}.`);
};

test("the panel asks about the tab it was opened for", async () => {
  const { sent, one } = await openPanel();
  await eventually(() => assert.deepEqual(sent.at(-1), { type: "recommend", tabId: 7 }));
  assert.deepEqual(sent[0], { type: "state.get", tabId: 7 });
  await eventually(() => assert.equal(one("#shop").textContent, "at a.example"));
});

test("cards show title, price, the reason and a link that sends no referrer", async () => {
  const why = ["sea towel", "sea cup"];
  const sea = item("sea mug", { price: { amount: "12.5", currency: "EUR" }, why });
  const { one } = await openPanel({ recommend: () => answered([sea]) });
  await eventually(() => assert.equal(one(".card .title").textContent, "sea mug"));
  assert.equal(one(".card .price").textContent, "€12.50");
  assert.equal(one(".card .why").textContent, "Because you looked at sea towel and sea cup");
  const { href, rel, target } = one(".card a");
  assert.deepEqual([href, rel, target], ["https://a.example/sea%20mug", "noreferrer", "_blank"]);
});

for (const [name, more, note] of /** @type {[string, object, RegExp][]} */ ([
  ["the server's taste ranking", {}, /Your own server got your taste, and not what you looked at/],
  ["a first screen", { basis: "first_screen" }, /A first look around/],
  ["the page's order", { mode: "page", basis: "page_order" }, /in its own order/],
  ["the page's taste ranking", { mode: "page" }, /Nothing was sent/],
  [
    "the shop's own catalogue",
    { mode: "shelf" },
    /this shop's catalogue, read on this device. Nothing about you was sent/,
  ],
  ["a server that is away", { mode: "page", problem: { code: "server_unreachable", message: "x" } }, /does not answer/],
  [
    "a damaged model",
    { mode: "page", problem: { code: "bundle_altered", message: "x" } },
    /^A part of Carryover is damaged/,
  ],
])) {
  test(`a note above the cards explains ${name}`, async () => {
    const { one } = await openPanel({ recommend: () => answered([item("mug")], more) });
    await eventually(() => assert.match(one("#note").textContent, note));
    assert.equal(one("#note").hidden, false);
  });
}

for (const [code, title, text] of /** @type {[string, string, RegExp][]} */ ([
  ["no_shop", "Open a shop", /only sees pages you show it/],
  ["page_not_visible", "Open a shop", /click its icon/],
  ["bundle_altered", "That did not work", /^A part of Carryover is damaged/],
])) {
  test(`the failure ${code} is explained, and can be tried again`, async () => {
    let isFailing = true;
    const recommend = () => (isFailing ? failing(code)() : answered([item("mug")]));
    const { one, textsOf } = await openPanel({ recommend });
    await eventually(() => assert.equal(one("#message h2").textContent, title));
    assert.match(one("#message p").textContent, text);
    assert.deepEqual(textsOf(".card"), []);
    isFailing = false;
    one("#message button").click();
    await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
    assert.equal(one("#message").hidden, true);
  });
}

for (const [mode, text] of [
  ["own", "You have seen everything that fits here."],
  ["page", "Open a page of this shop that lists products, then refresh."],
]) {
  test(`an empty answer in mode ${mode} says so`, async () => {
    const { one } = await openPanel({ recommend: () => answered([], { mode }) });
    await eventually(() => assert.equal(one("#message p").textContent, text));
  });
}

test("without a shop nothing is asked for", async () => {
  const { sent, one } = await openPanel({}, { tab: null });
  await eventually(() => assert.equal(one("#message h2").textContent, "Open a shop"));
  assert.deepEqual(
    sent.map(({ type }) => type),
    ["state.get"],
  );
});

test("ten cards are shown, and the others on request", async () => {
  const items = Array.from({ length: 13 }, (_, n) => item(`mug-${n}`));
  const { one, textsOf, document } = await openPanel({ recommend: () => answered(items) });
  await eventually(() => assert.equal(textsOf(".card .title").length, 10));
  assert.equal(one("#more").hidden, false);
  one("#more").click();
  assert.equal(textsOf(".card .title").length, 13);
  assert.equal(one("#more").hidden, true);
  assert.equal(document.activeElement?.closest("li")?.getAttribute("data-item-id"), "mug-10");
});

test("a dismissed item is sent without score and reasons, and replaced", async () => {
  let items = [item("mug", { why: ["sea towel"] }), item("bowl")];
  const { one, sent, textsOf, document } = await openPanel({
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
  assert.equal(document.activeElement?.getAttribute("aria-label"), "Less like bowl");
});

test("a dismissal that failed leaves the card, with its button", async () => {
  const { one } = await openPanel({ "item.dismiss": failing("server_unreachable") });
  await eventually(() => one(".card .dismiss"));
  one(".card .dismiss").click();
  await eventually(() => assert.equal(one("#status").textContent, "Your server does not answer as it should."));
  assert.equal(one(".card .dismiss").disabled, false);
});

test("an answer that was overtaken by a newer question is dropped", async () => {
  /** @type {((answer: object) => void)[]} */
  const waiting = [];
  const recommend = () => new Promise((resolve) => void waiting.push(resolve));
  const { one, textsOf } = await openPanel({ recommend });
  await eventually(() => assert.equal(waiting.length, 1));
  one("#refresh").click();
  await eventually(() => assert.equal(waiting.length, 2));
  waiting[1](answered([item("new")]));
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["new"]));
  waiting[0](answered([item("old")]));
  await new Promise((resolve) => {
    setTimeout(resolve, 30);
  });
  assert.deepEqual(textsOf(".card .title"), ["new"]);
});

test("a change of the profile is shown without asking for recommendations", async () => {
  let numKnown = 1;
  const { one, sent, worker, textsOf } = await openPanel({ "state.get": () => ({ state: stateOf({ numKnown }) }) });
  await eventually(() => assert.equal(one("#known").textContent, "Knows 1 thing you looked at"));
  await eventually(() => assert.equal(textsOf(".card .title").length, 1));
  const before = sent.filter(({ type }) => type === "recommend").length;
  numKnown = 2;
  assert.deepEqual(await worker.runtime.sendMessage({ type: "state.changed" }), { ok: true });
  assert.equal(one("#known").textContent, "Knows 2 things you looked at");
  assert.equal(sent.filter(({ type }) => type === "recommend").length, before);
});

test("paused learning and unreadable records are mentioned", async () => {
  const { one } = await openPanel({}, { paused: true, unreadable: 3 });
  await eventually(() => assert.match(one("#status").textContent, /^Learning is paused/));
  assert.match(one("#known").textContent, /3 entries could not be opened/);
  assert.equal(one("#pause").checked, true);
});

test("erasing asks first, and a refusal erases nothing", async () => {
  const { one, sent, document } = await openPanel({ "profile.erase": () => ({ state: stateOf() }) });
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
  const { one } = await openPanel({ "profile.erase": failing("internal") });
  one("#erase").click();
  one("[data-action=erase-yes]").click();
  await eventually(() =>
    assert.equal(one("#status").textContent, "Something unexpected happened. Try again, or reload this page."),
  );
});

for (const [shelf, text, button] of /** @type {[object, RegExp, string | null][]} */ ([
  [{ status: "none", numItems: 0 }, /without cookies/, "Read this shop's catalogue"],
  [{ status: "reading", numItems: 0 }, /^Reading this shop's catalogue: 0$/, "Stop"],
  [{ status: "reading", numItems: 750, total: 2000 }, /^Reading this shop's catalogue: 750 of about 2,000$/, "Stop"],
  [{ status: "read", numItems: 1234, total: 1234 }, /^Products of this shop known here: 1,234$/, null],
  [{ status: "read", numItems: 10_000, total: 25_000, reason: "limit" }, /: 10,000 of about 25,000$/, null],
  [
    { status: "stopped", numItems: 250, total: 900 },
    /^Reading stopped. Products known here: 250 of about 900$/,
    "Continue",
  ],
  [{ status: "failed", numItems: 0, reason: "robots" }, /asks programs not to read/, "Try again"],
  [{ status: "failed", numItems: 0, reason: "slow" }, /more slowly/, "Try again"],
  [{ status: "failed", numItems: 0, reason: "no_feed" }, /no list of its products/, "Try again"],
  [{ status: "failed", numItems: 5, reason: "unreachable" }, /did not answer/, "Try again"],
  [{ status: "failed", numItems: 0, reason: "busy" }, /read later/, "Try again"],
  [{ status: "failed", numItems: 0, reason: "storage" }, /no room on this device/, "Try again"],
])) {
  test(`the catalogue's state in words: ${JSON.stringify(shelf)}`, async () => {
    const { one, textsOf } = await openPanel({}, { shelf });
    await eventually(() => assert.match(one("#shelf").textContent, text));
    assert.deepEqual(textsOf(".shelf button"), button ? [button] : []);
  });
}

test("the catalogue is not offered without consent, nor where only the page may be ranked", async () => {
  for (const state of [{ shelf: null }, { shelf: { status: "none", numItems: 0 }, mode: "page" }]) {
    const { document, sent } = await openPanel({}, state);
    await eventually(() => assert.equal(sent.at(-1)?.type, "recommend"));
    assert.equal(document.querySelector("#shelf"), null);
  }
});

test("one click reads the catalogue, and one click stops", async () => {
  const replies = (/** @type {object} */ shelf) => () => ({ state: stateOf({ shelf }) });
  const reading = { status: "reading", numItems: 0 };
  const { one, sent } = await openPanel(
    { "shelf.read": replies(reading), "shelf.stop": replies({ ...reading, status: "stopped" }) },
    { shelf: { status: "none", numItems: 0 } },
  );
  await eventually(() => one("[data-action=shelf-read]").click());
  await eventually(() => one("[data-action=shelf-stop]").click());
  await eventually(() => assert.match(one("#shelf").textContent, /Reading stopped/));
  const clicks = sent.filter(({ type }) => type.startsWith("shelf."));
  assert.deepEqual(clicks, [
    { type: "shelf.read", tabId: 7 },
    { type: "shelf.stop", tabId: 7 },
  ]);
});

test("the list is made anew at four times as many products and at the end, and stays in between", async () => {
  let shelf = { status: "reading", numItems: 0 };
  const { one, sent, worker } = await openPanel({ "state.get": () => ({ state: stateOf({ shelf }) }) });
  const lists = () => sent.filter(({ type }) => type === "recommend").length;
  await eventually(() => assert.equal(lists(), 1));
  for (const [next, expected] of /** @type {[{status: string, numItems: number}, number][]} */ ([
    [{ status: "reading", numItems: 10 }, 2],
    [{ status: "reading", numItems: 12 }, 2],
    [{ status: "reading", numItems: 500 }, 3],
    [{ status: "reading", numItems: 750 }, 3],
    [{ status: "read", numItems: 760 }, 4],
    [{ status: "read", numItems: 760 }, 4],
  ])) {
    shelf = next;
    await worker.runtime.sendMessage({ type: "state.changed" });
    await eventually(() => assert.match(one("#shelf").textContent, new RegExp(String(next.numItems))));
    assert.equal(lists(), expected, JSON.stringify(next));
  }
});

test("the focus stays on the button while the numbers beside it change", async () => {
  const shelf = { status: "reading", numItems: 250 };
  const { one, worker, document } = await openPanel({ "state.get": () => ({ state: stateOf({ shelf }) }) });
  await eventually(() => one("[data-action=shelf-stop]").focus());
  const before = document.activeElement;
  shelf.numItems = 500;
  await worker.runtime.sendMessage({ type: "state.changed" });
  await eventually(() => assert.match(one("#shelf").textContent, /500/));
  assert.ok(!before?.isConnected);
  assert.equal(document.activeElement?.getAttribute("data-action"), "shelf-stop");
});
