// @ts-check
import { itemText } from "../values/item-text.js";
import { unit } from "../values/vectors.js";
import { inOrder, isSoldOut, passes, wordMatcher } from "./choice.js";
import { centred } from "./shop-metric.js";
import { spreadOut } from "./spread.js";

/**
 * Finding in what a shop has: by words, by one of its items, or a first look without a taste. What the shopper asks for decides, and the
 * taste does not.
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../generated/contract-types.js").Choice} Choice
 * @typedef {import("../generated/contract-types.js").RankedCard} RankedCard
 * @typedef {import("./recommender.js").Model} Model
 * @typedef {object} Range what is looked through
 * @property {Card[]} cards
 * @property {{scores: (user: Float32Array) => ArrayLike<number>, compared: (i: number) => Float32Array, mean: ArrayLike<number> | null}} ranker its rows are the cards
 */

/** Beside what has the words, so many items are found that are at least so similar to them in meaning. */
const MAX_SIMILAR = 10;
const LEAST_SIMILARITY = 0.35;
/** So many items, spread over a catalogue, are compared with each other for a first look. */
const MAX_COMPARED = 240;

/** @param {Choice} choice @returns {boolean} whether the shopper looks for something, which the taste does not decide */
export const isSearch = ({ words, like }) => Boolean(words?.trim() || like);

/** @param {number} row @param {Card[]} cards @param {number} score @returns {RankedCard} */
const ranked = (row, cards, score) => ({ ...cards[row], score, why: [] });

/**
 * Return rows by their scores, best first, what is sold out after everything else.
 * @param {number[]} rows @param {(row: number) => boolean} isGone whether it is sold out @param {(row: number) => number} scoreOf
 * @param {number} [most] how many are returned @returns {number[]}
 */
export function byScore(rows, isGone, scoreOf, most = rows.length) {
  const scored = rows.map((row) => ({ row, isLast: Number(isGone(row)), score: scoreOf(row) }));
  const best = most < rows.length ? scored.filter(amongBest(scored, most)) : scored;
  return best
    .sort((a, b) => a.isLast - b.isLast || b.score - a.score)
    .slice(0, most)
    .map(({ row }) => row);
}

/**
 * Return what tells whether something may be among the first so many. Sorting plain numbers takes a tenth of the time that sorting whole
 * entries does.
 * @param {{isLast: number, score: number}[]} scored @param {number} most @returns {(one: {isLast: number, score: number}) => boolean}
 */
function amongBest(scored, most) {
  const isWanted = (/** @type {number} */ isLast) => (/** @type {{isLast: number}} */ one) => one.isLast === isLast;
  const first = scored.filter(isWanted(0));
  const group = first.length >= most ? first : scored.filter(isWanted(1));
  const place = first.length >= most ? most : most - first.length;
  const sorted = Float64Array.from(group, ({ score }) => score).sort();
  const least = sorted[sorted.length - place];
  const last = group === first ? 0 : 1;
  return ({ isLast, score }) => isLast < last || (isLast === last && score >= least);
}

/** @param {Card[]} cards @returns {(row: number) => boolean} */
const goneOf = (cards) => (row) => isSoldOut(cards[row]);

/** @param {string} words @param {Range["ranker"]} ranker @param {Model} model @returns {Promise<Float32Array>} the words, as an item of the shop */
async function asItem(words, { mean }, { towers, manifest, metric }) {
  const [embedding] = await towers.embedItems([itemText({ title: words }, manifest.text.itemText)]);
  return metric && mean ? centred(embedding, metric.rule.blocks, Float64Array.from(mean)) : embedding;
}

/**
 * Return what fits words: first what has the most of them, then the most similar in meaning; and whether nothing has any of them.
 * @param {string} words @param {Range} range @param {number[]} rows @param {Model} model
 * @returns {Promise<{found: RankedCard[], isOnlySimilar: boolean}>}
 */
async function byWords(words, { cards, ranker }, rows, model) {
  const scores = ranker.scores(await asItem(words, ranker, model));
  const scoreOf = (/** @type {number} */ row) => scores[row];
  const shareOf = wordMatcher(words);
  const shares = rows.map((row) => shareOf(cards[row]));
  const most = shares.reduce((greatest, share) => Math.max(greatest, share), 0);
  const having = rows.filter((_, i) => most > 0 && shares[i] === most);
  const others = rows.filter((row, i) => (most === 0 || shares[i] < most) && scores[row] >= LEAST_SIMILARITY);
  const similar = byScore(others, goneOf(cards), scoreOf).slice(0, MAX_SIMILAR);
  const best = [...byScore(having, goneOf(cards), scoreOf), ...similar];
  return { found: best.map((row) => ranked(row, cards, scores[row])), isOnlySimilar: most === 0 && best.length > 0 };
}

/** @param {string} itemId @param {Range} range @param {number[]} rows @returns {RankedCard[]} what is like an item, without it */
function byItem(itemId, { cards, ranker }, rows) {
  const own = cards.findIndex((card) => card.itemId === itemId);
  if (own === -1) return [];
  const scores = ranker.scores(ranker.compared(own));
  const others = rows.filter((row) => row !== own);
  return byScore(others, goneOf(cards), (row) => scores[row]).map((row) => ranked(row, cards, scores[row]));
}

/**
 * Return what a shopper looks for: by words or by an item, in the chosen order.
 * @param {Range} range @param {Choice} choice @param {Set<string>} hidden ids of dismissed items
 * @param {Model} model @param {number} most how many are returned
 * @returns {Promise<{items: RankedCard[], numFound: number, isOnlySimilar?: boolean}>}
 */
export async function find(range, choice, hidden, model, most) {
  const rows = range.cards.flatMap((card, row) => (!hidden.has(card.itemId) && passes(card, choice) ? [row] : []));
  const { found, isOnlySimilar } = choice.like
    ? { found: byItem(choice.like, range, rows), isOnlySimilar: false }
    : await byWords(choice.words ?? "", range, rows, model);
  const items = inOrder(found.slice(0, 10 * most), choice).slice(0, most);
  return { items, numFound: found.length, ...(isOnlySimilar && { isOnlySimilar }) };
}

/**
 * Return a first look at what a shop has, for a shopper without a taste: items that stand for all, what has an image and can be had first.
 * @param {Range} range @param {number[]} rows @param {number} most @returns {RankedCard[]}
 */
export function firstLook({ cards, ranker }, rows, most) {
  const shown = byScore(rows, goneOf(cards), (row) => Number(Boolean(cards[row].image)));
  const step = Math.max(1, shown.length / MAX_COMPARED);
  const compared = Array.from({ length: Math.min(shown.length, MAX_COMPARED) }, (_, i) => shown[Math.floor(i * step)]);
  const chosen = spreadOut(
    compared.map((row) => unit(ranker.compared(row))),
    most,
  );
  const best = chosen.map((place) => compared[place]);
  return byScore(best, goneOf(cards), (row) => Number(Boolean(cards[row].image))).map((row) => ranked(row, cards, 0));
}
