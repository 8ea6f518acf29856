// @ts-check
// Which schema.org item is the page's product: variants folded into their group, then told by address and name.
import { asList, hasType, isObject, textOf, textsOf, truthy, typesOf } from "./nodes.js";
import { keyOf } from "../../values/text.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.markup.mainProduct;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("./nodes.js").Item} Item */

const PRODUCT_TYPES = vocabulary.productTypes;
// Types that are for sale only where they carry an offer.
const SELLABLE_TYPES = vocabulary.sellableTypes;
const LIST_TYPES = vocabulary.listTypes;
const MAX_WRAPS = 3;
const MAX_VARIANTS = 250;
const MAX_SAME = 10;

/** @param {Item} item @param {string[]} names */
const isOneOf = (item, names) => names.some((name) => typesOf(item).has(name));

/** @param {Item} item whether it is a list of others */
export const isList = (item) => isOneOf(item, LIST_TYPES);

/** @param {unknown} item @returns {boolean} whether it is a schema.org Product, or another thing with an offer */
export function isProduct(item) {
  if (!isObject(item)) return false;
  if (isOneOf(item, PRODUCT_TYPES)) return true;
  return "offers" in item && (isOneOf(item, SELLABLE_TYPES) || (typesOf(item).size === 0 && "name" in item));
}

/** @param {Item} item @param {number} depth @returns {Item[]} */
function topProducts(item, depth) {
  if (isProduct(item)) return [item];
  if (hasType(item, "Offer") || hasType(item, "AggregateOffer")) {
    return asList(item.itemOffered)
      .filter(isProduct)
      .slice(0, 1)
      .map((part) => ({ ...part, offers: part.offers ?? item }));
  }
  if (isList(item) || depth >= MAX_WRAPS) return [];
  // What a page is about, it sells; what an article is about, it only talks of.
  const isPage = [...typesOf(item)].some((name) => name.endsWith("page"));
  return (isPage ? vocabulary.pageSubjectKeys : vocabulary.subjectKeys).flatMap((key) =>
    asList(item[key])
      .filter(isObject)
      .flatMap((part) => topProducts(part, depth + 1)),
  );
}

/** Joins objects of one @id: they are one node, unless a careless page gives one id to products of two names. @param {Item[]} products @returns {Item[]} */
function mergedById(products) {
  /** @type {Map<string, Item>} */
  const byId = new Map();
  const merged = [];
  for (const product of products) {
    const [identity, name] = [textOf(product["@id"]), textOf(product.name)];
    const keys = [JSON.stringify([identity, name]), JSON.stringify([identity, null])];
    const known = byId.get(keys[0]) ?? (name ? undefined : byId.get(keys[1]));
    if (identity !== null && known) {
      for (const [key, value] of Object.entries(product)) if (!Object.hasOwn(known, key)) known[key] = value;
      continue;
    }
    merged.push(product);
    for (const key of keys) if (!byId.has(key)) byId.set(key, product);
  }
  return merged;
}

/** @param {Item} item @returns {string[]} */
const groupKeys = (item) => [...textsOf(item.productGroupID), ...textsOf(item["@id"])];

/** @param {Item} item @returns {string[]} */
function groupsNamedBy(item) {
  const parts = asList(item.isVariantOf).flatMap((part) => (isObject(part) ? groupKeys(part) : textsOf(part)));
  return [...textsOf(item.inProductGroupWithID), ...parts];
}

/** @param {Item} item @param {any[]} known */
function isKnownVariant(item, known) {
  return known
    .filter(isObject)
    .some((part) =>
      vocabulary.variantIdKeys.some((key) => textOf(item[key]) !== null && textOf(part[key]) === textOf(item[key])),
    );
}

/** @param {Item} item @returns {Item} with what the group inside it says filled in */
function filledFromGroup(item) {
  const group = asList(item.isVariantOf).find(isProduct);
  if (!group) return item;
  return { ...Object.fromEntries(Object.entries(group).filter(([key]) => key !== "hasVariant")), ...item };
}

/** Folds variants at top level into their ProductGroup; one whose group stands only inside it speaks for itself. @param {Item[]} products @returns {Item[]} */
function grouped(products) {
  const groups = new Map(
    products
      .filter((item) => hasType(item, "ProductGroup"))
      .flatMap((item) => groupKeys(item).map((key) => /** @type {[string, Item]} */ ([key, item]))),
  );
  const result = [];
  for (const item of products) {
    const name = groupsNamedBy(item).find((key) => groups.has(key));
    const group = name === undefined ? undefined : groups.get(name);
    if (!group || group === item) result.push(filledFromGroup(item));
    else {
      const known = asList(group.hasVariant);
      if (known.length < MAX_VARIANTS && !isKnownVariant(item, known)) group.hasVariant = [...known, item];
    }
  }
  return result;
}

/** Gives a page's only product the offers and the rating that stand beside it instead of inside it. @param {Item[]} products @param {Item[]} items @returns {Item[]} */
function withOrphans(products, items) {
  if (products.length !== 1) return products;
  let [product] = products;
  for (const [key, kinds] of Object.entries(vocabulary.orphanTypes)) {
    const found = items.filter((item) => kinds.some((kind) => hasType(item, kind)) && !("itemOffered" in item));
    if (found.length > 0 && !(key in product) && !("hasVariant" in product)) product = { ...product, [key]: found };
  }
  return [product];
}

/** @param {Item[]} items @returns {Item[]} the page's own products, each once, its variants and what stands beside it folded in */
export function productsOf(items) {
  const top = items.flatMap((item) => topProducts(item, 0));
  // GoodRelations' Offering names the thing itself.
  const named =
    top.length > 0
      ? top
      : items
          .filter((item) => hasType(item, "Offer") && truthy(item.name))
          .map((item) => ({ ...item, offers: [item] }));
  return withOrphans(grouped(mergedById(named)), items);
}

/** How surely this is the page's own product: by address, then by name, then by having an offer. @param {Item} item @param {Page} page @param {Set<string>} headings */
function scoreOf(item, page, headings) {
  const urls = vocabulary.addressKeys.filter((key) => truthy(item[key])).map((key) => page.absolute(textOf(item[key])));
  const name = keyOf(textOf(item.name));
  return (
    (urls.some((url) => url && page.addresses.has(url)) ? 4 : 0) +
    (name && headings.has(name) ? 2 : 0) +
    ("offers" in item || "hasVariant" in item ? 1 : 0)
  );
}

/** @param {Item[]} products @param {Page} page @returns {Item[]} those about the page's own product, best first; none on a page of many */
export function sameProduct(products, page) {
  if (products.length === 0) return [];
  const headings = new Set(page.headings.map(keyOf));
  const scores = products.map((item) => scoreOf(item, page, headings));
  const best = scores.indexOf(scores.reduce((high, score) => Math.max(high, score), 0));
  if (scores[best] < 2 && new Set(products.map((item) => keyOf(textOf(item.name)))).size >= 3) return [];
  const main = products[best];
  const name = keyOf(textOf(main.name));
  return [main, ...products.filter((item) => item !== main && name && keyOf(textOf(item.name)) === name)].slice(
    0,
    MAX_SAME,
  );
}
