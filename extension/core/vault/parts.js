// @ts-check
// The parts of catalogues: large, and read only where they are asked for.
import { EnvelopeError } from "../../values/errors.js";
import { openPart } from "./content.js";
import { result } from "./database.js";
import { isListed, readable } from "./reading.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {import("./database.js").StoredPart} StoredPart
 * @typedef {import("./reading.js").Index} Index
 * @typedef {import("./reading.js").Opener} Opener
 */

/**
 * Return parts as they are stored, encrypted.
 * @param {import("./database.js").Database} database @param {Index} index @param {string[]} ids
 * @returns {Promise<(StoredPart | undefined)[]>} in the order of the ids; undefined where one is missing or may not be used
 */
export async function storedParts(database, index, ids) {
  if (ids.length === 0) return [];
  const stored = await database.run("readonly", (places) =>
    Promise.all(ids.map((id) => result(places("parts").get(id)))),
  );
  return stored.map((part, i) => (isListed(index, ids[i], part?.envelope, true) ? part : undefined));
}

/** Open parts. @param {(StoredPart | undefined)[]} parts @param {Opener} opener @returns {Promise<Bytes[]>} @throws {EnvelopeError} where one may not be used */
export function openParts(parts, opener) {
  return Promise.all(
    parts.map((part) => {
      if (!part) throw new EnvelopeError();
      return openPart(part, opener);
    }),
  );
}

/** Return whether all of some parts open. @param {StoredPart[]} parts @param {Opener} opener @returns {Promise<boolean>} */
export const doOpen = async (parts, opener) => (await readable(() => openParts(parts, opener))) !== null;
