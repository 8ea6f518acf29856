// @ts-check
// A transfer file as a series of QR codes: the text of each code, and the file again from them (docs/sync.md).
import { fromBase45, toBase45 } from "../../values/base45.js";
import { crc32 } from "../../values/crc32.js";
import { joined, sha256Hex, toHex, utf8, fromHex } from "../../values/encoding.js";
import { CarryoverError } from "../../values/errors.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {{series: string, count: number, number: number, data: Bytes}} Part `series` in hexadecimal, `number` from 0
 * @typedef {object} Progress of the series that a part belongs to
 * @property {number} count of its parts
 * @property {number[]} missing numbers, from 0
 * @property {boolean} isNew whether the part was missing before
 * @property {Bytes | null} file once no part is missing
 */

const MAGIC = joined(utf8("CQ"), Uint8Array.of(1));
const SERIES_BYTES = 8;
const HEAD_BYTES = MAGIC.length + SERIES_BYTES + 4;
const CRC_BYTES = 4;
/** A code then has 97 modules a side, which a camera with 640 × 480 pixels reads. */
const PART_BYTES = 800;
const MAX_PARTS = 1000;
/** Series that a reader keeps, so that codes of another screen do not take the place of those begun. */
const MAX_SERIES = 4;

/** @param {Bytes} bytes @returns {Bytes} with their CRC-32 behind them */
function checked(bytes) {
  const sum = new Uint8Array(CRC_BYTES);
  new DataView(sum.buffer).setUint32(0, crc32(bytes));
  return joined(bytes, sum);
}

/** @param {Bytes} file @returns {Promise<string>} what its parts have in common, in hexadecimal */
const seriesOf = async (file) => (await sha256Hex(file)).slice(0, 2 * SERIES_BYTES);

/**
 * Return the texts of the codes that hold a file, in their order.
 * @param {Bytes} file @param {number} [size] bytes of the file in a part
 * @returns {Promise<string[]>} @throws {CarryoverError} transfer_too_large
 */
export async function partsOf(file, size = PART_BYTES) {
  const count = Math.ceil(file.length / size);
  if (count > MAX_PARTS)
    throw new CarryoverError(
      "transfer_too_large",
      `Expected at most ${MAX_PARTS * size} bytes for QR codes, got ${file.length}: save the file instead.`,
    );
  const series = fromHex(await seriesOf(file));
  return Array.from({ length: count }, (_, number) => {
    const place = Uint8Array.of(count >> 8, count & 255, number >> 8, number & 255);
    return toBase45(checked(joined(MAGIC, series, place, file.slice(number * size, (number + 1) * size))));
  });
}

/** Return the part in the text of a code. @param {string} text @returns {Part | null} null where it holds none */
export function partIn(text) {
  const bytes = fromBase45(text);
  if (!bytes || bytes.length <= HEAD_BYTES + CRC_BYTES || !MAGIC.every((byte, i) => bytes[i] === byte)) return null;
  const end = bytes.length - CRC_BYTES;
  const view = new DataView(bytes.buffer);
  if (view.getUint32(end) !== crc32(bytes.subarray(0, end))) return null;
  const at = MAGIC.length + SERIES_BYTES;
  const [count, number] = [view.getUint16(at), view.getUint16(at + 2)];
  if (count > MAX_PARTS || number >= count) return null;
  return { series: toHex(bytes.subarray(MAGIC.length, at)), count, number, data: bytes.slice(HEAD_BYTES, end) };
}

/**
 * Return a collector of parts, in whatever order they come.
 * @returns {{add: (text: string) => Promise<Progress | null>}} `add` takes the text of a code and returns null where it is not a part;
 *   it throws transfer_codes where the parts of a series do not give its file, and forgets them
 */
export function createCollector() {
  /** By series and count, the one last begun at the end. @type {Map<string, Map<number, Bytes>>} */
  const begun = new Map();

  /** @param {Part} part @returns {Map<number, Bytes>} what there is of its series */
  function partsWith({ series, count }) {
    const key = `${series} ${count}`;
    const parts = begun.get(key) ?? new Map();
    if (!begun.has(key)) {
      begun.set(key, parts);
      if (begun.size > MAX_SERIES) begun.delete([...begun.keys()][0]);
    }
    return parts;
  }

  return {
    async add(text) {
      const part = partIn(text);
      if (!part) return null;
      const { series, count, number, data } = part;
      const parts = partsWith(part);
      const isNew = !parts.has(number);
      if (isNew) parts.set(number, data);
      const all = Array.from({ length: count }, (_, i) => parts.get(i));
      const missing = all.flatMap((one, i) => (one ? [] : [i]));
      if (missing.length > 0) return { count, missing, isNew, file: null };
      const file = joined(.../** @type {Bytes[]} */ (all));
      if ((await seriesOf(file)) === series) return { count, missing, isNew, file };
      begun.delete(`${series} ${count}`);
      throw new CarryoverError(
        "transfer_codes",
        "The codes do not give the file that they were made from. Show them again, and read them anew.",
      );
    },
  };
}
