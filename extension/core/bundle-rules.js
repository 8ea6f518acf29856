// @ts-check
import { bundleSchema } from "../generated/contracts.js";
import { canonicalJson } from "../values/canonical-json.js";
import { sha256Hex } from "../values/encoding.js";
import { problemIn } from "../values/json-schema.js";
import { disagreement, liteTowers, textFile, wrongText } from "./bundle-agreement.js";
import { problemInBlocks } from "./shop-metric.js";

/** @typedef {import("../generated/contract-types.js").BundleManifest} BundleManifest */

export const FORMAT = 2;

/** Return the item-side files by the place in the manifest that names them. @param {BundleManifest} manifest */
function itemFiles(manifest) {
  const { textEncoder, imageEncoder, itemTower } = manifest.towers;
  return {
    ...(textEncoder && { "/towers/textEncoder/file": textEncoder.file }),
    ...(imageEncoder && { "/towers/imageEncoder/file": imageEncoder.file }),
    "/towers/itemTower/file": itemTower.file,
    [`/text/${manifest.text.table ? "table" : "tokenizer"}/file`]: textFile(manifest),
  };
}

/** @param {BundleManifest} manifest @returns {string | null} */
function unlistedFile(manifest) {
  const { probes, shopMetric, towers } = manifest;
  const lite = Object.entries(liteTowers(manifest)).map(([key, { file }]) => [`/lite/${key}/file`, file]);
  const named = {
    ...itemFiles(manifest),
    "/towers/userTower/file": towers.userTower.file,
    ...(manifest.lite?.image && { "/lite/image/toItem/file": manifest.lite.image.toItem.file }),
    "/probes/file": probes.file,
    ...(shopMetric && { "/shopMetric/file": shopMetric.file }),
    ...Object.fromEntries(lite),
  };
  const missing = Object.entries(named).find(([, file]) => !Object.hasOwn(manifest.files, file));
  return missing ? `${missing[0]}: ${missing[1]} is not among the manifest's files` : null;
}

/**
 * Return the text whose SHA-256 is the space of a manifest's item embeddings: the canonical JSON of `dim`, `filler`, `text`,
 * `image`, and the hashes of the item-side files. contracts/vectors/bundle-space.json holds the cases.
 * @param {BundleManifest} manifest
 * @returns {string}
 */
export function spaceText(manifest) {
  const { dim, filler, text, image, files } = manifest;
  const hashes = Object.fromEntries(Object.values(itemFiles(manifest)).map((name) => [name, files[name].sha256]));
  return canonicalJson({ dim, ...(filler !== undefined && { filler }), text, ...(image && { image }), files: hashes });
}

/** @param {BundleManifest} manifest @returns {string | null} */
function blocksProblem({ shopMetric, dim, filler }) {
  const problem = shopMetric ? problemInBlocks(shopMetric, dim, filler) : null;
  return problem && `/shopMetric/blocks: ${problem}`;
}

/**
 * Return the first rule that a parsed manifest.json breaks, or null where it keeps them all.
 * @param {unknown} value
 * @returns {Promise<string | null>} such as "/dim: Instance is not an integer"
 */
export async function problemOf(value) {
  const { format, probes } = /** @type {{format?: unknown, probes?: unknown}} */ (value ?? {});
  if (format === 1)
    return `/format: got 1, expected ${FORMAT}: the bundle was made by an older exporter; export it again`;
  if (format === FORMAT && probes === undefined)
    return "/probes: missing: the bundle was made by an older exporter; export it again";
  const problem = problemIn(bundleSchema, value);
  if (problem) return problem;
  const manifest = /** @type {BundleManifest} */ (value);
  const textProblem = wrongText(manifest);
  if (textProblem) return textProblem;
  const unlisted = unlistedFile(manifest);
  if (unlisted) return unlisted;
  const contradiction = disagreement(manifest);
  if (contradiction) return contradiction;
  const expected = await sha256Hex(spaceText(manifest));
  if (manifest.space === expected) return blocksProblem(manifest);
  return `/space: got ${manifest.space}, but the item-side files and rules give ${expected}; export the bundle again`;
}
