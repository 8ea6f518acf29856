// @ts-check
// Choice of the schema.org node of the page's product: variants join their group; address and name decide.
import { asList, hasType, isObject, textOf, textsOf, truthy, typesOf } from "./nodes.js";
import { keyOf } from "../../values/text.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.markup.mainProduct;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("./nodes.js").DataNode} DataNode */

const PRODUCT_TYPES = vocabulary.productTypes;
// Types that are for sale only where they carry an offer.
const SELLABLE_TYPES = vocabulary.sellableTypes;
const LIST_TYPES = vocabulary.listTypes;
const MAX_WRAPS = 3;
const MAX_VARIANTS = 250;
const MAX_SAME = 10;

/** @param {DataNode} node @param {string[]} names */
const isOneOf = (node, names) => names.some((name) => typesOf(node).has(name));

/** @param {DataNode} node whether it is a list of others */
export const isList = (node) => isOneOf(node, LIST_TYPES);

/** @param {unknown} node @returns {boolean} whether it is a schema.org Product, or another thing with an offer */
export function isProduct(node) {
  if (!isObject(node)) return false;
  if (isOneOf(node, PRODUCT_TYPES)) return true;
  return "offers" in node && (isOneOf(node, SELLABLE_TYPES) || (typesOf(node).size === 0 && "name" in node));
}

/** @param {DataNode} node @param {number} depth @returns {DataNode[]} */
function topProducts(node, depth) {
  if (isProduct(node)) return [node];
  if (hasType(node, "Offer") || hasType(node, "AggregateOffer")) {
    return asList(node.itemOffered)
      .filter(isProduct)
      .slice(0, 1)
      .map((part) => ({ ...part, offers: part.offers ?? node }));
  }
  if (isList(node) || depth >= MAX_WRAPS) return [];
  // A page sells its subject; an article only discusses it.
  const isPage = [...typesOf(node)].some((name) => name.endsWith("page"));
  return (isPage ? vocabulary.pageSubjectKeys : vocabulary.subjectKeys).flatMap((key) =>
    asList(node[key])
      .filter(isObject)
      .flatMap((part) => topProducts(part, depth + 1)),
  );
}

/** Join objects of one @id, which are one node, unless a page gives one id to products of two names. @param {DataNode[]} products @returns {DataNode[]} */
function merged(products) {
  /** @type {Map<string, DataNode>} */
  const byId = new Map();
  const result = [];
  for (const product of products) {
    const [identity, name] = [textOf(product["@id"]), textOf(product.name)];
    const keys = [JSON.stringify([identity, name]), JSON.stringify([identity, null])];
    const known = byId.get(keys[0]) ?? (name ? undefined : byId.get(keys[1]));
    if (identity !== null && known) {
      for (const [key, value] of Object.entries(product)) if (!Object.hasOwn(known, key)) known[key] = value;
      continue;
    }
    result.push(product);
    for (const key of keys) if (!byId.has(key)) byId.set(key, product);
  }
  return result;
}

/** @param {DataNode} node @returns {string[]} */
const groupKeys = (node) => [...textsOf(node.productGroupID), ...textsOf(node["@id"])];

/** @param {DataNode} node @returns {string[]} */
function groupsNamedBy(node) {
  const parts = asList(node.isVariantOf).flatMap((part) => (isObject(part) ? groupKeys(part) : textsOf(part)));
  return [...textsOf(node.inProductGroupWithID), ...parts];
}

/** @param {DataNode} node @param {any[]} known */
function isKnownVariant(node, known) {
  return known
    .filter(isObject)
    .some((part) =>
      vocabulary.variantIdKeys.some((key) => textOf(node[key]) !== null && textOf(part[key]) === textOf(node[key])),
    );
}

/** @param {DataNode} node @returns {DataNode} with its missing fields filled from the group inside it */
function filledFromGroup(node) {
  const group = asList(node.isVariantOf).find(isProduct);
  if (!group) return node;
  return { ...Object.fromEntries(Object.entries(group).filter(([key]) => key !== "hasVariant")), ...node };
}

/** Move variants at top level into their ProductGroup; a variant that holds its group itself stays a product. @param {DataNode[]} products @returns {DataNode[]} */
function grouped(products) {
  const groups = new Map(
    products
      .filter((node) => hasType(node, "ProductGroup"))
      .flatMap((node) => groupKeys(node).map((key) => /** @type {[string, DataNode]} */ ([key, node]))),
  );
  const result = [];
  for (const node of products) {
    const name = groupsNamedBy(node).find((key) => groups.has(key));
    const group = name === undefined ? undefined : groups.get(name);
    if (!group || group === node) result.push(filledFromGroup(node));
    else {
      const known = asList(group.hasVariant);
      if (known.length < MAX_VARIANTS && !isKnownVariant(node, known)) group.hasVariant = [...known, node];
    }
  }
  return result;
}

/** Add to a page's only product the offers and the rating that are beside it instead of inside it. @param {DataNode[]} products @param {DataNode[]} nodes @returns {DataNode[]} */
function withOrphans(products, nodes) {
  if (products.length !== 1) return products;
  let [product] = products;
  for (const [key, kinds] of Object.entries(vocabulary.orphanTypes)) {
    const found = nodes.filter((node) => kinds.some((kind) => hasType(node, kind)) && !("itemOffered" in node));
    if (found.length > 0 && !(key in product) && !("hasVariant" in product)) product = { ...product, [key]: found };
  }
  return [product];
}

/** @param {DataNode[]} nodes @returns {DataNode[]} the page's own products, each once, with its variants and the offers and ratings beside it */
export function productsOf(nodes) {
  const top = nodes.flatMap((node) => topProducts(node, 0));
  // GoodRelations' Offering names the thing itself.
  const named =
    top.length > 0
      ? top
      : nodes
          .filter((node) => hasType(node, "Offer") && truthy(node.name))
          .map((node) => ({ ...node, offers: [node] }));
  return withOrphans(grouped(merged(named)), nodes);
}

/** Return how certainly this is the page's own product: 4 for the address, 2 for the name, 1 for an offer. @param {DataNode} node @param {Page} page @param {Set<string>} headings */
function scoreOf(node, page, headings) {
  const urls = vocabulary.addressKeys.filter((key) => truthy(node[key])).map((key) => page.absolute(textOf(node[key])));
  const name = keyOf(textOf(node.name));
  return (
    (urls.some((url) => url && page.addresses.has(url)) ? 4 : 0) +
    (name && headings.has(name) ? 2 : 0) +
    ("offers" in node || "hasVariant" in node ? 1 : 0)
  );
}

/** @param {DataNode[]} products @param {Page} page @returns {DataNode[]} those about the page's own product, best first; none on a page of many */
export function sameProduct(products, page) {
  if (products.length === 0) return [];
  const headings = new Set(page.headings.map(keyOf));
  const scores = products.map((node) => scoreOf(node, page, headings));
  const best = scores.indexOf(scores.reduce((high, score) => Math.max(high, score), 0));
  if (scores[best] < 2 && new Set(products.map((node) => keyOf(textOf(node.name)))).size >= 3) return [];
  const main = products[best];
  const name = keyOf(textOf(main.name));
  return [main, ...products.filter((node) => node !== main && name && keyOf(textOf(node.name)) === name)].slice(
    0,
    MAX_SAME,
  );
}
