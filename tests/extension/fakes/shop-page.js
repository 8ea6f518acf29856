// @ts-check
// A shop's page in jsdom with the content scripts in it. Time stands still but for `advance`, and the background is handed in.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { JSDOM, VirtualConsole } from "jsdom";
import { CONTENT_SCRIPTS } from "../../../extension/background/content-scripts.js";
import { ID, fakeEvent } from "./browser.js";

const SCRIPT = CONTENT_SCRIPTS.filter((file) => !file.endsWith("product-image.js"))
  .map((file) => readFileSync(new URL(`../../../extension/${file}`, import.meta.url), "utf8"))
  .join("\n");

/**
 * The markup of an element's content as getHTML gives it, which jsdom has not.
 * @param {any} root an element or a shadow tree @param {any[]} shadowRoots those to write
 * @returns {string}
 */
function markupIn(root, shadowRoots) {
  return [...root.childNodes]
    .map((/** @type {any} */ node) => {
      if (node.nodeType !== 1) return node.nodeType === 3 ? node.data : "";
      const tree = shadowRoots.find(({ host }) => host === node);
      const template = tree ? `<template shadowrootmode="${tree.mode}">${markupIn(tree, shadowRoots)}</template>` : "";
      // eslint-disable-next-line no-restricted-properties -- read, never written
      const shell = node.cloneNode(false).outerHTML;
      const [end] = /(?:<\/[\w-]+>)?$/.exec(shell) ?? [""];
      return shell.slice(0, shell.length - end.length) + template + markupIn(node, shadowRoots) + end;
    })
    .join("");
}

/**
 * Let content scripts read closed shadow trees, as Chromium does; and where jsdom has no layout, the first button of a tree is under the pointer.
 * @param {any} page @returns {{openOrClosedShadowRoot: (element: any) => any}} chrome.dom
 */
function openTrees(page) {
  const roots = new WeakMap();
  const { attachShadow } = page.Element.prototype;
  page.Element.prototype.attachShadow = function attach(/** @type {any} */ how) {
    roots.set(this, attachShadow.call(this, how));
    return roots.get(this);
  };
  page.ShadowRoot.prototype.elementFromPoint = function elementFromPoint() {
    return this.querySelector("button");
  };
  return { openOrClosedShadowRoot: (element) => roots.get(element) ?? null };
}

/** Let everything run that waits for no timer of the page. */
export const turn = () =>
  new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });

/** Timers of a page, which go off when `advance` comes to their time. */
export function createClock() {
  let now = 1000;
  let lastId = 0;
  /** @type {Map<number, {at: number, act: () => void}>} */
  const timers = new Map();
  return {
    now: () => now,
    /** @param {() => void} act @param {number} [ms] */
    setTimer(act, ms = 0) {
      lastId += 1;
      timers.set(lastId, { at: now + Math.max(0, Number(ms) || 0), act });
      return lastId;
    },
    /** @param {number} id */
    clearTimer: (id) => void timers.delete(id),
    /** @param {number} ms @param {() => Promise<unknown>} [settle] what is waited for before the next timer */
    async advance(ms, settle = turn) {
      const end = now + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0]);
        if (!next) break;
        timers.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].act();
        await settle();
      }
      now = end;
    },
  };
}

/**
 * @typedef {object} Options
 * @property {string} url
 * @property {boolean} [isHidden] the page is in a tab behind
 * @property {(message: any) => Promise<any>} [answer] the background
 * @property {(window: any) => void} [prepare] runs before the page's own scripts
 * @property {boolean} [hasScripts] whether the page's own scripts run
 * @property {(url: string) => string} [resource] the text of a script at an address
 */

/** @param {string} html @param {Options} options */
export function openShopPage(html, { url, isHidden = false, answer, prepare, hasScripts = false, resource }) {
  const clock = createClock();
  /** @type {Set<Promise<any>>} */
  const pending = new Set();
  /** @type {any[]} */
  const sent = [];
  /** @type {any[]} */
  const logged = [];
  const onMessage = fakeEvent();
  /** @type {any} */
  let dom;
  const { window } = new JSDOM(html, {
    url,
    runScripts: hasScripts ? "dangerously" : "outside-only",
    virtualConsole: new VirtualConsole(),
    beforeParse(/** @type {any} */ page) {
      page.setTimeout = clock.setTimer;
      page.clearTimeout = clock.clearTimer;
      page.performance.now = clock.now;
      page.Element.prototype.getHTML = function getHTML(/** @type {any} */ { shadowRoots }) {
        return markupIn(this, shadowRoots);
      };
      dom = openTrees(page);
      prepare?.(page);
    },
  });
  /** @type {any} */
  const page = window;
  page.chrome = {
    dom,
    runtime: {
      id: ID,
      onMessage,
      sendMessage(/** @type {any} */ said) {
        const message = JSON.parse(JSON.stringify(said));
        sent.push(message);
        const reply = answer ? answer(message) : Promise.resolve({ ok: true, stored: true, reason: "same" });
        const settled = reply.catch(() => undefined);
        pending.add(settled);
        void settled.finally(() => pending.delete(settled));
        return reply;
      },
    },
  };
  page.console.debug = (/** @type {any[]} */ ...values) => void logged.push(values);
  let visibility = isHidden ? "hidden" : "visible";
  Object.defineProperty(window.document, "visibilityState", { get: () => visibility });
  for (const script of resource ? window.document.querySelectorAll("script[src]") : [])
    window.eval(/** @type {(url: string) => string} */ (resource)(/** @type {any} */ (script).src));
  const run = () => window.eval(SCRIPT);
  run();
  const settle = async () => {
    await turn();
    while (pending.size > 0) {
      await Promise.all(pending);
      await turn();
    }
  };
  return {
    window,
    page,
    sent,
    logged,
    run,
    /** @param {number} ms */
    advance: (ms) => clock.advance(ms, settle),
    kinds: () => sent.filter(({ type }) => type === "page.seen").map(({ kind }) => kind),
    /** @param {boolean} isShown */
    show(isShown) {
      visibility = isShown ? "visible" : "hidden";
      window.document.dispatchEvent(new window.Event("visibilitychange"));
    },
    /** @param {string} selector of an element, or of several, each in the shadow tree of the one before @returns {any} */
    one(selector) {
      const found = selector
        .split(" >>> ")
        .reduce((/** @type {any} */ root, part) => (root.shadowRoot ?? root).querySelector(part), window.document);
      assert.ok(found, selector);
      return found;
    },
    /** @param {any} message @param {any} sender @returns {any[]} the answers */
    ask(message, sender) {
      /** @type {any[]} */
      const answers = [];
      onMessage.fire(message, sender, (/** @type {any} */ one) => answers.push(one));
      return answers;
    },
  };
}
