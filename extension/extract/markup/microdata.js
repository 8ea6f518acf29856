// @ts-check
// Reader of microdata (WHATWG HTML, section 5) into the same nodes that JSON-LD gives.
import { MAX_NAMES, TEXT_PROPERTIES, elementText, linkedText } from "./element-values.js";
import { candidatesOfNodes } from "./schemaorg.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.markup.microdata;

const MAX_DEPTH = 30;
const MAX_PROPERTIES = 20_000;
/** @type {Record<string, string>} */
const URL_ATTRIBUTES = vocabulary.urlAttributes;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("./nodes.js").DataNode} DataNode */
/** State that all nodes share: one budget, and the scopes read. @typedef {{page: Page, left: number, read: Set<Element>}} Reader */

/** @param {string | null} text @returns {string[]} */
const tokens = (text) => (text ?? "").split(/\s+/).filter(Boolean);

/** @param {Page} page @returns {DataNode[]} every top-level node in document order, then those whose property belongs to no node */
export function readNodes(page) {
  const reader = { page, left: MAX_PROPERTIES, read: new Set() };
  const found = [...page.document.querySelectorAll("[itemscope]:not([itemprop])")].map((scope) =>
    readNode(scope, reader, 0),
  );
  // Property and scope at once, but outside any node: shops close the node's element too early.
  const loose = [...page.document.querySelectorAll("[itemscope][itemprop]")].filter(
    (scope) => !scope.parentElement?.closest("[itemscope]"),
  );
  return [...found, ...loose.filter((scope) => !reader.read.has(scope)).map((scope) => readNode(scope, reader, 0))];
}

/** @param {Element} scope @param {Reader} reader @param {number} depth @returns {DataNode} */
function readNode(scope, reader, depth) {
  /** @type {DataNode} */
  const node = {};
  reader.read.add(scope);
  const types = tokens(scope.getAttribute("itemtype"));
  if (types.length > 0) node["@type"] = types;
  const id = scope.getAttribute("itemid");
  if (id) node["@id"] = reader.page.absolute(id) ?? id;
  for (const element of propertyElements(scope, reader)) {
    for (const name of tokens(element.getAttribute("itemprop")).slice(0, MAX_NAMES)) {
      const key = name.includes("://") ? (name.split("/").at(-1) ?? name) : name;
      if (!Object.hasOwn(node, key)) node[key] = [];
      node[key].push(valueOf(element, key, reader, depth));
    }
  }
  return node;
}

/** Return the elements with itemprop that belong to the scope or that its itemref names, each once. @param {Element} scope @param {Reader} reader @returns {Element[]} */
function propertyElements(scope, reader) {
  const named = tokens(scope.getAttribute("itemref")).map((name) => scope.ownerDocument.getElementById(name));
  const pending = [...[...scope.children].reverse(), ...named.filter((element) => element !== null).reverse()];
  const seen = new Set([scope]);
  const found = [];
  while (pending.length > 0 && reader.left > 0) {
    const element = /** @type {Element} */ (pending.pop());
    if (seen.has(element)) continue;
    seen.add(element);
    reader.left -= 1;
    if (element.getAttribute("itemprop")?.trim()) found.push(element);
    if (!element.hasAttribute("itemscope")) pending.push(...[...element.children].reverse());
  }
  return found;
}

/** @param {Element} element @param {string} name @param {Reader} reader @param {number} depth @returns {any} */
function valueOf(element, name, reader, depth) {
  if (element.hasAttribute("itemscope")) return depth < MAX_DEPTH ? readNode(element, reader, depth + 1) : null;
  // Shops put `content` on any element and mean it, although the standard reads it on <meta> only.
  const content = element.getAttribute("content")?.trim();
  if (content) return content;
  if (Object.hasOwn(URL_ATTRIBUTES, element.localName)) {
    return (TEXT_PROPERTIES.has(name) && linkedText(element)) || addressOf(element, reader.page);
  }
  if (vocabulary.valueTags.includes(element.localName)) return element.getAttribute("value") ?? "";
  const datetime = element.localName === "time" && element.getAttribute("datetime");
  return datetime || elementText(element);
}

/** @param {Element} element @param {Page} page @returns {string} */
function addressOf(element, page) {
  const isLazy = element.localName === "img" && !element.getAttribute("src");
  const value = element.getAttribute(isLazy ? "data-src" : URL_ATTRIBUTES[element.localName]) ?? "";
  return page.absolute(value) ?? value;
}

/** @param {Page} page @returns {import("../candidate.js").Candidate[]} the main product first */
export function extract(page) {
  return candidatesOfNodes(readNodes(page), page, "microdata");
}
