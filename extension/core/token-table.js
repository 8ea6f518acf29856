// @ts-check
import { utf8 } from "../values/encoding.js";
import { BundleError } from "../values/errors.js";
import { START, createPieceIndex, withByte } from "./piece-index.js";

/**
 * Token table: a text encoder of static token vectors and hashed words, which runs without a network. The twin of
 * encoders/token_table.py, which says what the features mean; contracts/vectors/token-table.json holds the cases of both.
 * @typedef {object} TableFile content of a token table's file
 * @property {import("./piece-index.js").PieceIndex} pieces those that begin a word begin with WORD_START
 * @property {number} dim number of coordinates of the piece vectors
 * @property {number} wordDim number of coordinates of the word channel, a multiple of 32
 * @property {number} wordWeight length of the word channel beside the unit length of the pieces' sum
 * @property {Map<number, string>} translations row of a foreign word: its line, with the English words it counts as in the word channel
 * @property {Int16Array} scores log probabilities in hundredths
 * @property {number} unknown score of a character that is in no piece
 * @property {Uint8Array} weights rarity in sixteenths
 * @property {Uint8Array} scales see SCALE_FACTORS
 * @property {Uint8Array} packed rows of values plus 8, two a byte, the first in the low half: unpacked only where a row is read
 * @typedef {{rows: number[], weight: number, hashes: Int32Array[]}} Word segmented: its pieces' rows, and its weight and the hashes of its
 *   stand-ins in the word channel
 * @typedef {object} TokenTable
 * @property {number} dim width of the features
 * @property {(text: string) => Float32Array} encode features of unit length; zeros where nothing of the text is known
 * @property {(word: string) => string[]} segment pieces of a normalised word; a character that is in no piece is left out
 */

const WORD_START = "\u2581"; // what SentencePiece puts before a word
const MAGIC = "CTT1";
const HEADER_BYTES = 28;
const UNKNOWN_WEIGHT = 128; // rarity 8
const UNKNOWN_PENALTY = 1000; // score 10
const MAX_PIECES = 1_000_000;
const MAX_DIM = 4096;
const CACHED_WORDS = 20_000;
// What each scale stands for: 2^-10, and a sixteenth of an octave more for each step.
const SCALE_FACTORS = Float64Array.from({ length: 256 }, (_, scale) => 2 ** (scale / 16 - 10));
const TRANSLATION = /^[0-9]+( [^ ]+)+$/;
const WORDS = /[\p{L}\p{M}\p{N}]+/gu;
const PARTS = /\p{N}+|\P{N}+/gu;
const HAS_NUMBER = /\p{N}/u;

/** @param {string} file @param {string} problem @returns {BundleError} */
const invalid = (file, problem) => new BundleError("bundle_invalid", `${file}: ${problem}; export the bundle again.`);

/** @param {Uint8Array} bytes @param {string} file @throws {BundleError} */
function headerFrom(bytes, file) {
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (bytes.length < HEADER_BYTES || magic !== MAGIC)
    throw invalid(file, `expected a token table that begins with ${MAGIC}, got ${JSON.stringify(magic)}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [num, dim, wordDim] = [4, 8, 12].map((at) => view.getUint32(at, true));
  const wordWeight = view.getFloat32(16, true);
  const [pieceBytes, translationBytes] = [20, 24].map((at) => view.getUint32(at, true));
  if (!(num > 0 && num <= MAX_PIECES && dim > 0 && dim <= MAX_DIM && dim % 2 === 0))
    throw invalid(file, `expected 1 to ${MAX_PIECES} pieces of an even dim to ${MAX_DIM}, got ${num} of ${dim}`);
  if (wordDim > MAX_DIM || wordDim % 32 > 0 || !(wordWeight >= 0 && wordWeight <= 100))
    throw invalid(
      file,
      `expected a word channel of a multiple of 32 to ${MAX_DIM} and weight 0 to 100, got ${wordDim} and ${wordWeight}`,
    );
  const expected = HEADER_BYTES + pieceBytes + translationBytes + num * (4 + dim / 2);
  if (bytes.length !== expected)
    throw invalid(file, `expected a token table of ${expected} bytes by its header, got ${bytes.length}`);
  return { num, dim, wordDim, wordWeight, pieceBytes, translationBytes };
}

/** @param {Uint8Array} bytes @param {string} file @returns {string} @throws {BundleError} */
function textFrom(bytes, file) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new BundleError("bundle_invalid", `${file}: expected the texts of a token table in UTF-8.`, { cause: error });
  }
}

/**
 * Return the lines of translations by their row.
 * @param {string} text @param {number} num pieces @param {string} file
 * @returns {Map<number, string>} @throws {BundleError}
 */
function translationsFrom(text, num, file) {
  /** @type {Map<number, string>} */
  const found = new Map();
  for (const line of text === "" ? [] : text.split("\n")) {
    const row = TRANSLATION.test(line) ? parseInt(line, 10) : num;
    if (row >= num)
      throw invalid(
        file,
        `expected a translation as a row below ${num} and words, got ${JSON.stringify(line.slice(0, 80))}`,
      );
    found.set(row, line);
  }
  return found;
}

/** @param {string} line of translations @returns {string[]} the words that its row's piece counts as */
const wordsOfLine = (line) => line.split(" ").slice(1);

/** @param {Uint8Array} bytes @param {string} file @returns {TableFile} @throws {BundleError} that names what does not fit */
function tableFrom(bytes, file) {
  const { num, dim, wordDim, wordWeight, pieceBytes, translationBytes } = headerFrom(bytes, file);
  const middle = HEADER_BYTES + pieceBytes;
  const at = middle + translationBytes;
  const lines = bytes.subarray(HEADER_BYTES, middle);
  textFrom(lines, file);
  const pieces = createPieceIndex(lines, num);
  if (!pieces) throw invalid(file, `expected ${num} different pieces`);
  const translations = translationsFrom(textFrom(bytes.subarray(middle, at), file), num, file);
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 2 * num);
  const scores = new Int16Array(num);
  let least = 0;
  for (let row = 0; row < num; row += 1) {
    scores[row] = view.getInt16(2 * row, true);
    if (scores[row] < least || row === 0) least = scores[row];
  }
  const [weights, scales] = [2, 3].map((part) => bytes.subarray(at + part * num, at + (part + 1) * num));
  const packed = bytes.subarray(at + 4 * num);
  return {
    pieces,
    dim,
    wordDim,
    wordWeight,
    translations,
    scores,
    unknown: least - UNKNOWN_PENALTY,
    weights,
    scales,
    packed,
  };
}

/**
 * Return the hash that draws 32 signs of a word: 32-bit FNV-1a with MurmurHash3's finaliser.
 * @param {Uint8Array} word in UTF-8 @param {number} part of the word channel, the hash's seed @returns {number} int32; bit i is coordinate 32 part + i, 1 for plus
 */
function signHash(word, part) {
  let value = 0x811c9dc5 ^ Math.imul(part, 0x9e3779b9);
  for (const byte of word) value = Math.imul(value ^ byte, 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}

/** Return the signs of a word, num of -1 and 1. @param {string} word @param {number} num a multiple of 32 @returns {Int8Array} */
export function signs(word, num) {
  const raw = utf8(word);
  const bits = new Int8Array(num);
  for (let start = 0; start < num; start += 32) {
    const hash = signHash(raw, start / 32);
    for (let bit = 0; bit < 32; bit += 1) bits[start + bit] = (hash >>> bit) & 1 ? 1 : -1;
  }
  return bits;
}

/** Return the words of a normalised text: runs of letters, marks and digits. @param {string} cleaned @returns {string[]} */
export function wordsOf(cleaned) {
  return cleaned.match(WORDS) ?? [];
}

/** Return the parts of a word of letters and digits, such as "32" and "gb" of "32gb"; none of another. @param {string} word @returns {string[]} */
export function partsOf(word) {
  const parts = HAS_NUMBER.test(word) ? (word.match(PARTS) ?? []) : [];
  return parts.length > 1 ? parts : [];
}

/** @param {Uint8Array} word in UTF-8 @returns {number[]} where each character begins, and the end */
function charactersOf(word) {
  const offsets = [];
  for (let at = 0; at < word.length; at += 1) if ((word[at] & 0xc0) !== 0x80) offsets.push(at);
  return [...offsets, word.length];
}

/**
 * Return the rows of the segmentation with the highest score; of equals the one whose pieces began first.
 * @param {TableFile} table @param {Uint8Array} word in UTF-8
 * @returns {number[]}
 */
function bestRows({ pieces, scores, unknown }, word) {
  const offsets = charactersOf(word); // pieces are of whole characters
  const size = offsets.length - 1;
  const best = new Float64Array(size + 1).fill(-Infinity);
  const [from, rows] = [new Int32Array(size + 1), new Int32Array(size + 1)];
  best[0] = 0;
  for (let start = 0; start < size; start += 1) {
    const first = offsets[start];
    let hash = START;
    for (let stop = start + 1; stop <= size; stop += 1) {
      const end = offsets[stop];
      if (end - first > pieces.longest && stop > start + 1) break;
      for (let at = offsets[stop - 1]; at < end; at += 1) hash = withByte(hash, word[at]);
      const row = pieces.find(word, first, end, hash);
      if (row < 0 && stop > start + 1) continue;
      const score = best[start] + (row < 0 ? unknown : scores[row]);
      if (score <= best[stop]) continue;
      [best[stop], from[stop], rows[stop]] = [score, start, row];
    }
  }
  const found = [];
  for (let at = size; at > 0; at = from[at]) if (rows[at] >= 0) found.push(rows[at]);
  return found.reverse();
}

/** @param {Float64Array} vector @returns {Float64Array} the same, of unit length unless it is zero */
function toUnit(vector) {
  let sum = 0;
  for (let i = 0; i < vector.length; i += 1) sum += vector[i] ** 2;
  const length = Math.sqrt(sum);
  if (length > 0) for (let i = 0; i < vector.length; i += 1) vector[i] /= length;
  return vector;
}

/** Add the vector of a row to a sum. @param {TableFile} table @param {number} row @param {Float64Array} sum */
function addRow({ packed, scales, dim }, row, sum) {
  const factor = SCALE_FACTORS[scales[row]];
  const half = dim / 2;
  for (let i = 0, at = row * half; i < half; i += 1, at += 1) {
    sum[2 * i] += ((packed[at] & 15) - 8) * factor;
    sum[2 * i + 1] += ((packed[at] >> 4) - 8) * factor;
  }
}

/** Return the hashes of a word, one for 32 signs. @param {string} word @param {number} num of signs @returns {Int32Array} */
function hashesOf(word, num) {
  const raw = utf8(word);
  return Int32Array.from({ length: num / 32 }, (_, part) => signHash(raw, part));
}

/** Add the weighted signs of a word to a sum. @param {Int32Array} hashes @param {number} weight @param {Float64Array} sum */
function addSigns(hashes, weight, sum) {
  for (let part = 0, at = 0; part < hashes.length; part += 1) {
    const hash = hashes[part];
    for (let bit = 0; bit < 32; bit += 1, at += 1) sum[at] += weight * (2 * ((hash >>> bit) & 1) - 1);
  }
}

/**
 * Return the encoder of a token table's file.
 * @param {Uint8Array} bytes which it keeps
 * @param {string} file name, for errors
 * @returns {TokenTable}
 * @throws {BundleError} that names what does not fit
 */
export function createTokenTable(bytes, file) {
  const table = tableFrom(bytes, file);
  /** @type {Map<string, Word>} */
  const cached = new Map();

  /** @param {string} text normalised @returns {Word} */
  function wordOf(text) {
    const known = cached.get(text);
    if (known) return known;
    if (cached.size >= CACHED_WORDS) cached.clear();
    const rows = bestRows(table, utf8(WORD_START + text));
    const weight = rows.length > 0 ? Math.max(...rows.map((row) => table.weights[row])) : UNKNOWN_WEIGHT;
    const line = rows.length === 1 ? table.translations.get(rows[0]) : undefined;
    const countsAs = line ? wordsOfLine(line) : [text];
    const word = { rows, weight, hashes: countsAs.map((counted) => hashesOf(counted, table.wordDim)) };
    cached.set(text, word);
    return word;
  }

  return {
    dim: table.dim + table.wordDim,
    encode(text) {
      const [pieces, words] = [new Float64Array(table.dim), new Float64Array(table.wordDim)];
      for (const word of wordsOf(text.normalize("NFKC").toLowerCase())) {
        for (const row of wordOf(word).rows) addRow(table, row, pieces);
        for (const term of [word, ...partsOf(word)]) {
          const { weight, hashes } = wordOf(term);
          for (const each of hashes) addSigns(each, weight, words);
        }
      }
      const both = new Float64Array(table.dim + table.wordDim);
      both.set(toUnit(pieces));
      both.set(
        toUnit(words).map((value) => table.wordWeight * value),
        table.dim,
      );
      return Float32Array.from(toUnit(both));
    },
    segment: (word) => wordOf(word).rows.map(table.pieces.piece),
  };
}
