// @ts-check
// Sources of embedded JSON in a page: script elements, literals in JavaScript, data attributes. Scripts are read as text and
// never run. One budget for the page limits scans and repairs.
import { mendString, mendValue } from "../markup/json-repair.js";
import { MAX_REPAIR_CHARS, createDecoder, parseBlock, parseJson } from "../markup/json-values.js";
import { flatArrayValue, flightValues, nuxtFunctionValues } from "./formats.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.state.sources;

/** One value, the data attribute that holds it, and the event that it was sent with. @typedef {{value: any, attribute?: string, event?: string}} Source */
/** @typedef {{repair: number, literals: number, decode: ReturnType<typeof createDecoder>}} Budget */

const MAX_STATE_CHARS = 8 * 2 ** 20;
const MAX_LITERALS = 2000;
const MAX_MENDED_LITERAL = 2 ** 17;
// A script without one of these holds neither a product's price nor analytics.
const TRIGGERS = new RegExp(vocabulary.triggers.join("|"));
const JSON_TYPE = /^\s*(?:(?:application|text)\/(?:[\p{L}\p{N}_.-]+\+)?(?:x-)?json\b[^]*|text\/x-magento-init)$/iu;
// `name = {…}`, `JSON.parse("…")`, `push({…})`, `gtag("event", "view_item", {…})`
const LITERAL =
  /(?:[\p{L}\p{N}_$\])"']\s*=|JSON\.parse\((?:\s*decodeURIComponent\()?)\s*(?=[{[]|["'`](?=\s*(?:[{[]|%7B|%5B|\\u007[bB]|\\x7[bB]|\\"|&quot;)))|[\p{L}\p{N}_]\(\s*(?=[{[])|["']\s*,\s*(?=\{)/gu;
const EVENT = /["']([\p{L}\p{N}_]{1,60})["']\s*,\s*$/u;
const LOOKS_LIKE_DATA = /^[{[]\s*(?:[{[]\s*)?(?:["'][^"'\n]{1,80}["']|[\p{L}\p{N}_$]{1,60})\s*[:,\]]/u;

/** Return a budget of repairs, scans and literals. One script never uses up the share of the next ones. @param {number} repair @param {number} numChars @returns {Budget} */
function budgetOf(repair, numChars) {
  return { repair, literals: MAX_LITERALS, decode: createDecoder(16 * numChars) };
}

/** @param {string} text @param {Budget} budget @returns {any[]} */
function jsonValues(text, budget) {
  const parsed = parseJson(text);
  if (parsed && typeof parsed.value !== "string") return [parsed.value];
  budget.repair -= text.length;
  return budget.repair > 0 ? parseBlock(text, budget.repair) : [];
}

/** @param {string} text @returns {string} with percent-encoded runs as UTF-8; other text stays */
function percentDecoded(text) {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
    new TextDecoder().decode(Uint8Array.from(run.split("%").slice(1), (hex) => Number.parseInt(hex, 16))),
  );
}

/** @param {string} text @param {number} start of a quote @param {Budget} budget @returns {{value: any, end: number}} */
function hiddenJson(text, start, budget) {
  const decoded = text[start] === '"' ? budget.decode(text, start) : null;
  let [content, end] = [decoded?.value, decoded?.end ?? start];
  if (!decoded && budget.repair > 0) {
    const mended = mendString(text, start, budget.repair);
    [content, end] = [parseJson(mended.json)?.value, mended.end];
    budget.repair -= end - start;
  }
  if (typeof content !== "string") return { value: null, end: start + 1 };
  const isEncoded = vocabulary.encodedBrackets.includes(content.trimStart().slice(0, 3).toUpperCase());
  return { value: jsonValues(isEncoded ? percentDecoded(content) : content, budget)[0] ?? null, end };
}

/** @param {string} text @param {number} start @param {Budget} budget @returns {{value: any, end: number}} the literal's value (null for code), and the position after it */
function literalAt(text, start, budget) {
  if (!"{[".includes(text[start])) return hiddenJson(text, start, budget);
  const decoded = budget.decode(text, start);
  if (decoded) return decoded;
  if (budget.repair <= 0 || !LOOKS_LIKE_DATA.test(text.slice(start, start + 200)))
    return { value: null, end: start + 1 };
  const { json, end } = mendValue(text, start, Math.min(budget.repair, MAX_MENDED_LITERAL));
  budget.repair -= end - start;
  const parsed = parseJson(json);
  return parsed ? { value: parsed.value, end } : { value: null, end: start + 1 };
}

/** @param {string} text @param {Budget} budget @returns {Source[]} the values of a script's literals that are data; code is skipped */
function scriptSources(text, budget) {
  const nuxt = text.includes(vocabulary.nuxtMark)
    ? nuxtFunctionValues(text, Math.min(MAX_REPAIR_CHARS, Math.max(0, budget.repair)))
    : [];
  if (nuxt.length > 0) {
    budget.repair -= text.length;
    return nuxt.map((value) => ({ value }));
  }
  const found = [];
  const pattern = new RegExp(LITERAL);
  for (let match = pattern.exec(text); match && budget.literals > 0; match = pattern.exec(text)) {
    budget.literals -= 1;
    const start = match.index + match[0].length;
    const { value, end } = literalAt(text, start, budget);
    pattern.lastIndex = end;
    const event = EVENT.exec(text.slice(Math.max(0, start - 80), start))?.[1];
    if (typeof value === "object" && value !== null) found.push({ value, event });
  }
  return found;
}

/** @param {Element} element @param {string} text @param {Budget} budget @returns {Source[]} */
function jsonSources(element, text, budget) {
  const isFlat = element.id === vocabulary.nuxtDataId || element.hasAttribute(vocabulary.nuxtDataAttribute);
  return jsonValues(text, budget).map((value) => ({
    value: isFlat && Array.isArray(value) ? flatArrayValue(value) : value,
  }));
}

/** @param {Document} document @param {number} maxChars @param {Budget} budget @returns {Source[]} */
function attributeSources(document, maxChars, budget) {
  const found = [];
  let left = maxChars;
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (!name.startsWith("data-") || !/^[{[]/.test(value) || !TRIGGERS.test(value)) continue;
      left -= value.length;
      if (left < 0) return found;
      found.push(...jsonValues(value, budget).map((part) => ({ value: part, attribute: name })));
    }
  }
  return found;
}

/** @param {Document} document @returns {Source[]} every JSON value in scripts and data attributes, up to a total size */
export function sourcesOf(document) {
  const budget = budgetOf(2 * MAX_REPAIR_CHARS, 0);
  let left = MAX_STATE_CHARS;
  const flight = [];
  const found = [];
  for (const element of document.querySelectorAll("script")) {
    const text = element.textContent ?? "";
    const type = element.getAttribute("type") ?? "";
    left -= text.length;
    if (left < 0) return found;
    if (text.includes(vocabulary.flightMark)) flight.push(text);
    else if (TRIGGERS.test(text) && !/ld\+json/i.test(type)) {
      const own = budgetOf(Math.floor(budget.repair / 2), text.length);
      found.push(...(JSON_TYPE.test(type) ? jsonSources(element, text, own) : scriptSources(text, own)));
      budget.repair -= Math.floor(budget.repair / 2) - Math.max(0, own.repair);
    }
  }
  if (flight.some((text) => TRIGGERS.test(text))) found.push(...flightValues(flight).map((value) => ({ value })));
  return [...found, ...attributeSources(document, left, budget)];
}
