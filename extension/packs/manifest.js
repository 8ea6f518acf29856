// @ts-check
import { signerOf } from "../core/bundle-signature.js";
import { packListSchema, packSchema } from "../generated/contracts.js";
import { BundleError, PackError } from "../values/errors.js";
import { problemIn } from "../values/json-schema.js";
import { damaged, hashed, parsed } from "./files.js";
import { mostBytes } from "./vectors.js";

/**
 * Lists and manifests of packs. The twin of kernel/pack_reader.py; contracts/vectors/packs.json holds the cases of both.
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {import("../generated/contract-types.js").PackList} PackList
 * @typedef {import("../generated/contract-types.js").PackListEntry} PackListEntry
 * @typedef {import("../generated/contract-types.js").PackManifest} PackManifest
 * @typedef {object} Expected what a pack has to be
 * @property {string} shop whose catalogue
 * @property {string} space of the bundle that will rank it
 * @property {string} now ISO 8601, UTC
 * @property {string | null} notBefore `created` of the pack that is held already
 * @property {readonly string[] | null} trusted public keys as base64, one of which must have signed; null where nobody is asked for
 */

export const LIST = "list.json";
export const MAX_LIST_BYTES = 4 * 2 ** 20;
export const MAX_MANIFEST_BYTES = 4 * 2 ** 20;
const MAX_FIRST_PART = 1000;
const SHOWN_DIGITS = 12;

/** Return a parsed list of packs. @param {Bytes} bytes @returns {PackList} @throws {PackError} */
export function readList(bytes) {
  const list = parsed(LIST, bytes);
  const problem = problemIn(packListSchema, list);
  if (problem) throw damaged(`${LIST}: ${problem}`);
  return /** @type {PackList} */ (list);
}

/** @param {PackManifest["vectors"]} rule @returns {string | null} */
function wrongBlocks({ dim, blocks }) {
  let end = 0;
  for (const [i, { start, length }] of blocks.entries()) {
    if (start !== end) return `vectors.blocks[${i}].start: expected ${end}, got ${start}`;
    end += length;
  }
  return end === dim ? null : `vectors.dim: expected ${end}, where the last block ends, got ${dim}`;
}

/** @param {PackManifest} manifest @returns {string | null} */
function wrongCounts({ parts, probes, numItems }) {
  const total = parts.reduce((sum, part) => sum + part.numItems, 0);
  if (total !== numItems) return `numItems: expected ${total}, the sum of its parts, got ${numItems}`;
  const first = parts[0].numItems;
  if (first > MAX_FIRST_PART) return `parts[0].numItems: expected at most ${MAX_FIRST_PART}, got ${first}`;
  const at = probes.findIndex(({ row }) => row >= first);
  return at === -1 ? null : `probes[${at}].row: expected less than ${first}, got ${probes[at].row}`;
}

/** @param {PackManifest} manifest @returns {string | null} */
function wrongSizes({ vectors, parts, delta }) {
  for (const [place, group] of Object.entries({ parts, "delta.parts": delta?.parts ?? [] }))
    for (const [i, { numItems, vectors: file }] of group.entries()) {
      const most = mostBytes(vectors, numItems);
      if (file.unpackedBytes > most)
        return `${place}[${i}].vectors.unpackedBytes: expected at most ${most}, got ${file.unpackedBytes}`;
    }
  return null;
}

/** @param {Bytes} manifest @param {Bytes | null} signature @param {Expected} expected @returns {Promise<string | null>} */
async function signerIn(manifest, signature, { trusted }) {
  try {
    return await signerOf(manifest, signature, trusted);
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    throw new PackError("pack_forged", error.message, { cause: error });
  }
}

/** @param {PackManifest} manifest @param {string} name @param {Expected} expected @throws {PackError} */
function refuseOther({ shop, space, created }, name, expected) {
  const { notBefore, now } = expected;
  if (shop !== expected.shop)
    throw new PackError("pack_foreign", `it is of the shop ${shop}, expected ${expected.shop}`);
  if (space !== expected.space) {
    const [found, wanted] = [space, expected.space].map((hash) => hash.slice(0, SHOWN_DIGITS));
    throw new PackError("pack_foreign", `it was made with another model: its space is ${found}, expected ${wanted}`);
  }
  if (notBefore !== null && created < notBefore)
    throw new PackError("pack_older", `it is of ${created}, older than the one held, of ${notBefore}`);
  if (created > now) throw damaged(`${name}: created: expected a time that has come, got ${created}`);
}

/**
 * Return the manifest that an entry of a list names, and the id of the key that signed it.
 * @param {PackListEntry} entry @param {{manifest: Bytes, signature: Bytes | null}} files that it names @param {Expected} expected
 * @returns {Promise<{manifest: PackManifest, signedBy: string | null}>}
 * @throws {PackError} pack_damaged, pack_forged, pack_foreign or pack_older
 */
export async function readManifest(entry, files, expected) {
  const name = entry.manifest;
  const value = parsed(name, await hashed(name, files.manifest));
  const problem = problemIn(packSchema, value);
  if (problem) throw damaged(`${name}: ${problem}`);
  const manifest = /** @type {PackManifest} */ (value);
  const contradiction = wrongBlocks(manifest.vectors) ?? wrongCounts(manifest) ?? wrongSizes(manifest);
  if (contradiction) throw damaged(`${name}: ${contradiction}`);
  if (entry.signature && files.signature) await hashed(entry.signature, files.signature);
  const signedBy = await signerIn(files.manifest, entry.signature ? files.signature : null, expected);
  refuseOther(manifest, name, expected);
  return { manifest, signedBy };
}
