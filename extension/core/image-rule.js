// @ts-check

/**
 * A bundle's image rule: from a decoded image to the numbers that an image tower reads. The twin of kernel/image_rule.py, which
 * resizes with Pillow; contracts/vectors/image-pixels.json holds the cases of both, equal to the last bit.
 * @typedef {import("../generated/contract-types.js").ImageRule} ImageRule
 * @typedef {{width: number, height: number, data: Uint8Array | Uint8ClampedArray}} Rgba four bytes a pixel, row by row, alpha not multiplied in
 * @typedef {{width: number, height: number, data: Uint8Array}} Rgb three bytes a pixel
 * @typedef {{starts: Int32Array, weights: Int32Array[]}} Taps for each output: the first input that counts, and the inputs' weights × 2^22
 */

// Pillow's resampling of bytes works with integers of this many fractional bits. Sums of 255 times the weights stay below 2^31, and
// with Math.imul engines keep to integers of 32 bits, which takes .6 of the time.
const PRECISION_BITS = 22;
const HALF = 1 << (PRECISION_BITS - 1);
const BICUBIC = -0.5;
const FILTERS = {
  bicubic: { support: 2, weight: bicubic },
  bilinear: { support: 1, weight: (/** @type {number} */ x) => Math.max(0, 1 - Math.abs(x)) },
};

/** @param {number} distance @returns {number} */
function bicubic(distance) {
  const x = Math.abs(distance);
  if (x < 1) return ((BICUBIC + 2) * x - (BICUBIC + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * BICUBIC : 0;
}

/** @param {number} value @returns {number} rounded, a half to the even neighbour as Python does */
function roundHalfEven(value) {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** @param {number} from size @param {number} to size @param {ImageRule["interpolation"]} interpolation @returns {Taps} */
function tapsOf(from, to, interpolation) {
  const { support, weight } = FILTERS[interpolation];
  const scale = from / to;
  // Shrinking widens the filter, so that every input counts somewhere.
  const spread = Math.max(scale, 1);
  const starts = new Int32Array(to);
  const weights = Array.from(starts, (_, at) => {
    const centre = (at + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support * spread + 0.5));
    const end = Math.min(from, Math.trunc(centre + support * spread + 0.5));
    starts[at] = first;
    const shares = Array.from(new Float64Array(end - first), (zero, i) =>
      weight((i + first - centre + 0.5) * (1 / spread)),
    );
    const total = shares.reduce((sum, share) => sum + share, 0);
    return Int32Array.from(shares, (share) => {
      const scaled = (share / total) * 2 ** PRECISION_BITS;
      return Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5));
    });
  });
  return { starts, weights };
}

/** @param {number} sum with PRECISION_BITS fractional bits @returns {number} a byte */
function byteOf(sum) {
  return Math.min(255, Math.max(0, sum >> PRECISION_BITS));
}

/** @param {Rgb} image @param {number} width @param {ImageRule["interpolation"]} interpolation @returns {Rgb} */
function resizedAcross({ width: from, height, data }, width, interpolation) {
  const { starts, weights } = tapsOf(from, width, interpolation);
  const result = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const shares = weights[x];
      let at = (y * from + starts[x]) * 3;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let i = 0; i < shares.length; i += 1, at += 3) {
        const share = shares[i];
        red = (red + Math.imul(data[at], share)) | 0;
        green = (green + Math.imul(data[at + 1], share)) | 0;
        blue = (blue + Math.imul(data[at + 2], share)) | 0;
      }
      const to = (y * width + x) * 3;
      result[to] = byteOf(red);
      result[to + 1] = byteOf(green);
      result[to + 2] = byteOf(blue);
    }
  }
  return { width, height, data: result };
}

/** @param {Rgb} image @param {number} height @param {ImageRule["interpolation"]} interpolation @returns {Rgb} */
function resizedDown({ width, height: from, data }, height, interpolation) {
  const { starts, weights } = tapsOf(from, height, interpolation);
  const row = width * 3;
  const result = new Uint8Array(row * height);
  for (let y = 0; y < height; y += 1) {
    const shares = weights[y];
    for (let x = 0; x < row; x += 1) {
      let sum = HALF;
      let at = starts[y] * row + x;
      for (let i = 0; i < shares.length; i += 1, at += row) sum = (sum + Math.imul(data[at], shares[i])) | 0;
      result[y * row + x] = byteOf(sum);
    }
  }
  return { width, height, data: result };
}

/** @param {Rgb} image @param {{width: number, height: number}} size @param {ImageRule["interpolation"]} interpolation @returns {Rgb} */
function resized(image, { width, height }, interpolation) {
  const across = (/** @type {Rgb} */ one) => (width === one.width ? one : resizedAcross(one, width, interpolation));
  const down = (/** @type {Rgb} */ one) => (height === one.height ? one : resizedDown(one, height, interpolation));
  // Each pass rounds to bytes, so their order matters: Pillow 13 begins with the height where it shrinks by far more.
  const shrinks = image.height - height;
  return shrinks > 0 && shrinks > 2 * (image.width - width) ? across(down(image)) : down(across(image));
}

/** Return the size to resize to. @param {Rgb} image @param {ImageRule} rule @returns {{width: number, height: number}} */
function resizedSize({ width, height }, { resize, mode = "crop" }) {
  if (mode === "squash") return { width: resize, height: resize };
  if (mode === "pad") {
    const ratio = Math.max(width / resize, height / resize);
    return { width: Math.max(1, roundHalfEven(width / ratio)), height: Math.max(1, roundHalfEven(height / ratio)) };
  }
  const shorter = Math.min(width, height);
  return { width: Math.floor((resize * width) / shorter), height: Math.floor((resize * height) / shorter) };
}

/**
 * Copy an image into another; what lies outside of it is left out.
 * @param {Rgb} from @param {Rgb} to @param {number} left of `from` in `to`, may be negative @param {number} top
 */
function paste(from, to, left, top) {
  const [x0, x1] = [Math.max(0, left), Math.min(to.width, left + from.width)];
  for (let y = Math.max(0, top); y < Math.min(to.height, top + from.height); y += 1) {
    const start = ((y - top) * from.width + x0 - left) * 3;
    to.data.set(from.data.subarray(start, start + (x1 - x0) * 3), (y * to.width + x0) * 3);
  }
}

/**
 * Return an image without transparency: on white, as a shop's page shows it. Integers as in Pillow's alpha_composite.
 * @param {Rgba} image @returns {Rgb}
 */
export function onWhite({ width, height, data }) {
  const result = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    const alpha = data[from + 3];
    if (alpha === 255) {
      // Nothing shines through, as in nearly all of most images. The formula below gives the same.
      result[to] = data[from];
      result[to + 1] = data[from + 1];
      result[to + 2] = data[from + 2];
      continue;
    }
    for (let i = 0; i < 3; i += 1) {
      const mixed = (data[from + i] * alpha + 255 * (255 - alpha)) * 128 + (128 << 7);
      result[to + i] = (((mixed >> 8) + mixed) >> 8) >> 7;
    }
  }
  return { width, height, data: result };
}

/**
 * Return an image resized by the rule's mode and cut to its middle.
 * @param {Rgb} image @param {ImageRule} rule @returns {Rgb} size × size
 */
export function squareRgb(image, rule) {
  const { size, fill = [0, 0, 0] } = rule;
  let found = resized(image, resizedSize(image, rule), rule.interpolation);
  if (Math.min(found.width, found.height) < size) {
    const [width, height] = [Math.max(size, found.width), Math.max(size, found.height)];
    const padded = { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => fill[i % 3]) };
    paste(found, padded, Math.floor((width - found.width) / 2), Math.floor((height - found.height) / 2));
    found = padded;
  }
  const square = { width: size, height: size, data: new Uint8Array(size * size * 3) };
  paste(found, square, -roundHalfEven((found.width - size) / 2), -roundHalfEven((found.height - size) / 2));
  return square;
}

/**
 * Return what an image tower reads of an image: value / 255, minus the rule's mean, over its std.
 * @param {Rgba} image @param {ImageRule} rule @returns {Float32Array} (3, size, size)
 */
export function pixelsOf(image, rule) {
  const { data } = squareRgb(onWhite(image), rule);
  const area = rule.size ** 2;
  const pixels = new Float32Array(3 * area);
  for (let channel = 0; channel < 3; channel += 1) {
    const mean = Math.fround(rule.mean[channel]);
    const std = Math.fround(rule.std[channel]);
    for (let i = 0; i < area; i += 1)
      pixels[channel * area + i] = Math.fround(Math.fround(data[3 * i + channel] / 255) - mean) / std;
  }
  return pixels;
}
