// @ts-check
import { utf8 } from "../values/encoding.js";

/**
 * A part of a shelf as it is encrypted and kept: what was read of some items, and their embeddings.
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {{url: string, itemId?: string}} ReadPage a page that was read, and its product; absent where it has none
 * @typedef {{items: Card[], pages?: ReadPage[], removed?: string[]}} PartContent `removed`: ids of items of earlier parts that are gone
 */

const ALIGNED = 4;

/** Return a part as bytes: the length of its JSON, the JSON, and the embeddings. @param {PartContent} content @param {Bytes} vectors @returns {Bytes} */
export function encodePart(content, vectors) {
  const json = utf8(JSON.stringify(content));
  const start = ALIGNED + Math.ceil(json.length / ALIGNED) * ALIGNED;
  const bytes = new Uint8Array(start + vectors.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, ALIGNED);
  bytes.set(vectors, start);
  return bytes;
}

/** Return what encodePart wrote. @param {Bytes} bytes @returns {PartContent & {vectors: Bytes}} */
export function decodePart(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const content = JSON.parse(new TextDecoder().decode(bytes.subarray(ALIGNED, ALIGNED + length)));
  return { ...content, vectors: bytes.slice(ALIGNED + Math.ceil(length / ALIGNED) * ALIGNED) };
}

/**
 * Return the items of a shelf, each once: as it was read last, and none whose page was read again and had no product any more.
 * @param {PartContent[]} contents in the order in which they were read
 * @returns {boolean[][]} of each part and each of its items, whether it counts
 */
export function currentItems(contents) {
  /** @type {Set<string>} */
  const seen = new Set();
  /** @type {Set<string>} */
  const readAgain = new Set();
  const current = [];
  for (const { items, pages = [], removed = [] } of [...contents].reverse()) {
    const outdated = new Set(pages.filter(({ url }) => readAgain.has(url)).map(({ itemId }) => itemId));
    current.push(items.map(({ itemId }) => !seen.has(itemId) && !outdated.has(itemId)));
    for (const itemId of [...items.map((item) => item.itemId), ...removed]) seen.add(itemId);
    for (const { url } of pages) readAgain.add(url);
  }
  return current.reverse();
}
