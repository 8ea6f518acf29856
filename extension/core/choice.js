// @ts-check
import { SOLD_OUT } from "./availability.js";

/**
 * What a shopper chooses of a list: filters, an order, words. Everything here looks at cards only and keeps nothing.
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../generated/contract-types.js").Choice} Choice
 * @typedef {import("../generated/contract-types.js").Facets} Facets
 * @typedef {import("../generated/contract-types.js").FacetValue} FacetValue
 */

/** So many values of a brand, a category, a size or a colour are offered, the most frequent first. */
const MAX_VALUES = 40;
const WORD = /[\p{L}\p{N}]+/gu;
const MARKS = /\p{M}/gu;

/** @param {string} text @returns {string} in lower case, without accents */
const folded = (text) => text.toLowerCase().normalize("NFKD").replace(MARKS, "");

/** @param {Card} card @returns {number | null} */
export const amountOf = ({ price }) => (price ? Number(price.amount) : null);

/** @param {Card} card @returns {boolean} */
export const isSoldOut = ({ availability }) => SOLD_OUT.includes(availability ?? "");

/** @param {Card} card @returns {boolean} whether it costs less than it regularly does */
export const isOnSale = ({ price, regularPrice }) =>
  Boolean(price && regularPrice && Number(regularPrice.amount) > Number(price.amount));

/** What can be chosen by value. @type {Record<"brand" | "category" | "size" | "color", (card: Card) => string[]>} */
const VALUES = {
  brand: ({ brand }) => (brand ? [brand] : []),
  category: ({ categoryPath = [] }) => categoryPath.slice(-1),
  size: ({ attributes = {} }) => (attributes.size ?? "").split(/\s*[,;|]\s*/).filter(Boolean),
  color: ({ attributes = {} }) => (attributes.color ?? "").split(/\s*[,;|/]\s*/).filter(Boolean),
};
const NAMES = /** @type {(keyof typeof VALUES)[]} */ (Object.keys(VALUES));

/**
 * Return whether a card passes the filters. A card that does not tell what a filter asks does not pass it.
 * @param {Card} card @param {Choice} choice @returns {boolean}
 */
export function passes(card, choice) {
  const { priceFrom, priceTo, inStock, onSale } = choice;
  const amount = amountOf(card);
  if (priceFrom !== undefined && (amount === null || amount < priceFrom)) return false;
  if (priceTo !== undefined && (amount === null || amount > priceTo)) return false;
  if (inStock && isSoldOut(card)) return false;
  if (onSale && !isOnSale(card)) return false;
  return NAMES.every((name) => {
    const asked = choice[name];
    return asked === undefined || VALUES[name](card).some((value) => folded(value) === folded(asked));
  });
}

/** @param {Card[]} cards @param {(card: Card) => string[]} valuesOf @returns {FacetValue[]} the most frequent first; empty where there is no choice */
function valuesIn(cards, valuesOf) {
  /** @type {Map<string, FacetValue>} by the folded value: shops write one in several ways */
  const found = new Map();
  for (const card of cards) {
    for (const value of new Set(valuesOf(card))) {
      const known = found.get(folded(value));
      if (known) known.count += 1;
      else found.set(folded(value), { value, count: 1 });
    }
  }
  const sorted = [...found.values()].sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return sorted.length > 1 ? sorted.slice(0, MAX_VALUES) : [];
}

/**
 * Return by what cards can be filtered. What would keep all of them, or none, is left out.
 * @param {Card[]} cards @returns {Facets}
 */
export function facetsOf(cards) {
  const amounts = cards.map(amountOf).filter((amount) => amount !== null);
  const [lowest, highest] = [Math.min(...amounts), Math.max(...amounts)];
  const currency = cards.find(({ price }) => price?.currency)?.price?.currency;
  const someButNotAll = (/** @type {(card: Card) => boolean} */ is) => {
    const count = cards.filter(is).length;
    return count > 0 && count < cards.length;
  };
  return {
    numItems: cards.length,
    ...(amounts.length > 0 && lowest < highest && { price: { lowest, highest, ...(currency && { currency }) } }),
    inStock: someButNotAll(isSoldOut),
    onSale: someButNotAll(isOnSale),
    brand: valuesIn(cards, VALUES.brand),
    category: valuesIn(cards, VALUES.category),
    size: valuesIn(cards, VALUES.size),
    color: valuesIn(cards, VALUES.color),
  };
}

/**
 * Return cards in the chosen order. What has no price comes last where prices decide; what is equal keeps its order.
 * @template {Card} T
 * @param {T[]} cards the best first @param {Choice} choice @returns {T[]}
 */
export function inOrder(cards, { sort = "fit" }) {
  if (sort === "fit") return cards;
  const sign = sort === "price_up" ? 1 : -1;
  const priceOf = (/** @type {Card} */ card) => {
    const amount = amountOf(card);
    return amount === null ? Infinity : sign * amount;
  };
  const compare = (/** @type {number} */ a, /** @type {number} */ b) => (a === b ? 0 : a < b ? -1 : 1);
  return [...cards].sort((a, b) => Number(isSoldOut(a)) - Number(isSoldOut(b)) || compare(priceOf(a), priceOf(b)));
}

/**
 * Return a function that says how many of the words a card has in its title, brand, category or attributes, as a share.
 * The last word may be unfinished, as it is while somebody types.
 * @param {string} words @returns {(card: Card) => number} 0 to 1
 */
export function wordMatcher(words) {
  const asked = folded(words).match(WORD) ?? [];
  return ({ title, brand, categoryPath = [], attributes = {} }) => {
    if (asked.length === 0) return 0;
    const text = [title, brand, ...categoryPath, ...Object.values(attributes)].filter(Boolean).join(" ");
    const known = folded(text).match(WORD) ?? [];
    const has = (/** @type {string} */ word) => known.some((one) => one.startsWith(word));
    return asked.filter(has).length / asked.length;
  };
}
