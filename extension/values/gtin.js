// @ts-check
import { pageVocabulary } from "../generated/contracts.js";

const vocabulary = pageVocabulary.values.gtin;

// GS1 General Specifications, figure 1.4.2-1: in-store use (02, 04, 2) and coupons (05, 98, 99) name no product.
const RESTRICTED_PREFIXES = vocabulary.restrictedPrefixes;
// Counted up, as people fill in a form that requires a number.
const PLACEHOLDERS = vocabulary.placeholders;
const LABEL = new RegExp(vocabulary.labelPattern);

/** @param {string} digits */
function hasCheckDigit(digits) {
  const total = [...digits].reverse().reduce((sum, digit, i) => sum + Number(digit) * (i % 2 ? 3 : 1), 0);
  return total % 10 === 0;
}

/** @param {unknown} value @returns {string | null} 14 digits, where length, check digit and prefix are those of a product */
export function normaliseGtin(value) {
  const digits = String(value ?? "")
    .trim()
    .toLowerCase()
    .replace(LABEL, "")
    .replace(/[\s-]/g, "");
  if (!/^(?:[0-9]{8}|[0-9]{12,14})$/.test(digits) || !hasCheckDigit(digits) || /^0*$/.test(digits)) return null;
  const gtin = digits.padStart(14, "0");
  if (PLACEHOLDERS.includes(gtin) || /^(.)\1*$/.test(digits.slice(0, -1))) return null;
  const isShort = gtin.startsWith("000000");
  if (isShort && "02".includes(gtin[6]) && digits.length === 8) return null;
  if (!isShort && RESTRICTED_PREFIXES.some((prefix) => gtin.slice(1).startsWith(prefix))) return null;
  return gtin;
}
