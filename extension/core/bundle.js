// @ts-check
import { sha256Hex } from "../values/encoding.js";
import { BundleError, ServerError } from "../values/errors.js";
import { boundedBody } from "./bounded-body.js";
import { liteTowers, textFile } from "./bundle-agreement.js";
import { problemOf } from "./bundle-rules.js";
import { MAX_SIGNATURE_BYTES, SIGNATURE, signerOf } from "./bundle-signature.js";
import { graphProblem } from "./onnx-graph.js";
import { momentsFrom } from "./shop-metric.js";

/**
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {import("../generated/contract-types.js").BundleManifest} BundleManifest
 * @typedef {import("../generated/contract-types.js").LiteBundle} LiteBundle
 * @typedef {BundleManifest & {lite: LiteBundle}} Manifest that a browser can use
 * @typedef {{manifest: Manifest, files: Map<string, Bytes>}} Bundle what the browser needs of it, verified
 * @typedef {Pick<Cache, "match" | "put" | "delete" | "keys">} BundleCache
 * @typedef {{bundleId: string, space: string}} Offer what a server says of its bundle
 */
/**
 * The files of a bundle on this device, not yet verified.
 * @typedef {object} BundleFiles
 * @property {string} bundleUrl the address that names the bundle in messages
 * @property {string | null} bundleId the SHA-256 that its manifest must have; null for the packaged bundle, which comes with the code
 * @property {boolean} [isPackaged] whether they come with the code, which was made of a bundle that passed every check
 * @property {(file: string) => Promise<Bytes | null>} read null where the file is missing
 * @property {(file: string) => Promise<unknown>} forget drops a damaged file, so that it is downloaded again
 */

export const BUNDLE_CACHE = "carryover-bundles";
/** Folder of the bundle that is part of the extension. */
export const PACKAGED = "bundle/";
const MAX_MANIFEST_BYTES = 1024 * 1024;
const MAX_FILE_BYTES = 128 * 1024 * 1024;

/** Return the id at the end of a bundle's address. @param {string} bundleUrl ".../v1/bundles/ID/" @returns {string} */
function idOf(bundleUrl) {
  const bundleId = /\/([0-9a-f]{64})\/$/.exec(bundleUrl)?.[1];
  if (!bundleId)
    throw new BundleError("bundle_invalid", `Expected a bundle address that ends in its id, got ${bundleUrl}.`);
  return bundleId;
}

/** Return the files of a bundle that was downloaded. @param {BundleCache} cache @param {string} bundleUrl @returns {BundleFiles} */
export function downloadedFiles(cache, bundleUrl) {
  return {
    bundleUrl,
    bundleId: idOf(bundleUrl),
    async read(file) {
      const response = await cache.match(bundleUrl + file);
      return response ? new Uint8Array(await response.arrayBuffer()) : null;
    },
    forget: (file) => cache.delete(bundleUrl + file),
  };
}

/**
 * Return the files of the bundle that is part of the extension. Reading them is no request: they never leave the device's disk.
 * @param {string} bundleUrl the folder's address inside the extension
 * @param {typeof fetch} [load]
 * @returns {BundleFiles}
 */
export function packagedFiles(bundleUrl, load = (...args) => fetch(...args)) {
  return {
    bundleUrl,
    bundleId: null,
    isPackaged: true,
    async read(file) {
      // A browser rejects the address of a file that is not in the package.
      const response = await load(bundleUrl + file).catch(() => null);
      return response?.ok ? new Uint8Array(await response.arrayBuffer()) : null;
    },
    forget: async () => undefined,
  };
}

/** @param {BundleFiles} files @param {string} file @returns {Promise<Bytes>} @throws {BundleError} bundle_missing */
async function bytesOf(files, file) {
  const bytes = await files.read(file);
  if (bytes) return bytes;
  throw new BundleError(
    "bundle_missing",
    files.bundleId
      ? `${file} is not on this device yet.`
      : `${file} is missing in this copy of Carryover: install it again.`,
  );
}

/**
 * Return a manifest that passed every check.
 * @param {Bytes} bytes of manifest.json
 * @param {string | null} bundleId which is their SHA-256, where it is known
 * @returns {Promise<Manifest>}
 * @throws {BundleError}
 */
export async function verifyManifest(bytes, bundleId) {
  const actual = await sha256Hex(bytes);
  if (bundleId !== null && actual !== bundleId)
    throw new BundleError("bundle_altered", `manifest.json: expected SHA-256 ${bundleId}, got ${actual}.`);
  /** @type {BundleManifest} */
  let manifest;
  try {
    manifest = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new BundleError("bundle_invalid", "manifest.json: expected JSON in UTF-8.", { cause: error });
  }
  const problem = await problemOf(manifest);
  if (problem) throw new BundleError("bundle_invalid", `manifest.json${problem}.`);
  const { lite } = manifest;
  if (!lite) throw new BundleError("bundle_invalid", "manifest.json: this bundle has no lite part for browsers.");
  if (manifest.text.tokenizer && manifest.text.tokenizer.type !== "wordpiece")
    throw new BundleError("bundle_invalid", "manifest.json: the browser reads wordpiece tokenizers only.");
  return { ...manifest, lite };
}

/** Return the names of the files that a browser needs. @param {Manifest} manifest @returns {string[]} @throws {BundleError} */
export function liteFiles(manifest) {
  const towers = Object.values(liteTowers(manifest)).map(({ file }) => file);
  const files = [textFile(manifest), ...towers, manifest.probes.file];
  if (manifest.shopMetric) files.push(manifest.shopMetric.file);
  return withoutGiants(manifest, files);
}

/** Return the names of the files that a browser needs besides, where it reads images. @param {Manifest} manifest @returns {string[]} @throws {BundleError} */
export function imageFiles(manifest) {
  const { image } = manifest.lite;
  return withoutGiants(manifest, image ? [image.toItem.file] : []);
}

/** @param {Manifest} manifest @param {string[]} files @returns {string[]} the same files @throws {BundleError} where one is too large */
function withoutGiants(manifest, files) {
  for (const file of files) {
    const { bytes } = manifest.files[file];
    if (bytes > MAX_FILE_BYTES)
      throw new BundleError("bundle_invalid", `${file}: ${bytes} bytes are more than the ${MAX_FILE_BYTES} allowed.`);
  }
  return files;
}

/** @param {Manifest} manifest @param {string} file @param {Bytes} bytes @throws {BundleError} for altered bytes or a graph that may not be opened */
async function verifyFile(manifest, file, bytes) {
  const listed = manifest.files[file];
  if (bytes.length !== listed.bytes)
    throw new BundleError("bundle_altered", `${file}: expected ${listed.bytes} bytes, got ${bytes.length}.`);
  const actual = await sha256Hex(bytes);
  if (actual !== listed.sha256)
    throw new BundleError("bundle_altered", `${file}: expected SHA-256 ${listed.sha256}, got ${actual}.`);
  const { image } = manifest.lite;
  for (const tower of [...Object.values(liteTowers(manifest)), ...(image ? [image.toItem] : [])]) {
    const problem = tower.file === file ? graphProblem(bytes, tower) : null;
    if (problem) throw new BundleError("bundle_invalid", `${file}: ${problem}.`);
  }
}

/** @param {Response} response @param {number} limit bytes @param {string} name @returns {Promise<Bytes>} @throws {BundleError} bundle_altered */
async function readBounded(response, limit, name) {
  const body = await boundedBody(response, limit);
  if (body) return body;
  throw new BundleError("bundle_altered", `${name}: longer than the ${limit} bytes expected.`);
}

/** Delete downloaded bundles. @param {BundleCache} cache @param {string} [keep] the address of the one that stays */
export async function dropDownloads(cache, keep) {
  const gone = (await cache.keys()).filter((request) => keep === undefined || !request.url.startsWith(keep));
  await Promise.all(gone.map((request) => cache.delete(request)));
}

/** Return what a server says of its bundle. @param {import("./server-client.js").ServerClient} server @returns {Promise<Offer>} @throws {BundleError | ServerError} */
export async function offeredBundle(server) {
  const [offered] = await server.bundles();
  if (!/^[0-9a-f]{64}$/.test(offered?.bundleId))
    throw new BundleError("bundle_missing", `${server.baseUrl} offers no bundle.`);
  return offered;
}

/**
 * Download the signature of a bundle's manifest, which may be signed again under the same id.
 * @param {import("./server-client.js").ServerClient} server @param {string} bundleId
 * @returns {Promise<Bytes | null>} null where the server has none
 */
async function downloadedSignature(server, bundleId) {
  try {
    return await readBounded(await server.bundleFile(bundleId, SIGNATURE), MAX_SIGNATURE_BYTES, SIGNATURE);
  } catch (error) {
    if (error instanceof ServerError && error.code === "not_found") return null;
    throw error;
  }
}

/**
 * Download the files of the server's bundle that the cache lacks. Only files that pass verification are kept.
 * @param {object} options
 * @param {import("./server-client.js").ServerClient} options.server
 * @param {BundleCache} options.cache
 * @param {readonly string[]} [options.trustedKeys] one of which must have signed the bundle, where there are any
 * @param {Offer} [options.offer] the server's, where it was asked already
 * @param {boolean} [options.withImages] also what a browser needs that reads images
 * @returns {Promise<BundleFiles>}
 * @throws {BundleError | import("../values/errors.js").ServerError}
 */
export async function fetchBundle({ server, cache, trustedKeys = [], offer, withImages = false }) {
  const { bundleId } = offer ?? (await offeredBundle(server));
  const bundleUrl = `${server.baseUrl}/v1/bundles/${bundleId}/`;
  const files = downloadedFiles(cache, bundleUrl);

  /** @param {string} file @param {number} limit @param {(bytes: Bytes) => Promise<void>} verify */
  async function ensure(file, limit, verify) {
    const cached = await cache.match(bundleUrl + file);
    if (cached) return;
    const bytes = await readBounded(await server.bundleFile(bundleId, file), limit, file);
    await verify(bytes);
    await cache.put(bundleUrl + file, new Response(bytes));
  }

  await ensure("manifest.json", MAX_MANIFEST_BYTES, async (bytes) => {
    await verifyManifest(bytes, bundleId);
  });
  if (trustedKeys.length > 0) {
    const signature = await downloadedSignature(server, bundleId);
    await signerOf(await bytesOf(files, "manifest.json"), signature, trustedKeys);
    await cache.put(bundleUrl + SIGNATURE, new Response(signature));
  }
  const manifest = await readManifest(files);
  for (const file of [...liteFiles(manifest), ...(withImages ? imageFiles(manifest) : [])]) {
    await ensure(file, manifest.files[file].bytes, (bytes) => verifyFile(manifest, file, bytes));
  }
  await dropDownloads(cache, bundleUrl);
  return files;
}

/** Return the verified manifest of a bundle. @param {BundleFiles} files @returns {Promise<Manifest>} @throws {BundleError} */
export async function readManifest(files) {
  return verifyManifest(await bytesOf(files, "manifest.json"), files.bundleId);
}

/**
 * Return the id of the trusted key that signed a bundle; null where no keys are trusted.
 * @param {BundleFiles} files
 * @param {readonly string[]} trustedKeys
 * @returns {Promise<string | null>}
 * @throws {BundleError} where keys are trusted and none of them signed it
 */
export async function readSigner(files, trustedKeys) {
  if (trustedKeys.length === 0) return null;
  return signerOf(await bytesOf(files, "manifest.json"), await files.read(SIGNATURE), trustedKeys);
}

/**
 * Return the metric of a bundle, null where it has none. That of the packaged bundle was read whole when the package was made, and its
 * bytes are checked here as always.
 * @param {BundleFiles} files
 * @param {Manifest} manifest verified
 * @returns {Promise<import("./shop-metric.js").BundleMetric | null>}
 * @throws {BundleError} where the file is missing, altered or senseless
 */
export async function readMetric(files, manifest) {
  const rule = manifest.shopMetric;
  if (!rule) return null;
  const bytes = await bytesOf(files, rule.file);
  await verifyFile(manifest, rule.file, bytes);
  const own = momentsFrom(bytes, rule.blocks, manifest.dim, { isProven: files.isPackaged });
  if (typeof own === "string")
    throw new BundleError("bundle_invalid", `${rule.file}: ${own}; export the bundle again.`);
  return { rule, own };
}

/**
 * Read and verify a file of a bundle. One that is damaged is forgotten, so that the next fetchBundle repairs it.
 * @template T
 * @param {BundleFiles} files @param {string} file @param {(bytes: Bytes) => Promise<T>} verify
 * @returns {Promise<T>}
 */
async function verified(files, file, verify) {
  try {
    return await verify(await bytesOf(files, file));
  } catch (error) {
    if (error instanceof BundleError) await files.forget(file);
    throw error;
  }
}

/**
 * Open a bundle without any request. Every file is verified again, because a disk can damage it.
 * @param {BundleFiles} files
 * @returns {Promise<Bundle>}
 * @throws {BundleError}
 */
export async function openBundle(files) {
  const manifest = await verified(files, "manifest.json", (bytes) => verifyManifest(bytes, files.bundleId));
  // All at once: a browser takes its time for each.
  const entries = liteFiles(manifest).map((file) =>
    verified(files, file, async (bytes) => {
      await verifyFile(manifest, file, bytes);
      return /** @type {const} */ ([file, bytes]);
    }),
  );
  return { manifest, files: new Map(await Promise.all(entries)) };
}

/**
 * Return the file of a bundle's image tower without any request, verified.
 * @param {BundleFiles} files
 * @param {Manifest} manifest verified
 * @returns {Promise<Bytes>}
 * @throws {BundleError} bundle_missing where the bundle has none or it is not on this device
 */
export async function readImageTower(files, manifest) {
  const [file] = imageFiles(manifest);
  if (!file) throw new BundleError("bundle_missing", "This bundle has no lite.image.");
  return verified(files, file, async (bytes) => {
    await verifyFile(manifest, file, bytes);
    return bytes;
  });
}
