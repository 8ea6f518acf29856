// @ts-check
// What stands above a list that the shopper looked for.
import { cutTitle } from "../cards.js";
import { byId, element } from "../elements.js";
import { plural, t } from "../texts.js";

/**
 * @typedef {import("../../generated/contract-types.js").Card} Card
 * @typedef {import("../../generated/contract-types.js").Choice} Choice
 * @typedef {import("../../generated/contract-types.js").Recommendations} Recommendations
 */

/**
 * Return what was found, in words.
 * @param {Recommendations} found @param {Card | null} alike what the items are like, where that was asked
 * @returns {HTMLElement}
 */
function headingOf({ numFound = 0, isOnlySimilar = false }, alike) {
  if (alike) return element("p", { class: "of-title" }, ...cutTitle("alikeTo", alike.title));
  if (isOnlySimilar) return element("p", { class: "whole" }, t("onlySimilar"));
  return element("p", {}, plural("found", numFound));
}

/**
 * Show what was found, with the way back, and tell it to who cannot see it. Where that is nothing, the message in the list's place says so.
 * @param {Recommendations} found @param {{choice: Choice, alike: Card | null, onClear: () => void}} search
 */
export function showHeading(found, { choice, alike, onClear }) {
  const isChosen = Object.keys(choice).some((name) => name !== "sort");
  byId("heading").hidden = !isChosen || found.items.length === 0;
  const clear = element(
    "button",
    {
      class: "link",
      type: "button",
      onclick: onClear,
      onkeydown: (/** @type {KeyboardEvent} */ { key }) => key === "Escape" && onClear(),
      "data-action": "clear",
    },
    t("clear"),
  );
  const heading = headingOf(found, alike);
  byId("heading").replaceChildren(heading, clear);
  byId("said").textContent = byId("heading").hidden ? "" : heading.textContent;
}
