// @ts-check
// What the panel says about a shop's catalogue, and the one button that belongs to it.
import { element } from "./elements.js";
import { numberText, t } from "./texts.js";

/** @typedef {import("../generated/contract-types.js").ShelfState} ShelfState */

/** @param {ShelfState} shelf @returns {string} how far the reading is, in words */
export function shelfText({ status, numItems, total, reason }) {
  if (status === "none") return t("shelfHint");
  if (status === "failed") return t(`shelfFailed_${reason}`);
  if (status === "reading" && numItems === 0) return t("shelfBeginning");
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
 * Return the button of a catalogue's state.
 * @param {ShelfState} shelf
 * @param {(message: "shelf.read" | "shelf.stop") => () => Promise<void>} act returns what a click does
 * @returns {HTMLElement | null}
 */
export function shelfButton({ status }, act) {
  const button = BUTTONS[status];
  if (!button) return null;
  const name = button.message.replace(".", "-");
  return element(
    "button",
    { class: "plain small", type: "button", id: "shelf-button", onclick: act(button.message), "data-action": name },
    t(button.text),
  );
}
