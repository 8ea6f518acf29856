// @ts-check
// Where on the visible page an element stands, and what a person reads in it. No layout is asked: there is none.
import { UNSEEN, visibleTexts } from "../page.js";
import { collapse } from "../../values/item-text.js";
import { pageVocabulary } from "../../generated/contracts.js";
import { anyOf } from "../../values/patterns.js";

const vocabulary = pageVocabulary.visible.elements;

// Class names, and what shops whose class names are generated write for their own tests.
const NAME_ATTRIBUTES = pageVocabulary.page.nameAttributes;
export const NAMED = NAME_ATTRIBUTES.map((name) => `body [${name}]`).join(", ");
const ASIDE = anyOf(vocabulary.asidePatterns);
const CARD = anyOf(vocabulary.cardPatterns);
const ASIDE_TAGS = new Set(vocabulary.asideTags);

/** @param {Element} element @returns {string} what it is named by, as one text */
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
 * @returns {string} what a person reads, in one line; where that is longer than `maxLength`, its beginning, which is longer too
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

/** @param {Element} element whether it stands in navigation, footer, or among other products, reviews and the like */
export function isAside(element) {
  return lineage(element).some((part) => ASIDE_TAGS.has(part.localName) || ASIDE.test(namesOf(part)));
}

/** @param {Element} element whether its names are those of a product's teaser */
export function isNamedCard(element) {
  return CARD.test(namesOf(element));
}

/** @param {Element} element whether it is a list entry with a linked image */
export function isImageEntry(element) {
  return vocabulary.entryTags.includes(element.localName) && element.querySelector(":scope a[href] img") !== null;
}

/** @param {Element} element whether it is part of some product's teaser; what holds an <h1> is no teaser */
export function isInCard(element) {
  const card = lineage(element).find((part) => isNamedCard(part) || isImageEntry(part));
  return card !== undefined && card.localName !== "h1" && card.querySelector("h1") === null;
}
