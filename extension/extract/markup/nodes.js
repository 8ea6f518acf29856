// @ts-check
// Nodes, the schema.org objects of all syntaxes as plain objects, and readers of their loose shapes.
import { pageVocabulary } from "../../generated/contracts.js";

/** @typedef {Record<string, any>} DataNode */

const MAX_DEPTH = 40;
const MAX_NODES = 100_000;
const MAX_FLATTENED = 8;
const vocabulary = pageVocabulary.markup.nodes;
const INDEX = /^[0-9]{1,6}$/;
// Keys that pages and older vocabularies use instead of the standard's.
/** @type {Record<string, string>} */
const ALIASES = vocabulary.keyAliases;
const PREFIXES = vocabulary.keyPrefixes;

/** @param {unknown} value @returns {value is DataNode} */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Return a value as a list: one or many are allowed everywhere. JSON-LD's @list and @set, lists in lists and objects whose keys are 0, 1, 2… (a list as
 * PHP writes it) are opened. @param {any} value @returns {any[]}
 */
export function asList(value) {
  if (Array.isArray(value))
    return value.some(Array.isArray) ? value.flat(MAX_FLATTENED + 1).filter((part) => !Array.isArray(part)) : value;
  if (isObject(value)) {
    if ("@list" in value || "@set" in value) return asList(value["@list"] ?? value["@set"]);
    const keys = Object.keys(value);
    if (keys.length > 0 && keys.every((key) => INDEX.test(key)))
      return keys.sort((a, b) => Number(a) - Number(b)).map((key) => value[key]);
  }
  return value === null || value === undefined ? [] : [value];
}

/** @param {DataNode} node @returns {Set<string>} lower case, without the vocabulary's address or prefix */
export function typesOf(node) {
  const names = asList(node["@type"] ?? node.type).filter((name) => typeof name === "string");
  return new Set(
    names.map(
      (name) =>
        (name.replace(/\/+$/, "").replaceAll("#", "/").split("/").at(-1) ?? "")
          .split(":")
          .at(-1)
          ?.trim()
          .toLowerCase() ?? "",
    ),
  );
}

/** @param {unknown} node @param {string} name */
export function hasType(node, name) {
  return isObject(node) && typesOf(node).has(name.toLowerCase());
}

/** @param {any} part @returns {any} the text or number of an object: its value, its name or its address */
function opened(part) {
  if (!isObject(part)) return part;
  const key = vocabulary.textKeys.find((name) => truthy(part[name]) || part[name] === 0);
  let value = key ? part[key] : undefined;
  if (Array.isArray(value)) [value] = value;
  return isObject(value) ? value["@value"] : value;
}

/** Return Python's truth of a value: an empty list or object is false. @param {any} value @returns {boolean} */
export function truthy(value) {
  if (Array.isArray(value)) return value.length > 0;
  return isObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}

/** @param {any} value of any shape @returns {string[]} */
export function textsOf(value) {
  const texts = [];
  for (const part of asList(value).map(opened)) {
    if (typeof part === "boolean" || (typeof part === "number" && Number.isFinite(part))) texts.push(String(part));
    else if (typeof part === "string" && part.trim()) texts.push(part.trim());
  }
  return texts;
}

/** @param {any} value @returns {string | null} */
export function textOf(value) {
  return textsOf(value)[0] ?? null;
}

/** @param {string} key */
function plainKey(key) {
  if (key.startsWith("@")) return key.toLowerCase();
  const name = key.slice(PREFIXES.find((one) => key.startsWith(one))?.length ?? 0);
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : name;
}

/** @param {any} value @param {Map<string, DataNode>} byId @param {{left: number}} budget @param {number} depth @returns {any} */
function plain(value, byId, budget, depth) {
  budget.left -= 1;
  if (depth > MAX_DEPTH || budget.left < 0) return null;
  if (Array.isArray(value)) return value.map((part) => plain(part, byId, budget, depth + 1));
  if (!isObject(value)) return value;
  const node = Object.fromEntries(
    Object.entries(value).map(([key, part]) => [plainKey(key), plain(part, byId, budget, depth + 1)]),
  );
  const id = node["@id"];
  if (typeof id === "string" && Object.keys(node).length > 1) byId.set(id, { ...node, ...byId.get(id) });
  return node;
}

/** Return a value with its references followed; the path ends a cycle, the budget everything else. @param {any} value @param {Map<string, DataNode>} byId @param {string[]} path @param {{left: number}} budget @returns {any} */
function linked(value, byId, path, budget) {
  budget.left -= 1;
  if (budget.left < 0 || path.length > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((part) => linked(part, byId, path, budget));
  if (!isObject(value)) return value;
  const id = value["@id"];
  if (typeof id !== "string") {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, linked(part, byId, path, budget)]));
  }
  if (path.includes(id)) return value;
  const named = Object.keys(value).length === 1 ? (byId.get(id) ?? value) : value;
  return Object.fromEntries(
    Object.entries(named).map(([key, part]) => [key, linked(part, byId, [...path, id], budget)]),
  );
}

/** @param {DataNode[]} nodes @returns {DataNode[]} with {"@id"} references replaced by their nodes, and prefixes removed */
export function resolveReferences(nodes) {
  /** @type {Map<string, DataNode>} */
  const byId = new Map();
  const budget = { left: MAX_NODES };
  const plainNodes = nodes.map((node) => plain(node, byId, budget, 0));
  return plainNodes.map((node) => linked(node, byId, [], { left: MAX_NODES }));
}
