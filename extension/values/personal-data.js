// @ts-check
import { privacy } from "../generated/contracts.js";

/** @typedef {{from: number, to: number}} Span */

const patterns = privacy.personalDataPatterns.map(({ pattern, check }) => ({
  expression: new RegExp(pattern, "gu"),
  check,
}));
/** Not global: it remembers no place. */
const email = new RegExp(privacy.personalDataPatterns[0].pattern, "u");
/** Base64 without the slash, which also ends a part of a path, and with it. */
const encodedRuns = privacy.encodedRuns.map((pattern) => new RegExp(pattern, "gu"));
const ibanLengths = /** @type {Record<string, number>} */ (privacy.ibanLengths);
const PLAIN = /[\s\u0660-\u0669\u06f0-\u06f9\uff10-\uff19\uff20\uff0b\ufe6b\u2010-\u2015\u2212\ufe63\uff0d]/gu;
const DASH = /[\u2010-\u2015\u2212\ufe63\uff0d]/u;
/** Soft hyphens, characters of no width, and marks of direction: they can part a number without being seen. */
const INVISIBLE = /\u00ad|[\u200b-\u200f]|[\u202a-\u202e]|[\u2060-\u2064]|\ufeff/gu;
/** Where the digits of other scripts begin. */
const ZEROS = [0x0660, 0x06f0, 0xff10];
const LEAST_DIGITS = 9;
const MOST_DIGITS = 15;
/** Prefix and number of digits of payment cards. */
const CARDS = /^(?:3(?:0[0-5]|[68])[0-9]{11,12}|3[47][0-9]{13}|(?:2[2-7]|35|4|5|6)[0-9]{14,18})$/u;

/** @param {string} text @returns {string} of the same length, with plain digits, signs and spaces */
function plainReading(text) {
  return text.replace(PLAIN, (char) => {
    const code = char.charCodeAt(0);
    if (code === 0xff20 || code === 0xfe6b) return "@";
    if (code === 0xff0b) return "+";
    if (DASH.test(char)) return "-";
    const zero = ZEROS.find((first) => code >= first && code <= first + 9);
    return zero === undefined ? " " : String(code - zero);
  });
}

/** @param {string} digits @param {(digit: number, fromEnd: number) => number} weigh @returns {number} */
const sumOf = (digits, weigh) =>
  [...digits].reverse().reduce((sum, digit, fromEnd) => sum + weigh(Number(digit), fromEnd), 0);

/** @param {string} digits @returns {boolean} */
function isCard(digits) {
  const doubled = (/** @type {number} */ digit) => (digit > 4 ? 2 * digit - 9 : 2 * digit);
  const isGtin = digits.length === 14 && sumOf(digits, (digit, i) => (i % 2 ? 3 * digit : digit)) % 10 === 0;
  return CARDS.test(digits) && !isGtin && sumOf(digits, (digit, i) => (i % 2 ? doubled(digit) : digit)) % 10 === 0;
}

/** @param {string} text @returns {boolean} whether it begins with a valid account number */
function isIban(text) {
  const plain = text.replace(/[ .-]/gu, "").toUpperCase();
  const length = ibanLengths[plain.slice(0, 2)];
  if (!length || plain.length < length) return false;
  const number = plain.slice(4, length) + plain.slice(0, 4);
  let rest = 0;
  for (const char of number) for (const digit of String(parseInt(char, 36))) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
}

/** @type {Record<string, (found: string) => boolean>} */
const CHECKS = {
  card: (found) => isCard(found.replace(/[^0-9]/gu, "")),
  iban: isIban,
  phone: (found) => {
    const { length } = found.replace(/[^0-9]/gu, "");
    return length >= LEAST_DIGITS && length <= MOST_DIGITS;
  },
  notIsbn: (found) => found.length !== 10 || sumOf(found, (digit, i) => (i + 1) * digit) % 11 !== 0,
};

/** @param {string} run @returns {boolean} whether it is base64 of a text with an e-mail address */
function isEncodedEmail(run) {
  const base64 = run.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/u, "");
  if (base64.length % 4 === 1) return false;
  return email.test(plainReading(atob(base64)));
}

/** @param {string} text @returns {Span[]} where personal data are, in order and apart */
function personalSpans(text) {
  const reading = plainReading(text);
  /** @type {Span[]} */
  const found = [];
  for (const { expression, check } of patterns) {
    for (const { 0: part, index } of reading.matchAll(expression))
      if (!check || CHECKS[check](part)) found.push({ from: index, to: index + part.length });
  }
  for (const expression of encodedRuns)
    for (const { 0: run, index } of reading.matchAll(expression))
      if (isEncodedEmail(run)) found.push({ from: index, to: index + run.length });
  found.sort((a, b) => a.from - b.from || b.to - a.to);
  /** @type {Span[]} */
  const apart = [];
  for (const span of found) {
    const last = apart.at(-1);
    if (last && span.from < last.to) last.to = Math.max(last.to, span.to);
    else apart.push({ ...span });
  }
  return apart;
}

/** @param {string} text @returns {{text: string, spans: Span[]}} the text as it can be read, where personal data are in it */
function readingOf(text) {
  const bare = text.replace(INVISIBLE, "");
  const spans = personalSpans(bare);
  return spans.length > 0 ? { text: bare, spans } : { text, spans };
}

/** @param {string} text @returns {string} with e-mail addresses, telephone, card, account and order numbers, and engraved names replaced */
export function scrubText(text) {
  const read = readingOf(text);
  let out = "";
  let at = 0;
  for (const { from, to } of read.spans) {
    out += read.text.slice(at, from) + privacy.personalDataReplacement;
    at = to;
  }
  return out + read.text.slice(at);
}

/** @param {string} text @returns {boolean} */
export const hasPersonalData = (text) => readingOf(text).spans.length > 0;
