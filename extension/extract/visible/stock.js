// @ts-check
// Whether the visible page sells its product: its buy button first, then what is named a stock line.
import { isAside, isInCard, isUnseen, textOf } from "./elements.js";
import { availabilityIn, says } from "../../values/words.js";
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

/** @param {Element} element @param {number} maxLength @returns {string} what it says, or nothing where that is longer */
function shortText(element, maxLength) {
  const text = element.localName === "input" ? (element.getAttribute("value") ?? "") : textOf(element, maxLength);
  return text.length <= maxLength ? text : "";
}

/**
 * What each buy button outside of other products says: to be bought, sold out, or to be ordered ahead. A disabled
 * button is no answer: many wait for a size to be chosen, or for their script.
 * @param {Page} page @returns {Generator<string>}
 */
function* buttonsSay({ document }) {
  for (const element of [...document.querySelectorAll(BUTTONS)].slice(0, MAX_BUTTONS)) {
    const text = shortText(element, MAX_TEXT);
    const found = availabilityIn(text);
    const isSoldOut = found !== null && (SOLD_OUT.includes(found) || found === "PreOrder");
    if ((isSoldOut || says("addToCart", text)) && !isElsewhere(element)) yield isSoldOut ? found : "InStock";
  }
}

/** @param {Page} page @returns {string | null} */
function lineSays({ document }) {
  for (const element of [...document.querySelectorAll(STOCK_LINES)].slice(0, MAX_LINES)) {
    const found = availabilityIn(shortText(element, MAX_SENTENCE));
    if (found && !isElsewhere(element)) return found;
  }
  return null;
}

/**
 * What the buy button says where markup says the opposite: the button is written for every view.
 * @param {Page} page @param {string | undefined} availability @returns {string | null}
 */
export function contradiction(page, availability) {
  const isSoldOut = SOLD_OUT.includes(availability ?? "");
  if (availability !== "InStock" && !isSoldOut) return null;
  const said = buttonsSay(page).next().value ?? null;
  return said !== null && (isSoldOut ? said === "InStock" : SOLD_OUT.includes(said)) ? said : null;
}

/**
 * The availability that the buy button or a stock line says. A page with a heading and one buy button, or two ("Add to
 * cart", "Buy now"), sells a product, even without a price; more of them make a list.
 * @param {Page} page @returns {import("../candidate.js").Candidate[]}
 */
export function extract(page) {
  const said = [];
  for (const found of buttonsSay(page)) if (said.push(found) > MAX_OWN_BUTTONS) break;
  const availability = said[0] ?? lineSays(page);
  const isProduct = said.length > 0 && said.length <= MAX_OWN_BUTTONS && page.document.querySelector("h1") !== null;
  const numProducts = said.length > MAX_OWN_BUTTONS ? said.length : 0;
  return availability ? [{ syntax: "dom", isProduct, numProducts, availability }] : [];
}
