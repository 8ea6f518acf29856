// @ts-check

/**
 * Item vectors of a pack in 4 or 8 bits a number, as contracts/pack.schema.json describes them. The twin of kernel/pack_vectors.py;
 * contracts/vectors/packs.json holds the cases of both.
 * @typedef {import("../generated/contract-types.js").PackVectors} Rule
 * @typedef {import("../generated/contract-types.js").PackBlock} Block
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 */

const CODES = 255;
const MOST = { 4: 7, 8: 127 };

/** Return what one level of a block is, for an item with this code. @param {number} code @param {Block} block */
export const stepOf = (code, { bits }) => code / (CODES * MOST[/** @type {4 | 8} */ (bits)]);

/** Return the greatest length that a file of vectors may have before its compression. @param {Rule} rule @param {number} numItems */
export function mostBytes({ blocks }, numItems) {
  const held = blocks.filter(({ bits }) => bits > 0);
  return held.reduce((sum, { length, bits }) => sum + numItems + Math.ceil((numItems * length * bits) / 8), 0);
}

/**
 * Return the numbers of a block coordinate by coordinate, each within its range.
 * @param {Bytes} data @param {Block} block @param {number} count @returns {Int8Array | null} null for one out of range, or a filling other than 0
 */
function flatOf(data, { bits }, count) {
  const least = -MOST[/** @type {4 | 8} */ (bits)];
  if (bits === 8) {
    const flat = new Int8Array(data);
    return flat.some((value) => value < least) ? null : flat;
  }
  const flat = new Int8Array(count);
  for (let i = 0; i < count; i += 1) {
    const half = i % 2 === 0 ? data[i >> 1] & 15 : data[i >> 1] >> 4;
    if (half === 0) return null;
    flat[i] = half - 8;
  }
  return count % 2 === 1 && data[data.length - 1] >> 4 !== 0 ? null : flat;
}

/**
 * Return the vectors of a part, with the code of each block of each item; zeros in a block without bits.
 * @param {Bytes} content not compressed any more @param {Rule} rule @param {number} numItems
 * @returns {{vectors: Float32Array[], codes: Bytes[]} | null} codes block by block; null for another length, or a number out of range
 */
export function decodeVectors(content, { dim, blocks }, numItems) {
  const vectors = Array.from({ length: numItems }, () => new Float32Array(dim));
  const codes = [];
  let at = 0;
  for (const block of blocks) {
    if (block.bits === 0) {
      codes.push(new Uint8Array(numItems));
      continue;
    }
    const own = content.slice(at, at + numItems);
    at += numItems;
    codes.push(own);
    if (own.length < numItems) return null;
    if (own.every((code) => code === 0)) continue;
    const count = numItems * block.length;
    const size = Math.ceil((count * block.bits) / 8);
    const data = content.slice(at, at + size);
    at += size;
    const flat = data.length === size ? flatOf(data, block, count) : null;
    if (!flat) return null;
    const steps = Float64Array.from(own, (code) => stepOf(code, block));
    for (let j = 0, from = 0; j < block.length; j += 1)
      for (let i = 0; i < numItems; i += 1, from += 1) vectors[i][block.start + j] = flat[from] * steps[i];
  }
  return at === content.length ? { vectors, codes } : null;
}
