// @ts-check
// What may be used of a store, by docs/envelope.md: everything else is set aside and counted. No storage here.
import { CarryoverError, EnvelopeError } from "../../values/errors.js";
import { decrypt, isSealed, sealOf } from "../envelope.js";
import { PAGES, ROOT, decodePage, decodeRoot, isKind, isRecordId } from "./index-format.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {import("./index-format.js").Page} Page
 * @typedef {{profileId: string, fingerprint: string, dataKey: CryptoKey}} Opener what opens the envelopes of a store
 * @typedef {{counter: number, rootSeal: string, seals: string[], pages: Map<string, Page>, numDamaged: number}} Index pages that may not be used
 *   are not in it, and counted
 * @typedef {{id: string, kind: string, bytes: Bytes}} ReadRecord
 */

/** @returns {Index} of a store that is not there */
export function noIndex() {
  return { counter: 0, rootSeal: "", seals: [], pages: new Map(), numDamaged: 0 };
}

/** @returns {CarryoverError} */
export const damaged = () =>
  new CarryoverError("store_damaged", "Expected the store as it was written last, got a damaged one.");

/** @param {unknown} envelope @returns {envelope is Bytes} whether a value read from a store is long enough to have a seal */
const hasSeal = (envelope) => envelope instanceof Uint8Array && envelope.length >= 29;

/** Return null for an envelope that does not open. @param {unknown} error @returns {null} */
function unreadable(error) {
  if (!(error instanceof EnvelopeError)) throw error;
  return null;
}

/** Run a reading, and return null where an envelope or what it holds does not open. @template T @param {() => Promise<T>} read @returns {Promise<T | null>} */
export async function readable(read) {
  try {
    return await read();
  } catch (error) {
    return unreadable(error);
  }
}

/**
 * Return the index of a store.
 * @param {Map<string, unknown>} stored envelopes by name: root and pages
 * @param {Opener} opener
 * @returns {Promise<Index>}
 * @throws {CarryoverError} store_damaged, where the root may not be used
 */
export async function readIndex(stored, { profileId, fingerprint, dataKey }) {
  const envelopeOf = (/** @type {string} */ name) => /** @type {Bytes} */ (stored.get(name));
  const open = (/** @type {string} */ name) =>
    decrypt(dataKey, envelopeOf(name), { profileId, purpose: `index/${name}` });
  const root = await readable(async () => decodeRoot(await open(ROOT)));
  if (root?.fingerprint !== fingerprint) throw damaged();
  const { counter, seals } = root;
  const read = await Promise.all(
    PAGES.map((name, i) =>
      readable(async () => {
        if (!hasSeal(stored.get(name)) || sealOf(envelopeOf(name)) !== seals[i]) throw new EnvelopeError();
        return decodePage(await open(name), name);
      }),
    ),
  );
  /** @type {Map<string, Page>} */
  const pages = new Map();
  for (const [i, page] of read.entries()) if (page) pages.set(PAGES[i], page);
  return { counter, rootSeal: sealOf(envelopeOf(ROOT)), seals, pages, numDamaged: PAGES.length - pages.size };
}

/** @param {Index} index @param {string} id @returns {import("./index-format.js").Listed | undefined} */
export const listed = ({ pages }, id) => pages.get(id[0])?.get(id);

/**
 * Return whether the index lists an envelope, as it is, for an id in a place.
 * @param {Index} index @param {unknown} id @param {unknown} envelope @param {boolean} isPart
 */
export function isListed(index, id, envelope, isPart) {
  if (typeof id !== "string" || !hasSeal(envelope)) return false;
  const entry = listed(index, id);
  return entry !== undefined && entry.isPart === isPart && isSealed(envelope, entry.seal);
}

/**
 * Return the records of a store that may be used, and how much was set aside.
 * @param {{records: unknown[], partIds: unknown[]}} stored
 * @param {Index} index
 * @param {Opener} opener
 * @returns {Promise<{records: ReadRecord[], numSetAside: number}>}
 */
export async function readRecords({ records, partIds }, index, { profileId, dataKey }) {
  // All at once: a browser takes its time for each.
  const read = await Promise.all(
    records.map((record) => {
      const { id, kind, envelope } = /** @type {{id?: unknown, kind?: unknown, envelope?: unknown}} */ (record ?? {});
      if (!isKind(kind) || !isListed(index, id, envelope, false)) return null;
      const [knownId, sealed] = /** @type {[string, Bytes]} */ ([id, envelope]);
      const opened = decrypt(dataKey, sealed, { profileId, purpose: `${kind}/${knownId}` });
      return opened.then((bytes) => ({ id: knownId, kind, bytes }), unreadable);
    }),
  );
  const used = read.filter((one) => one !== null);
  const present = new Set(records.map((record) => /** @type {{id?: unknown} | null} */ (record)?.id));
  const presentParts = new Set(partIds);
  const entries = [...index.pages.values()].flatMap((page) => [...page]);
  const missing = entries.filter(([id, { isPart }]) => !(isPart ? presentParts : present).has(id));
  const unlisted = partIds.filter((id) => !isRecordId(id) || !listed(index, id)?.isPart);
  const numSetAside = records.length - used.length + missing.length + unlisted.length + index.numDamaged;
  return { records: used, numSetAside };
}
