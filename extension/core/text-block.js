// @ts-check

/**
 * @typedef {import("../generated/contract-types.js").TextBlockRule} TextBlockRule
 * @typedef {{start: number, length: number, filler: number}} TextPlace the coordinates of a text's block, and the filler
 */

// Features that are smaller are the rounding of zeros.
const SMALLEST = 1e-6;
// Less than this of a squared length of 1 is the rounding of nothing.
const SMALLEST_REST = 1e-6;

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
  let square = 0;
  for (const value of features) square += value * value;
  const scale = Math.sqrt(share) / Math.sqrt(square);
  for (let i = 0; i < features.length; i += 1) item[start + i] = features[i] * scale;
  item[filler] = Math.sqrt(1 - share);
  return item;
}

/** Return where the text of an item is. @param {import("./bundle.js").Manifest} manifest with `lite.textBlock` @returns {TextPlace} */
export function textPlace({ lite, text, filler }) {
  return {
    start: /** @type {TextBlockRule} */ (lite.textBlock).start,
    length: /** @type {NonNullable<typeof text.table>} */ (text.table).dim,
    filler: /** @type {number} */ (filler),
  };
}

/**
 * Return the embedding of an item of which text and image are known. contracts/vectors/text-block.json holds the cases.
 * @param {Float32Array} image the item of `lite.image.toItem`, or one with another text
 * @param {Float32Array} text the item of the text alone
 * @param {TextPlace} place
 * @returns {Float32Array} of unit length
 */
export function withText(image, text, { start, length, filler }) {
  const item = image.slice();
  item.set(text.subarray(start, start + length), start);
  item[filler] = 0;
  const rest = 1 - item.reduce((sum, value) => sum + value * value, 0);
  item[filler] = rest > SMALLEST_REST ? Math.sqrt(rest) : 0;
  return item;
}

/** Return whether more than the text is known of an item. @param {Float32Array} item @param {TextPlace} place */
export function hasImage(item, { start, length, filler }) {
  return item.some((value, i) => value !== 0 && i !== filler && (i < start || i >= start + length));
}
