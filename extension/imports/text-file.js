// @ts-check
import { CarryoverError } from "../values/errors.js";

/** The first bytes of a file that name its encoding. */
const MARKS = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: "utf-8" },
  { bytes: [0xff, 0xfe], encoding: "utf-16le" },
  { bytes: [0xfe, 0xff], encoding: "utf-16be" },
];

/** @param {Uint8Array} bytes @param {string} encoding @returns {string | null} null where the bytes are not in it */
function decoded(bytes, encoding) {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/**
 * Return the text of a file: UTF-8 or UTF-16 where its first bytes say so, else UTF-8, else Windows-1252, which spreadsheets still write.
 * @param {Uint8Array} bytes @returns {string}
 * @throws {CarryoverError} not_text
 */
export function textOfFile(bytes) {
  const mark = MARKS.find((one) => one.bytes.every((byte, i) => bytes[i] === byte));
  const text = mark ? decoded(bytes, mark.encoding) : (decoded(bytes, "utf-8") ?? decoded(bytes, "windows-1252"));
  if (text === null || text.includes("\0"))
    throw new CarryoverError(
      "not_text",
      "This file is not text. Choose a CSV file, or a file that Carryover exported.",
    );
  return text;
}
