// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { START, createPieceIndex, withByte } from "../../../extension/core/piece-index.js";
import { utf8 } from "../../../extension/values/encoding.js";

/** @param {Uint8Array} word @param {number} [state] */
const hashOf = (word, state = START) => word.reduce(withByte, state);

/** @param {string[]} pieces */
const indexOf = (pieces) => createPieceIndex(utf8(pieces.join("\n")), pieces.length);

/** @param {import("../../../extension/core/piece-index.js").PieceIndex} index @param {string} text */
function rowOf(index, text) {
  const word = utf8(text);
  return index.find(word, 0, word.length, hashOf(word));
}

test("every piece is found at its row, and nothing else", () => {
  const pieces = Array.from({ length: 5000 }, (_, i) => `▁${i.toString(36)}é`);
  const index = indexOf(pieces);
  assert.ok(index);
  for (const [row, piece] of pieces.entries()) {
    assert.equal(rowOf(index, piece), row);
    assert.equal(index.piece(row), piece);
    assert.equal(rowOf(index, `${piece}x`), -1);
  }
  assert.equal(rowOf(index, ""), -1);
  assert.equal(index.longest, utf8("▁3uvé").length);
});

test("a part of a longer word is found", () => {
  const index = indexOf(["ab", "bc", "c"]);
  assert.ok(index);
  const word = utf8("abc");
  assert.equal(index.find(word, 1, 3, hashOf(utf8("bc"))), 1);
  assert.equal(index.find(word, 0, 3, hashOf(word)), -1);
});

test("the hash is FNV-1a", () => {
  // The first and last words of FNV's own test vectors, http://www.isthe.com/chongo/tech/comp/fnv/
  assert.equal(hashOf(utf8("a")) >>> 0, 0xe40c292c);
  assert.equal(hashOf(utf8("foobar")) >>> 0, 0xbf9cf968);
});

for (const [what, pieces, expected] of /** @type {[string, string[], number][]} */ ([
  ["a repeated piece", ["a", "b", "a"], 3],
  ["an empty piece", ["a", "", "b"], 3],
  ["an empty piece at the end", ["a", "b", ""], 3],
  ["a piece too many", ["a", "b", "c"], 2],
  ["a piece too few", ["a", "b"], 3],
  ["nothing", [""], 1],
])) {
  test(`no index of ${what}`, () => {
    assert.equal(createPieceIndex(utf8(pieces.join("\n")), expected), null);
  });
}

/** Pairs of words that lead from one state of the hash to one other, found by trying: from the start, and from where each pair ends. */
const [FIRST, NEXT] = [
  ["7yzx", "e6ad"],
  ["33zx", "epad"],
];

test("pieces of one hash are refused before they stall the browser", () => {
  let pieces = FIRST;
  for (let doubled = 1; doubled < 10; doubled += 1)
    pieces = pieces.flatMap((piece) => NEXT.map((word) => piece + word));
  assert.equal(new Set(pieces.map((piece) => hashOf(utf8(piece)))).size, 1);
  assert.equal(new Set(pieces).size, 1024);
  assert.equal(indexOf(pieces), null);
  assert.ok(indexOf(pieces.slice(0, 64)));
});
