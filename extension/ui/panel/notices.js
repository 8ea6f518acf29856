// @ts-check
// What a shopper should know beside the list: short lines, each with one way out where there is one.
import { element } from "../elements.js";
import { errorText, t } from "../texts.js";
import { CarryoverError } from "../../values/errors.js";

/**
 * @typedef {import("../../generated/contract-types.js").State} State
 * @typedef {import("../../generated/contract-types.js").Recommendations} Recommendations
 */

/** @param {NonNullable<Recommendations["problem"]>} problem @returns {string} */
function problemText({ code, message }) {
  return code === "server_unreachable" ? t("rankedWithout") : errorText(new CarryoverError(code, message));
}

/** @param {Recommendations} answer @returns {string} what kind of list this is, where it is not the shopper's taste */
function basisText({ basis }) {
  if (basis === "first_screen") return t("firstScreen");
  return basis === "page_order" ? t("pageOrder") : "";
}

/**
 * Return the notices above a list.
 * @param {State} state
 * @param {Recommendations | null} answer
 * @param {{isOnline: boolean, isPicking: boolean, onResume: () => void}} around
 * @returns {HTMLElement[]}
 */
export function noticesOf(state, answer, { isOnline, isPicking, onResume }) {
  const notices = [];
  const notice = (/** @type {string} */ name, /** @type {(Node | string)[]} */ ...content) =>
    element("div", { class: "notice line", "data-notice": name }, ...content);
  if (state.paused) {
    const resume = element(
      "button",
      { class: "link", type: "button", onclick: onResume, "data-action": "resume" },
      t("resume"),
    );
    notices.push(notice("paused", element("p", {}, `${t("paused")}. ${t("pausedHint")}`), resume));
  }
  if (!isOnline) notices.push(notice("offline", element("p", {}, t("offline"))));
  if (answer?.problem) notices.push(notice("problem", element("p", {}, problemText(answer.problem))));
  const basis = answer && !isPicking && answer.items.length > 0 ? basisText(answer) : "";
  if (basis) notices.push(notice("basis", element("p", { class: "quiet" }, basis)));
  return notices;
}
