// @ts-check
// Values that elements give to properties, for microdata and RDFa.
import { collapse } from "../../values/item-text.js";
import { pageVocabulary } from "../../generated/contracts.js";

// Names on one element: each would hold the element's whole text.
export const MAX_NAMES = 10;
// Properties whose value is text: from a link or an image its words are read, not its address.
export const TEXT_PROPERTIES = new Set(pageVocabulary.markup.elementValues.textProperties);

/** @param {Element} element @returns {string} in one line */
export function elementText(element) {
  return collapse(element.textContent ?? "");
}

/** @param {Element} element @returns {string} the words of a link or an image: its text, else its alt or title */
export function linkedText(element) {
  return elementText(element) || (element.getAttribute("alt") || element.getAttribute("title") || "").trim();
}
