// @ts-check
// A zip whose bytes depend on the files alone. pako deflates in JavaScript as zlib does, alike on every machine and version of Node, and
// better than a deflate that is made to be fast.
import { crc32 as crcOf } from "./crc32.js";
import { deflateRaw } from "pako";

/** @typedef {import("./browser-files.js").Files} Files */

const VERSION = 20;
const UTF8_NAMES = 0x0800;
const DEFLATED = 8;
/** 1 January 1980 at noon, as MS-DOS writes it: the first day that a zip knows. */
const [TIME, DAY] = [0x6000, 0x0021];
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;

/** @param {...[number, 2 | 4]} fields number and length in bytes @returns {Uint8Array} little-endian */
function packed(...fields) {
  const bytes = new Uint8Array(fields.reduce((sum, [, length]) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [value, length] of fields) {
    if (length === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += length;
  }
  return bytes;
}

/** Return a zip of files in the order of their names. @param {Files} files @returns {Uint8Array} */
export function zipOf(files) {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  /** @type {Uint8Array[]} */
  const parts = [];
  /** @type {Uint8Array[]} */
  const directory = [];
  let offset = 0;
  for (const [file, bytes] of sorted) {
    const name = new TextEncoder().encode(file);
    const content = deflateRaw(bytes, { level: 9, memLevel: 9 });
    /** @type {[number, 2 | 4][]} */
    const about = [
      [VERSION, 2],
      [UTF8_NAMES, 2],
      [DEFLATED, 2],
      [TIME, 2],
      [DAY, 2],
      [crcOf(bytes), 4],
      [content.length, 4],
      [bytes.length, 4],
      [name.length, 2],
      [0, 2],
    ];
    const head = packed([LOCAL, 4], ...about);
    parts.push(head, name, content);
    // No comment, the first disk, no attributes.
    directory.push(packed([CENTRAL, 4], [VERSION, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]), name);
    offset += head.length + name.length + content.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const { length: count } = sorted;
  const end = packed([END, 4], [0, 2], [0, 2], [count, 2], [count, 2], [size, 4], [offset, 4], [0, 2]);
  return new Uint8Array(Buffer.concat([...parts, ...directory, end]));
}
