// @ts-check
// Reader of JSON-LD, block by block: a broken block is repaired where its meaning is clear and never costs others.
import { isObject } from "./nodes.js";
import { MAX_REPAIR_CHARS, parseBlock, parseJson } from "./json-values.js";
import { candidatesOfNodes } from "./schemaorg.js";

const MEDIA_TYPE = /^\s*application\/ld\+json\s*(?:;.*)?$/is;
const MAX_DEPTH = 60;

/** @param {any} value @param {number} [depth] @returns {import("./nodes.js").DataNode[]} */
function opened(value, depth = 0) {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.flatMap((part) => opened(part, depth + 1));
  if (!isObject(value)) return [];
  const graph = value["@graph"];
  const hasOwn = Object.keys(value).length > (graph === null || graph === undefined ? 0 : 1);
  return [...(hasOwn ? [value] : []), ...opened(graph, depth + 1)];
}

/** @param {import("../page.js").Page} page @returns {import("./nodes.js").DataNode[]} every top-level object, graphs opened, in document order */
export function readNodes({ document }) {
  const nodes = [];
  let left = 2 * MAX_REPAIR_CHARS;
  for (const element of document.querySelectorAll("script")) {
    if (!MEDIA_TYPE.test(element.getAttribute("type") ?? "")) continue;
    const block = element.textContent ?? "";
    const parsed = parseJson(block);
    const isValid = parsed !== null && typeof parsed.value !== "string";
    const values = isValid ? [parsed.value] : parseBlock(block, left);
    if (!isValid) left = Math.max(0, left - block.length);
    nodes.push(...values.flatMap((value) => opened(value)));
  }
  return nodes;
}

/** @param {import("../page.js").Page} page @returns {import("../candidate.js").Candidate[]} the main product first */
export function extract(page) {
  return candidatesOfNodes(readNodes(page), page, "json-ld");
}
