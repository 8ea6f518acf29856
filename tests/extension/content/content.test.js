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
  const [{ actId, ...stayed }] = told().slice(1);
  assert.deepEqual(stayed, { type: "page.stayed", itemId: "a" });
  assert.match(actId, /^[0-9a-f]{16}$/);
  await advance(600_000);
  assert.equal(told().length, 2, "once a look");
});

test("an act that nobody answered is offered again under its id", async () => {
  let numFailures = 0;
  const { told, advance } = open("<h1>Oak mug</h1>", {
    answer: async (message) => {
      numFailures += 1;
      if (numFailures < 3) throw new Error("The message port closed before a response was received.");
      return learnsAll(message);
    },
  });
  await advance(10_000);
  assert.equal(told().length, 3);
  assert.equal(new Set(told().map(({ actId }) => actId)).size, 1);
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
  assert.deepEqual([told().length, logged.length], [1, 1], "nothing is sent again, and nothing is listened to");
});

test("a worker that never answers is asked again, and an answer that may change, too", async () => {
  const answers = [
    () => new Promise(() => {}),
    async () => ({ ok: false, error: { code: "storage_full", message: "Expected room." } }),
    async () => ({ ok: true, stored: true, product: MUG }),
  ];
  const opened = openShopPage("<html><body><h1>Oak mug</h1></body></html>", {
    url: URL_OF_PAGE,
    answer: (message) => {
      if (message.type !== "page.seen") return Promise.resolve({ ok: true });
      const next = answers.shift();
      assert.ok(next, "no more is asked");
      // One that never answers would hold up the clock of the page.
      return /** @type {Promise<any>} */ (
        answers.length === 2 ? { catch: () => Promise.resolve(), then: () => {} } : next()
      );
    },
  });
  await opened.advance(60_000);
  assert.equal(answers.length, 0);
  assert.equal(new Set(opened.sent.filter(({ type }) => type === "page.seen").map(({ actId }) => actId)).size, 1);
});

test("a refusal is final, and nothing is offered for ever", async () => {
  const refused = open("<h1>Oak mug</h1>", {
    answer: async () => ({ ok: false, error: { code: "forbidden_sender", message: "No." } }),
  });
  await refused.advance(1_000_000);
  assert.equal(refused.told().length, 1);
  const alone = open("<h1>Oak mug</h1>", {
    answer: async () => {
      throw new Error("Could not establish connection.");
    },
  });
  await alone.advance(3_600_000);
  assert.equal(alone.told().length, 9);
});

test("what waits is offered a last time when the page goes away, and at once when it comes back", async () => {
  const { window, told, advance } = open("<h1>Oak mug</h1>", {
    answer: async () => {
      throw new Error("Could not establish connection.");
    },
  });
  await advance(5000);
  const before = told().length;
  window.dispatchEvent(new window.Event("pagehide"));
  await advance(0);
  assert.equal(told().length, before + 1);
  const shown = new window.Event("pageshow");
  Object.defineProperty(shown, "persisted", { value: true });
  window.dispatchEvent(shown);
  await advance(0);
  assert.equal(told().length, before + 2);
  assert.equal(new Set(told().map(({ actId }) => actId)).size, 1);
});

test("acts come in their order, and a click is offered before its page goes away", async () => {
  /** @type {(answer: any) => void} */
  let answerView = () => {};
  const { one, window, sent, advance } = openShopPage(
    "<html><body><h1>Oak mug</h1><button>Add to cart</button></body></html>",
    {
      url: URL_OF_PAGE,
      answer: (message) =>
        message.kind === "view"
          ? /** @type {any} */ ({
              catch: () => Promise.resolve(),
              then: (/** @type {any} */ resolve) => void (answerView = resolve),
            })
          : Promise.resolve({ ok: true, stored: true }),
    },
  );
  const kinds = () => sent.filter(({ type }) => type === "page.seen").map(({ kind }) => kind);
  await advance(1000);
  one("button").click();
  await advance(1000);
  assert.deepEqual(kinds(), ["view"], "the click waits for the view");
  window.dispatchEvent(new window.Event("pagehide"));
  assert.deepEqual(kinds(), ["view", "view", "cart"]);
  answerView({ ok: true, stored: true, product: MUG });
  await advance(1000);
  assert.deepEqual(kinds(), ["view", "view", "cart", "cart"]);
  const [, , first, second] = sent.filter(({ type }) => type === "page.seen");
  assert.equal(first.actId, second.actId);
});

test("a click whose way is known only when its page goes away is offered then, behind a view that waits", async () => {
  const { one, window, sent, advance } = openShopPage(
    '<html><body><h1>Oak mug</h1><button aria-pressed="false">Wishlist</button></body></html>',
    { url: URL_OF_PAGE, answer: () => /** @type {any} */ ({ catch: () => Promise.resolve(), then: () => {} }) },
  );
  const kinds = () => sent.filter(({ type }) => type === "page.seen").map(({ kind }) => kind);
  await advance(1000);
  one("button").click();
  one("button").setAttribute("aria-pressed", "true");
  assert.deepEqual(kinds(), ["view"]);
  window.dispatchEvent(new window.Event("pagehide"));
  assert.equal(kinds().at(-1), "wishlist");
});

test("after an erase nothing that waits is offered any more", async () => {
  const { told, ask, advance } = open("<h1>Oak mug</h1>", {
    answer: async () => {
      throw new Error("Could not establish connection.");
    },
  });
  await advance(1000);
  const before = told().length;
  assert.equal(ask({ type: "page.forget" }, { id: ID }).length, 1);
  await advance(3_600_000);
  assert.equal(told().length, before);
});

test("a page that a script of an earlier version has read says so once", async () => {
  const { told, one, advance } = open("<h1>Oak mug</h1>", {
    answer: learnsAll,
    prepare: (page) => {
      page.carryoverIsAgain = true;
    },
  });
  await advance(1000);
  one("h1").textContent = "Oak bowl";
  await advance(5000);
  assert.deepEqual(
    told().map(({ isAgain }) => isAgain),
    [true, undefined],
  );
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
