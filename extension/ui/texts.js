// @ts-check
// What a shopper reads: texts of _locales, and numbers, prices and dates as the reader writes them. extension/README.md says how to add one.
import { CarryoverError } from "../values/errors.js";

/** Characters that turn, embed or isolate what follows them until another one ends it. A shop's text must not do so to ours. */
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;
/** The sign for an object in a text; no text has it. */
const PLACE = "\ufffc";
const LEFT_TO_RIGHT_MARK = "\u200e";
const ISOLATE = "\u2068";
const END_OF_ISOLATE = "\u2069";

/** @param {string} key @param {string[]} [values] @returns {string} empty where there is no such text */
const found = (key, values) => chrome.i18n.getMessage(key, values);

/** Return the language of the texts, which is not the browser's where there are no texts in that one. @returns {string} */
export const language = () => found("language");

/** @returns {boolean} */
const isRightToLeft = () => found("direction") === "rtl";

/** Return the reader's locale: the browser's where texts are in its language, such as en-GB, else the texts' language. @returns {string} */
function locale() {
  const ofBrowser = chrome.i18n.getUILanguage();
  return ofBrowser.split("-")[0] === language() ? ofBrowser : language();
}

/**
 * Return a text in the reader's language. In a text that runs from right to left, a value keeps a direction of its own.
 * @param {string} key of messages.json
 * @param {...string} values for its placeholders
 * @returns {string} the key where there is no such text
 */
export function t(key, ...values) {
  const plain = values.map((value) => value.replace(DIRECTIONS, ""));
  const isolated = isRightToLeft() ? plain.map((value) => ISOLATE + value + END_OF_ISOLATE) : plain;
  return found(key, isolated) || key;
}

/**
 * Return what a text says before and after its only value, which is then shown in an element of its own.
 * @param {string} key of messages.json @returns {[string, string]}
 */
export function around(key) {
  const [before, after = ""] = found(key, [PLACE]).split(PLACE);
  return [before, after];
}

/** Return a number as the reader writes it. @param {number} value @returns {string} */
export const numberText = (value) => new Intl.NumberFormat(locale()).format(value);

/** Return a share as a percentage. @param {number} share 0 to 1 @returns {string} */
export const percentText = (share) => new Intl.NumberFormat(locale(), { style: "percent" }).format(share);

/**
 * Return the form of a text that belongs to a count. Its key has the plural category of the language at its end: things_one, things_other.
 * @param {string} key without the category
 * @param {number} count the text's first value
 * @param {...string} values the others
 * @returns {string}
 */
export function plural(key, count, ...values) {
  return t(`${key}_${new Intl.PluralRules(language()).select(count)}`, numberText(count), ...values);
}

/**
 * Return a price as the reader writes it. From right to left, "$" after Latin letters needs a mark to stay after them: "US$", not "$US".
 * @param {{amount: string, currency?: string}} price @returns {string}
 */
export function priceText({ amount, currency }) {
  if (!currency) return amount;
  const parts = new Intl.NumberFormat(locale(), { style: "currency", currency }).formatToParts(Number(amount));
  const isMarked = (/** @type {Intl.NumberFormatPart} */ { type, value }) =>
    type === "currency" && isRightToLeft() && /\p{Script=Latin}/u.test(value);
  return parts.map((part) => (isMarked(part) ? part.value + LEFT_TO_RIGHT_MARK : part.value)).join("");
}

/** Return a day. @param {string} iso @returns {string} */
export const dayText = (iso) => new Date(iso).toLocaleDateString(locale(), { dateStyle: "medium" });

/** Return a day with its time. @param {string} iso @returns {string} */
export const timeText = (iso) => new Date(iso).toLocaleString(locale());

/** @param {string} keyId @returns {string} in groups of four, as it is compared with another */
export const fingerprint = (keyId) => keyId.match(/.{1,4}/g)?.join(" ") ?? "";

/**
 * Return who signed a published catalogue, and on whose list it is.
 * @param {import("../generated/contract-types.js").PackOrigin} pack @returns {string}
 */
export function signerText({ host, signedBy, isTrusted }) {
  if (!signedBy) return t("packUnsigned", host);
  return t(isTrusted ? "packTrusted" : "packSigned", host, fingerprint(signedBy));
}

/** Return how much is known, in words. @param {number} count of interactions @returns {string} */
export const knownText = (count) => (count === 0 ? t("knowsNothing") : plural("knows", count));

/**
 * Return what went wrong, in words for a shopper: the text of its code, else of its family, else a general one.
 * @param {unknown} error
 * @returns {string}
 */
export function errorText(error) {
  const code = error instanceof CarryoverError ? error.code : "unexpected";
  const family = /^(?:bundle|pack|server)(?=_)/.exec(code)?.[0] ?? "unexpected";
  return found(`error_${code}`) || t(`error_${family}`);
}

/** @type {[string, (node: Element, text: string) => void][]} which attribute names the text of what */
const TEXTS_OF = [
  ["data-text", (node, text) => node.replaceChildren(text)],
  ["data-label", (node, text) => node.setAttribute("aria-label", text)],
  ["data-hint", (node, text) => node.setAttribute("placeholder", text)],
];

/** Fill every element that names its texts, and say in which language and direction the page is. */
export function localise() {
  document.documentElement.lang = language();
  document.documentElement.dir = found("direction");
  for (const [attribute, fill] of TEXTS_OF)
    for (const node of document.querySelectorAll(`[${attribute}]`)) fill(node, t(node.getAttribute(attribute) ?? ""));
}
