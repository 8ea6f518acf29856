// @ts-check

/**
 * @typedef {import("../values/vectors.js").Vector} Vector
 * @typedef {import("../generated/contract-types.js").PoolingRule & {filler?: number}} PoolingRule contracts/vectors/user-tower.json states
 *   the formula; `filler` is the coordinate for what is missing of an item, zero in the result
 */

// A shorter sum has no direction: likes and dislikes cancel out.
const LEAST_LENGTH = 1e-6;

/** Return the number of liked ages below each age. @param {number[]} ages @param {number[]} likedAges @returns {number[]} */
function countNewer(ages, likedAges) {
  const sorted = Float64Array.from(likedAges).sort();
  return ages.map((age) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < age) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}

/**
 * Return the weight of each interaction. The liked ones sum to 1; all are 0 where nothing is liked.
 * @param {{kinds: number[], agesDays: number[], weights?: number[]}} history
 * @param {PoolingRule} rule
 * @returns {number[]}
 */
export function poolingWeights({ kinds, agesDays, weights = kinds.map(() => 1) }, rule) {
  const ofKind = kinds.map((kind) => rule.kindWeights[kind]);
  const likedAges = agesDays.filter((_, i) => ofKind[i] > 0);
  if (likedAges.length === 0) return kinds.map(() => 0);
  const newest = likedAges.reduce((least, age) => Math.min(least, age), Infinity);
  const newer = countNewer(agesDays, likedAges);
  const faded = ofKind.map((weight, i) => {
    const age = Math.max(0, agesDays[i] - newest);
    const repeated = weight > 0 ? Math.max(1, weights[i]) ** rule.repeatExponent : 1;
    return weight * repeated * 2 ** (-age / rule.halfLifeDays - newer[i] / rule.halfLifeItems);
  });
  const liked = faded.reduce((sum, weight) => sum + Math.max(0, weight), 0);
  const disliked = faded.reduce((sum, weight) => sum + Math.max(0, -weight), 0);
  const tamed = Math.min(1, rule.maxDismissShare / disliked);
  return faded.map((weight) => (weight > 0 ? weight / liked : weight * tamed));
}

/**
 * Return the taste vector: the weighted sum of the items at unit length.
 * @param {{items: Vector[], kinds: number[], agesDays: number[], weights?: number[]}} history in any order
 * @param {PoolingRule} rule
 * @param {number} dim
 * @returns {Float32Array} all zeros where nothing is liked, or where likes and dislikes cancel out
 */
export function pool({ items, ...history }, rule, dim) {
  const shares = poolingWeights(history, rule);
  const sum = new Float64Array(dim);
  items.forEach((item, i) => {
    for (let j = 0; j < dim; j += 1) sum[j] += shares[i] * item[j];
  });
  if (rule.filler !== undefined) sum[rule.filler] = 0;
  const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
  return Float32Array.from(sum, (value) => (length >= LEAST_LENGTH ? value / length : 0));
}
