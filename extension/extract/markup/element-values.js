// @ts-check
// The value that an element gives a property, as microdata and RDFa share it.
import { collapse } from "../../values/item-text.js";
import { pageVocabulary } from "../../generated/contracts.js";

// Names on one element: each would hold the element's whole text.
export const MAX_NAMES = 10;
// Properties that are texts: a link or an image that holds one says it by its words, not by its address.
export const TEXT_PROPERTIES = new Set(pageVocabulary.markup.elementValues.textProperties);

/** @param {Element} element @returns {string} in one line */
export function elementText(element) {
  return collapse(element.textContent ?? "");
}

/** @param {Element} element @returns {string} what a link or an image says: its words, its alt or title */
export function linkedText(element) {
  return elementText(element) || (element.getAttribute("alt") || element.getAttribute("title") || "").trim();
}
