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

/**
 * The numbers of a list of items, LANES items after LANES items, filled up with zeros.
 * @type {WeakMap<Item[], Float64Array>}
 */
const laidOut = new WeakMap();
/** Of each item of a list, how much of it is known: all but its filler. @type {WeakMap<Item[], Float64Array>} */
const knownShares = new WeakMap();
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
  const own = new Float64Array(vector);
  if (filler !== undefined) own[filler] = 0;
  return own;
}

/**
 * Write the inner products of two vectors with LANES rows. Plain statements in a function of its own: that is five times as fast in Firefox
 * as the same with lists taken apart.
 * @param {Float64Array} one @param {Float64Array} two @param {Float64Array} rows @param {number} end from where both have only zeros
 * @param {number} i of the first row @param {Float64Array} ofOne @param {Float64Array} ofTwo
 */
function multiply(one, two, rows, end, i, ofOne, ofTwo) {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let e = 0;
  let f = 0;
  let g = 0;
  let h = 0;
  for (let j = 0, at = i * one.length; j < end; j += 1, at += LANES) {
    const x = one[j];
    const y = two[j];
    a += x * rows[at];
    b += x * rows[at + 1];
    c += x * rows[at + 2];
    d += x * rows[at + 3];
    e += y * rows[at];
    f += y * rows[at + 1];
    g += y * rows[at + 2];
    h += y * rows[at + 3];
  }
  ofOne[i] = a;
  ofOne[i + 1] = b;
  ofOne[i + 2] = c;
  ofOne[i + 3] = d;
  ofTwo[i] = e;
  ofTwo[i + 1] = f;
  ofTwo[i + 2] = g;
  ofTwo[i + 3] = h;
}

/** @param {Item[]} items @param {number} filler @returns {Float64Array} */
function sharesOf(items, filler) {
  const known = knownShares.get(items);
  if (known) return known;
  const shares = Float64Array.from(items, ({ embedding }) => 1 - embedding[filler] ** 2);
  knownShares.set(items, shares);
  return shares;
}

/** @param {Float64Array} products of a candidate @param {Vector} candidate @param {Item[]} items @param {number | undefined} filler @returns {Float64Array} over the modalities that both have */
function shared(products, candidate, items, filler) {
  const found = products.subarray(0, items.length);
  if (filler === undefined) return found;
  const known = 1 - candidate[filler] ** 2;
  const shares = sharesOf(items, filler);
  for (let i = 0; i < found.length; i += 1) found[i] /= Math.max(Math.min(known, shares[i]), LEAST_SHARE);
  return found;
}

/**
 * Compare candidates with items, so that `similarities` knows the answers. What was compared before is not compared again.
 * @param {Vector[]} candidates of unit length, which do not change @param {Item[]} items which do not change after the first call
 * @param {number | undefined} filler the manifest's
 */
export function compareAll(candidates, items, filler) {
  /** @type {WeakMap<Vector, Float64Array>} */
  const answers = compared.get(items) ?? new WeakMap();
  compared.set(items, answers);
  const missing = candidates.filter((candidate) => !answers.has(candidate));
  for (let i = 0; i < missing.length; i += 2) {
    const pair = [missing[i], missing[i + 1] ?? missing[i]];
    const end = Math.max(...pair.map((candidate) => endOf(candidate, filler)));
    const [one, two] = pair.map((candidate) => withoutFiller(candidate, filler));
    const rows = rowsOf(items, one.length);
    const found = pair.map(() => new Float64Array(rows.length / one.length));
    for (let first = 0; first < found[0].length; first += LANES)
      multiply(one, two, rows, end, first, found[0], found[1]);
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
  const greatest = new Float64Array(Math.min(most, values.length)).fill(-Infinity); // ascending
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (!(value > greatest[0])) continue;
    let place = 1;
    for (; place < greatest.length && greatest[place] < value; place += 1) greatest[place - 1] = greatest[place];
    greatest[place - 1] = value;
  }
  return greatest.length > 0 ? greatest.reduce((sum, value) => sum + value, 0) / greatest.length : 0;
}
