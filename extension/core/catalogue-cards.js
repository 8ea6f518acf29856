// @ts-check
import { utf8 } from "../values/encoding.js";
import { isSoldOut } from "./choice.js";

/**
 * The cards of a catalogue. Those that were kept as bytes are parsed one by one where they are asked for: a list shows thirty of ten thousand.
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {object} Cards
 * @property {number} num
 * @property {(row: number) => string} itemId
 * @property {(row: number) => boolean} isGone whether it is sold out
 * @property {(row: number) => Card} at
 * @property {() => Card[]} all which parses every card, once
 */

const HEADER_BYTES = 8;
const BETWEEN_IDS = "\n";

/** Return the cards of a list. @param {Card[]} list @returns {Cards} */
export function cardsOf(list) {
  return {
    num: list.length,
    itemId: (row) => list[row].itemId,
    isGone: (row) => isSoldOut(list[row]),
    at: (row) => list[row],
    all: () => list,
  };
}

/** Return cards as bytes: their number, the length of their ids, where each card ends, which are sold out, the ids, the cards. @param {Cards} cards @returns {Bytes} */
export function encodeCards(cards) {
  const list = cards.all();
  const ids = utf8(list.map(({ itemId }) => itemId).join(BETWEEN_IDS));
  const texts = list.map((card) => utf8(JSON.stringify(card)));
  let end = 0;
  const ends = Uint32Array.from(texts, ({ length }) => (end += length));
  const gone = Uint8Array.from(list, (card) => Number(isSoldOut(card)));
  const header = Uint32Array.of(list.length, ids.length);
  const bytes = new Uint8Array(HEADER_BYTES + ends.byteLength + gone.length + ids.length + end);
  let at = 0;
  for (const part of [header, ends, gone, ids, ...texts]) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return bytes;
}

/** Return the cards that encodeCards wrote. @param {Bytes} bytes @returns {Cards} */
export function decodeCards(bytes) {
  const [num, idsLength] = new Uint32Array(bytes.slice(0, HEADER_BYTES).buffer);
  const goneAt = HEADER_BYTES + 4 * num;
  const idsAt = goneAt + num;
  const cardsAt = idsAt + idsLength;
  const ends = new Uint32Array(bytes.slice(HEADER_BYTES, goneAt).buffer);
  const decoder = new TextDecoder();
  const ids = decoder.decode(bytes.subarray(idsAt, cardsAt)).split(BETWEEN_IDS);
  const at = (/** @type {number} */ row) => {
    const start = row === 0 ? 0 : ends[row - 1];
    return JSON.parse(decoder.decode(bytes.subarray(cardsAt + start, cardsAt + ends[row])));
  };
  /** @type {Card[] | undefined} */
  let parsed;
  return {
    num,
    itemId: (row) => ids[row],
    isGone: (row) => bytes[goneAt + row] === 1,
    at,
    all: () => (parsed ??= Array.from({ length: num }, (_, row) => at(row))),
  };
}
