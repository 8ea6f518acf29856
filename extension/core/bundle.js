// @ts-check
import { sha256Hex } from "../values/encoding.js";
import { BundleError, ServerError } from "../values/errors.js";
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
 * @typedef {{bundleId: string, manifest: Manifest, files: Map<string, Bytes>}} Bundle what the browser needs of it, verified
 * @typedef {Pick<Cache, "match" | "put" | "delete" | "keys">} BundleCache
 */

export const BUNDLE_CACHE = "carryover-bundles";
const MAX_MANIFEST_BYTES = 1024 * 1024;
const MAX_FILE_BYTES = 128 * 1024 * 1024;

/** Return the id at the end of a bundle's address. @param {string} bundleUrl ".../v1/bundles/ID/" @returns {string} */
function idOf(bundleUrl) {
  const bundleId = /\/([0-9a-f]{64})\/$/.exec(bundleUrl)?.[1];
  if (!bundleId)
    throw new BundleError("bundle_invalid", `Expected a bundle address that ends in its id, got ${bundleUrl}.`);
  return bundleId;
}

/**
 * Return a manifest that passed every check.
 * @param {Bytes} bytes of manifest.json
 * @param {string} bundleId which is their SHA-256
 * @returns {Promise<Manifest>}
 * @throws {BundleError}
 */
export async function verifyManifest(bytes, bundleId) {
  const actual = await sha256Hex(bytes);
  if (actual !== bundleId)
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
  for (const tower of Object.values(liteTowers(manifest))) {
    const problem = tower.file === file ? graphProblem(bytes, tower) : null;
    if (problem) throw new BundleError("bundle_invalid", `${file}: ${problem}.`);
  }
}

/**
 * Read a body up to a limit. The length header is not trusted.
 * @param {Response} response @param {number} limit bytes @param {string} name
 * @returns {Promise<Bytes>}
 */
async function readBounded(response, limit, name) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader?.cancel();
      throw new BundleError("bundle_altered", `${name}: longer than the ${limit} bytes expected.`);
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** Delete the files of other bundles. @param {BundleCache} cache @param {string} keep address of the bundle that stays */
async function dropOthers(cache, keep) {
  const others = (await cache.keys()).filter((request) => !request.url.startsWith(keep));
  await Promise.all(others.map((request) => cache.delete(request)));
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
 * @returns {Promise<string>} the bundle's address, for openBundle
 * @throws {BundleError | import("../values/errors.js").ServerError}
 */
export async function fetchBundle({ server, cache, trustedKeys = [] }) {
  const [offered] = await server.bundles();
  if (!/^[0-9a-f]{64}$/.test(offered?.bundleId))
    throw new BundleError("bundle_missing", `${server.baseUrl} offers no bundle.`);
  const { bundleId } = offered;
  const bundleUrl = `${server.baseUrl}/v1/bundles/${bundleId}/`;

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
    await signerOf(await cachedBytes(cache, bundleUrl, "manifest.json"), signature, trustedKeys);
    await cache.put(bundleUrl + SIGNATURE, new Response(signature));
  }
  const manifest = await cachedManifest(cache, bundleUrl);
  for (const file of liteFiles(manifest)) {
    await ensure(file, manifest.files[file].bytes, (bytes) => verifyFile(manifest, file, bytes));
  }
  await dropOthers(cache, bundleUrl);
  return bundleUrl;
}

/** @param {BundleCache} cache @param {string} bundleUrl @param {string} file @returns {Promise<Bytes>} */
async function cachedBytes(cache, bundleUrl, file) {
  const response = await cache.match(bundleUrl + file);
  if (!response) throw new BundleError("bundle_missing", `${file} is not on this device yet.`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * Return the verified manifest of a downloaded bundle.
 * @param {BundleCache} cache
 * @param {string} bundleUrl
 * @returns {Promise<Manifest>}
 */
export async function cachedManifest(cache, bundleUrl) {
  return verifyManifest(await cachedBytes(cache, bundleUrl, "manifest.json"), idOf(bundleUrl));
}

/**
 * Return the id of the trusted key that signed a downloaded bundle; null where no keys are trusted.
 * @param {BundleCache} cache
 * @param {string} bundleUrl
 * @param {readonly string[]} trustedKeys
 * @returns {Promise<string | null>}
 * @throws {BundleError} where keys are trusted and none of them signed it
 */
export async function cachedSigner(cache, bundleUrl, trustedKeys) {
  if (trustedKeys.length === 0) return null;
  const response = await cache.match(bundleUrl + SIGNATURE);
  const signature = response ? new Uint8Array(await response.arrayBuffer()) : null;
  return signerOf(await cachedBytes(cache, bundleUrl, "manifest.json"), signature, trustedKeys);
}

/**
 * Return the metric of a downloaded bundle, null where it has none.
 * @param {BundleCache} cache
 * @param {string} bundleUrl
 * @param {Manifest} manifest verified
 * @returns {Promise<import("./shop-metric.js").BundleMetric | null>}
 * @throws {BundleError} where the file is missing, altered or senseless
 */
export async function cachedMetric(cache, bundleUrl, manifest) {
  const rule = manifest.shopMetric;
  if (!rule) return null;
  const bytes = await cachedBytes(cache, bundleUrl, rule.file);
  await verifyFile(manifest, rule.file, bytes);
  const own = momentsFrom(bytes, rule.blocks, manifest.dim);
  if (typeof own === "string")
    throw new BundleError("bundle_invalid", `${rule.file}: ${own}; export the bundle again.`);
  return { rule, own };
}

/**
 * Open a downloaded bundle without any request. Every file is verified again, because a disk can damage it.
 * @param {{cache: BundleCache, bundleUrl: string}} options
 * @returns {Promise<Bundle>}
 * @throws {BundleError} and forgets the damaged copy, so that the next fetchBundle repairs it
 */
export async function openBundle({ cache, bundleUrl }) {
  /** @type {Map<string, Bytes>} */
  const files = new Map();
  let reading = "manifest.json";
  try {
    const manifest = await cachedManifest(cache, bundleUrl);
    for (reading of liteFiles(manifest)) {
      const bytes = await cachedBytes(cache, bundleUrl, reading);
      await verifyFile(manifest, reading, bytes);
      files.set(reading, bytes);
    }
    return { bundleId: idOf(bundleUrl), manifest, files };
  } catch (error) {
    if (error instanceof BundleError) await cache.delete(bundleUrl + reading);
    throw error;
  }
}
