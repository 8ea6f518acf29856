// @ts-check
// The content script in a shop's page, as jsdom runs it: what it hands over, when, and what it keeps to itself.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { JSDOM, VirtualConsole } from "jsdom";
import { ID, fakeEvent } from "../fakes/browser.js";

const SCRIPT = ["generated/click-words.js", "content/content.js"]
  .map((file) => readFileSync(new URL(`../../../extension/${file}`, import.meta.url), "utf8"))
  .join("\n");
const URL_OF_PAGE = "https://a.example/mug";

/** @param {string} body @param {{isHidden?: boolean, isDeaf?: boolean}} [options] isDeaf: the extension was updated under the page */
function openShopPage(body, { isHidden = false, isDeaf = false } = {}) {
  const { window } = new JSDOM(`<html><body>${body}</body></html>`, {
    url: URL_OF_PAGE,
    runScripts: "outside-only",
    virtualConsole: new VirtualConsole(),
  });
  /** @type {any} */
  const page = window;
  /** @type {any[]} */
  const sent = [];
  const onMessage = fakeEvent();
  page.chrome = {
    runtime: {
      id: ID,
      onMessage,
      async sendMessage(/** @type {any} */ message) {
        if (isDeaf) throw new Error("Extension context invalidated.");
        sent.push(message);
        return { ok: true, stored: true };
      },
    },
  };
  page.navigation = new window.EventTarget();
  let visibility = isHidden ? "hidden" : "visible";
  Object.defineProperty(window.document, "visibilityState", { get: () => visibility });
  const run = () => window.eval(SCRIPT);
  run();
  return {
    window,
    page,
    sent,
    run,
    kinds: () => sent.map(({ kind }) => kind),
    show() {
      visibility = "visible";
      window.document.dispatchEvent(new window.Event("visibilitychange"));
    },
    /** @param {string} selector */
    click(selector) {
      const target = window.document.querySelector(selector);
      assert.ok(target instanceof window.HTMLElement, selector);
      target.click();
    },
    /** @param {any} message @param {any} sender @returns {any[]} the answers */
    ask(message, sender) {
      /** @type {any[]} */
      const answers = [];
      onMessage.fire(message, sender, (/** @type {any} */ answer) => answers.push(answer));
      return answers;
    },
  };
}

const settled = () =>
  new Promise((resolve) => {
    setTimeout(resolve, 5);
  });

test("a page that is seen is handed over once, whole", async () => {
  const { sent, run } = openShopPage("<h1>Oak mug</h1>");
  await settled();
  run();
  await settled();
  assert.equal(sent.length, 1, "a second injection does nothing");
  const [{ type, url, kind, html }] = sent;
  assert.deepEqual([type, url, kind], ["page.seen", URL_OF_PAGE, "view"]);
  assert.match(html, /^<html>.*<h1>Oak mug<\/h1>.*<\/html>$/s);
});

test("a page in a tab behind counts when it comes to the front", async () => {
  const { kinds, show } = openShopPage("<h1>Oak mug</h1>", { isHidden: true });
  await settled();
  assert.deepEqual(kinds(), []);
  show();
  show();
  await settled();
  assert.deepEqual(kinds(), ["view"]);
});

for (const [html, kind] of /** @type {[string, string | undefined][]} */ ([
  ["<button>Add to cart</button>", "cart"],
  ["<button><span>Added to bag</span></button>", "cart"],
  ["<button>In den Warenkorb</button>", "cart"],
  ['<input type="submit" value="Buy now">', "cart"],
  ['<div role="button" aria-label="Ajouter au panier">+</div>', "cart"],
  ['<a title="Add to wishlist">♥</a>', "wishlist"],
  ["<button>Merkzettel</button>", "wishlist"],
  ["<button>Details</button>", undefined],
  ["<p>Add to cart</p>", undefined],
  ["<header><button>Wishlist</button></header>", undefined],
  ["<nav><a>Buy now</a></nav>", undefined],
  [`<button>Add to cart ${"and more ".repeat(30)}</button>`, undefined],
])) {
  test(`a click on ${html.slice(0, 45)} means ${kind ?? "nothing"}`, async () => {
    const { kinds, click } = openShopPage(html);
    await settled();
    click("button, input, [role=button], a, p");
    await settled();
    assert.deepEqual(kinds().slice(1), kind ? [kind] : []);
  });
}

test("a change of address without loading is another view, a fragment is not", async () => {
  const { window, page, sent } = openShopPage("<h1>Oak mug</h1>");
  await settled();
  window.history.pushState({}, "", "/bowl");
  page.navigation.dispatchEvent(new window.Event("navigatesuccess"));
  window.history.pushState({}, "", "/bowl#reviews");
  page.navigation.dispatchEvent(new window.Event("navigatesuccess"));
  await settled();
  assert.deepEqual(
    sent.map(({ url }) => url),
    [URL_OF_PAGE, "https://a.example/bowl"],
  );
});

test("the background gets the page, and the links that nobody sees", async () => {
  const { window, ask } = openShopPage('<a href="/1">1</a><a href="/2" hidden>2</a><a href="/3">3</a>');
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
    assert.deepEqual(openShopPage("<h1>Oak mug</h1>").ask(message, sender), []);
  });
}

test("an extension that was updated meanwhile breaks nothing in the page", async () => {
  const { page, click } = openShopPage("<button>Add to cart</button>", { isDeaf: true });
  /** @type {any[]} */
  const logged = [];
  page.console.debug = (/** @type {any[]} */ ...values) => logged.push(values);
  await settled();
  click("button");
  await settled();
  assert.equal(logged.length, 2);
});
