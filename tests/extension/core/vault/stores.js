// @ts-check
// The stores of contracts/vectors/index.json, to be read and tampered with.
import { decrypt } from "../../../../extension/core/envelope.js";
import { keyOf } from "../../../../extension/core/vault/keys.js";
import { identityOf, markerFrom } from "../../../../extension/core/vault/marker.js";
import { readStore } from "../../../../extension/core/vault/opening.js";
import { isListed, readable } from "../../../../extension/core/vault/reading.js";
import { fromHex, toHex } from "../../../../extension/values/encoding.js";
import { vectors } from "../../vectors.js";

/**
 * @typedef {{identity: any, index: Map<string, any>, records: any[], parts: Map<any, any>, marker: any}} Store
 */

export const { profiles, namedIds } = vectors("index.json");

/** @param {any} profile of the vectors @returns {Promise<import("../../../../extension/core/vault/keys.js").Key>} */
export const keyFrom = (profile) => keyOf(fromHex(profile.key));

/** Return a state as a database and the note outside it hold it. @param {any} profile @param {any} state @param {CryptoKey} dataKey @returns {Store} */
export function storeOf({ profileId, fingerprint }, { counter, index, records, parts }, dataKey) {
  return {
    identity: { format: 2, profileId, fingerprint, dataKey },
    index: new Map(Object.entries(index).map(([name, hex]) => [name, fromHex(String(hex))])),
    records: records.map((/** @type {any} */ { id, kind, envelope }) => ({ id, kind, envelope: fromHex(envelope) })),
    parts: new Map(parts.map((/** @type {any} */ { id, envelope }) => [id, fromHex(envelope)])),
    marker: { format: 2, profileId, fingerprint, counter },
  };
}

/** Return what a store gives, in hexadecimal: records by purpose, and parts by id. @param {Store} store */
export async function contentOf({ parts, marker: noted, ...stored }) {
  const marker = markerFrom(noted);
  const found = { ...stored, partIds: [...parts.keys()] };
  const identity = /** @type {any} */ (identityOf(marker, found));
  if (!identity) return { given: new Map(), numSetAside: 0 };
  const { profileId, dataKey } = identity;
  const { index, records, numSetAside } = await readStore(marker, found, identity);
  const given = new Map(records.map(({ kind, id, bytes }) => [`${kind}/${id}`, toHex(bytes)]));
  // A part is read where it is asked for, and one that may not be used is an error then.
  let numRefused = 0;
  for (const [id, envelope] of parts) {
    const purpose = `shelf_part/${id}`;
    const read = async () => toHex(await decrypt(dataKey, envelope, { profileId, purpose }));
    const text = isListed(index, id, envelope, true) ? await readable(read) : null;
    if (text === null) numRefused += 1;
    else given.set(`part ${id}`, text);
  }
  return { given, numSetAside: numSetAside + numRefused };
}

/** @param {any} state of the vectors @returns {Map<string, string>} what it must give */
export const truthOf = ({ records, parts }) =>
  new Map([
    ...records.map((/** @type {any} */ { id, kind, plaintext }) => [`${kind}/${id}`, plaintext]),
    ...parts.map((/** @type {any} */ { id, plaintext }) => [`part ${id}`, plaintext]),
  ]);
