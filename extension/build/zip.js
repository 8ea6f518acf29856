// @ts-check
// Writes zips with zlib's own compression, which is a twentieth smaller than that of a fast library. It is JavaScript, so that every
// machine and every version of Node writes the same bytes.
import { gzip } from "pako";

/** @typedef {import("./browser-files.js").Files} Files */

/** The moment that every file of a zip has, in the form of MS-DOS: 1 January 1980, 12:00. */
const DATE = 0x0021;
const TIME = 0x6000;
const VERSION = 20;
const DEFLATED = 8;
/** Names are UTF-8. */
const FLAGS = 0x0800;
const GZIP_HEADER_BYTES = 10;
const GZIP_TRAILER_BYTES = 8;

/** @param {number[]} values @param {number[]} sizes in bytes @returns {Uint8Array} little-endian */
function fields(values, sizes) {
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [i, size] of sizes.entries()) {
    if (size === 2) view.setUint16(at, values[i], true);
    else view.setUint32(at, values[i], true);
    at += size;
  }
  return bytes;
}

/** @param {Uint8Array} content @returns {{data: Uint8Array, crc: number}} compressed, and the checksum that gzip keeps at its end */
function deflated(content) {
  const packed = gzip(content, { level: 9 });
  const end = packed.length - GZIP_TRAILER_BYTES;
  const crc = new DataView(packed.buffer, packed.byteOffset + end).getUint32(0, true);
  return { data: packed.subarray(GZIP_HEADER_BYTES, end), crc };
}

/** @param {Uint8Array[]} parts @returns {Uint8Array} */
function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** @param {[string, Uint8Array][]} files in their order @returns {Uint8Array} */
export function zipOf(files) {
  const body = [];
  const directory = [];
  let offset = 0;
  for (const [path, content] of files) {
    const name = new TextEncoder().encode(path);
    const { data, crc } = deflated(content);
    const shared = [VERSION, FLAGS, DEFLATED, TIME, DATE, crc, data.length, content.length, name.length, 0];
    const sizes = [2, 2, 2, 2, 2, 4, 4, 4, 2, 2];
    const local = joined([fields([0x04034b50, ...shared], [4, ...sizes]), name]);
    body.push(local, data);
    const place = [0, 0, 0, 0, offset];
    directory.push(fields([0x02014b50, VERSION, ...shared, ...place], [4, 2, ...sizes, 2, 2, 2, 4, 4]), name);
    offset += local.length + data.length;
  }
  const entries = joined(directory);
  const end = [0x06054b50, 0, 0, files.length, files.length, entries.length, offset, 0];
  return joined([...body, entries, fields(end, [4, 2, 2, 2, 2, 4, 4, 2])]);
}
