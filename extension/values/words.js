// @ts-check
import { pageVocabulary, pageWords } from "../generated/contracts.js";
import { anyOf } from "./patterns.js";
import { cut } from "./text.js";

const CLAUSE_END = anyOf(pageVocabulary.values.words.clauseEndPatterns);

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
  const group = /** @type {Record<string, unknown>} */ (pageWords)[name];
  /** @type {[string, string[]][]} */
  const pairs = Array.isArray(group) ? [[name, group]] : Object.entries(Object(group));
  const words = new Map(
    pairs.flatMap(([value, list]) => list.map((word) => /** @type {[string, string]} */ ([fold(word), value]))),
  );
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

/** @param {string} text @returns {string | null} the availability that a line states first, with filler words around it ignored */
export function availabilityIn(text) {
  const clause = text.replaceAll(", ", " ").split(CLAUSE_END, 1)[0];
  const words = clause.split(/\s+/).filter((word) => !folded("fillers").has(fold(word)));
  return availabilityOf(text) ?? availabilityOf(clause) ?? availabilityOf(words.join(" "));
}

/** @param {unknown} value @returns {string | null} schema.org's OfferItemCondition */
export function conditionOf(value) {
  return named("condition", value);
}

/** @param {string} text @returns {string | null} which field ("sku", "mpn", "gtin", "brand", "availability") a label names */
export function labelKind(text) {
  return folded("labels").get(fold(text)) ?? null;
}

/** @param {string | null} text @returns {string | null} a brand without the label before it in the same text: "More of the brand: Acme" */
export function brandName(text) {
  const colon = text?.indexOf(":") ?? -1;
  if (!text || colon < 0) return text || null;
  const head = text.slice(0, colon);
  const isLabel = [head, head.trim().split(/\s+/).at(-1) ?? ""].some((word) => labelKind(word) === "brand");
  return (isLabel ? text.slice(colon + 1).trim() : text) || null;
}

/** @param {string} text whether a breadcrumb's text names the home page */
export function isHome(text) {
  return folded("home").has(fold(text));
}

/** @param {string} group @param {string} text whether the whole text is one of the group's phrases */
export function isPhrase(group, text) {
  return folded(group).has(fold(text));
}

/** @param {string} group @param {string} text whether it begins with a phrase of eight letters or more, or is one */
export function opensWith(group, text) {
  const start = fold(cut(text, 200));
  return [...folded(group).keys()].some(
    (phrase) => start === phrase || (phrase.length >= 8 && start.startsWith(phrase)),
  );
}
