// @ts-check
// Microdata (WHATWG HTML, section 5), as the same objects that JSON-LD gives.
import { collapse } from "../core/item-text.js";
import { candidatesOfItems } from "./schemaorg.js";

const MAX_DEPTH = 30;
const MAX_PROPERTIES = 20_000;
/** @type {Record<string, string>} */
const URL_ATTRIBUTES = {
  a: "href", area: "href", link: "href", img: "src", audio: "src", embed: "src", iframe: "src", source: "src",
  track: "src", video: "src", object: "data",
};

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./items.js").Item} Item */

/** @param {string | null} text @returns {string[]} */
const tokens = (text) => (text ?? "").split(/\s+/).filter(Boolean);

/** @param {Page} page @returns {Item[]} every top-level item, in document order */
export function readItems(page) {
  const budget = { left: MAX_PROPERTIES };
  return [...page.document.querySelectorAll("[itemscope]:not([itemprop])")].map((scope) => readItem(scope, page, budget, 0));
}

/** @param {Element} scope @param {Page} page @param {{left: number}} budget @param {number} depth @returns {Item} */
function readItem(scope, page, budget, depth) {
  /** @type {Item} */
  const item = {};
  const types = tokens(scope.getAttribute("itemtype"));
  if (types.length > 0) item["@type"] = types;
  const id = scope.getAttribute("itemid");
  if (id) item["@id"] = page.absolute(id) ?? id;
  for (const element of propertyElements(scope, budget)) {
    for (const name of tokens(element.getAttribute("itemprop"))) {
      const key = name.includes("://") ? name.split("/").at(-1) ?? name : name;
      if (!Object.hasOwn(item, key)) item[key] = [];
      item[key].push(valueOf(element, page, budget, depth));
    }
  }
  return item;
}

/** Elements with itemprop that belong to the scope, those itemref names included, each once. @param {Element} scope @param {{left: number}} budget @returns {Element[]} */
function propertyElements(scope, budget) {
  const named = tokens(scope.getAttribute("itemref")).map((name) => scope.ownerDocument.getElementById(name));
  const pending = [...named.filter((element) => element !== null).reverse(), ...[...scope.children].reverse()];
  const seen = new Set([scope]);
  const found = [];
  while (pending.length > 0 && budget.left > 0) {
    const element = /** @type {Element} */ (pending.pop());
    if (seen.has(element)) continue;
    seen.add(element);
    budget.left -= 1;
    if (element.getAttribute("itemprop")?.trim()) found.push(element);
    if (!element.hasAttribute("itemscope")) pending.push(...[...element.children].reverse());
  }
  return found;
}

/** @param {Element} element @param {Page} page @param {{left: number}} budget @param {number} depth @returns {any} */
function valueOf(element, page, budget, depth) {
  if (element.hasAttribute("itemscope")) return depth < MAX_DEPTH ? readItem(element, page, budget, depth + 1) : null;
  // Shops put `content` on any element; the standard reads it on <meta> only, people mean it everywhere.
  const content = element.getAttribute("content");
  if (content !== null) return content.trim();
  const attribute = URL_ATTRIBUTES[element.localName];
  if (attribute) {
    const value = element.getAttribute(attribute) || (element.localName === "img" && element.getAttribute("data-src")) || "";
    return page.absolute(value) ?? value;
  }
  if (element.localName === "data" || element.localName === "meter") return element.getAttribute("value") ?? "";
  const datetime = element.localName === "time" && element.getAttribute("datetime");
  return datetime || collapse(element.textContent ?? "");
}

/** @param {Page} page @returns {import("./combine.js").Candidate[]} the main product first */
export function extract(page) {
  return candidatesOfItems(readItems(page), page, "microdata");
}
