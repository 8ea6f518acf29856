// @ts-check

/**
 * Similarities of one item to many, such as a history of hundreds. It is what a list costs, so the many are laid out once.
 * @typedef {import("../values/vectors.js").Vector} Vector
 * @typedef {{embedding: Vector}} Item
 */

// As in values/vectors.js: a smaller known share than this is a rounding error, not a modality.
const LEAST_SHARE = 1e-3;
const LANES = 4;

/** The numbers of a list of items, one after the other. @type {WeakMap<Item[], Float64Array>} */
const laidOut = new WeakMap();

/** @param {Item[]} items @param {number} dim @returns {Float64Array} */
function rowsOf(items, dim) {
  const known = laidOut.get(items);
  if (known) return known;
  const rows = new Float64Array(items.length * dim);
  for (const [i, { embedding }] of items.entries()) rows.set(embedding, i * dim);
  laidOut.set(items, rows);
  return rows;
}

/** @param {Vector} vector @param {number | undefined} filler @returns {number} where it has only zeros from, the filler aside */
function endOf(vector, filler) {
  let end = vector.length;
  while (end > 0 && (vector[end - 1] === 0 || end - 1 === filler)) end -= 1;
  return end;
}

/**
 * Return the similarities of a candidate to items, as `similarity` of values/vectors.js gives them one by one.
 * @param {Vector} candidate of unit length @param {Item[]} items which do not change after the first call
 * @param {number | undefined} filler the manifest's
 * @returns {Float64Array} one an item
 */
export function similarities(candidate, items, filler) {
  const dim = candidate.length;
  const rows = rowsOf(items, dim);
  const end = endOf(candidate, filler);
  const own = Float64Array.from(candidate);
  if (filler !== undefined) own[filler] = 0;
  const whole = end - (end % LANES);
  const found = new Float64Array(items.length);
  for (let i = 0, at = 0; i < items.length; i += 1, at += dim) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let j = 0; j < whole; j += LANES) {
      a += own[j] * rows[at + j];
      b += own[j + 1] * rows[at + j + 1];
      c += own[j + 2] * rows[at + j + 2];
      d += own[j + 3] * rows[at + j + 3];
    }
    for (let j = whole; j < end; j += 1) a += own[j] * rows[at + j];
    found[i] = a + b + c + d;
  }
  if (filler === undefined) return found;
  const known = 1 - candidate[filler] ** 2;
  for (let i = 0; i < items.length; i += 1)
    found[i] /= Math.max(Math.min(known, 1 - rows[i * dim + filler] ** 2), LEAST_SHARE);
  return found;
}

/** Return the mean of the greatest values. @param {ArrayLike<number>} values @param {number} most @returns {number} 0 without values */
export function meanOfGreatest(values, most) {
  /** @type {number[]} ascending */
  const greatest = [];
  for (let i = 0; i < values.length; i += 1) {
    if (greatest.length === most && values[i] <= greatest[0]) continue;
    let place = greatest.length;
    while (place > 0 && greatest[place - 1] > values[i]) place -= 1;
    greatest.splice(place, 0, values[i]);
    if (greatest.length > most) greatest.shift();
  }
  return greatest.length > 0 ? greatest.reduce((sum, value) => sum + value, 0) / greatest.length : 0;
}
