// @ts-check
// The line that says in a word where the list comes from, and behind it what leaves this device.
import { send } from "../../messaging/messages.js";
import { element } from "../elements.js";
import { consentLine } from "../shop-controls.js";
import { shelfButton, shelfText } from "../shelf-card.js";
import { tabField } from "../tab.js";
import { signerText, t } from "../texts.js";

/**
 * @typedef {import("../../generated/contract-types.js").State} State
 * @typedef {import("../../generated/contract-types.js").Recommendations} Recommendations
 * @typedef {{onChange: (state: State) => void, onError: (error: unknown) => void, isAsking: boolean}} Reactions
 *   isAsking: the question for consent stands above, and is not asked twice
 */

/** States of a catalogue that are said without being asked for. */
const SAID = ["reading", "stopped", "failed"];
/** Whether what leaves this device is shown; kept while the line is built anew. */
let isOpen = false;

/** @param {NonNullable<State["shelf"]>} shelf @returns {HTMLElement} how far the reading is */
function shelfLine(shelf) {
  const isCounted = shelf.status === "reading" && shelf.total !== undefined && shelf.total > 0;
  return element(
    "div",
    { class: "progress" },
    element("p", { class: "quiet", id: "shelf" }, shelfText(shelf)),
    isCounted &&
      element("progress", {
        max: shelf.total,
        value: Math.min(shelf.numItems, shelf.total ?? 0),
        "aria-labelledby": "shelf",
      }),
  );
}

/** @param {State} state @returns {string} what became of the page in front, empty where nothing was to be learned */
function readingText({ tab }) {
  const reading = tab?.reading;
  if (!reading || !tab?.isConsented) return "";
  if (reading.isLearned) return t("learned");
  const { verdict, reason = "" } = reading;
  if (/^(?:sensitive_|private_path|personal_url)/.test(reason)) return t("notLearnedPrivate");
  if (/^(?:unsure|unclear|unchanged)$/.test(reason)) return t("notLearnedUnsure");
  return verdict && verdict !== "product" ? t("notLearned") : "";
}

/** @param {State} state @param {Recommendations | null} answer @param {Reactions} reactions @returns {HTMLElement} */
function leavesOf(state, answer, reactions) {
  const pack = answer?.pack ? signerText(answer.pack) : "";
  const texts = [answer ? t(`${answer.mode}Mode`) : "", pack, state.shelf?.status === "none" ? t("shelfHint") : ""];
  return element(
    "div",
    { class: "leaves quiet", id: "leaves", hidden: !isOpen },
    ...texts.filter(Boolean).map((text) => element("p", {}, text)),
    state.shelf?.status === "read" && shelfLine(state.shelf),
    readingText(state) && element("p", { id: "reading" }, readingText(state)),
    state.tab?.shop && !reactions.isAsking && consentLine(state, reactions.onChange, reactions.onError),
  );
}

/**
 * Return the line of a shop's list.
 * @param {State} state whose tab shows a shop
 * @param {Recommendations | null} answer
 * @param {Reactions} reactions
 * @returns {HTMLElement}
 */
export function originLine(state, answer, reactions) {
  const shelf = state.mode === "page" ? null : state.shelf;
  const word = answer ? t(`${answer.mode}Word`) : "";
  const leaves = leavesOf({ ...state, shelf }, answer, reactions);
  const act = (/** @type {"shelf.read" | "shelf.stop"} */ type) => async () => {
    try {
      reactions.onChange((await send({ type, ...(await tabField()) })).state);
    } catch (error) {
      reactions.onError(error);
    }
  };
  /** @param {boolean} isWanted */
  function open(isWanted) {
    isOpen = isWanted;
    leaves.hidden = !isOpen;
    toggle.setAttribute("aria-expanded", String(isOpen));
  }
  const toggle = element(
    "button",
    {
      class: "disclose",
      type: "button",
      "aria-expanded": isOpen,
      "aria-controls": "leaves",
      "data-action": "leaves",
      title: t("whatLeaves"),
      onclick: () => open(!isOpen),
    },
    element("span", { class: "shop", id: "shop", dir: "ltr" }, state.tab?.shop ?? ""),
    element("span", { class: "quiet", id: "note" }, word),
  );
  return element(
    "section",
    {
      class: shelf ? "origin shelf" : "origin",
      "data-status": shelf?.status,
      "data-consented": state.tab?.isConsented,
      onkeydown: (/** @type {KeyboardEvent} */ { key }) => {
        if (key !== "Escape" || !isOpen) return;
        open(false);
        toggle.focus();
      },
    },
    element("div", { class: "line" }, toggle, shelf && shelfButton(shelf, act)),
    shelf && SAID.includes(shelf.status) && shelfLine(shelf),
    leaves,
  );
}
