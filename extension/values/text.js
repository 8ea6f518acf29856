// @ts-check
import { collapse } from "./item-text.js";
import { pageVocabulary } from "../generated/contracts.js";

const PLACEHOLDERS = new Set(pageVocabulary.values.text.placeholders);
const BLOCK_END = /<\s*(?:br|\/p|\/li|\/div|\/h[1-6]|\/tr)\b[^<>]*>/gi;
const TAG = /<\/?[a-zA-Z!][^<>]*>/g;
const UNPRINTABLE = /[\x00-\x08\x0e-\x1f\x7f\u200b\ufeff\p{Cs}\ue000-\uf8ff]/gu;

/** @param {string} text @returns {string} with HTML character references resolved */
export function unescapeHtml(text) {
  if (!text.includes("&")) return text;
  // "<" is hidden from the parser, so that only references change and no element is ever made.
  const source = `<!doctype html><body>${text.replaceAll("<", "&lt;")}`;
  return new DOMParser().parseFromString(source, "text/html").body.textContent ?? "";
}

/** @param {string} text @param {number} length in code points */
export function cut(text, length) {
  return text.length <= length ? text : Array.from(text).slice(0, length).join("");
}

/**
 * @param {unknown} value
 * @param {number} maxLength
 * @returns {string | null} one line of plain text; null for nothing and for placeholders such as "null"
 */
export function clean(value, maxLength) {
  if (typeof value !== "string" && typeof value !== "number") return null;
  // Cut before unescaping too, so that a huge value costs no more than a large one.
  let text = unescapeHtml(cut(String(value), maxLength * 20));
  if (text.includes("<")) text = unescapeHtml(text.replace(BLOCK_END, " ").replace(TAG, ""));
  text = cut(collapse(text.replace(UNPRINTABLE, "")), maxLength).trimEnd();
  return text === "" || PLACEHOLDERS.has(text.toLowerCase()) ? null : text;
}

/** @param {string | null | undefined} text @returns {string} letters, digits and _ only, in lower case, to compare titles by */
export function keyOf(text) {
  return (text ?? "").toLowerCase().replace(/[^\p{L}\p{N}_]+/gu, "");
}

/** @param {string} text @returns {string} with its percent escapes undone, or as it is where they are invalid */
export function percentDecoded(text) {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
