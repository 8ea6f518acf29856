// @ts-check
// Which category of sensitive products one belongs to: contracts/privacy-words.json.
import { ordinaryPhrases, sensitiveCategories } from "../generated/privacy-words.js";
import { foldText } from "../values/folded-text.js";
import { percentDecoded } from "../values/text.js";
import { createWordMatcher } from "./word-matcher.js";

/**
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {import("./word-matcher.js").Hit} Hit
 * @typedef {{shops?: string[], categories?: string[], ownWords?: string[]}} OwnRules shops and categories that the shopper allows for themselves, and words that they block
 */

/** The lists of a category, in the order in which the matcher knows them. */
const LISTS = /** @type {const} */ ([
  "terms",
  "weakTerms",
  "ordinaryBeside",
  "ordinaryAlways",
  "pathTerms",
  "shopTerms",
]);
/** The names of all categories. */
export const SENSITIVE_CATEGORIES = sensitiveCategories.map(({ name }) => name);
/** What of a description is kept, and read. */
const MAX_DESCRIPTION_CHARS = 1000;

/** @param {string[]} patterns @returns {RegExp[]} */
const compiled = (patterns) => patterns.map((pattern) => new RegExp(pattern, "u"));

/** Built once, at the first product: the lists hold thousands of terms. */
function createRules() {
  const lists = sensitiveCategories.flatMap((category) => LISTS.map((name) => category[name].split("\n")));
  const ordinary = lists.push(ordinaryPhrases.split("\n")) - 1;
  return {
    ordinary,
    find: createWordMatcher(lists),
    categories: sensitiveCategories.map((category, i) => ({
      name: category.name,
      googleCategories: new Set(category.googleCategories),
      gtinPrefixes: category.gtinPrefixes,
      quantities: compiled(category.quantities),
      weakQuantities: compiled(category.weakQuantities),
      proofs: compiled(category.proofs),
      lists: /** @type {Record<typeof LISTS[number], number>} */ (
        Object.fromEntries(LISTS.map((name, at) => [name, i * LISTS.length + at]))
      ),
    })),
  };
}

/** @type {ReturnType<typeof createRules> | undefined} */
let built;

/** @typedef {NonNullable<typeof built>["categories"][number]} Rules of one category */
/** @typedef {{short: string, path: string[], description: number, shop: number, gtin: string, hits: Map<number, Hit[]>}} Read a product, with what of the lists is in it */

/** @param {Hit} one @param {Hit} other @returns {boolean} */
const overlap = (one, other) => one.field === other.field && one.from < other.to && one.to > other.from;

/** @param {string} url @returns {string} the words of its path and fragment */
function wordsOfAddress(url) {
  const { pathname, hash } = new URL(url);
  return percentDecoded(`${pathname} ${hash}`);
}

/** @param {Product} product @param {NonNullable<typeof built>} rules @returns {Read} */
function readProduct(product, { find, ordinary }) {
  const { title = "", brand = "", categoryPath = [], description = "", shop, url, gtin = "", attributes } = product;
  const age = attributes?.ageGroup ?? "";
  const texts = [title, brand, wordsOfAddress(url), age, ...categoryPath];
  const [descriptionAt, shopAt] = [texts.length, texts.length + 1];
  texts.push(description.slice(0, MAX_DESCRIPTION_CHARS), shop);
  const folded = texts.map(foldText);
  const found = find(folded);
  const phrases = found.filter(({ list }) => list === ordinary);
  /** @type {Map<number, Hit[]>} */
  const hits = new Map();
  for (const hit of found) {
    if (hit.list === ordinary || phrases.some((phrase) => overlap(phrase, hit))) continue;
    const known = hits.get(hit.list);
    if (known) known.push(hit);
    else hits.set(hit.list, [hit]);
  }
  const short = folded.slice(0, descriptionAt).join("\n");
  return { short, path: folded.slice(4, descriptionAt), description: descriptionAt, shop: shopAt, gtin, hits };
}

/** @param {Rules} rules @param {Read} read @returns {boolean} */
function belongs({ lists, googleCategories, gtinPrefixes, quantities, weakQuantities, proofs }, read) {
  const { short, path, description, shop, gtin, hits } = read;
  const of = (/** @type {typeof LISTS[number]} */ name) => hits.get(lists[name]) ?? [];
  const isShort = (/** @type {Hit} */ { field }) => field < description;
  const has = (/** @type {RegExp[]} */ patterns) => patterns.some((one) => one.test(short));
  if (of("terms").some(({ field }) => field !== shop)) return true;
  if (of("pathTerms").some(({ field }) => field >= 4 && field < description)) return true;
  if (of("shopTerms").some(({ field }) => field === shop)) return true;
  if (path.some((segment) => googleCategories.has(segment))) return true;
  if (gtinPrefixes.some((prefix) => gtin.startsWith(prefix)) || has(quantities)) return true;
  const weak = of("weakTerms").filter(isShort);
  if (weak.length === 0 && !has(weakQuantities)) return false;
  const isBeside = (/** @type {Hit} */ hit) => isShort(hit) && !weak.some((one) => overlap(one, hit));
  if (of("ordinaryAlways").some(isBeside)) return false;
  return !of("ordinaryBeside").some(isBeside) || (weak.length > 0 && has(proofs));
}

/** @type {{words: string, find: ReturnType<typeof createWordMatcher>} | undefined} */
let own;

/** @param {string[]} ownWords @param {Product} product @returns {boolean} */
function hasOwnWord(ownWords, { title = "", brand = "", categoryPath = [], description = "" }) {
  const words = ownWords
    .map((word) =>
      foldText(word)
        .replace(/[^\p{L}\p{N}* ]+/gu, " ")
        .trim(),
    )
    .filter(Boolean);
  if (words.length === 0) return false;
  const key = words.join("\n");
  if (own?.words !== key)
    own = { words: key, find: createWordMatcher([words.map((word) => word.replace(/ +/g, " "))]) };
  return own.find([title, brand, ...categoryPath, description].map(foldText)).length > 0;
}

/**
 * Return why a product is sensitive: the name of its category, or `own_words` for a word that the shopper blocks.
 * @param {Product} product
 * @param {OwnRules} [rules] of the shopper
 * @returns {string | null} null where nothing tells that it is
 */
export function sensitiveCategory(product, { shops = [], categories = [], ownWords = [] } = {}) {
  if (hasOwnWord(ownWords, product)) return "own_words";
  if (shops.includes(product.shop)) return null;
  built ??= createRules();
  const read = readProduct(product, built);
  const found = built.categories.find((rules) => !categories.includes(rules.name) && belongs(rules, read));
  return found?.name ?? null;
}
