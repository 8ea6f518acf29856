// @ts-check
import { textPrecisions } from "../core/bundle-probes.js";
import { canCheckSignatures } from "../core/bundle-signature.js";
import { randomId } from "../core/profile-records.js";
import { layoutOf, packed } from "../core/shelf-matrix.js";
import { fileName } from "../packs/files.js";
import { MAX_MANIFEST_BYTES, readManifest } from "../packs/manifest.js";
import { keptItems, readPart } from "../packs/part.js";
import { checkRows, checkTexts } from "../packs/probes.js";
import { blockOfTexts, embedTexts } from "../packs/texts.js";
import { encodePart } from "../shelf/parts.js";
import { PackError } from "../values/errors.js";

/**
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").PackListEntry} PackListEntry
 * @typedef {import("../generated/contract-types.js").PackManifest} PackManifest
 * @typedef {import("../generated/contract-types.js").PackPart} PackPart
 * @typedef {import("./model.js").Model} Model
 * @typedef {{entry: PackListEntry, listUrl: string, held: KeptShelf | null, begun: KeptShelf | null}} Wanted `held`: the pack that serves until
 *   this one has come; `begun`: what a worker before this one has downloaded of it
 * @typedef {object} Opened a pack whose manifest is verified
 * @property {PackManifest} manifest
 * @property {NonNullable<KeptShelf["pack"]>} pack what is kept of the manifest
 * @property {Model} model that ranks it
 * @property {(name: string, mostBytes: number) => Promise<Bytes>} fetchNamed
 * @typedef {{id: string, numItems: number, bytes: Bytes}} MadePart a part as it is kept
 */

const SIGNATURE_BYTES = 4096;

/**
 * Download a pack's manifest and verify it.
 * @param {Wanted} wanted
 * @param {{model: Model, fetchFile: import("./pack-client.js").PackClient, trustedKeys: string[], now: number}} on
 * @returns {Promise<Opened>} @throws {PackError}
 */
export async function openPack({ entry, listUrl, held }, { model, fetchFile, trustedKeys, now }) {
  const fetchNamed = (/** @type {string} */ name, /** @type {number} */ mostBytes) =>
    fetchFile(new URL(name, listUrl).href, mostBytes);
  // A browser that cannot check signatures takes packs, unless the shopper asks for keys.
  const isChecked = trustedKeys.length > 0 || (await canCheckSignatures());
  const signature = isChecked ? entry.signature : undefined;
  const files = {
    manifest: await fetchNamed(entry.manifest, MAX_MANIFEST_BYTES),
    signature: signature ? await fetchNamed(signature, SIGNATURE_BYTES) : null,
  };
  const { space, dim } = model.manifest;
  const { manifest, signedBy } = await readManifest({ ...entry, signature }, files, {
    shop: entry.shop,
    space,
    now: new Date(now).toISOString(),
    notBefore: held?.pack?.created ?? null,
    trusted: trustedKeys.length > 0 ? trustedKeys : null,
  });
  if (manifest.vectors.dim !== dim)
    throw new PackError("pack_foreign", `its vectors have ${manifest.vectors.dim} numbers, expected ${dim}`);
  blockOfTexts(manifest.vectors, model.manifest);
  // Only a key that the shopper trusts vouches for what a pack shows.
  const signer = signedBy ? { signedBy, ...(trustedKeys.length > 0 && { isTrusted: true }) } : {};
  return { manifest, pack: { manifest: entry.manifest, created: manifest.created, ...signer }, model, fetchNamed };
}

/** Return a part of a shelf. @param {Opened} opened @param {import("../shelf/parts.js").PartContent} content @param {Float32Array[]} vectors @returns {MadePart} */
export function madePart({ model }, content, vectors) {
  const bytes = encodePart(content, packed(vectors, layoutOf(model.manifest)));
  return { id: randomId(), numItems: content.items.length, bytes };
}

/**
 * Download a part of a pack and return what may be kept of it.
 * @param {Opened} opened @param {PackPart} part @param {{isFirst: boolean}} how the first part has the items of the probes
 * @returns {Promise<MadePart>} @throws {PackError}
 */
export async function downloadPart(opened, part, { isFirst }) {
  const { manifest, pack, model, fetchNamed } = opened;
  const [cards, vectors] = await Promise.all([
    fetchNamed(fileName(part.cards), part.cards.bytes),
    fetchNamed(fileName(part.vectors), part.vectors.bytes),
  ]);
  const read = await readPart(part, { cards, vectors }, manifest.vectors);
  if (isFirst) await checkTexts(manifest, model.towers, textPrecisions(model.manifest));
  await embedTexts(read, manifest.vectors, model);
  if (isFirst) checkRows(manifest, read, textPrecisions(model.manifest));
  const kept = await keptItems(read, manifest.shop, pack.isTrusted === true);
  if (isFirst && kept.items.length === 0)
    throw new PackError("pack_foreign", `it holds no product of ${manifest.shop}`);
  return madePart(opened, { items: kept.items }, kept.vectors);
}
