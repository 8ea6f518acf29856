// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { createTokenTable, partsOf, signs, wordsOf } from "../../../extension/core/token-table.js";

/**
 * @typedef {{text: string, words: string[], pieces: string[][], features: number[]}} Case
 * @typedef {{table: string, cases: Case[], signs: {word: string, bits: string[]}[]}} Vectors
 */
const url = new URL("../../../contracts/vectors/token-table.json", import.meta.url);
/** @type {Vectors} */
const vectors = JSON.parse(readFileSync(url, "utf8"));
const bytes = new Uint8Array(Buffer.from(vectors.table, "base64"));
const table = createTokenTable(bytes, "tokens.bin");

describe("token table", () => {
  for (const { text, words, pieces, features } of vectors.cases) {
    it(`gives the shared features of ${JSON.stringify(text)}`, () => {
      const got = table.encode(text);
      assert.equal(got.length, features.length);
      for (const [i, expected] of features.entries()) assert.ok(Math.abs(got[i] - expected) < 2e-6, `${i}: ${got[i]}`);
      assert.deepEqual(wordsOf(text.normalize("NFKC").toLowerCase()), words);
      assert.deepEqual(words.map(table.segment), pieces);
    });
  }

  for (const { word, bits } of vectors.signs) {
    it(`draws the shared signs of ${JSON.stringify(word)}`, () => {
      const expected = bits.flatMap((hash) =>
        Array.from({ length: 32 }, (_, bit) => (Math.floor(parseInt(hash, 16) / 2 ** bit) % 2 ? 1 : -1)),
      );
      assert.deepEqual([...signs(word, 64)], expected);
    });
  }

  it("splits a word of letters and digits", () => {
    assert.deepEqual(partsOf("32gb"), ["32", "gb"]);
    assert.deepEqual(partsOf("edge"), []);
  });

  it("weighs a word without a known piece as a rare one", () => {
    // One piece, "▁tee", of the values (-8, 1) and the weight 32; an unknown word has 128.
    const piece = new TextEncoder().encode("▁tee");
    const header = new DataView(new ArrayBuffer(28));
    [67, 84, 84, 49].forEach((byte, at) => header.setUint8(at, byte));
    [1, 2, 64].forEach((value, i) => header.setUint32(4 + 4 * i, value, true));
    header.setFloat32(16, 0.5, true);
    header.setUint32(20, piece.length, true);
    const rest = [156, 255, 32, 160, 0x90];
    const small = createTokenTable(
      Uint8Array.from([...new Uint8Array(header.buffer), ...piece, ...rest]),
      "tokens.bin",
    );
    const words = small.encode("tee zx9").slice(2);
    const rare = ["zx9", "zx", "9"].map((word) => signs(word, 64));
    const expected = signs("tee", 64);
    const sums = Array.from(expected, (sign, i) => 32 * sign + 128 * rare.reduce((sum, each) => sum + each[i], 0));
    const ratio = Math.hypot(...words) / Math.hypot(...sums);
    for (const [i, sum] of sums.entries()) assert.ok(Math.abs(words[i] - ratio * sum) < 1e-6, `${i}: ${words[i]}`);
  });

  it("gives zeros where nothing of a text is known", () => {
    assert.ok(table.encode("🧶").every((value) => value === 0));
  });
});

/** Return the shared table's bytes with other ones at a place. @param {number} at @param {number[]} values */
function changed(at, values) {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

const pieceBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(20, true);
const [line] = new TextDecoder().decode(bytes.subarray(28 + pieceBytes, 28 + pieceBytes + 80)).split("\n");

describe("damaged token table", () => {
  /** @type {[string, Uint8Array, RegExp][]} */
  const damaged = [
    ["nothing", new Uint8Array(), /begins with CTT1/],
    ["another magic", changed(0, [67, 84, 84, 48]), /begins with CTT1/],
    ["no pieces", changed(4, [0, 0, 0, 0]), /1 to 1000000 pieces/],
    ["endless pieces", changed(4, [0, 0, 0, 128]), /1 to 1000000 pieces/],
    ["an odd dim", changed(8, [3]), /even dim/],
    ["a word channel of 33", changed(12, [33]), /multiple of 32/],
    ["a weight that is no number", changed(16, [0, 0, 192, 127]), /weight 0 to 100/],
    ["one byte less", bytes.slice(0, -1), /by its header/],
    ["one byte more", Uint8Array.from([...bytes, 0]), /by its header/],
    ["a piece not in UTF-8", changed(28, [255]), /UTF-8/],
    ["a newline inside a piece", changed(32, [10]), /expected \d+ different pieces/],
    ["a translation of no row", changed(28 + pieceBytes, [120]), /a translation as a row below \d+ and words, got "x/],
    ["a translation to nothing", changed(28 + pieceBytes + line.indexOf(" ") + 1, [32]), /a translation as a row/],
  ];
  for (const [what, data, says] of damaged) {
    it(`is refused for ${what}`, () => {
      assert.throws(() => createTokenTable(data, "tokens.bin"), says);
    });
  }
});
