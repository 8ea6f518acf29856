// @ts-check

/**
 * Rows of a token table's pieces by their bytes in UTF-8: an open-addressing hash table over the file's own bytes. A Map of
 * strings costs several times the time to fill and megabytes of strings, at every start.
 * @typedef {object} PieceIndex
 * @property {number} longest bytes that a piece has at most
 * @property {(word: Uint8Array, from: number, to: number, hash: number) => number} find the row of word[from..to), -1 for none;
 *   `hash` is START with each of these bytes added by withByte
 * @property {(row: number) => string} piece
 */

/** The hash of no byte. */
export const START = 0x811c9dc5 | 0;
const NEWLINE = 10;
// A good hash leaves chains of some dozens at a load of one half. Longer ones are made on purpose, to stall the browser.
const MOST_PROBES = 512;

/** Return the 32-bit FNV-1a hash of one more byte. @param {number} hash @param {number} byte @returns {number} int32 */
export function withByte(hash, byte) {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** @param {number} hash @returns {number} of whose low bits each depends on all: FNV's own hardly do */
function spread(hash) {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

/**
 * Return the index of pieces that are separated by newlines.
 * @param {Uint8Array} lines which it keeps
 * @param {number} expected number of different pieces, none of them empty
 * @returns {PieceIndex | null} null for another number of pieces, an empty or repeated one, or a chain that only malice makes
 */
export function createPieceIndex(lines, expected) {
  const starts = new Int32Array(expected + 1); // of the pieces, and one past the newline that the last one lacks
  const mask = 2 ** Math.ceil(Math.log2(2 * expected)) - 1;
  const slots = new Int32Array(mask + 1); // a row plus 1; 0 is free

  /** @param {Uint8Array} word @param {number} from @param {number} to @param {number} row */
  function isPiece(word, from, to, row) {
    const start = starts[row];
    if (starts[row + 1] - 1 - start !== to - from) return false;
    for (let i = from, at = start; i < to; i += 1, at += 1) if (word[i] !== lines[at]) return false;
    return true;
  }

  /** @param {number} row @param {number} from @param {number} to @param {number} hash @returns {boolean} whether it found a place */
  function place(row, from, to, hash) {
    let slot = spread(hash) & mask;
    for (let probe = 0; probe < MOST_PROBES; probe += 1, slot = (slot + 1) & mask) {
      if (slots[slot] === 0) {
        slots[slot] = row + 1;
        return true;
      }
      if (isPiece(lines, from, to, slots[slot] - 1)) return false;
    }
    return false;
  }

  // One loop over all bytes, which compiles to machine code while it runs: at a start nothing is compiled yet.
  let [num, begin, longest, sum] = [0, 0, 0, START];
  for (let at = 0; at <= lines.length; at += 1) {
    if (at < lines.length && lines[at] !== NEWLINE) {
      sum = withByte(sum, lines[at]);
      continue;
    }
    if (num === expected || at === begin || !place(num, begin, at, sum)) return null;
    if (at - begin > longest) longest = at - begin;
    [num, begin, sum] = [num + 1, at + 1, START];
    starts[num] = begin;
  }
  if (num < expected) return null;
  return {
    longest,
    find(word, from, to, hash) {
      for (let slot = spread(hash) & mask; slots[slot] !== 0; slot = (slot + 1) & mask)
        if (isPiece(word, from, to, slots[slot] - 1)) return slots[slot] - 1;
      return -1;
    },
    piece: (row) => new TextDecoder().decode(lines.subarray(starts[row], starts[row + 1] - 1)),
  };
}
