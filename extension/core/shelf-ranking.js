// @ts-check
import { directionInto, itemOf, products } from "./shelf-matrix.js";
import { LANES, LEAST_LENGTH, LEAST_OFFSET, centred, createEstimator, createMetric, metricOf } from "./shop-metric.js";

/**
 * Ranking of a whole catalogue on this device, in the shop's metric as it is estimated from the catalogue itself. What a score divides
 * by, the length of an item in the metric, is nearly the same share of its own length for all items. So it is computed for the items
 * that are near the top by that share, and for no others. A catalogue that was made ready has it of all its items.
 * @typedef {import("./shelf-matrix.js").Matrix} Matrix
 * @typedef {import("./shop-metric.js").BundleMetric} BundleMetric
 * @typedef {import("./shop-metric.js").Moments} Moments
 * @typedef {import("./shop-metric.js").Metric} Metric
 * @typedef {object} KeptMetric what a ranker is made of again without an estimate
 * @property {number[]} counts of items that have each block
 * @property {Float64Array} mean of the shop, shrunk towards the bundle's
 * @property {Float64Array[]} factors of each block, as metricOf takes them
 * @property {Float32Array[]} spreads of each block, the lengths of the items' directions in the metric; 0 where an item has none
 * @typedef {object} Ranker
 * @property {Matrix} matrix
 * @property {(user: Float32Array) => Float64Array} scores of all items: cosines in the shop's metric, exact for the NUM_EXACT best at least
 * @property {(i: number) => Float32Array} compared what an item is compared with seen items by, not to be changed
 * @property {Float64Array | null} mean the shop's, shrunk towards the bundle's; null without a metric
 * @property {number[] | null} counts of items that have each block, as far as they were looked at; null without a metric
 * @property {() => KeptMetric | null} kept what the ranker is made of again; null without a metric
 */

/** From so many items a shop's covariance is known as well as its shrinkage needs. */
const MAX_ESTIMATED = 2000;
const NUM_EXACT = 1000;
/** So many items that were compared are kept: the lists of one catalogue compare much the same ones. */
const MAX_KEPT = 1000;
/** From so many items the usual share of their lengths is known. */
const NUM_USUAL = 64;

/** @param {number} num @param {number} most @returns {number[]} at most so many rows, spread over a catalogue */
function spreadRows(num, most) {
  const step = Math.max(1, num / most);
  return Array.from({ length: Math.min(num, most) }, (_, i) => Math.floor(i * step));
}

/** @param {Matrix} matrix @param {number} num of its first rows, those that the catalogue is estimated from @returns {Moments} */
function momentsOf(matrix, num) {
  const { blocks, dim } = matrix.layout;
  const estimator = createEstimator(blocks, dim);
  const rows = spreadRows(num, MAX_ESTIMATED);
  for (const [b, { length }] of blocks.entries()) {
    const direction = new Float64Array(length);
    for (const row of rows) if (directionInto(matrix, b, row, direction)) estimator.add(b, direction);
  }
  return estimator.moments();
}

/**
 * Return the lengths of items' directions without the mean: as they are, and in the metric.
 * @param {Matrix} matrix @param {Metric} metric @param {number} b of the block @param {number[]} rows
 * @returns {{plain: Float64Array, spread: Float64Array}} 0 where an item has no direction of its own
 */
function lengthsIn(matrix, metric, b, rows) {
  const { start, length } = matrix.layout.blocks[b];
  const direction = new Float64Array(length);
  const offsets = new Float64Array(length * LANES);
  const [plain, spread] = [new Float64Array(rows.length), new Float64Array(rows.length)];
  /** @type {number[]} */
  let waiting = [];
  const measure = () => {
    const lengths = waiting.length > 0 ? metric.spreads(b, offsets) : [];
    for (const [lane, place] of waiting.entries()) spread[place] = lengths[lane];
    waiting = [];
  };
  for (const [place, row] of rows.entries()) {
    if (!directionInto(matrix, b, row, direction)) continue;
    let sum = 0;
    for (let j = 0, at = waiting.length; j < length; j += 1, at += LANES) {
      offsets[at] = direction[j] - metric.mean[start + j];
      sum += offsets[at] ** 2;
    }
    if (Math.sqrt(sum) <= LEAST_OFFSET) continue;
    plain[place] = Math.sqrt(sum);
    if (waiting.push(place) === LANES) measure();
  }
  measure();
  return { plain, spread };
}

/** @param {Matrix} matrix @param {Metric} metric @returns {number[]} of each block, the usual share of a length in the metric in the plain one */
function usualShares(matrix, metric) {
  const rows = spreadRows(matrix.num, NUM_USUAL);
  return matrix.layout.blocks.map((_, b) => {
    const { plain, spread } = lengthsIn(matrix, metric, b, rows);
    const [all, known] = [spread, plain].map((lengths) => lengths.reduce((sum, value) => sum + value, 0));
    return known > 0 ? all / known : 1;
  });
}

/** @param {Matrix} matrix @param {number} b @returns {Matrix} of one block, without a rest */
function blockOf({ num, layout, values, scales, lengths }, b) {
  const own = { num, layout: { ...layout, blocks: [layout.blocks[b]] }, lengths: [lengths[b]] };
  return { ...own, values: [values[b]], scales: [scales[b]], rest: new Float32Array(0) };
}

/**
 * Return a block's part of each item's score, and what it was divided by.
 * @param {Matrix} matrix @param {Metric} metric @param {Float64Array} turned the user @param {number} b @param {number} share the usual one
 * @returns {{parts: Float64Array, divisors: Float64Array}} num
 */
function blockParts(matrix, { mean }, turned, b, share) {
  const { num, layout, lengths } = matrix;
  const { start, length } = layout.blocks[b];
  const block = blockOf(matrix, b);
  const [toUser, toMean] = [products(block, turned), products(block, mean)];
  let [userAtMean, meanAtMean] = [0, 0];
  for (let i = start; i < start + length; i += 1) {
    userAtMean += turned[i] * mean[i];
    meanAtMean += mean[i] ** 2;
  }
  const [parts, divisors] = [new Float64Array(num), new Float64Array(num)];
  for (let i = 0; i < num; i += 1) {
    const size = lengths[b][i];
    if (size <= LEAST_LENGTH) continue;
    const plain = Math.sqrt(Math.max(0, 1 - (2 * toMean[i]) / size + meanAtMean));
    if (plain <= LEAST_OFFSET) continue;
    divisors[i] = share * plain;
    parts[i] = (toUser[i] - userAtMean * size) / divisors[i];
  }
  return { parts, divisors };
}

/**
 * Return a function that gives rows' lengths in the metric. They are the same for every user, and kept.
 * @param {Matrix} matrix @param {Metric} metric @returns {(b: number, rows: number[]) => Float64Array} of each item of the matrix; known for the rows
 */
function keptSpreads(matrix, metric) {
  const kept = matrix.layout.blocks.map(() => new Float64Array(matrix.num).fill(NaN));
  return (b, rows) => {
    const missing = rows.filter((row) => Number.isNaN(kept[b][row]));
    const { spread } = lengthsIn(matrix, metric, b, missing);
    for (const [place, row] of missing.entries()) kept[b][row] = spread[place];
    return kept[b];
  };
}

/** @param {Float64Array} values @param {number} most @returns {number[]} the rows of the greatest values */
function greatest(values, most) {
  const rows = Array.from(values, (_, row) => row);
  return rows.sort((a, b) => values[b] - values[a]).slice(0, most);
}

/**
 * Return a function that gives scores, not yet divided by the user's length, from the usual share of lengths and exactly for the best.
 * @param {Matrix} matrix @param {Metric} metric @param {ReturnType<typeof keptSpreads>} spreadsOf
 * @returns {(scores: Float64Array, turned: Float64Array) => void} adds to scores what the blocks give
 */
function nearlyScored(matrix, metric, spreadsOf) {
  const shares = usualShares(matrix, metric);
  return (scores, turned) => {
    const ofBlocks = shares.map((share, b) => blockParts(matrix, metric, turned, b, share));
    for (const { parts } of ofBlocks) for (let i = 0; i < matrix.num; i += 1) scores[i] += parts[i];
    const rows = greatest(scores, NUM_EXACT);
    for (const [b, { parts, divisors }] of ofBlocks.entries()) {
      const spreads = spreadsOf(b, rows);
      for (const row of rows) if (spreads[row] > 0) scores[row] += parts[row] * (divisors[row] / spreads[row] - 1);
    }
  };
}

/**
 * Return the same function where all lengths are known.
 * @param {Matrix} matrix @param {Metric} metric @param {Float32Array[]} spreads
 * @returns {ReturnType<typeof nearlyScored>}
 */
function exactlyScored(matrix, { mean }, spreads) {
  const { layout, num, lengths } = matrix;
  return (scores, turned) => {
    for (const [b, { start, length }] of layout.blocks.entries()) {
      const toUser = products(blockOf(matrix, b), turned);
      let userAtMean = 0;
      for (let i = start; i < start + length; i += 1) userAtMean += turned[i] * mean[i];
      for (let i = 0; i < num; i += 1)
        if (spreads[b][i] > 0) scores[i] += (toUser[i] - userAtMean * lengths[b][i]) / spreads[b][i];
    }
  };
}

/** Return a function that keeps what it gave. @param {(i: number) => Float32Array} compute @returns {(i: number) => Float32Array} not to be changed */
function keeping(compute) {
  /** @type {Map<number, Float32Array>} */
  const kept = new Map();
  return (i) => {
    const known = kept.get(i);
    if (known) return known;
    if (kept.size === MAX_KEPT) kept.clear();
    const made = compute(i);
    kept.set(i, made);
    return made;
  };
}

/**
 * Return a ranker of a catalogue.
 * @param {Matrix} matrix @param {BundleMetric | null} bundle its rule has the matrix's blocks
 * @param {KeptMetric} [kept] of the same catalogue under the same metric, so that nothing is estimated again
 * @param {number} [numSpread] the first so many rows are spread over the shop's catalogue, of which the matrix is a part: it is estimated from them
 * @returns {Ranker}
 */
export function createRanker(matrix, bundle, kept, numSpread = matrix.num) {
  const { blocks } = matrix.layout;
  if (!bundle)
    return {
      matrix,
      scores: (user) => products(matrix, user),
      compared: keeping((i) => itemOf(matrix, i)),
      mean: null,
      counts: null,
      kept: () => null,
    };
  const moments = kept ?? momentsOf(matrix, numSpread);
  const metric = kept ? metricOf(kept, bundle.rule) : createMetric(/** @type {Moments} */ (moments), bundle);
  const spreadsOf = keptSpreads(matrix, metric);
  const addBlocks = kept ? exactlyScored(matrix, metric, kept.spreads) : nearlyScored(matrix, metric, spreadsOf);
  const { mean, factors } = metric;
  return {
    matrix,
    mean,
    counts: moments.counts,
    compared: keeping((i) => centred(itemOf(matrix, i), blocks, mean)),
    scores(user) {
      const none = blocks.map(() => new Int8Array(0));
      const scores = products({ ...matrix, values: none }, user);
      addBlocks(scores, metric.turned(user));
      const userLength = metric.length(user);
      return scores.map((score) => score / userLength);
    },
    kept() {
      const rows = Array.from({ length: matrix.num }, (_, row) => row);
      const spreads = kept?.spreads ?? blocks.map((_, b) => Float32Array.from(spreadsOf(b, rows)));
      return { counts: moments.counts, mean, factors, spreads };
    },
  };
}
