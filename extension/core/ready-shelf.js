// @ts-check
import { canonicalJson } from "../values/canonical-json.js";
import { sha256Hex } from "../values/encoding.js";
import { decodeCards, encodeCards } from "./catalogue-cards.js";
import { bytesOf, layoutOf, matrixOf } from "./shelf-matrix.js";
import { createRanker } from "./shelf-ranking.js";

/**
 * A catalogue that was read to its end, made ready to rank: what its parts say once more, in the order and with the numbers that a list
 * needs, so that the first list at a shop neither parses ten thousand cards nor estimates the shop's metric.
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("./bundle.js").Manifest} Manifest
 * @typedef {import("./recommender.js").Shelf} Shelf
 * @typedef {import("./shelf-ranking.js").KeptMetric} KeptMetric
 * @typedef {import("./shelf-matrix.js").Layout} Layout
 */

/** Of the bytes below. Other ones are made again from the shelf's parts. */
const FORMAT = 2;
const HEADER_BYTES = 8;

/**
 * Return what a ready shelf was made of: it serves only the same parts under the same metric.
 * @param {Pick<KeptShelf, "parts">} shelf @param {Pick<Manifest, "space" | "shopMetric" | "files">} manifest @returns {Promise<string>}
 */
export async function readyOf({ parts }, { space, shopMetric, files }) {
  const metric = shopMetric ? { rule: shopMetric, sha256: files[shopMetric.file].sha256 } : null;
  return sha256Hex(canonicalJson({ format: FORMAT, parts: parts.map(({ id }) => id), space, metric }));
}

/**
 * @param {KeptMetric} metric @param {Float32Array[]} lengths of each block of each item
 * @returns {Float32Array} counts, mean, factors, spreads and lengths, block by block
 */
function numbersOf({ counts, mean, factors, spreads }, lengths) {
  const all = [counts, mean, ...factors, ...spreads, ...lengths];
  const numbers = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    numbers.set(part, at);
    at += part.length;
  }
  return numbers;
}

/**
 * @param {Float32Array} numbers as numbersOf gives them @param {number} num of items @param {Layout} layout
 * @returns {{kept: KeptMetric, lengths: Float32Array[]}}
 */
function metricIn(numbers, num, { dim, blocks }) {
  let at = 0;
  const take = (/** @type {number} */ count) => numbers.subarray(at, (at += count));
  const kept = {
    counts: [...take(blocks.length)],
    mean: new Float64Array(take(dim)),
    factors: blocks.map(({ length }) => new Float64Array(take(length ** 2))),
    spreads: blocks.map(() => take(num)),
  };
  return { kept, lengths: blocks.map(() => take(num)) };
}

/**
 * Return a shelf as two pieces of bytes: what ranks it, and its cards.
 * @param {Shelf} shelf @returns {{ranking: Bytes, cards: Bytes}}
 */
export function encodeReady({ cards, ranker }) {
  const metric = ranker.kept();
  const numbers = metric ? numbersOf(metric, ranker.matrix.lengths) : new Float32Array(0);
  const matrix = bytesOf(ranker.matrix);
  const ranking = new Uint8Array(HEADER_BYTES + numbers.byteLength + matrix.length);
  ranking.set(new Uint8Array(Uint32Array.of(cards.num, numbers.length).buffer));
  ranking.set(new Uint8Array(numbers.buffer), HEADER_BYTES);
  ranking.set(matrix, HEADER_BYTES + numbers.byteLength);
  return { ranking, cards: encodeCards(cards) };
}

/**
 * Return the shelf that encodeReady wrote.
 * @param {{ranking: Bytes, cards: Bytes}} pieces @param {import("./recommender.js").Model} model under which it was written @returns {Shelf}
 */
export function decodeReady({ ranking, cards }, { manifest, metric }) {
  const layout = layoutOf(manifest);
  const [num, numNumbers] = new Uint32Array(ranking.slice(0, HEADER_BYTES).buffer);
  const end = HEADER_BYTES + 4 * numNumbers;
  const numbers = new Float32Array(ranking.slice(HEADER_BYTES, end).buffer);
  const { kept, lengths } = numNumbers > 0 ? metricIn(numbers, num, layout) : {};
  const matrix = matrixOf([ranking.subarray(end)], layout, lengths);
  return { cards: decodeCards(cards), ranker: createRanker(matrix, metric ?? null, kept) };
}
