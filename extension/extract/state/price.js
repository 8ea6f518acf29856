// @ts-check
// Reader of prices in a page's state: under many keys, nested, in minor units, in the nearest object's currency.
import { isObject } from "../markup/nodes.js";
import { currencyCode, machinePrice, unitsOf } from "../../values/price.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.state.price;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("../markup/nodes.js").DataNode} DataNode */
/** @typedef {import("../../values/price.js").Price} Price */
/** @typedef {string | null | undefined} Maybe */

// Prices are a few objects deep; each further level multiplies the cost of a hostile object.
const MAX_DEPTH = 3;
export const PRICE_KEYS = vocabulary.priceKeys;
export const REGULAR_KEYS = vocabulary.regularPriceKeys;
const AMOUNT_KEYS = vocabulary.amountKeys;
export const MINOR_KEYS = vocabulary.minorKeys;
const CURRENCY_KEYS = vocabulary.currencyKeys;

/** @param {DataNode} node @returns {string | null} the ISO 4217 code that it names */
export function currencyIn(node) {
  return CURRENCY_KEYS.map((key) => currencyCode(node[key])).find((code) => code !== null) ?? null;
}

/** Return whether whole numbers count cents: Shopify's product JSON has all of these keys and only integers. @param {DataNode} node */
export function isInMinorUnits(node) {
  const prices = [node.price, node.price_min, node.compare_at_price_min];
  return (
    "price_varies" in node && prices.every((price) => price === null || price === undefined || Number.isInteger(price))
  );
}

/** @param {unknown} amount @param {Maybe} currency @param {unknown} digits @returns {Price | null} a whole number of minor units */
function scaled(amount, currency, digits) {
  const isUsable = Number.isInteger(amount) && Number(amount) > 0 && Number(amount) < 1e15;
  if (!isUsable || !Number.isInteger(digits) || Number(digits) < 0 || Number(digits) > 4) return null;
  const text = String(amount).padStart(Number(digits) + 1, "0");
  const whole = text.slice(0, text.length - Number(digits));
  const price = machinePrice(digits ? `${whole}.${text.slice(whole.length)}` : text, currency);
  return price && { amount: price.amount, ...(price.currency && { currency: price.currency }) };
}

/** @param {DataNode} value @param {Maybe} currency @returns {Price | null} */
function minorOf(value, currency) {
  const key = MINOR_KEYS.find((name) => Number.isInteger(value[name]));
  return key ? scaled(value[key], currencyIn(value) ?? currency, value.fractionDigits ?? 2) : null;
}

/**
 * Return the first price above zero under the keys; with `isMinor`, whole numbers count cents.
 * @param {DataNode} node @param {string[]} keys @param {Maybe} currency @param {Page} page @param {boolean} [isMinor] @param {number} [depth]
 * @returns {Price | null}
 */
export function priceIn(node, keys, currency, page, isMinor = false, depth = 0) {
  const own = currencyIn(node) ?? currency;
  const digits = node.currency_minor_unit ?? node.fractionDigits;
  const minorKey = keys === PRICE_KEYS && MINOR_KEYS.find((key) => Number.isInteger(node[key]));
  if (minorKey) return scaled(node[minorKey], own, Number.isInteger(digits) ? digits : 2);
  const countsCents = isMinor || isInMinorUnits(node);
  for (const key of keys) {
    const value = node[key];
    if (isObject(value)) {
      const price =
        (depth < MAX_DEPTH && priceIn(value, [...new Set([...AMOUNT_KEYS, ...keys])], own, page, false, depth + 1)) ||
        minorOf(value, own);
      if (price) return price;
      continue;
    }
    const isWhole = Number.isInteger(value) || (typeof value === "string" && /^\d+$/.test(value));
    if (Number.isInteger(digits) && isWhole) return scaled(Number(value), own, digits);
    const price =
      countsCents && Number.isInteger(value)
        ? scaled(value, own, 2)
        : machinePrice(value, own, { region: page.region });
    if (price && unitsOf(price.amount) > 0n) return price;
  }
  return null;
}
