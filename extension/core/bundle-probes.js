// @ts-check
import { bundleProbesSchema, probeBounds } from "../generated/contracts.js";
import { fromBase64 } from "../values/encoding.js";
import { BundleError } from "../values/errors.js";
import { itemText } from "../values/item-text.js";
import { problemIn } from "../values/json-schema.js";
import { decodeInt16, dot } from "../values/vectors.js";

/**
 * The probes of a bundle: inputs with the vectors that its towers gave, and how near those of this device must be. It mirrors
 * kernel/bundle_probes.py; contracts/vectors/bundle-probes.json holds the cases of both.
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {import("../values/vectors.js").Vector} Vector
 * @typedef {import("../generated/contract-types.js").BundleProbes} BundleProbes
 * @typedef {import("../generated/contract-types.js").UserProbe} UserProbe
 * @typedef {import("./bundle.js").Manifest} Manifest
 * @typedef {"float32" | "float16" | "int8"} Precision
 * @typedef {object} ImageParts
 * @property {import("./seen-items.js").EmbedSeen} embedSeen
 * @property {typeof import("./image-decoding.js").decodeImage} decode
 */

const MAX_PROBES_BYTES = 2 ** 20;

/** @param {string} place @param {string} text @param {number} dim @returns {string | null} */
function vectorProblem(place, text, dim) {
  const numbers = decodeInt16(text);
  if (!numbers) return `${place}.embedding: expected base64 of int16`;
  return numbers.length === dim ? null : `${place}.embedding: expected ${dim} numbers, got ${numbers.length}`;
}

/** @param {UserProbe} user @param {number} i @param {number} numItems @returns {string | null} */
function historyProblem({ items, kinds, agesDays, weights }, i, numItems) {
  const lengths = [items, kinds, agesDays, weights].map(({ length }) => length);
  if (new Set(lengths).size > 1) return `users[${i}]: expected lists of one length, got ${lengths.join(", ")}`;
  return Math.max(...items) < numItems ? null : `users[${i}].items: expected positions below ${numItems}`;
}

/**
 * Return why parsed probes do not fit a bundle, or null where they do.
 * @param {unknown} value
 * @param {Pick<Manifest, "dim" | "towers">} manifest
 * @returns {string | null}
 */
export function problemInProbes(value, { dim, towers }) {
  const problem = problemIn(bundleProbesSchema, value);
  if (problem) return problem;
  const { items, users } = /** @type {BundleProbes} */ (value);
  for (const [i, { embedding, image }] of items.entries()) {
    const wrong = vectorProblem(`items[${i}]`, embedding, dim);
    if (wrong) return wrong;
    if (image !== undefined && !towers.imageEncoder)
      return `items[${i}].image: given, but there is no towers.imageEncoder`;
  }
  for (const [i, user] of users.entries()) {
    const wrong = vectorProblem(`users[${i}]`, user.embedding, dim) ?? historyProblem(user, i, items.length);
    if (wrong) return wrong;
  }
  return null;
}

/**
 * Return why the vector that a probe gives is not near the stated one, or null where it is.
 * @param {string} place of the probe, such as "items[3]"
 * @param {Vector} found
 * @param {Vector} stated
 * @param {Precision[]} precisions of the towers that the probe went through
 * @returns {string | null}
 */
export function vectorDifference(place, found, stated, precisions) {
  const { minCosine, maxLengthDiff, zeroLength } = probeBounds;
  const least = Math.min(...precisions.map((precision) => minCosine[precision]));
  const lengths = [found, stated].map((vector) => Math.sqrt(dot(vector, vector)));
  const zeros = lengths.filter((length) => length < zeroLength).length;
  if (zeros === 2) return null;
  const cosine = zeros === 1 ? 0 : dot(found, stated) / (lengths[0] * lengths[1]);
  // Written so that a cosine that is not a number is refused.
  if (!(cosine >= least))
    return (
      `${place}: its vector has the cosine ${cosine.toFixed(6)} to the stated one, expected at least ${least}; ` +
      "towers, text or image rules and probes are not of one bundle, so export it again"
    );
  if (!(Math.abs(lengths[0] - lengths[1]) <= maxLengthDiff))
    return `${place}: its vector has the length ${lengths[0].toFixed(6)}, expected ${lengths[1].toFixed(6)}`;
  return null;
}

/** @param {Bytes} bytes @param {string} file @param {Manifest} manifest @returns {BundleProbes} @throws {BundleError} */
function readProbes(bytes, file, manifest) {
  if (bytes.length > MAX_PROBES_BYTES)
    throw new BundleError(
      "bundle_invalid",
      `${file}: expected at most ${MAX_PROBES_BYTES} bytes, got ${bytes.length}.`,
    );
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new BundleError("bundle_invalid", `${file}: expected JSON in UTF-8.`, { cause: error });
  }
  const problem = problemInProbes(value, manifest);
  if (problem) throw new BundleError("bundle_invalid", `${file}${problem.startsWith("/") ? "" : ": "}${problem}.`);
  return /** @type {BundleProbes} */ (value);
}

/** Return the precisions of what makes an item of a text. @param {Manifest} manifest @returns {Precision[]} */
export function textPrecisions({ towers, lite }) {
  return [towers.textEncoder, towers.itemTower, lite.textToItem].flatMap((tower) => tower?.precision ?? []);
}

/** @param {BundleProbes} probes @param {Manifest} manifest @param {import("./towers.js").Towers} towers @returns {Promise<string | null>} */
async function itemsDifference({ items }, manifest, { embedItems }) {
  // Items with an image are for whoever reads images: checkImageProbes.
  const positions = items.flatMap(({ image }, i) => (image === undefined ? [i] : []));
  const found = await embedItems(positions.map((i) => itemText(items[i].product, manifest.text.itemText)));
  const precisions = textPrecisions(manifest);
  for (const [row, i] of positions.entries()) {
    const stated = /** @type {Float32Array} */ (decodeInt16(items[i].embedding));
    const problem = vectorDifference(`items[${i}]`, found[row], stated, precisions);
    if (problem) return problem;
  }
  return null;
}

/** @param {BundleProbes} probes @param {Manifest} manifest @param {import("./towers.js").Towers} towers @returns {Promise<string | null>} */
async function usersDifference({ items, users }, { lite, interactions, towers }, { embedUser }) {
  const stated = items.map(({ embedding }) => /** @type {Float32Array} */ (decodeInt16(embedding)));
  const precisions = [towers.userTower, lite.userTower].flatMap((tower) => tower?.precision ?? []);
  for (const [i, user] of users.entries()) {
    const found = await embedUser({
      items: user.items.map((position) => stated[position]),
      kinds: user.kinds.map((kind) => interactions.kinds.indexOf(kind)),
      agesDays: user.agesDays,
      weights: user.weights,
    });
    const expected = /** @type {Float32Array} */ (decodeInt16(user.embedding));
    const problem = vectorDifference(`users[${i}]`, found, expected, precisions);
    if (problem) return problem;
  }
  return null;
}

/**
 * Run the probes of a bundle that a browser can run: texts to items, and histories to users.
 * @param {import("./bundle.js").Bundle} bundle verified
 * @param {import("./towers.js").Towers} towers of it
 * @throws {BundleError} for the first probe that does not give its stated vector
 */
export async function checkProbes({ manifest, files }, towers) {
  const { file } = manifest.probes;
  const probes = readProbes(/** @type {Bytes} */ (files.get(file)), file, manifest);
  const problem =
    (await itemsDifference(probes, manifest, towers)) ?? (await usersDifference(probes, manifest, towers));
  if (problem) throw new BundleError("bundle_invalid", `${file}: ${problem}.`);
}

/** @param {BundleProbes} probes @param {Manifest} manifest @param {ImageParts} parts @returns {Promise<string | null>} */
async function imagesDifference({ items }, { lite, text, towers }, { embedSeen, decode }) {
  const precisions = [lite.image?.toItem, towers.imageEncoder, towers.itemTower].flatMap(
    (tower) => tower?.precision ?? [],
  );
  for (const [i, { product, image, embedding }] of items.entries()) {
    const words = itemText(product, text.itemText);
    // A browser has no words for an image alone: a product that was seen has a text.
    if (image === undefined || words === "") continue;
    const found = await embedSeen(words, await decode(fromBase64(image)));
    const stated = /** @type {Float32Array} */ (decodeInt16(embedding));
    const problem = vectorDifference(`items[${i}] by lite.image.toItem`, found, stated, precisions);
    if (problem) return problem;
  }
  return null;
}

/**
 * Run the probes that have a text and an image.
 * @param {import("./bundle.js").Bundle} bundle verified
 * @param {ImageParts} parts of it
 * @throws {BundleError} for the first probe that does not give its stated vector
 */
export async function checkImageProbes({ manifest, files }, parts) {
  const { file } = manifest.probes;
  const probes = readProbes(/** @type {Bytes} */ (files.get(file)), file, manifest);
  const problem = await imagesDifference(probes, manifest, parts);
  if (problem) throw new BundleError("bundle_invalid", `${file}: ${problem}.`);
}
