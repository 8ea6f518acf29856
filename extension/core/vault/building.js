// @ts-check
// Envelopes of a store: of single changes, and of a whole store under a new key.
import { encrypt, sealBytes, sealOf } from "../envelope.js";
import { PROFILE, result } from "./database.js";
import { FORMAT, PAGES, ROOT, encodePage, encodeRoot } from "./index-format.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {import("./database.js").Places} Places
 * @typedef {import("./database.js").StoredPart} StoredPart
 * @typedef {import("./database.js").StoredRecord} StoredRecord
 * @typedef {import("./index-format.js").Page} Page
 * @typedef {import("./marker.js").Identity} Identity
 * @typedef {import("./reading.js").Opener} Opener
 * @typedef {import("./reading.js").ReadRecord} ReadRecord
 * @typedef {{id: string, bytes: Bytes}} ReadPart
 * @typedef {{index: Map<string, Bytes>, records: StoredRecord[], parts: StoredPart[]}} Built
 */

/** @param {string} kind @param {string} id @returns {string} the purpose of a record */
export const purposeOf = (kind, id) => `${kind}/${id}`;
export const PART_KIND = "shelf_part";

/** Encrypt records. @param {ReadRecord[]} records @param {Opener} opener @returns {Promise<StoredRecord[]>} */
export function sealRecords(records, { profileId, dataKey }) {
  return Promise.all(
    records.map(async ({ id, kind, bytes }) => {
      return { id, kind, envelope: await encrypt(dataKey, bytes, { profileId, purpose: purposeOf(kind, id) }) };
    }),
  );
}

/** Encrypt parts. @param {ReadPart[]} parts @param {Opener} opener @returns {Promise<StoredPart[]>} */
export async function sealParts(parts, opener) {
  const sealed = await sealRecords(
    parts.map((part) => ({ ...part, kind: PART_KIND })),
    opener,
  );
  return sealed.map(({ id, envelope }) => ({ id, envelope }));
}

/**
 * Encrypt pages and the root that lists them.
 * @param {Map<string, Page>} pages those that change
 * @param {string[]} seals of all pages before
 * @param {number} counter
 * @param {Opener} opener
 * @returns {Promise<{stored: Map<string, Bytes>, seals: string[], rootSeal: string}>}
 */
export async function sealIndex(pages, seals, counter, { profileId, fingerprint, dataKey }) {
  const sealed = (/** @type {string} */ name, /** @type {Bytes} */ bytes) =>
    encrypt(dataKey, bytes, { profileId, purpose: `index/${name}` });
  /** @type {Map<string, Bytes>} */
  const stored = new Map();
  await Promise.all([...pages].map(async ([name, page]) => stored.set(name, await sealed(name, encodePage(page)))));
  const after = PAGES.map((name, i) => {
    const envelope = stored.get(name);
    return envelope ? sealOf(envelope) : seals[i];
  });
  const root = await sealed(ROOT, encodeRoot({ counter, fingerprint, seals: after }));
  stored.set(ROOT, root);
  return { stored, seals: after, rootSeal: sealOf(root) };
}

/**
 * Return the pages that a write changes, as they are afterwards.
 * @param {Map<string, Page> | null} before null where there are none: all sixteen are made
 * @param {{id: string, envelope: Bytes}[]} records @param {StoredPart[]} parts that are put
 * @param {string[]} gone ids of what is deleted
 * @returns {Map<string, Page>}
 */
export function changedPages(before, records, parts, gone) {
  /** @type {Map<string, Page>} */
  const pages = new Map(before ? [] : PAGES.map((name) => [name, new Map()]));
  const pageOf = (/** @type {string} */ id) => {
    const page = pages.get(id[0]) ?? new Map(before?.get(id[0]));
    pages.set(id[0], page);
    return page;
  };
  for (const id of gone) pageOf(id).delete(id);
  for (const { id, envelope } of records) pageOf(id).set(id, { isPart: false, seal: sealBytes(envelope) });
  for (const { id, envelope } of parts) pageOf(id).set(id, { isPart: true, seal: sealBytes(envelope) });
  return pages;
}

/**
 * Encrypt a whole store.
 * @param {{records: ReadRecord[], parts: ReadPart[]}} content @param {number} counter @param {Opener} opener
 * @returns {Promise<Built>}
 */
export async function buildStore({ records, parts }, counter, opener) {
  const built = { records: await sealRecords(records, opener), parts: await sealParts(parts, opener) };
  const { stored } = await sealIndex(changedPages(null, built.records, built.parts, []), [], counter, opener);
  return { ...built, index: stored };
}

/** Put a whole store in place of what is there. @param {Places} places @param {Identity} identity @param {Built} built */
export function replaceStore(places, identity, { index, records, parts }) {
  for (const place of /** @type {const} */ (["index", "records", "parts"])) places(place).clear();
  places("identity").put(identity, PROFILE);
  for (const [name, envelope] of index) places("index").put(envelope, name);
  for (const record of records) places("records").put(record);
  for (const part of parts) places("parts").put(part);
}

/** Return the identity of a store without a passphrase. @param {string} profileId @param {import("./keys.js").Key} key @returns {Identity} */
export const plainIdentity = (profileId, { fingerprint, dataKey }) => ({
  format: FORMAT,
  profileId,
  fingerprint,
  dataKey,
});

/** Return every part that is stored, not yet checked. @param {Places} places @returns {Promise<unknown[]>} */
export const partsIn = (places) => result(places("parts").getAll());
