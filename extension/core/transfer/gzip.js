// @ts-check
// Packing of what travels between browsers.
import { boundedBody } from "../bounded-body.js";
import { CarryoverError } from "../../values/errors.js";

/** @typedef {import("../../values/encoding.js").Bytes} Bytes */

/** What is unpacked is never held beyond this. */
const MAX_UNPACKED = 48 * 2 ** 20;

/** @param {Bytes} bytes @returns {Promise<Bytes>} */
export async function packed(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @param {Bytes} bytes @returns {Promise<Bytes>} @throws {CarryoverError} transfer_unreadable, where they are not packed, or unpack to too much */
export async function unpacked(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const whole = await boundedBody(new Response(stream), MAX_UNPACKED).catch(() => null);
  if (!whole) throw unreadable();
  return whole;
}

/** One error for a wrong passphrase and a changed file: nobody can tell them apart. */
export const unreadable = () =>
  new CarryoverError("transfer_unreadable", "The passphrase is wrong, or the file was damaged. Try again.");
