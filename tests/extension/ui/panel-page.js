// @ts-check
// The side panel in jsdom, opened for tab 7, with known answers from the background.
import { CarryoverError } from "../../../extension/values/errors.js";
import { openPage, stateOf } from "../fakes/page.js";

/** @param {string} title @param {object} [more] */
export const item = (title, more = {}) => ({
  itemId: title,
  url: `https://a.example/${title}`,
  title,
  score: 1,
  why: [],
  ...more,
});
/** @param {object[]} items @param {object} [more] */
export const answered = (items, more = {}) => ({
  recommendations: { items, mode: "own", basis: "taste", shop: "a.example", ...more },
});
/** @param {Record<string, any>} [handlers] @param {Record<string, any>} [state] @param {import("../fakes/browser.js").FakeTab[]} [tabs] @param {Record<string, any>} [session] what the browser remembers */
export const openPanel = (handlers = {}, state = {}, tabs = [], session = {}) =>
  openPage("panel", {
    search: "?tab=7",
    tabs,
    session,
    handlers: {
      "state.get": () => ({ state: stateOf(state) }),
      "saved.get": () => ({ items: [] }),
      recommend: () => answered([item("mug")]),
      ...handlers,
    },
  });

/** Return a handler that refuses. @param {string} code of the refusal */
export const failing = (/** @type {string} */ code) => () => {
  throw new CarryoverError(code, `The message of ${code}.`);
};

/** Wait as long as a page would need to do what it must not do. */
export const afterSomeTurns = () =>
  new Promise((resolve) => {
    setTimeout(resolve, 30);
  });
