// @ts-check
// Parsers of frameworks' state formats: React's flight rows, Nuxt's function and flat array, Apollo's cache.
import { isObject } from "../markup/nodes.js";
import { mendValue } from "../markup/json-repair.js";
import { createDecoder, parseJson } from "../markup/json-values.js";

/** @typedef {import("../markup/nodes.js").DataNode} DataNode */

const MAX_NODES = 100_000;
const MAX_DEPTH = 60;
const MAX_FAILURES = 50;
const MAX_ARGUMENT_CHARS = 8_000;
const PUSH = /__next_f\.push\(\s*/g;
const REFERENCE = /^\$(?:L?[0-9a-f]+(?::[^]*)?|undefined|NaN|-?Infinity|-0|[A-Z@][^]*)$/;
const NUXT_FUNCTION = /__NUXT__\s*=\s*\(?\s*function\s*\(([\p{L}\p{N}_$,\s]{0,20000})\)\s*\{/u;
const CALL = /[\s;]*\}\s*\)?\s*\(/y;

/** @param {string[]} scripts @returns {any[]} the JSON rows that `self.__next_f.push([1, "…"])` streams into a page (Next.js, app router) */
export function flightValues(scripts) {
  const decode = createDecoder();
  const chunks = [];
  let numFailures = 0;
  for (const script of scripts) {
    for (const match of script.matchAll(PUSH)) {
      if (numFailures >= MAX_FAILURES) break;
      const decoded = decode(script, match.index + match[0].length);
      if (!decoded) numFailures += 1;
      const pushed = decoded?.value;
      if (Array.isArray(pushed) && pushed.length === 2 && pushed[0] === 1 && typeof pushed[1] === "string")
        chunks.push(pushed[1]);
    }
  }
  return rowsOf(new TextEncoder().encode(chunks.join("")));
}

/** Return the rows of the stream: `id:JSON` up to a newline, or `id:Tlength,` and that many bytes of text. @param {Uint8Array} stream @returns {any[]} */
function rowsOf(stream) {
  const text = (/** @type {number} */ start, /** @type {number} */ end) =>
    new TextDecoder().decode(stream.subarray(start, end));
  /** @type {Map<string, string>} */
  const texts = new Map();
  const rows = [];
  for (let position = 0; position < stream.length;) {
    const match = /^([0-9a-f]{0,8}):(?:T([0-9a-f]{1,8}),)?/.exec(text(position, position + 20));
    const start = position + (match?.[0].length ?? 0);
    if (match?.[2]) {
      position = start + Number.parseInt(match[2], 16);
      texts.set(match[1], text(start, position));
      continue;
    }
    const newline = stream.indexOf(10, position);
    const end = newline < 0 ? stream.length : newline;
    const parsed = match && (stream[start] === 91 || stream[start] === 123) ? parseJson(text(start, end)) : null;
    if (parsed) rows.push(parsed.value);
    position = end + 1;
  }
  const budget = { left: MAX_NODES };
  return rows.map((row) => withTexts(row, texts, budget, 0));
}

/** Return a value with references to texts replaced; other references are left out. @param {any} value @param {Map<string, string>} texts @param {{left: number}} budget @param {number} depth @returns {any} */
function withTexts(value, texts, budget, depth) {
  budget.left -= 1;
  if (depth > MAX_DEPTH || budget.left < 0) return null;
  if (Array.isArray(value)) return value.map((part) => withTexts(part, texts, budget, depth + 1));
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [key, withTexts(part, texts, budget, depth + 1)]),
    );
  if (typeof value !== "string" || !value.startsWith("$")) return value;
  if (value.startsWith("$$")) return value.slice(1);
  return REFERENCE.test(value) ? (texts.get(value.slice(1)) ?? null) : value;
}

/** @param {string} script @param {number} maxChars @returns {any[]} the state of `__NUXT__=(function(a,b){return {…}}(1,"x"))`, its arguments inserted; no code is run */
export function nuxtFunctionValues(script, maxChars) {
  const match = NUXT_FUNCTION.exec(script);
  let start = match ? script.indexOf("return", match.index + match[0].length) + "return".length : -1;
  if (!match || start < "return".length) return [];
  while (/\s/.test(script.charAt(start))) start += 1;
  if (script[start] !== "{" && script[start] !== "[") return [];
  const { end } = mendValue(script, start, maxChars);
  CALL.lastIndex = end;
  const call = CALL.exec(script);
  const written = call
    ? `[${script
        .slice(end + call[0].length)
        .trimEnd()
        .replace(/;+$/, "")
        .replace(/\)+$/, "")}`
    : "[]";
  const args = parseJson(mendValue(written, 0, maxChars).json)?.value ?? [];
  const pairs = match[1]
    .split(",")
    .map((name, i) => /** @type {[string, string]} */ ([name.trim(), JSON.stringify(args[i] ?? null)]));
  const known = new Map(pairs.filter(([, text], i) => i < args.length && text.length <= MAX_ARGUMENT_CHARS));
  const found = parseJson(mendValue(script, start, maxChars, known).json);
  return found ? [found.value] : [];
}

/**
 * Return the value of devalue's flat array (Nuxt 3, SvelteKit), in which every object's values are positions in one list. A
 * circle, undefined, NaN and values too deep give null. @param {any[]} entries @returns {any}
 */
export function flatArrayValue(entries) {
  const known = new Map();
  let left = MAX_NODES;
  const valueAt = (/** @type {any} */ index, /** @type {number} */ depth) => {
    if (!Number.isInteger(index) || index < 0 || index >= entries.length) return null;
    if (known.has(index) || depth > MAX_DEPTH || left <= 0) return known.get(index) ?? null;
    left -= 1;
    known.set(index, null);
    known.set(index, opened(entries[index], depth + 1));
    return known.get(index);
  };
  /** @param {any} entry @param {number} depth @returns {any} */
  function opened(entry, depth) {
    if (isObject(entry))
      return Object.fromEntries(Object.entries(entry).map(([key, index]) => [key, valueAt(index, depth)]));
    if (!Array.isArray(entry)) return entry;
    if (typeof entry[0] !== "string") return entry.map((index) => valueAt(index, depth));
    const [kind, ...rest] = entry;
    if (kind === "Set") return rest.map((index) => valueAt(index, depth));
    if (kind === "null" || kind === "Map") {
      const keys = rest.filter((_, i) => i % 2 === 0).map((key) => String(kind === "null" ? key : valueAt(key, depth)));
      return Object.fromEntries(keys.map((key, i) => [key, valueAt(rest[2 * i + 1], depth)]));
    }
    return Number.isInteger(rest[0]) ? valueAt(rest[0], depth) : (rest[0] ?? null);
  }
  return valueAt(0, 0);
}

/** @param {DataNode} node of Apollo's cache @param {DataNode} cache @param {number} [depth] @returns {DataNode} its references followed, three deep, and arguments cut off its keys */
export function resolved(node, cache, depth = 0) {
  /** @type {DataNode} */
  const found = {};
  for (const [key, value] of Object.entries(node).slice(0, 200)) {
    const name = key.split("(")[0];
    if (!Object.hasOwn(found, name)) found[name] = followed(value, cache, depth);
  }
  return found;
}

/** @param {any} value @param {DataNode} cache @param {number} depth @returns {any} */
function followed(value, cache, depth) {
  if (Array.isArray(value)) return value.slice(0, 100).map((part) => followed(part, cache, depth));
  if (!isObject(value) || depth >= 3) return value;
  const name = value.__ref || (value.type === "id" ? value.id : null);
  const target = typeof name === "string" ? (Object.hasOwn(cache, name) ? cache[name] : null) : value;
  return isObject(target) ? resolved(target, cache, depth + 1) : value;
}
