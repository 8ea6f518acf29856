// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { delimiterOf, parseTable } from "../../../extension/imports/table.js";
import { textOfFile } from "../../../extension/imports/text-file.js";

test("cells in quotes hold delimiters, line ends and quotes", () => {
  const text = '"a ""b"" c",d\r\n"e, f","g\r\nh"\r\ni,\r\n';
  assert.deepEqual(parseTable(text, ","), [
    ['a "b" c', "d"],
    ["e, f", "g\r\nh"],
    ["i", ""],
  ]);
});

test("rows end with any line end or with the text, and empty ones are left out", () => {
  assert.deepEqual(parseTable("a\tb\n\n\rc\td\r\n \t \r\ne\t", "\t"), [
    ["a", "b"],
    ["c", "d"],
    ["e", ""],
  ]);
  assert.deepEqual(parseTable("", ","), []);
});

test("a quote inside of a cell is a letter like any other", () => {
  assert.deepEqual(parseTable('15" frame,oak\n', ","), [['15" frame', "oak"]]);
});

test("a quote that is never closed is an error that names its line", () => {
  assert.throws(() => parseTable('a,b\nc,"d\ne,f', ","), { code: "invalid_table", message: /Line 2/ });
});

for (const [name, text, wanted] of /** @type {const} */ ([
  ["a comma", "title,url\nMug,https://a.example/mug\n", ","],
  ["a semicolon beside commas", "Titel;Marke\nTasse, blau;Ufer\nDecke, rot;Ufer\n", ";"],
  ["a tab beside both", "a, b; c\td\ne\tf\n", "\t"],
  ["nothing", "Mug\nTowel, navy, with rope\nLamp\n", null],
  ["nothing in an empty text", "", null],
]))
  test(`cells are known to be parted by ${name}`, () => assert.equal(delimiterOf(text), wanted));

test("a file is read in the encoding that its first bytes name, else as UTF-8, else as spreadsheets write it", () => {
  const text = "Größe;Käse;سجادة";
  const utf16 = (/** @type {boolean} */ isLittle) =>
    Uint8Array.from(
      [...`\uFEFF${text}`].flatMap((letter) => {
        const [low, high] = [letter.charCodeAt(0) & 255, letter.charCodeAt(0) >> 8];
        return isLittle ? [low, high] : [high, low];
      }),
    );
  const utf8 = new TextEncoder().encode(text);
  for (const bytes of [utf8, Uint8Array.from([0xef, 0xbb, 0xbf, ...utf8]), utf16(true), utf16(false)])
    assert.equal(textOfFile(bytes), text);
  assert.equal(textOfFile(Uint8Array.from([0x47, 0x72, 0xf6, 0xdf, 0x65])), "Größe");
});

test("what is not text is refused", () => {
  for (const bytes of [
    [0x50, 0x4b, 3, 4, 0, 0],
    [0xff, 0xfe, 0, 0xd8],
    [0xff, 0xfe, 1],
  ])
    assert.throws(() => textOfFile(Uint8Array.from(bytes)), { code: "not_text" });
});
