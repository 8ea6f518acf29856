// @ts-check
/**
 * The shop's metric: items compared by the mean and the covariance of the shop that sells them. The twin of kernel/shop_metric.py,
 * which has the formulas; contracts/vectors/shop-metric.json holds the cases of both.
 * @typedef {Float32Array | Float64Array | number[]} Vector
 * @typedef {import("../generated/contract-types.js").ShopMetricRule} ShopMetricRule
 * @typedef {import("../generated/contract-types.js").ShopMetricBlock} Block coordinates start to start + length: one modality
 * @typedef {{mean: Float64Array, counts: number[]}} Means the mean (dim) of the unit directions of each block, over counts items
 * @typedef {Means & {covariances: Float64Array[]}} Moments with the covariance of each block, row by row
 * @typedef {{rule: ShopMetricRule, own: Moments}} BundleMetric a bundle's rule, and its own mean and covariances
 * @typedef {{mean: Float64Array, factors: Float64Array[]}} Factored a shop's mean, shrunk towards the bundle's, and the Cholesky factor of each block
 * @typedef {object} Metric of one shop
 * @property {Float64Array} mean shrunk towards the bundle's
 * @property {Float64Array[]} factors of each block, from which `metricOf` gives the metric again
 * @property {(item: Vector) => Float32Array} stored what a user is compared with, by the inner product
 * @property {(user: Vector) => number} length of a user vector in this metric: inner products over it are cosines
 * @property {(vector: Vector) => Float64Array} turned M times each block, the rest as it is
 * @property {(block: number, offsets: Float64Array) => number[]} spreads the lengths of M^(1/2) times LANES directions without the mean,
 *   whose coordinates alternate; the directions are overwritten
 */

/** A shorter block is one that the item lacks. */
export const LEAST_LENGTH = 1e-6;
/** A direction nearer to the mean than this has no direction of its own. */
export const LEAST_OFFSET = 1e-4;
/** How many directions are measured together. */
export const LANES = 4;
const SYMMETRY_TOLERANCE = 1e-5;
const NEGATIVE_TOLERANCE = 1e-5;
const POWER_STEPS = 1000;
const POWER_TOLERANCE = 1e-12;

/** @param {Vector} vector @param {Block} block @returns {number} the length of a block */
function lengthOf(vector, { start, length }) {
  let sum = 0;
  for (let i = start; i < start + length; i += 1) sum += vector[i] * vector[i];
  return Math.sqrt(sum);
}

/** @param {Vector} vector @param {Block} block @returns {Float64Array | null} the unit direction, null where the item lacks the block */
function directionOf(vector, block) {
  const length = lengthOf(vector, block);
  if (length <= LEAST_LENGTH) return null;
  const direction = new Float64Array(block.length);
  for (let i = 0; i < block.length; i += 1) direction[i] = vector[block.start + i] / length;
  return direction;
}

/** @param {Vector} vector @param {Block} block @param {Vector} mean @returns {Float64Array | null} the direction without the mean, null where nothing is left */
function offsetOf(vector, block, mean) {
  const offset = directionOf(vector, block);
  if (offset) for (let i = 0; i < block.length; i += 1) offset[i] -= mean[block.start + i];
  return offset && lengthOf(offset, { start: 0, length: block.length }) > LEAST_OFFSET ? offset : null;
}

/** @param {Float64Array} a @param {Float64Array} b @returns {number} */
function product(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}

/** @param {Float64Array} matrix size × size @param {Float64Array} vector @returns {Float64Array} */
function times(matrix, vector) {
  const size = vector.length;
  const result = new Float64Array(size);
  for (let i = 0, at = 0; i < size; i += 1) {
    let sum = 0;
    for (let j = 0; j < size; j += 1, at += 1) sum += matrix[at] * vector[j];
    result[i] = sum;
  }
  return result;
}

/**
 * Return the largest eigenvalue of a covariance, by power iteration from its row with the greatest variance.
 * @param {Float64Array} matrix size × size @param {number} size @returns {number}
 */
function largestEigenvalue(matrix, size) {
  let widest = 0;
  for (let i = 1; i < size; i += 1) if (matrix[i * size + i] > matrix[widest * size + widest]) widest = i;
  /** @type {Float64Array} */
  let vector = matrix.slice(widest * size, (widest + 1) * size);
  let largest = 0;
  for (let step = 0; step < POWER_STEPS; step += 1) {
    const norm = Math.sqrt(product(vector, vector));
    if (norm === 0) return 0;
    vector = vector.map((value) => value / norm);
    const next = times(matrix, vector);
    const value = product(vector, next);
    if (Math.abs(value - largest) <= POWER_TOLERANCE * Math.abs(value)) return value;
    largest = value;
    vector = next;
  }
  return largest;
}

/**
 * Return the Cholesky factor L of (C / v + ridge I), v the largest eigenvalue of C.
 * @param {Float64Array} covariance C, size × size @param {number} size @param {number} ridge
 * @returns {Float64Array | null} lower triangle, row by row; null where the matrix is not positive
 */
function factorOf(covariance, size, ridge) {
  const largest = largestEigenvalue(covariance, size);
  if (!(largest > 0)) return null;
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = covariance[i * size + j] / largest + (i === j ? ridge : 0);
      for (let k = 0; k < j; k += 1) sum -= factor[i * size + k] * factor[j * size + k];
      if (i === j && !(sum > 0)) return null;
      factor[i * size + j] = i === j ? Math.sqrt(sum) : sum / factor[j * size + j];
    }
  }
  return factor;
}

/** @param {Float64Array} factor L @param {Float64Array} vector @returns {Float64Array} L⁻¹ vector */
function solveLower(factor, vector) {
  const size = vector.length;
  const solved = new Float64Array(size);
  for (let i = 0; i < size; i += 1) {
    const row = i * size;
    let value = vector[i];
    for (let k = 0; k < i; k += 1) value -= factor[row + k] * solved[k];
    solved[i] = value / factor[row + i];
  }
  return solved;
}

/**
 * Return the lengths of L⁻¹ times several vectors. Together they take a quarter of the time that each alone would: their sums do not
 * wait for each other.
 * @param {Float64Array} factor L @param {Float64Array} vectors LANES of them, their coordinates alternating; overwritten @returns {number[]}
 */
function lengthsSolved(factor, vectors) {
  const size = vectors.length / LANES;
  const squares = [0, 0, 0, 0];
  for (let i = 0; i < size; i += 1) {
    const row = i * size;
    const own = i * LANES;
    let a = vectors[own];
    let b = vectors[own + 1];
    let c = vectors[own + 2];
    let d = vectors[own + 3];
    for (let k = 0, at = 0; k < i; k += 1, at += LANES) {
      const value = factor[row + k];
      a -= value * vectors[at];
      b -= value * vectors[at + 1];
      c -= value * vectors[at + 2];
      d -= value * vectors[at + 3];
    }
    const inverse = 1 / factor[row + i];
    vectors[own] = a * inverse;
    vectors[own + 1] = b * inverse;
    vectors[own + 2] = c * inverse;
    vectors[own + 3] = d * inverse;
    for (let lane = 0; lane < LANES; lane += 1) squares[lane] += vectors[own + lane] ** 2;
  }
  return squares.map(Math.sqrt);
}

/** @param {Float64Array} factor L @param {Float64Array} vector @returns {Float64Array} L⁻ᵀ vector */
function solveUpper(factor, vector) {
  const size = vector.length;
  const solved = vector.slice();
  for (let i = size - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < size; k += 1) solved[i] -= factor[k * size + i] * solved[k];
    solved[i] /= factor[i * size + i];
  }
  return solved;
}

/**
 * Return what is senseless in the blocks of a rule, null where nothing is.
 * @param {ShopMetricRule} rule @param {number} dim @param {number | undefined} filler @returns {string | null}
 */
export function problemInBlocks({ blocks }, dim, filler) {
  let end = 0;
  for (const { start, length } of blocks) {
    if (start + length > dim) return `block ${start} + ${length}: expected it inside dim ${dim}`;
    if (filler !== undefined && start <= filler && filler < start + length)
      return `block ${start} + ${length}: expected it without the filler ${filler}`;
    if (start < end) return `block ${start} + ${length}: expected the blocks to ascend without overlap`;
    end = start + length;
  }
  return null;
}

/** @param {Float64Array} covariance @param {number} size @returns {boolean} whether it is symmetric, and positive but for rounding */
function isCovariance(covariance, size) {
  const largest = covariance.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j < i; j += 1)
      if (Math.abs(covariance[i * size + j] - covariance[j * size + i]) > SYMMETRY_TOLERANCE * largest) return false;
  return factorOf(covariance, size, NEGATIVE_TOLERANCE) !== null;
}

/**
 * Return the bundle's own mean and covariances from its file, or what is senseless in them.
 * @param {Uint8Array} bytes @param {Block[]} blocks of a rule without a problem @param {number} dim
 * @param {{isProven?: boolean}} [known] whether the covariances were found positive before, which takes a tenth of a second
 * @returns {Moments | string}
 */
export function momentsFrom(bytes, blocks, dim, { isProven = false } = {}) {
  const expected = 4 * (dim + blocks.reduce((sum, { length }) => sum + length ** 2, 0));
  if (bytes.length !== expected) return `expected ${expected} bytes for its blocks and dim ${dim}, got ${bytes.length}`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Float64Array(expected / 4);
  for (let i = 0; i < values.length; i += 1) values[i] = view.getFloat32(4 * i, true);
  if (!values.every(Number.isFinite)) return "expected finite numbers only";
  const mean = values.slice(0, dim);
  const outside = mean.slice();
  const covariances = [];
  let at = dim;
  for (const block of blocks) {
    const { start, length } = block;
    if (lengthOf(mean, block) > 1 + LEAST_OFFSET) return `block ${start}: expected a mean of at most length 1`;
    outside.fill(0, start, start + length);
    covariances.push(values.slice(at, at + length ** 2));
    at += length ** 2;
    if (!isProven && !isCovariance(covariances[covariances.length - 1], length))
      return `block ${start}: expected a symmetric, positive covariance`;
  }
  if (outside.some((value) => value !== 0)) return "mean: expected 0 outside the blocks";
  return { mean, covariances, counts: blocks.map(() => 0) };
}

/** Return the mean of items; a block that none of them knows has zeros. @param {Vector[]} items @param {Block[]} blocks @param {number} dim @returns {Means} */
export function estimateMean(items, blocks, dim) {
  const mean = new Float64Array(dim);
  const counts = blocks.map((block) => {
    let count = 0;
    for (const item of items) {
      const direction = directionOf(item, block);
      if (!direction) continue;
      count += 1;
      for (let i = 0; i < block.length; i += 1) mean[block.start + i] += direction[i];
    }
    for (let i = 0; i < block.length; i += 1) mean[block.start + i] /= Math.max(count, 1);
    return count;
  });
  return { mean, counts };
}

/**
 * Return an estimator of mean and covariances that sees one direction after the other and keeps none.
 * @param {Block[]} blocks @param {number} dim
 * @returns {{add: (block: number, direction: Float64Array) => void, moments: () => Moments}} `add` takes the unit direction of a block
 */
export function createEstimator(blocks, dim) {
  const sums = new Float64Array(dim);
  const counts = blocks.map(() => 0);
  const squares = blocks.map(({ length }) => new Float64Array(length * length)); // the lower triangle
  return {
    add(b, direction) {
      const { start, length } = blocks[b];
      const square = squares[b];
      counts[b] += 1;
      for (let i = 0; i < length; i += 1) {
        const value = direction[i];
        const row = i * length;
        sums[start + i] += value;
        for (let j = 0; j <= i; j += 1) square[row + j] += value * direction[j];
      }
    },
    moments() {
      const mean = sums.slice();
      const covariances = blocks.map(({ start, length }, b) => {
        const num = Math.max(counts[b], 1);
        for (let i = start; i < start + length; i += 1) mean[i] /= num;
        const covariance = new Float64Array(length * length);
        for (let i = 0; i < length; i += 1)
          for (let j = 0; j <= i; j += 1) {
            const value = squares[b][i * length + j] / num - mean[start + i] * mean[start + j];
            covariance[i * length + j] = value;
            covariance[j * length + i] = value;
          }
        return covariance;
      });
      return { mean, counts: counts.slice(), covariances };
    },
  };
}

/** Return mean and covariances of items. @param {Vector[]} items @param {Block[]} blocks @param {number} dim @returns {Moments} */
export function estimate(items, blocks, dim) {
  const estimator = createEstimator(blocks, dim);
  for (const item of items)
    for (const [b, block] of blocks.entries()) {
      const direction = directionOf(item, block);
      if (direction) estimator.add(b, direction);
    }
  return estimator.moments();
}

/** Return a shop's mean, shrunk towards the bundle's. @param {Means} shop @param {BundleMetric} bundle @returns {Float64Array} */
export function shrinkMean({ mean, counts }, { rule, own }) {
  const shrunk = own.mean.slice();
  for (const [b, { start, length }] of rule.blocks.entries()) {
    const weight = counts[b] / (counts[b] + rule.pseudoItems);
    for (let i = start; i < start + length; i += 1) shrunk[i] = weight * mean[i] + (1 - weight) * own.mean[i];
  }
  return shrunk;
}

/**
 * Return what two items are compared by, and what a user is made of: the item without its shop's mean.
 * @param {Vector} item @param {Block[]} blocks @param {Vector} mean of the shop @returns {Float32Array}
 */
export function centred(item, blocks, mean) {
  const result = new Float32Array(item);
  for (const block of blocks) {
    const { start, length } = block;
    const offset = offsetOf(item, block, mean);
    const scale = offset ? lengthOf(item, block) / Math.sqrt(product(offset, offset)) : 0;
    for (let i = 0; i < length; i += 1) result[start + i] = offset ? offset[i] * scale : 0;
  }
  return result;
}

/**
 * Return a user without what no item of a shop knows, such as images where a shop's items have none. It must not make scores smaller.
 * @param {Vector} user @param {Pick<Means, "counts">} shop @param {Block[]} blocks @returns {Float32Array}
 */
export function knownTo(user, { counts }, blocks) {
  const known = Float32Array.from(user);
  for (const [b, { start, length }] of blocks.entries()) if (counts[b] === 0) known.fill(0, start, start + length);
  return known;
}

/**
 * Return the metric of a shop from the moments of its items, shrunk towards the bundle's.
 * @param {Moments} shop @param {BundleMetric} bundle @returns {Metric}
 */
export function createMetric(shop, bundle) {
  const { rule, own } = bundle;
  const factors = rule.blocks.map(({ length }, b) => {
    const weight = shop.counts[b] / (shop.counts[b] + (rule.covariancePseudoItems ?? rule.pseudoItems));
    const covariance = own.covariances[b].map((value, i) => weight * shop.covariances[b][i] + (1 - weight) * value);
    return /** @type {Float64Array} */ (factorOf(covariance, length, rule.lambda));
  });
  return metricOf({ mean: shrinkMean(shop, bundle), factors }, rule);
}

/** Return the metric of a shop whose factors are known. @param {Factored} shop @param {Pick<ShopMetricRule, "blocks">} rule @returns {Metric} */
export function metricOf({ mean, factors }, rule) {
  return {
    mean,
    factors,
    stored(item) {
      const result = Float32Array.from(item);
      for (const [b, block] of rule.blocks.entries()) {
        const { start, length } = block;
        const offset = offsetOf(item, block, mean);
        const half = offset && solveLower(factors[b], offset);
        const turned = half && solveUpper(factors[b], half);
        const scale = half ? lengthOf(item, block) / Math.sqrt(product(half, half)) : 0;
        for (let i = 0; i < length; i += 1) result[start + i] = turned ? turned[i] * scale : 0;
      }
      return result;
    },
    turned(vector) {
      const result = Float64Array.from(vector);
      for (const [b, { start, length }] of rule.blocks.entries())
        result.set(solveUpper(factors[b], solveLower(factors[b], result.slice(start, start + length))), start);
      return result;
    },
    spreads: (b, offsets) => lengthsSolved(factors[b], offsets),
    length(user) {
      let total = 0;
      for (const value of user) total += value ** 2;
      for (const [b, { start, length }] of rule.blocks.entries()) {
        const part = Float64Array.from(user.slice(start, start + length));
        const half = solveLower(factors[b], part);
        total += product(half, half) - product(part, part);
      }
      return Math.sqrt(Math.max(total, 0));
    },
  };
}
