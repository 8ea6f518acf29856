// @ts-check

/**
 * Towers whose answers can be worked out by hand: x for "sea" in a text, y for "night", z for neither. A user is the mean of what
 * was liked, less twice what was dismissed.
 * @type {import("../../../extension/core/towers.js").Towers}
 */
export const handTowers = {
  async embedItems(texts) {
    return texts.map((text) =>
      Float32Array.of(/sea/.test(text) ? 1 : 0, /night/.test(text) ? 1 : 0, /sea|night/.test(text) ? 0 : 1),
    );
  },
  /** As the text, with half of the image's size in letters at z. */
  async embedSeen(text, image) {
    const [[x, y]] = await handTowers.embedItems([text]);
    return Float32Array.of(x, y, image.length / 2);
  },
  async embedUser({ items, kinds }) {
    const sum = new Float32Array(3);
    items.forEach((item, i) =>
      Array.from(item).forEach((value, j) => {
        sum[j] += value * (kinds[i] === 5 ? -2 : 1);
      }),
    );
    const length = Math.hypot(...sum);
    return sum.map((value) => (length > 0 && Math.max(...sum) > 0 ? value / length : 0));
  },
};

/** @param {Float32Array} vector of handTowers @returns {Float32Array} with as many numbers as the fake bundle's manifest says */
const padded = (vector) => Float32Array.from({ length: 8 }, (_, i) => vector[i] ?? 0);

/** `handTowers` of a space with as many numbers as the fake bundle's manifest says. @type {import("../../../extension/core/towers.js").Towers} */
export const paddedTowers = {
  embedItems: async (texts) => (await handTowers.embedItems(texts)).map(padded),
  embedUser: async (history) => padded(await handTowers.embedUser(history)),
};

/** @param {number[]} values @returns {string} an embedding as the server's vectorInt8 */
export function int8(...values) {
  return Buffer.from(Int8Array.from(values, (value) => Math.round(value * 127)).buffer).toString("base64");
}
