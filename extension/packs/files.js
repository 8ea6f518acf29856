// @ts-check
import { sha256Hex } from "../values/encoding.js";
import { PackError } from "../values/errors.js";

/**
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {import("../generated/contract-types.js").PackFile} PackFile
 */

/** @param {string} problem @param {unknown} [cause] @returns {PackError} for content that is not what its publisher wrote */
export const damaged = (problem, cause) => new PackError("pack_damaged", problem, { cause });

/** Return the name of a file that a manifest names. @param {PackFile} file */
export const fileName = ({ sha256 }) => `${sha256}.bin`;

/** Return a file whose name begins with its SHA-256. @param {string} name @param {Bytes} bytes @returns {Promise<Bytes>} @throws {PackError} */
export async function hashed(name, bytes) {
  if ((await sha256Hex(bytes)) === name.split(".")[0]) return bytes;
  throw damaged(`${name}: is not the file that its name says`);
}

/** Return parsed JSON. @param {string} name @param {Bytes} bytes @returns {unknown} @throws {PackError} */
export function parsed(name, bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged(`${name}: expected JSON`, error);
  }
}

/** @param {Bytes} bytes a zlib stream @param {number} size of its content @returns {Promise<Bytes | null>} null where it has another size */
async function inflated(bytes, size) {
  const content = new Uint8Array(size);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const reader = stream.getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return at === size ? content : null;
    if (at + value.length > size) {
      await reader.cancel();
      return null;
    }
    content.set(value, at);
    at += value.length;
  }
}

/** Return the content of a file that a manifest names. @param {PackFile} file @param {Bytes} bytes @returns {Promise<Bytes>} @throws {PackError} */
export async function unpacked(file, bytes) {
  const name = fileName(file);
  if (bytes.length !== file.bytes) throw damaged(`${name}: expected ${file.bytes} bytes, got ${bytes.length}`);
  await hashed(name, bytes);
  const problem = `${name}: expected a zlib stream of ${file.unpackedBytes} bytes`;
  const content = await inflated(bytes, file.unpackedBytes).catch((error) => {
    throw damaged(problem, error);
  });
  if (!content) throw damaged(problem);
  return content;
}
