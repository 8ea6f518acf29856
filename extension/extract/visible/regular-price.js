// @ts-check
// Reader of the visible regular price: higher, in the same currency, struck through or named so, beside the price.
import { parsePrice, unitsOf } from "../../values/price.js";
import { isAside, isInCard, isUnseen, lineage, namesOf, textOf } from "./elements.js";
import { pageVocabulary } from "../../generated/contracts.js";
import { anyOf } from "../../values/patterns.js";

const vocabulary = pageVocabulary.visible.regularPrice;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("../../values/price.js").Price} Price */

const MAX_ELEMENTS = 60;
const MAX_TEXT = 80;
const MAX_LINE = 200;
const MAX_LEVELS = 4;
export const STRUCK = vocabulary.struckTags;
export const OLD_PRICE = anyOf(vocabulary.oldPricePatterns);
// Names of the old price beside a new one, and of the only price where there is no other.
export const REGULAR_PRICE = anyOf(vocabulary.regularPricePatterns);
const NAMED = vocabulary.priceStems.map((word) => `[class*="${word}"]`).join(", ");

/** Return whether a line around the element has this price once the old price is removed. @param {Element} element @param {string} text @param {Price} price @param {Page} page */
function isBeside(element, text, price, page) {
  for (const container of lineage(element).slice(1, MAX_LEVELS + 1)) {
    const line = textOf(container, MAX_LINE);
    if (line.length > MAX_LINE) return false;
    const rest = parsePrice(
      line.replace(text, () => " "),
      { region: page.region },
    );
    if (rest?.currency) return unitsOf(rest.amount) === unitsOf(price.amount);
  }
  return false;
}

/** @param {ParentNode} root @returns {Element[]} elements of regular prices by their tags, then by their names */
function regularElements(root) {
  const struck = [...root.querySelectorAll(STRUCK.join(","))].slice(0, MAX_ELEMENTS);
  const named = [...root.querySelectorAll(NAMED)]
    .filter((element) => OLD_PRICE.test(namesOf(element)) || REGULAR_PRICE.test(namesOf(element)))
    .slice(0, MAX_ELEMENTS);
  return [...struck, ...named];
}

/** @param {string} text of an element @param {Price} price the current one @param {Page} page @returns {Price | null} */
function higherPrice(text, price, page) {
  const before = text && text.length <= MAX_TEXT ? parsePrice(text, { region: page.region }) : null;
  if (!before || before.currency !== price.currency) return null;
  return unitsOf(before.amount) > unitsOf(price.amount) ? before : null;
}

/** @param {Page} page @param {Price} price the current one @returns {Price | null} */
export function regularPrice(page, price) {
  const { body } = page.document;
  for (const element of body ? regularElements(body) : []) {
    const text = textOf(element, MAX_TEXT);
    const before = higherPrice(text, price, page);
    if (!before) continue;
    const isOwn = !(isUnseen(element) || isAside(element) || isInCard(element));
    if (isOwn && isBeside(element, text, price, page)) return before;
  }
  return null;
}

/** @param {Element} card of one product @param {Price} price the current one @param {Page} page @returns {Price | null} */
export function regularPriceOfCard(card, price, page) {
  for (const element of regularElements(card)) {
    const before = isUnseen(element) ? null : higherPrice(textOf(element, MAX_TEXT), price, page);
    if (before) return before;
  }
  return null;
}
