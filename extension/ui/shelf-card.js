// @ts-check
// What the panel says about a shop's catalogue, and the one button that belongs to it.
import { send } from "../messaging/messages.js";
import { element } from "./elements.js";
import { tabField } from "./tab.js";
import { numberText, t } from "./texts.js";

/**
 * @typedef {import("../generated/contract-types.js").State} State
 * @typedef {import("../generated/contract-types.js").ShelfState} ShelfState
 */

/** @param {ShelfState} shelf @returns {string} how far the reading is, in words */
export function shelfText({ status, numItems, total, reason }) {
  if (status === "none") return t("shelfHint");
  if (status === "failed") return t(`shelfFailed_${reason}`);
  const isPartOfAll = total !== undefined && total > numItems;
  const count = isPartOfAll ? t("shelfCountOf", numberText(numItems), numberText(total)) : numberText(numItems);
  if (status === "reading") return t("shelfReading", count);
  return t(status === "read" ? "shelfRead" : "shelfStopped", count);
}

/** The button of each state. @type {Record<ShelfState["status"], {message: "shelf.read" | "shelf.stop", text: string} | null>} */
const BUTTONS = {
  none: { message: "shelf.read", text: "shelfOffer" },
  reading: { message: "shelf.stop", text: "shelfStop" },
  stopped: { message: "shelf.read", text: "shelfResume" },
  failed: { message: "shelf.read", text: "retry" },
  read: null,
};

/**
 * Return what says how far a shop's catalogue has been read, with its button; nothing where no catalogue may be read.
 * @param {State} state
 * @param {(state: State) => void} onChange
 * @param {(error: unknown) => void} onError
 * @returns {HTMLElement[]}
 */
export function shelfCard({ shelf, mode }, onChange, onError) {
  if (!shelf || mode === "page") return [];
  const button = BUTTONS[shelf.status];
  const act = async () => {
    try {
      if (button) onChange((await send({ type: button.message, ...tabField() })).state);
    } catch (error) {
      onError(error);
    }
  };
  return [
    element(
      "section",
      { class: "consent shelf", "data-status": shelf.status },
      element("p", { class: "quiet", id: "shelf" }, shelfText(shelf)),
      button &&
        element(
          "button",
          { class: "plain", type: "button", onclick: act, "data-action": button.message.replace(".", "-") },
          t(button.text),
        ),
    ),
  ];
}
