// @ts-check
// What stands above a list that the shopper looked for.
import { cutTitle } from "../cards.js";
import { element } from "../elements.js";
import { plural, t } from "../texts.js";

/**
 * Return what was found, in words.
 * @param {import("../../generated/contract-types.js").Recommendations} found
 * @param {import("../../generated/contract-types.js").Card | null} alike what the items are like, where that was asked
 * @returns {HTMLElement}
 */
export function headingOf({ numFound = 0, isOnlySimilar = false }, alike) {
  if (alike) return element("p", { class: "of-title" }, ...cutTitle("alikeTo", alike.title));
  if (isOnlySimilar) return element("p", { class: "whole" }, t("onlySimilar"));
  return element("p", {}, plural("found", numFound));
}
