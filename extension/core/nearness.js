// @ts-check

/**
 * Similarities of items to many, such as a history of hundreds. They are most of what a list costs, so the many are laid out once, and the
 * items of a list are compared two by two: their sums do not wait for each other, and each number of the many is read once for both.
 * @typedef {import("../values/vectors.js").Vector} Vector
 * @typedef {{embedding: Vector}} Item
 */

// As in values/vectors.js: a smaller known share than this is a rounding error, not a modality.
const LEAST_SHARE = 1e-3;
/** So many of the many lie beside each other, number by number. */
const LANES = 4;

/** The numbers of a list of items, LANES items after LANES items, filled up with zeros. @type {WeakMap<Item[], Float64Array>} */
const laidOut = new WeakMap();
/** What `compareAll` found. @type {WeakMap<Item[], WeakMap<Vector, Float64Array>>} */
const compared = new WeakMap();

/** @param {number} i of an item @param {number} j of its number @param {number} dim @returns {number} where it lies */
const placeOf = (i, j, dim) => (Math.floor(i / LANES) * dim + j) * LANES + (i % LANES);

/** @param {Item[]} items @param {number} dim @returns {Float64Array} */
function rowsOf(items, dim) {
  const known = laidOut.get(items);
  if (known) return known;
  const rows = new Float64Array(Math.ceil(items.length / LANES) * LANES * dim);
  for (const [i, { embedding }] of items.entries())
    for (let j = 0, at = placeOf(i, 0, dim); j < dim; j += 1, at += LANES) rows[at] = embedding[j];
  laidOut.set(items, rows);
  return rows;
}

/** @param {Vector} vector @param {number | undefined} filler @returns {number} where it has only zeros from, the filler aside */
function endOf(vector, filler) {
  let end = vector.length;
  while (end > 0 && (vector[end - 1] === 0 || end - 1 === filler)) end -= 1;
  return end;
}

/** @param {Vector} vector @param {number | undefined} filler @returns {Float64Array} without its filler */
function withoutFiller(vector, filler) {
  const own = Float64Array.from(vector);
  if (filler !== undefined) own[filler] = 0;
  return own;
}

/**
 * Return the inner products of two vectors with all rows.
 * @param {[Float64Array, Float64Array]} pair @param {Float64Array} rows @param {number} end from where both have only zeros
 * @returns {[Float64Array, Float64Array]} as many as there are rows, filled up to LANES
 */
function productsOf([one, two], rows, end) {
  const dim = one.length;
  const num = rows.length / dim;
  const [ofOne, ofTwo] = [new Float64Array(num), new Float64Array(num)];
  for (let i = 0; i < num; i += LANES) {
    let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let j = 0, at = i * dim; j < end; j += 1, at += LANES) {
      const x = one[j];
      const y = two[j];
      const p = rows[at];
      const q = rows[at + 1];
      a += x * p;
      e += y * p;
      b += x * q;
      f += y * q;
      const r = rows[at + 2];
      const s = rows[at + 3];
      c += x * r;
      g += y * r;
      d += x * s;
      h += y * s;
    }
    [ofOne[i], ofOne[i + 1], ofOne[i + 2], ofOne[i + 3]] = [a, b, c, d];
    [ofTwo[i], ofTwo[i + 1], ofTwo[i + 2], ofTwo[i + 3]] = [e, f, g, h];
  }
  return [ofOne, ofTwo];
}

/** @param {Float64Array} products of a candidate @param {Vector} candidate @param {Item[]} items @param {number | undefined} filler @returns {Float64Array} over the modalities that both have */
function shared(products, candidate, items, filler) {
  const found = products.subarray(0, items.length);
  if (filler === undefined) return found;
  const known = 1 - candidate[filler] ** 2;
  for (const [i, { embedding }] of items.entries())
    found[i] /= Math.max(Math.min(known, 1 - embedding[filler] ** 2), LEAST_SHARE);
  return found;
}

/**
 * Compare candidates with items, so that `similarities` knows the answers.
 * @param {Vector[]} candidates of unit length, which do not change @param {Item[]} items which do not change after the first call
 * @param {number | undefined} filler the manifest's
 */
export function compareAll(candidates, items, filler) {
  /** @type {WeakMap<Vector, Float64Array>} */
  const answers = compared.get(items) ?? new WeakMap();
  compared.set(items, answers);
  for (let i = 0; i < candidates.length; i += 2) {
    const pair = [candidates[i], candidates[i + 1] ?? candidates[i]];
    const end = Math.max(...pair.map((candidate) => endOf(candidate, filler)));
    const [one, two] = pair.map((candidate) => withoutFiller(candidate, filler));
    const found = productsOf([one, two], rowsOf(items, one.length), end);
    for (const [place, candidate] of pair.entries())
      answers.set(candidate, shared(found[place], candidate, items, filler));
  }
}

/**
 * Return the similarities of a candidate to items, as `similarity` of values/vectors.js gives them one by one.
 * @param {Vector} candidate of unit length @param {Item[]} items which do not change after the first call
 * @param {number | undefined} filler the manifest's
 * @returns {Float64Array} one an item
 */
export function similarities(candidate, items, filler) {
  const known = compared.get(items)?.get(candidate);
  if (known) return known;
  compareAll([candidate], items, filler);
  return /** @type {Float64Array} */ (compared.get(items)?.get(candidate));
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
