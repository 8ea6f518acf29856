// @ts-check
// Category paths from breadcrumbs and category texts, widest first, without the home page.
import { asList, hasType, isObject, textOf, textsOf } from "./nodes.js";
import { clean } from "../../values/text.js";
import { isHome } from "../../values/words.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.markup.breadcrumbs;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("./nodes.js").DataNode} DataNode */
/** @typedef {{name: string | null, url: string | null}} Crumb */

const MAX_CRUMBS = 12;
const SEPARATOR = new RegExp(`\\s*(?:${vocabulary.categorySeparators.join("|")})\\s*|\\s+/\\s+`);

/** @param {any[]} entries @returns {DataNode[]} */
function inOrder(entries) {
  const objects = entries.filter(isObject);
  const positions = objects.map((entry) => textOf(entry.position) ?? "");
  if (!positions.every((position) => /^\d{1,3}$/.test(position))) return objects;
  return objects
    .map((entry, i) => ({ entry, at: Number(positions[i]) }))
    .sort((a, b) => a.at - b.at)
    .map(({ entry }) => entry);
}

/** @param {DataNode} entry @param {Page} page @returns {Crumb} */
function crumbOf(entry, page) {
  const target = asList(entry.item)[0];
  const name = textOf(entry.name);
  if (isObject(target)) {
    return {
      name: clean(name ?? textOf(target.name), 200),
      url: page.absolute(textOf(target["@id"]) ?? textOf(target.url)),
    };
  }
  return { name: clean(name, 200), url: page.absolute(textOf(target) ?? textOf(entry.url)) };
}

/**
 * Return the names without the home page and without this page itself. A last crumb without an address, after crumbs
 * that have one, is the page itself.
 * @param {Crumb[]} all @param {Page} page @returns {string[]}
 */
export function pathOf(all, page) {
  const last = all.at(-1);
  const endsHere = all.length > 1 && last?.url === null && all.slice(0, -1).some(({ url }) => url);
  const crumbs = endsHere ? all.slice(0, -1) : all;
  const names = crumbs
    .filter(({ name, url }, i) => {
      const at = url && new URL(url);
      const isRoot = i === 0 && at && at.pathname === "/" && !at.search;
      return name && !isRoot && !(i === 0 && isHome(name)) && !page.addresses.has(url);
    })
    .map(({ name }) => /** @type {string} */ (name));
  return names.slice(0, MAX_CRUMBS);
}

/** @param {DataNode[]} nodes @param {Page} page @returns {string[]} the path of the first BreadcrumbList that names one */
export function pathOfNodes(nodes, page) {
  const lists = nodes.flatMap((node) => [
    ...(hasType(node, "BreadcrumbList") ? [node] : []),
    ...vocabulary.listKeys.flatMap((key) => asList(node[key]).filter((part) => hasType(part, "BreadcrumbList"))),
  ]);
  for (const list of lists) {
    const path = pathOf(
      inOrder(asList(list.itemListElement)).map((entry) => crumbOf(entry, page)),
      page,
    );
    if (path.length > 0) return path;
  }
  return [];
}

/** @param {any} value a `category` ("Clothing > Tops") @returns {string[]} separators are > › » and a spaced slash */
export function pathOfCategory(value) {
  const texts = textsOf(value);
  const parts = texts.length === 1 ? texts[0].split(SEPARATOR) : texts;
  const names = parts
    .map((part) => clean(part, 200))
    .filter((name) => name !== null && !/^(?:https?:|\d+$)/.test(name));
  return /** @type {string[]} */ (names[0] && isHome(names[0]) ? names.slice(1) : names).slice(0, MAX_CRUMBS);
}
