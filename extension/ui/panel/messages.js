// @ts-check
// What stands in place of a list: why there is none, and what to do.
import { CarryoverError } from "../../values/errors.js";
import { element } from "../elements.js";
import { errorText, t } from "../texts.js";
import { unlockForm } from "../unlock.js";

/**
 * @typedef {import("../../generated/contract-types.js").Choice} Choice
 * @typedef {import("../../generated/contract-types.js").Recommendations} Recommendations
 * @typedef {{name: string, title: string, text: string, actions?: HTMLElement[]}} Message
 */

/** @param {string} text @param {() => void} onClick @param {boolean} [isMain] @returns {HTMLElement} */
const button = (text, onClick, isMain = true) =>
  element("button", { class: isMain ? "primary" : "plain", type: "button", onclick: onClick }, text);

/** @returns {Message} where the tab shows no page that Carryover may see */
export const noShop = () => ({ name: "no_shop", title: t("noShopTitle"), text: t("noShop") });

/**
 * Return why an answer has no items.
 * @param {Recommendations} answer @param {Choice} choice
 * @param {{onClear: () => void, onRetry: () => void}} ways @returns {Message}
 */
export function emptyAnswer({ mode, facets }, choice, { onClear, onRetry }) {
  if (Object.keys(choice).some((name) => name !== "sort"))
    return {
      name: "nothing_found",
      title: t("nothingFoundTitle"),
      text: t("nothingFound"),
      actions: [button(t("clear"), onClear)],
    };
  if (mode !== "page" || (facets?.numItems ?? 0) > 0)
    return { name: "nothing_fits", title: t("nothingFitsTitle"), text: t("allSeen") };
  return { name: "no_products", title: t("emptyTitle"), text: t("empty"), actions: [button(t("refresh"), onRetry)] };
}

/** Return what went wrong. @param {unknown} error @param {() => void} onRetry @returns {Message} */
export function failure(error, onRetry) {
  const code = error instanceof CarryoverError ? error.code : "";
  if (code === "locked")
    return { name: "locked", title: t("unlockTitle"), text: t("unlockHint"), actions: [unlockForm(onRetry)] };
  const retry = button(t("retry"), onRetry);
  if (code === "no_shop" || code === "page_not_visible") return { ...noShop(), actions: [retry] };
  if (code === "private_page")
    return { name: "private_page", title: t("emptyTitle"), text: errorText(error), actions: [retry] };
  const words = error instanceof Error ? error.message : String(error);
  const details = element(
    "details",
    {},
    element("summary", {}, t("errorDetails")),
    element("pre", { lang: "en", dir: "ltr" }, words),
  );
  // What can be done about a store that may not be used is on the options page.
  const options = element("a", { href: "options.html", target: "_blank" }, t("options"));
  const ways = code.startsWith("store_") ? [options, details] : [retry, details];
  return { name: "error", title: t("errorTitle"), text: errorText(error), actions: ways };
}

/** Return why no saved thing is shown. @param {unknown} failed why they could not be loaded; null where there are none @param {() => void} onRetry @returns {Message} */
export const nothingSaved = (failed, onRetry) =>
  failed === null
    ? { name: "nothing_saved", title: t("savedNoneTitle"), text: t("savedNone") }
    : failure(failed, onRetry);

/** Return why a dismissal is not kept. @param {string} [reason] @returns {string} */
export const notKept = (reason) => t(reason === "paused" ? "dismissedPaused" : "dismissedNotKept");

/** Return a list without a card. @param {Recommendations} answer @param {{itemId: string}} card @returns {Recommendations} */
export const without = (answer, { itemId }) => ({
  ...answer,
  items: answer.items.filter((one) => one.itemId !== itemId),
});
