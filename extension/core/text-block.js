// @ts-check

/** @typedef {import("../generated/contract-types.js").TextBlockRule} TextBlockRule */

// Features that are smaller are the rounding of zeros.
const SMALLEST = 1e-6;

/**
 * Return the embedding of an item of which only the text is known: the text's features in their block, and the share of what
 * is missing at the filler. contracts/vectors/text-block.json holds the cases.
 * @param {Float32Array} features of a token table
 * @param {TextBlockRule} rule
 * @param {{dim: number, filler: number}} space
 * @returns {Float32Array} of unit length
 */
export function textBlock(features, { start, share }, { dim, filler }) {
  const item = new Float32Array(dim);
  if (features.every((value) => Math.abs(value) <= SMALLEST)) {
    item[filler] = 1;
    return item;
  }
  const length = Math.sqrt(features.reduce((sum, value) => sum + value * value, 0));
  const scale = Math.sqrt(share) / length;
  features.forEach((value, i) => {
    item[start + i] = value * scale;
  });
  item[filler] = Math.sqrt(1 - share);
  return item;
}
