// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";
import { createListener } from "../../../extension/messaging/messages.js";
import { ORIGIN, createBrowser } from "./browser.js";

export { eventually } from "./waiting.js";

const extension = new URL("../../../extension/", import.meta.url);
/** @typedef {Record<string, {message: string, placeholders?: Record<string, {content: string}>}>} Texts */
let pages = 0;
const { setTimeout: waitFor, clearTimeout: forget } = globalThis;
/** Timers of the page that is open. @type {Set<NodeJS.Timeout>} */
const timers = new Set();

/**
 * Start a timer of a page. A long one, after which a page takes a notice away, does not hold up the end of the tests.
 * @param {(...values: any[]) => void} call @param {number} [ms] @param {...any} values
 */
function pageTimeout(call, ms = 0, ...values) {
  const timer = waitFor(call, ms, ...values);
  timers.add(timer);
  return ms < 1_000 ? timer : timer.unref();
}

/** @param {string} language @returns {Texts} of _locales */
export const textsIn = (language) =>
  JSON.parse(readFileSync(new URL(`_locales/${language}/messages.json`, extension), "utf8"));

/**
 * Return chrome.i18n over the real texts, as a browser in a locale that has texts.
 * @param {string} [locale] such as en-GB
 */
export function i18nOf(locale = "en-GB") {
  const texts = textsIn(locale.split("-")[0]);
  return {
    getUILanguage: () => locale,
    getMessage(/** @type {string} */ key, /** @type {string[]} */ values = []) {
      const { message = "", placeholders = {} } = texts[key] ?? {};
      return message.replace(/\$(\w+)\$/g, (_, /** @type {string} */ name) => {
        const place = Number(placeholders[name.toLowerCase()].content.slice(1));
        return values[place - 1];
      });
    },
  };
}

/** An observer for which all is in sight: jsdom lays nothing out. */
export class InSight {
  /** @param {(entries: {isIntersecting: boolean}[]) => void} call */
  constructor(call) {
    this.observe = () => queueMicrotask(() => call([{ isIntersecting: true }]));
  }
  disconnect() {}
}

/**
 * End the page before this one: all pages find their elements in one global document, and a late answer to that one would change this one's.
 * @param {any} chrome of this page, which gets no answer either once another is open
 */
function endPageBefore(chrome) {
  pages += 1;
  const page = pages;
  for (const timer of timers) forget(timer);
  timers.clear();
  const { sendMessage } = chrome.runtime;
  chrome.runtime.sendMessage = async (/** @type {any} */ message) => {
    const answer = await sendMessage(message);
    return page === pages ? answer : new Promise(() => {});
  };
}

/**
 * Open one of the extension's pages in jsdom, in place of the one before. The background behind it is the real gate in front of the handlers given here.
 * @param {"panel" | "popup" | "options" | "knows"} name
 * @param {{handlers?: Record<string, (fields: any) => any>, search?: string, locale?: string, windowId?: number, tabs?: import("./browser.js").FakeTab[], session?: Record<string, any>}} options handlers by message type
 */
export async function openPage(name, { handlers = {}, search = "", locale, windowId, tabs = [], session = {} }) {
  const html = readFileSync(new URL(`ui/${name}.html`, extension), "utf8");
  const { window } = new JSDOM(html, { url: `${ORIGIN}/ui/${name}.html${search}`, pretendToBeVisual: true });
  const browser = createBrowser();
  /** @type {any[]} */
  const sent = [];
  const recorded = Object.fromEntries(
    Object.entries(handlers).map(([type, handler]) => [
      type,
      async (/** @type {any} */ { actId, ...fields }) => {
        sent.push({ type, ...fields });
        return handler(fields);
      },
    ]),
  );
  browser.state.tabs = tabs;
  browser.state.session = session;
  const chrome = browser.context(`ui/${name}.html`, { windowId });
  chrome.i18n = i18nOf(locale);
  endPageBefore(chrome);
  const worker = browser.context("background.js");
  /** @type {any} */
  const world = globalThis;
  const { document, location, HTMLElement, HTMLInputElement, Node } = window;
  Object.assign(world, { window, document, location, HTMLElement, HTMLInputElement, Node, chrome });
  world.IntersectionObserver = InSight;
  if (world.setTimeout === waitFor) world.setTimeout = pageTimeout;
  const { HTMLDialogElement } = window;
  HTMLDialogElement.prototype.showModal ??= function showModal() {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function close() {
    this.open = false;
    this.dispatchEvent(new window.Event("close"));
  };
  const noting = { "images.show": async () => ({}) };
  worker.runtime.onMessage.addListener(createListener("background", /** @type {any} */ ({ ...noting, ...recorded })));
  /** What the page tells the others that are open. @type {string[]} */
  const told = [];
  worker.runtime.onMessage.addListener((/** @type {any} */ { type }) => {
    if (!Object.hasOwn(handlers, type) && type !== "images.show") told.push(type);
    return false;
  });
  await import(new URL(`ui/${name}.js?page=${pages}`, extension).href);
  return {
    window,
    document,
    chrome,
    worker,
    sent,
    told,
    state: browser.state,
    /** @param {string} selector @returns {any} the one element that matches */
    one(selector) {
      const found = document.querySelectorAll(selector);
      assert.equal(found.length, 1, `${selector}: ${found.length} elements`);
      return found[0];
    },
    /** @param {string} selector @returns {string[]} */
    textsOf: (selector) => [...document.querySelectorAll(selector)].map((node) => node.textContent ?? ""),
  };
}

/** @param {Record<string, any>} [changes] @returns {Record<string, any>} the `state` of the background's answers */
export const stateOf = (changes = {}) => ({
  serverUrl: "",
  serverIsMine: false,
  mode: "auto",
  paused: false,
  consents: [],
  numKnown: 0,
  numDismissed: 0,
  unreadable: 0,
  packs: [],
  shelf: null,
  tab: { tabId: 7, url: "https://a.example/all", shop: "a.example", isIncognito: false, isConsented: false },
  ...changes,
});
