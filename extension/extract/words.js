// @ts-check
import { pageWords } from "../generated/contracts.js";
import { cut } from "./text.js";

/** @param {string} text @returns {string} its letters in lower case */
export function fold(text) {
  return text.toLowerCase().replace(/[^\p{L}]/gu, "");
}

/** @type {Map<string, Map<string, string>>} */
const foldedGroups = new Map();

/** @param {string} name of a group in contracts/page-words.json @returns {Map<string, string>} folded word to value */
function folded(name) {
  const known = foldedGroups.get(name);
  if (known) return known;
  const group = /** @type {any} */ (pageWords)[name];
  /** @type {[string, string[]][]} */
  const pairs = Array.isArray(group) ? [[name, group]] : Object.entries(group);
  const words = new Map(pairs.flatMap(([value, list]) => list.map((word) => /** @type {[string, string]} */ ([fold(word), value]))));
  words.delete("");
  foldedGroups.set(name, words);
  return words;
}

/** @param {string} group @param {unknown} value @returns {string | null} */
function named(group, value) {
  const text = typeof value === "boolean" ? String(value) : value;
  if (typeof text !== "string") return null;
  const last = text.trim().replace(/\/+$/, "").replaceAll("#", "/").split("/").at(-1) ?? "";
  return folded(group).get(fold(cut(last, 100))) ?? null;
}

/** @param {unknown} value a URL, a code or a phrase @returns {string | null} schema.org's ItemAvailability */
export function availabilityOf(value) {
  return named("availability", value);
}

/** @param {unknown} value @returns {string | null} schema.org's OfferItemCondition */
export function conditionOf(value) {
  return named("condition", value);
}

/** @param {string} text whether a breadcrumb's text names the home page */
export function isHome(text) {
  return folded("home").has(fold(text));
}

/** @param {string} group @param {string} text whether the whole text is one of the group's phrases */
export function says(group, text) {
  return folded(group).has(fold(text));
}

/** @param {string} group @param {string} text whether it begins with a phrase of eight letters or more, or is one */
export function opensWith(group, text) {
  const start = fold(cut(text, 200));
  return [...folded(group).keys()].some((phrase) => start === phrase || (phrase.length >= 8 && start.startsWith(phrase)));
}
