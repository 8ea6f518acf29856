// @ts-check
// Reader of the visible availability: the buy button first, then elements named as a stock line.
import { isAside, isInCard, isUnseen, textOf } from "./elements.js";
import { availabilityIn, isPhrase } from "../../values/words.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.visible.stock;

/** @typedef {import("../page.js").Page} Page */

const MAX_TEXT = 60;
const MAX_SENTENCE = 160;
const MAX_BUTTONS = 500;
const MAX_LINES = 200;
const MAX_OWN_BUTTONS = 2;
const SOLD_OUT = vocabulary.soldOut;
const BUTTONS = "button, input[type=submit], input[type=button], a[role=button], a[role=submit]";
// Without their first letters, so that "Stock" and "stock" are both found.
const STOCK_LINES = vocabulary.nameStems.map((word) => `body [class*="${word}"], body [id*="${word}"]`).join(", ");

/** @param {Element} element */
const isElsewhere = (element) => isUnseen(element) || isAside(element) || isInCard(element);

/** @param {Element} element @param {number} maxLength @returns {string} its text, or "" where that is longer */
function shortText(element, maxLength) {
  const text = element.localName === "input" ? (element.getAttribute("value") ?? "") : textOf(element, maxLength);
  return text.length <= maxLength ? text : "";
}

/**
 * Yield the availability of each buy button outside of other products: in stock, sold out, or pre-order. A disabled button
 * counts as enabled: many wait for the choice of a size, or for their script.
 * @param {Page} page @returns {Generator<string>}
 */
function* buttonAvailabilities({ document }) {
  for (const element of [...document.querySelectorAll(BUTTONS)].slice(0, MAX_BUTTONS)) {
    const text = shortText(element, MAX_TEXT);
    const found = availabilityIn(text);
    const isSoldOut = found !== null && (SOLD_OUT.includes(found) || found === "PreOrder");
    if ((isSoldOut || isPhrase("addToCart", text)) && !isElsewhere(element)) yield isSoldOut ? found : "InStock";
  }
}

/** @param {Page} page @returns {string | null} */
function lineAvailability({ document }) {
  for (const element of [...document.querySelectorAll(STOCK_LINES)].slice(0, MAX_LINES)) {
    const found = availabilityIn(shortText(element, MAX_SENTENCE));
    if (found && !isElsewhere(element)) return found;
  }
  return null;
}

/**
 * Return the buy button's availability where markup has the opposite: the button is made anew for every view.
 * @param {Page} page @param {string | undefined} availability @returns {string | null}
 */
export function contradiction(page, availability) {
  const isSoldOut = SOLD_OUT.includes(availability ?? "");
  if (availability !== "InStock" && !isSoldOut) return null;
  const said = buttonAvailabilities(page).next().value ?? null;
  return said !== null && (isSoldOut ? said === "InStock" : SOLD_OUT.includes(said)) ? said : null;
}

/**
 * Return the availability of the buy button or a stock line. A page with a heading and one buy button, or two ("Add to
 * cart", "Buy now"), sells a product, even without a price; more of them make a list.
 * @param {Page} page @returns {import("../candidate.js").Candidate[]}
 */
export function extract(page) {
  const said = [];
  for (const found of buttonAvailabilities(page)) if (said.push(found) > MAX_OWN_BUTTONS) break;
  const availability = said[0] ?? lineAvailability(page);
  const isProduct = said.length > 0 && said.length <= MAX_OWN_BUTTONS && page.document.querySelector("h1") !== null;
  const numProducts = said.length > MAX_OWN_BUTTONS ? said.length : 0;
  return availability ? [{ syntax: "dom", isProduct, numProducts, availability }] : [];
}
