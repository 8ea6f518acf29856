// @ts-check
import { directionInto, itemOf, matrixOf, packed, rowsOf } from "../core/shelf-matrix.js";

/**
 * Embeddings of products that are known by their addresses alone. A page adds its brand, its category and its colours to what the address
 * says; what pages of the shop add on average is added to the products whose pages were not read. Else these would be off the shop's other
 * products, and off what was seen there, all in one direction.
 * @typedef {import("../core/shelf-matrix.js").Matrix} Matrix
 * @typedef {import("../generated/contract-types.js").ShelfLayout} Layout
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {import("./parts.js").PartContent} PartContent
 * @typedef {import("./reading.js").Surroundings} Surroundings
 * @typedef {{pages: Matrix, addresses: Matrix}} Examples the same products by their pages and by their addresses, row by row
 */

/** From so many products it is known what a page adds. */
const MAX_EXAMPLES = 250;

/**
 * Return products whose pages were read, and the same products as their addresses alone give them.
 * @param {{content: PartContent & {vectors: Bytes}}[]} parts of pages that were read, oldest first
 * @param {string} origin @param {Pick<Surroundings, "readAnswers" | "now">} around
 * @returns {Promise<Examples | null>} null where there are none
 */
export async function examplesOf(parts, origin, { readAnswers, now }) {
  /** @type {Map<string, {row: number, url: string}>} by item; the newest reading counts */
  const found = new Map();
  let first = 0;
  for (const { items, pages = [] } of parts.map(({ content }) => content)) {
    const rows = new Map(items.map(({ itemId }, i) => [itemId, first + i]));
    for (const { url, itemId = "" } of pages) {
      const row = rows.get(itemId);
      if (row !== undefined) found.set(itemId, { row, url });
    }
    first += items.length;
  }
  const newest = [...found.values()].sort((a, b) => a.row - b.row).slice(-MAX_EXAMPLES);
  const kind = /** @type {const} */ ("addresses");
  const asked = { kind, url: origin, origin, fetchedAt: new Date(now()).toISOString() };
  const answers = newest.map(({ url }) => ({ ...asked, body: url }));
  const { counts, vectors, layout } = await readAnswers(answers);
  const rows = newest.filter((_, i) => counts[i] > 0).map(({ row }) => row);
  if (rows.length === 0) return null;
  const all = matrixOf(
    parts.map(({ content }) => content.vectors),
    layout,
  );
  return { pages: rowsOf(all, rows), addresses: matrixOf([vectors], layout) };
}

/** @param {Examples} examples @param {number} b of the block @returns {Float64Array | null} what pages add to a direction on average; null where none tells */
function addedBy({ pages, addresses }, b) {
  const { length } = pages.layout.blocks[b];
  const [page, address, sum] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)];
  let count = 0;
  for (let i = 0; i < pages.num; i += 1) {
    if (!directionInto(pages, b, i, page) || !directionInto(addresses, b, i, address)) continue;
    count += 1;
    for (let j = 0; j < length; j += 1) sum[j] += page[j] - address[j];
  }
  return count > 0 ? sum.map((value) => value / count) : null;
}

/**
 * Return the embeddings of products known by their addresses with what pages add on average. Each block keeps its length.
 * @param {Bytes} vectors @param {Examples} examples @returns {Bytes}
 */
export function completed(vectors, examples) {
  const { layout } = examples.pages;
  const matrix = matrixOf([vectors], layout);
  const added = layout.blocks.map((_, b) => addedBy(examples, b));
  const items = Array.from({ length: matrix.num }, (_, i) => itemOf(matrix, i));
  for (const [b, { start, length }] of layout.blocks.entries()) {
    const more = added[b];
    const direction = new Float64Array(length);
    for (const [i, item] of items.entries()) {
      if (!more || !directionInto(matrix, b, i, direction)) continue;
      const moved = direction.map((value, j) => value + more[j]);
      const scale = matrix.lengths[b][i] / Math.hypot(...moved);
      if (Number.isFinite(scale))
        item.set(
          moved.map((value) => value * scale),
          start,
        );
    }
  }
  return packed(items, layout);
}
