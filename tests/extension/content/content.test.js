// @ts-check
// The content scripts in a shop's page, as jsdom runs them: what they hand over, when, and what they keep to themselves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ID } from "../fakes/browser.js";
import { openShopPage } from "../fakes/shop-page.js";

const URL_OF_PAGE = "https://a.example/mug";
const MUG = { itemId: "a", title: "Oak mug" };

/** @param {string} body @param {Partial<import("../fakes/shop-page.js").Options>} [options] */
const open = (body, options) => {
  const opened = openShopPage(`<html><body>${body}</body></html>`, { url: URL_OF_PAGE, ...options });
  return { ...opened, told: () => opened.sent.filter(({ type }) => type !== "page.changed") };
};
/** A background that learns whatever it is told. @param {any} message */
const learnsAll = async ({ kind }) => ({ ok: true, stored: true, ...(kind === "view" && { product: MUG }) });

test("a page that is seen is handed over once, whole", async () => {
  const { told, advance } = open("<h1>Oak mug</h1>", { answer: learnsAll });
  await advance(5000);
  assert.equal(told().length, 1);
  const [{ type, url, kind, html, before, isSettling }] = told();
  assert.deepEqual([type, url, kind, before, isSettling], ["page.seen", URL_OF_PAGE, "view", undefined, true]);
  assert.match(html, /^<html>.*<h1>Oak mug<\/h1>.*<\/html>$/s);
});

test("a second injection reads the page again: the shop may have been allowed meanwhile", async () => {
  const { kinds, run, advance } = open("<h1>Oak mug</h1>");
  await advance(1000);
  run();
  await advance(1000);
  assert.deepEqual(kinds(), ["view", "view"]);
});

test("a page in a tab behind counts when it comes to the front", async () => {
  const { kinds, show, advance } = open("<h1>Oak mug</h1>", { isHidden: true, answer: learnsAll });
  await advance(60_000);
  assert.deepEqual(kinds(), []);
  show(true);
  show(true);
  await advance(1000);
  assert.deepEqual(kinds(), ["view"]);
});

test("who looks for 30 seconds in all counts once more, hidden time not counted", async () => {
  const { told, show, advance } = open("<h1>Oak mug</h1>", { answer: learnsAll });
  await advance(20_000);
  show(false);
  await advance(600_000);
  show(true);
  await advance(9000);
  assert.equal(told().length, 1);
  await advance(2000);
  assert.deepEqual(told().slice(1), [{ type: "page.stayed", itemId: "a" }]);
  await advance(600_000);
  assert.equal(told().length, 2, "once a look");
});

test("a message that nobody answered is sent again, and says so", async () => {
  let numFailures = 0;
  const { told, advance } = open("<h1>Oak mug</h1>", {
    answer: async (message) => {
      numFailures += 1;
      if (numFailures < 3) throw new Error("The message port closed before a response was received.");
      return learnsAll(message);
    },
  });
  await advance(10_000);
  assert.deepEqual(
    told().map(({ isResent }) => isResent),
    [undefined, true, true],
  );
  assert.equal(new Set(told().map(({ html }) => html)).size, 1, "the page as it was seen");
});

test("the background gets the page, and the links that nobody sees", async () => {
  const { window, ask } = open('<a href="/1">1</a><a href="/2" hidden>2</a><a href="/3">3</a>');
  /** @type {any} */ (window.Element.prototype).checkVisibility = function checkVisibility() {
    return !this.hasAttribute("hidden");
  };
  const [answer, ...others] = ask({ type: "page.extract" }, { id: ID });
  assert.deepEqual([answer.ok, answer.url, [...answer.hidden]], [true, URL_OF_PAGE, [1]]);
  assert.match(answer.html, /<a href="\/3">3<\/a>/);
  assert.deepEqual(others, []);
});

for (const [name, message, sender] of /** @type {[string, any, any][]} */ ([
  ["another extension", { type: "page.extract" }, { id: "other" }],
  ["a tab of the extension", { type: "page.extract" }, { id: ID, tab: { id: 1 } }],
  ["another message", { type: "state.changed" }, { id: ID }],
  ["no message", undefined, { id: ID }],
])) {
  test(`the page is not handed to ${name}`, () => {
    assert.deepEqual(open("<h1>Oak mug</h1>").ask(message, sender), []);
  });
}

test("an extension that was updated meanwhile breaks nothing in the page", async () => {
  /** @type {any} */
  let page;
  const { one, told, logged, advance } = open("<button>Add to cart</button>", {
    prepare: (window) => {
      page = window;
    },
    answer: async () => {
      delete page.chrome.runtime.id;
      throw new Error("Extension context invalidated.");
    },
  });
  await advance(10_000);
  one("button").click();
  await advance(10_000);
  assert.deepEqual([told().length, logged.length], [2, 2], "nothing is sent again");
});

test("a page mode's list that grows is told, small changes are not", async () => {
  const { window, sent, advance } = open('<ul><li><a href="/1">1</a></li></ul>', {
    answer: async () => ({ ok: true, stored: false, reason: "listing" }),
  });
  const add = (/** @type {number} */ n) => {
    for (let i = 0; i < n; i += 1) {
      const link = window.document.createElement("a");
      link.href = `/more/${i}`;
      window.document.body.append(link);
    }
  };
  const changed = { type: "page.changed", url: URL_OF_PAGE };
  await advance(30_000);
  add(2);
  await advance(1000);
  assert.deepEqual(sent.slice(1), [changed], "the page that came");
  add(4);
  await advance(1000);
  assert.deepEqual(sent.slice(1), [changed, changed]);
});
