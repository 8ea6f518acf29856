// @ts-check
// The side panel in jsdom, opened for tab 7, with known answers from the background.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CarryoverError } from "../../../extension/values/errors.js";
import { eventually, stateOf } from "../fakes/page.js";
import { afterSomeTurns, answered, failing, item, openPanel } from "./panel-page.js";

test("the panel asks about the tab it was opened for", async () => {
  const { sent, one } = await openPanel();
  const asked = () => sent.filter(({ type }) => type !== "saved.get");
  await eventually(() => assert.deepEqual(asked().at(-1), { type: "recommend", tabId: 7, choice: {} }));
  assert.deepEqual(asked()[0], { type: "state.get", tabId: 7 });
  await eventually(() => assert.equal(one("#shop").textContent, "a.example"));
});

test("cards show title, price, the reason and a link that sends no referrer", async () => {
  const why = ["sea towel", "sea cup"];
  const sea = item("sea mug", { price: { amount: "12.5", currency: "EUR" }, why });
  const { one } = await openPanel({ recommend: () => answered([sea]) });
  await eventually(() => assert.equal(one(".card .title").textContent, "sea mug"));
  assert.equal(one(".card .price").textContent, "€12.50");
  assert.equal(one(".card .why").textContent, "like sea towel");
  assert.equal(one(".card .why").title, "Because it is like sea towel and sea cup");
  const { href, rel, target } = one(".card a");
  assert.deepEqual([href, rel, target], ["https://a.example/sea%20mug", "noreferrer", "_blank"]);
});

for (const [mode, word, leaves] of /** @type {[string, string, RegExp][]} */ ([
  ["own", "Your server", /Your own server got your taste, and not what you looked at/],
  ["page", "This page", /Nothing was sent/],
  ["shelf", "The whole shop", /this shop's catalogue, read on this device. Nothing about you was sent/],
])) {
  test(`where the list comes from is a word in mode ${mode}, and what leaves is behind it`, async () => {
    const { one } = await openPanel({ recommend: () => answered([item("mug")], { mode }) });
    await eventually(() => assert.equal(one("#note").textContent, word));
    assert.match(one("#leaves").textContent, leaves);
    assert.equal(one("#leaves").hidden, true);
    one("[data-action=leaves]").click();
    assert.deepEqual(
      [one("#leaves").hidden, one("[data-action=leaves]").getAttribute("aria-expanded")],
      [false, "true"],
    );
    one("[data-action=leaves]").click();
  });
}

for (const [signer, told, words] of /** @type {[string, object, RegExp][]} */ ([
  ["a trusted key", { signedBy: "21fe31dfa154a261", isTrusted: true }, /you trust: 21fe 31df a154 a261\.$/],
  [
    "another key",
    { signedBy: "21fe31dfa154a261", isTrusted: false },
    /the key 21fe 31df a154 a261\. You have not said/,
  ],
  ["nobody", { isTrusted: false }, /No signature of it was checked, so nobody vouches/],
])) {
  test(`a published catalogue signed by ${signer} says so beside what leaves this device`, async () => {
    const pack = { shop: "a.example", host: "packs.example", ...told };
    const { textsOf } = await openPanel({ recommend: () => answered([item("mug")], { mode: "pack", pack }) });
    await eventually(() => assert.match(textsOf("#leaves p")[1] ?? "", /^From the list at packs\.example/));
    assert.match(textsOf("#leaves p")[1], words);
  });
}

for (const [name, more, notice, text] of /** @type {[string, object, string, RegExp][]} */ ([
  ["a first screen", { basis: "first_screen" }, "basis", /first look around this shop/],
  ["the page's order", { mode: "page", basis: "page_order" }, "basis", /the page's own order/],
  [
    "a server that is away",
    { mode: "page", problem: { code: "server_unreachable", message: "x" } },
    "problem",
    /does not answer/,
  ],
  [
    "a damaged model",
    { mode: "page", problem: { code: "bundle_altered", message: "x" } },
    "problem",
    /^A part of Carryover is damaged/,
  ],
])) {
  test(`a notice explains ${name}`, async () => {
    const { one } = await openPanel({ recommend: () => answered([item("mug")], more) });
    await eventually(() => assert.match(one(`[data-notice=${notice}]`).textContent, text));
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

for (const [name, more, state] of /** @type {[string, object, string][]} */ ([
  ["all of a shop was seen", { mode: "shelf" }, "nothing_fits"],
  ["all of a page was seen", { mode: "page", facets: { numItems: 5 } }, "nothing_fits"],
  ["the page lists no products", { mode: "page", facets: { numItems: 0 } }, "no_products"],
])) {
  test(`an empty list says that ${name}`, async () => {
    const { one } = await openPanel({ recommend: () => answered([], more) });
    await eventually(() => assert.equal(one("#message").dataset.state, state));
    assert.equal(one("#message").hidden, false);
  });
}

for (const answer of ["later", "allow"])
  test(`after "${answer}" the focus is at the line of the shop, where the question was`, async () => {
    const state = stateOf({ tab: { ...stateOf().tab, isConsented: true } });
    const { one, document } = await openPanel({ "consent.ask": () => ({}), "consent.set": () => ({ state }) });
    await eventually(() => one(`[data-action=${answer}]`));
    one(`[data-action=${answer}]`).focus();
    one(`[data-action=${answer}]`).click();
    await eventually(() => assert.equal(document.querySelector(".consent"), null));
    assert.notEqual(document.activeElement, document.body);
    assert.ok(one(".origin").contains(document.activeElement));
  });

test("without a shop nothing is asked for", async () => {
  const { sent, one } = await openPanel({}, { tab: null });
  await eventually(() => assert.equal(one("#message h2").textContent, "Open a shop"));
  assert.deepEqual(
    sent.map(({ type }) => type).filter((type) => type !== "saved.get"),
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

for (const outcome of /** @type {const} */ (["answer", "failure"])) {
  test(`a late ${outcome} that was overtaken by a newer question is dropped`, async () => {
    /** @type {{resolve: (answer: object) => void, reject: (error: Error) => void}[]} */
    const waiting = [];
    const recommend = () => new Promise((resolve, reject) => void waiting.push({ resolve, reject }));
    const { one, textsOf } = await openPanel({ recommend });
    await eventually(() => assert.equal(waiting.length, 1));
    one("#refresh").click();
    await eventually(() => assert.equal(waiting.length, 2));
    waiting[1].resolve(answered([item("new")]));
    await eventually(() => assert.deepEqual(textsOf(".card .title"), ["new"]));
    if (outcome === "answer") waiting[0].resolve(answered([item("old")]));
    else waiting[0].reject(new CarryoverError("no_shop", "The page has no address yet."));
    await new Promise((resolve) => {
      setTimeout(resolve, 30);
    });
    assert.deepEqual(textsOf(".card .title"), ["new"]);
    assert.equal(one("#message").hidden, true);
  });
}

test("a page gets no answer once another is open in its place", async () => {
  /** @type {(answer: object) => void} */
  let answerLate = () => {};
  const recommend = () =>
    new Promise((resolve) => {
      answerLate = resolve;
    });
  const before = await openPanel({ recommend });
  await eventually(() => assert.ok(before.sent.some(({ type }) => type === "recommend")));
  const { textsOf } = await openPanel();
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
  answerLate(answered([item("late")]));
  await afterSomeTurns();
  assert.deepEqual(textsOf(".card .title"), ["mug"]);
});

test("a change of the profile is shown without asking for recommendations", async () => {
  let numKnown = 1;
  const { one, sent, worker, textsOf } = await openPanel({ "state.get": () => ({ state: stateOf({ numKnown }) }) });
  await eventually(() => assert.equal(one("#known").textContent, "Knows 1 thing"));
  await eventually(() => assert.equal(textsOf(".card .title").length, 1));
  const before = sent.filter(({ type }) => type === "recommend").length;
  numKnown = 2;
  assert.deepEqual(await worker.runtime.sendMessage({ type: "state.changed" }), { ok: true });
  assert.equal(one("#known").textContent, "Knows 2 things");
  assert.equal(sent.filter(({ type }) => type === "recommend").length, before);
});

test("paused learning and unreadable records are mentioned", async () => {
  const { one } = await openPanel({}, { paused: true, unreadable: 3 });
  await eventually(() => assert.match(one("[data-notice=paused]").textContent, /^Learning is paused/));
  assert.match(one("#known").textContent, /3 entries could not be opened/);
  assert.equal(one("#pause").checked, true);
});

for (const [shelf, text, button] of /** @type {[{status: string, numItems: number}, RegExp, string | null][]} */ ([
  [{ status: "none", numItems: 0 }, /without cookies/, "See the whole shop"],
  [{ status: "reading", numItems: 0 }, /Reading this shop's catalogue…/, "Stop reading"],
  [
    { status: "reading", numItems: 750, total: 2000 },
    /Reading this shop's catalogue: 750 of about 2,000/,
    "Stop reading",
  ],
  [{ status: "read", numItems: 1234, total: 1234 }, /Products of this shop known here: 1,234/, null],
  [{ status: "read", numItems: 10_000, total: 25_000, reason: "limit" }, /: 10,000 of about 25,000/, null],
  [
    { status: "stopped", numItems: 250, total: 900 },
    /Reading stopped. Products known here: 250 of about 900/,
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
    await eventually(() => assert.match(one(".shelf").textContent, text));
    const isSaid = [...one(".shelf").querySelectorAll("p")].some((node) => !node.closest("[hidden]"));
    assert.equal(isSaid, ["reading", "stopped", "failed"].includes(shelf.status), "what is done is folded away");
    assert.deepEqual(textsOf(".shelf .small"), button ? [button] : []);
  });
}

test("the catalogue is not offered without consent, nor where only the page may be ranked", async () => {
  for (const state of [{ shelf: null }, { shelf: { status: "none", numItems: 0 }, mode: "page" }]) {
    const { document, sent } = await openPanel({}, state);
    await eventually(() => assert.ok(sent.some(({ type }) => type === "recommend")));
    assert.equal(document.querySelector(".shelf"), null);
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
  assert.equal(sent.filter(({ type }) => type === "shelf.stop").length, 1);
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

test("a page that shows other products is ranked anew, once for each change", async () => {
  let numChanges = 1;
  const tab = () => ({ ...stateOf().tab, reading: { isLearned: false, numChanges } });
  const { sent, worker } = await openPanel({ "state.get": () => ({ state: stateOf({ tab: tab() }) }) });
  const lists = () => sent.filter(({ type }) => type === "recommend").length;
  await eventually(() => assert.equal(lists(), 1));
  numChanges = 2;
  await worker.runtime.sendMessage({ type: "state.changed" });
  await eventually(() => assert.equal(lists(), 2));
  await worker.runtime.sendMessage({ type: "state.changed" });
  assert.equal(lists(), 2);
});

test("a shop that the browser lets the panel see only now is shown and ranked", async () => {
  /** @type {object | null} */
  let tab = { ...stateOf().tab, shop: null, url: null };
  const { one, worker, textsOf } = await openPanel({ "state.get": () => ({ state: stateOf({ tab }) }) });
  await eventually(() => assert.equal(one("#message h2").textContent, "Open a shop"));
  tab = stateOf().tab;
  await worker.runtime.sendMessage({ type: "state.changed" });
  await eventually(() => assert.deepEqual(textsOf(".card .title"), ["mug"]));
  assert.equal(one("#message").hidden, true);
  assert.equal(one("#shop").textContent, "a.example");
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

test("what was shown last is shown at once, without a reason, while a new list is made", async () => {
  const tabs = [{ id: 7, url: "https://a.example/other", active: true }];
  const shelf = { status: "read", numItems: 2 };
  const first = await openPanel(
    { recommend: () => answered([item("mug", { why: ["sea towel"] })], { mode: "shelf" }) },
    { shelf },
    tabs,
  );
  await eventually(() => assert.ok(first.state.session["list 7"]));
  assert.ok(!JSON.stringify(first.state.session).includes("sea towel"), "nothing that was looked at");
  for (const [mode, url, shown] of /** @type {[string, string, string[]][]} */ ([
    ["shelf", "https://a.example/other", ["mug"]],
    ["page", "https://a.example/other", []],
    ["page", "https://a.example/all", ["mug"]],
    ["shelf", "https://b.example/all", []],
  ])) {
    const kept = structuredClone(first.state.session);
    kept["list 7"].answer.mode = mode;
    /** @type {(value: object) => void} */
    let answerNow = () => {};
    const waiting = new Promise((resolve) => {
      answerNow = resolve;
    });
    const again = await openPanel({ recommend: () => waiting }, { shelf }, [{ id: 7, url, active: true }], kept);
    await eventually(() => assert.ok(again.sent.some(({ type }) => type === "recommend")));
    assert.deepEqual(again.textsOf(".card .title"), shown, `${mode} ${url}`);
    answerNow(answered([item("bowl")]));
    await eventually(() => assert.deepEqual(again.textsOf(".card .title"), ["bowl"]));
  }
});
