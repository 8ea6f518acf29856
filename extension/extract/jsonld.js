// @ts-check
import { isObject } from "./items.js";
import { parseBlock } from "./json-repair.js";
import { candidatesOfItems } from "./schemaorg.js";

const MEDIA_TYPE = /^\s*application\/ld\+json\s*(?:;.*)?$/is;
const MAX_DEPTH = 60;

/** @param {any} value @param {number} [depth] @returns {import("./items.js").Item[]} */
function opened(value, depth = 0) {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.flatMap((part) => opened(part, depth + 1));
  if (!isObject(value)) return [];
  const own = "@type" in value || "type" in value ? [value] : [];
  return [...own, ...opened(value["@graph"], depth + 1)];
}

/** @param {import("./page.js").Page} page @returns {import("./items.js").Item[]} every top-level object, graphs opened, in document order */
export function readItems({ document }) {
  return [...document.querySelectorAll("script")]
    .filter((element) => MEDIA_TYPE.test(element.getAttribute("type") ?? ""))
    .flatMap((element) => parseBlock(element.textContent ?? "").flatMap((value) => opened(value)));
}

/** @param {import("./page.js").Page} page @returns {import("./combine.js").Candidate[]} the main product first */
export function extract(page) {
  return candidatesOfItems(readItems(page), page, "json-ld");
}
