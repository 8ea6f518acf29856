// @ts-check
import { LEAST_LENGTH } from "./shop-metric.js";

/**
 * Embeddings of a shop's catalogue in 8 bits a number: each block of coordinates with a scale of its own, because a share that the
 * item lacks is held by one large coordinate beside many small ones.
 * @typedef {import("../generated/contract-types.js").ShelfLayout} Layout
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {object} Matrix
 * @property {number} num of items
 * @property {Layout} layout
 * @property {Int8Array[]} values of each block, item by item; empty for a block that no item has
 * @property {Float32Array[]} scales of each block, one an item
 * @property {Float32Array[]} lengths of each block of each item
 * @property {Float32Array} rest the coordinates outside of the blocks, item by item
 */

const MOST = 127;
const HEADER_BYTES = 8;

/**
 * Return the layout of a bundle's embeddings: its blocks, else what lies beside the filler.
 * @param {Pick<import("./bundle.js").Manifest, "dim" | "filler" | "shopMetric">} manifest @returns {Layout}
 */
export function layoutOf({ dim, filler, shopMetric }) {
  if (shopMetric) return { dim, blocks: shopMetric.blocks };
  if (filler === undefined) return { dim, blocks: [{ start: 0, length: dim }] };
  const sides = [
    { start: 0, length: filler },
    { start: filler + 1, length: dim - filler - 1 },
  ];
  return { dim, blocks: sides.filter(({ length }) => length > 0) };
}

/** What restOf found of a layout: each item that is taken out of a matrix asks for it. @type {WeakMap<Layout, number[]>} */
const rests = new WeakMap();

/** @param {Layout} layout @returns {number[]} the coordinates outside of the blocks */
function restOf(layout) {
  const known = rests.get(layout);
  if (known) return known;
  const { dim, blocks } = layout;
  const inside = (/** @type {number} */ i) => blocks.some(({ start, length }) => start <= i && i < start + length);
  const rest = Array.from({ length: dim }, (_, i) => i).filter((i) => !inside(i));
  rests.set(layout, rest);
  return rest;
}

/** @param {Float32Array} item @param {{start: number, length: number}} block @returns {number} the largest magnitude in a block */
function largestIn(item, { start, length }) {
  let largest = 0;
  for (let i = start; i < start + length; i += 1) largest = Math.max(largest, Math.abs(item[i]));
  return largest;
}

/** @param {(Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer>)[]} parts whole buffers @returns {Bytes} one after the other */
function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer), at);
    at += part.byteLength;
  }
  return bytes;
}

/**
 * Return embeddings as bytes: their number, which blocks any of them has, the rest, then scales and values of each such block.
 * @param {Float32Array[]} embeddings @param {Layout} layout @returns {Bytes}
 */
export function packed(embeddings, layout) {
  const num = embeddings.length;
  const outside = restOf(layout);
  const scales = layout.blocks.map((block) => Float32Array.from(embeddings, (item) => largestIn(item, block) / MOST));
  const isPresent = scales.map((each) => each.some((scale) => scale > 0));
  const mask = isPresent.reduce((sum, is, b) => sum | (Number(is) << b), 0);
  const rest = Float32Array.from(embeddings.flatMap((item) => outside.map((i) => item[i])));
  /** @type {(Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer>)[]} */
  const parts = [Uint32Array.of(num, mask), rest, ...scales.filter((_, b) => isPresent[b])];
  for (const [b, { start, length }] of layout.blocks.entries()) {
    if (!isPresent[b]) continue;
    const values = new Int8Array(num * length);
    for (let i = 0; i < num; i += 1) {
      const scale = scales[b][i] || 1;
      for (let j = 0; j < length; j += 1) values[i * length + j] = Math.round(embeddings[i][start + j] / scale);
    }
    parts.push(values);
  }
  return joined(parts);
}

/** Return a matrix as bytes, as `packed` does with embeddings. @param {Matrix} matrix @returns {Bytes} */
export function bytesOf({ num, values, scales, rest }) {
  const present = values.flatMap((each, b) => (each.length > 0 ? [b] : []));
  const mask = present.reduce((sum, b) => sum | (1 << b), 0);
  return joined([
    Uint32Array.of(num, mask),
    rest.slice(),
    ...present.map((b) => scales[b].slice()),
    ...present.map((b) => values[b].slice()),
  ]);
}

/** @param {Bytes} bytes as `packed` made them @returns {{num: number, mask: number}} */
function headerOf(bytes) {
  const [num, mask] = new Uint32Array(bytes.slice(0, HEADER_BYTES).buffer);
  return { num, mask };
}

/** @param {Bytes} bytes @param {Layout} layout @param {Matrix} matrix filled from item `first` on @param {number} first */
function unpackInto(bytes, layout, matrix, first) {
  const { num, mask } = headerOf(bytes);
  const numRest = restOf(layout).length;
  let at = HEADER_BYTES;
  const floats = (/** @type {number} */ count) => {
    const found = new Float32Array(bytes.slice(at, at + 4 * count).buffer);
    at += 4 * count;
    return found;
  };
  matrix.rest.set(floats(num * numRest), first * numRest);
  const present = layout.blocks.flatMap((_, b) => (mask & (1 << b) ? [b] : []));
  for (const b of present) matrix.scales[b].set(floats(num), first);
  for (const b of present) {
    const { length } = layout.blocks[b];
    matrix.values[b].set(new Int8Array(bytes.buffer, bytes.byteOffset + at, num * length), first * length);
    at += num * length;
  }
}

/** @param {Matrix} matrix fills its lengths */
function measure({ num, layout, values, scales, lengths }) {
  for (const [b, { length }] of layout.blocks.entries()) {
    if (values[b].length === 0) continue;
    for (let i = 0, at = 0; i < num; i += 1) {
      let sum = 0;
      for (let end = at + length; at < end; at += 1) sum += values[b][at] * values[b][at];
      lengths[b][i] = Math.sqrt(sum) * scales[b][i];
    }
  }
}

/**
 * Return the embeddings of several pieces as one matrix.
 * @param {Bytes[]} pieces as `packed` made them @param {Layout} layout @param {Float32Array[]} [lengths] where they are known @returns {Matrix}
 */
export function matrixOf(pieces, layout, lengths) {
  const headers = pieces.map(headerOf);
  const num = headers.reduce((sum, header) => sum + header.num, 0);
  const all = headers.reduce((sum, { mask }) => sum | mask, 0);
  const { blocks } = layout;
  const matrix = {
    num,
    layout,
    values: blocks.map(({ length }, b) => new Int8Array(all & (1 << b) ? num * length : 0)),
    scales: blocks.map(() => new Float32Array(num)),
    lengths: lengths ?? blocks.map(() => new Float32Array(num)),
    rest: new Float32Array(num * restOf(layout).length),
  };
  let first = 0;
  for (const [i, bytes] of pieces.entries()) {
    unpackInto(bytes, layout, matrix, first);
    first += headers[i].num;
  }
  if (!lengths) measure(matrix);
  return matrix;
}

/** Return the matrix of some of the items. @param {Matrix} matrix @param {number[]} rows ascending @returns {Matrix} */
export function rowsOf({ layout, values, scales, lengths, rest }, rows) {
  /** @template {Int8Array | Float32Array} T @param {T} from @param {number} width @param {T} into @returns {T} */
  const copied = (from, width, into) => {
    for (const [i, row] of rows.entries()) into.set(from.subarray(row * width, (row + 1) * width), i * width);
    return into;
  };
  const floats = (/** @type {Float32Array} */ from, width = 1) =>
    copied(from, width, new Float32Array(rows.length * width));
  return {
    num: rows.length,
    layout,
    values: values.map((from, b) => {
      const width = from.length > 0 ? layout.blocks[b].length : 0;
      return copied(from, width, new Int8Array(rows.length * width));
    }),
    scales: scales.map((from) => floats(from)),
    lengths: lengths.map((from) => floats(from)),
    rest: floats(rest, restOf(layout).length),
  };
}

/** Return one item's embedding. @param {Matrix} matrix @param {number} i @returns {Float32Array} dim */
export function itemOf({ layout, values, scales, rest }, i) {
  const item = new Float32Array(layout.dim);
  const outside = restOf(layout);
  for (const [place, coordinate] of outside.entries()) item[coordinate] = rest[i * outside.length + place];
  for (const [b, { start, length }] of layout.blocks.entries()) {
    if (values[b].length === 0) continue;
    for (let j = 0; j < length; j += 1) item[start + j] = values[b][i * length + j] * scales[b][i];
  }
  return item;
}

/**
 * Write the unit direction of an item's block, and return whether the item has the block.
 * @param {Matrix} matrix @param {number} b of the block @param {number} i of the item @param {Float64Array} into @returns {boolean}
 */
export function directionInto({ layout, values, scales, lengths }, b, i, into) {
  const { length } = layout.blocks[b];
  if (lengths[b][i] <= LEAST_LENGTH) return false;
  const factor = scales[b][i] / lengths[b][i];
  for (let j = 0, at = i * length; j < length; j += 1, at += 1) into[j] = values[b][at] * factor;
  return true;
}

/**
 * Return the inner products of a vector with all items; a block whose values are empty, and a rest that is, add nothing.
 * @param {Matrix} matrix @param {ArrayLike<number>} vector dim @returns {Float64Array} num
 */
export function products({ num, layout, values, scales, rest }, vector) {
  const sums = new Float64Array(num);
  for (const [b, { start, length }] of layout.blocks.entries()) {
    if (values[b].length === 0) continue;
    const items = values[b];
    const own = Float64Array.from({ length }, (_, j) => vector[start + j]);
    for (let i = 0, at = 0; i < num; i += 1) {
      // Four sums that do not wait for each other.
      let p = 0;
      let q = 0;
      let r = 0;
      let s = 0;
      let j = 0;
      for (; j + 3 < length; j += 4, at += 4) {
        p += own[j] * items[at];
        q += own[j + 1] * items[at + 1];
        r += own[j + 2] * items[at + 2];
        s += own[j + 3] * items[at + 3];
      }
      for (; j < length; j += 1, at += 1) p += own[j] * items[at];
      sums[i] += (p + q + r + s) * scales[b][i];
    }
  }
  if (rest.length === 0) return sums;
  const outside = restOf(layout);
  for (const [place, coordinate] of outside.entries())
    for (let i = 0; i < num; i += 1) sums[i] += rest[i * outside.length + place] * vector[coordinate];
  return sums;
}
