// @ts-check
// Position of an element on the visible page: its names, its ancestors, the areas around it, its text. There is no layout.
import { UNSEEN, visibleTexts } from "../page.js";
import { collapse } from "../../values/item-text.js";
import { pageVocabulary } from "../../generated/contracts.js";
import { anyOf } from "../../values/patterns.js";

const vocabulary = pageVocabulary.visible.elements;

// Class names and ids; shops with generated class names write names for their own tests.
const NAME_ATTRIBUTES = pageVocabulary.page.nameAttributes;
export const NAMED = NAME_ATTRIBUTES.map((name) => `body [${name}]`).join(", ");
const ASIDE = anyOf(vocabulary.asidePatterns);
const CARD = anyOf(vocabulary.cardPatterns);
const ASIDE_TAGS = new Set(vocabulary.asideTags);

/** @param {Element} element @returns {string} its class, id and test names, as one text */
export function namesOf(element) {
  return NAME_ATTRIBUTES.map((name) => element.getAttribute(name))
    .filter(Boolean)
    .join(" ");
}

/** @param {Element} element @returns {Element[]} itself and its ancestors below <body> */
export function lineage(element) {
  const found = [];
  /** @type {Element | null} */
  let part = element;
  for (; part && part.localName !== "body" && part.localName !== "html"; part = part.parentElement) found.push(part);
  return found;
}

/**
 * @param {Element} element @param {number} [maxLength]
 * @returns {string} the visible text in one line; where that is longer than `maxLength`, its beginning, which is longer too
 */
export function textOf(element, maxLength = Infinity) {
  let text = "";
  for (const run of visibleTexts(element)) {
    const words = collapse(run.text);
    if (words) text += text ? ` ${words}` : words;
    if (text.length > maxLength) break;
  }
  return text;
}

/** @param {Element} element whether a person never sees its text */
export function isUnseen(element) {
  /** @type {Element | null} */
  let part = element;
  for (; part; part = part.parentElement) if (UNSEEN.has(part.localName)) return true;
  return false;
}

/** @param {Element} element whether it is in navigation, header, footer, or among other products or reviews */
export function isAside(element) {
  return lineage(element).some((part) => ASIDE_TAGS.has(part.localName) || ASIDE.test(namesOf(part)));
}

/** @param {Element} element whether it is named like a product card */
export function isNamedCard(element) {
  return CARD.test(namesOf(element));
}

/** @param {Element} element whether it is a list entry with a linked image */
export function isImageEntry(element) {
  return vocabulary.entryTags.includes(element.localName) && element.querySelector(":scope a[href] img") !== null;
}

/** @param {Element} element whether it is part of a product card; an element that holds an <h1> is not a card */
export function isInCard(element) {
  const card = lineage(element).find((part) => isNamedCard(part) || isImageEntry(part));
  return card !== undefined && card.localName !== "h1" && card.querySelector("h1") === null;
}
