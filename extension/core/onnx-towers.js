// @ts-check
import * as ort from "../vendor/ort.wasm.bundle.min.mjs";
import { BundleError } from "../values/errors.js";
import { createTokenizer } from "./tokenizer.js";

/**
 * Towers of a bundle that ONNX Runtime runs in WebAssembly. Whoever imports this file loads the runtime.
 * @typedef {import("./bundle.js").Bundle} Bundle
 * @typedef {import("./token-table.js").TokenTable} TokenTable
 * @typedef {import("./towers.js").Towers} Towers
 * @typedef {import("../generated/contract-types.js").BundleText} BundleText
 * @typedef {import("../generated/contract-types.js").BundleTower} BundleTower
 * @typedef {import("../generated/contract-types.js").Tensor} Tensor
 */

// Small batches bound the memory that a long listing takes.
const BATCH = 16;

/** Return the tensors that a tower takes, by input name. @param {BundleTower} tower @param {Record<string, ort.Tensor>} byRole */
function feedsOf(tower, byRole) {
  return Object.fromEntries(
    tower.inputs.map((input) => {
      const tensor = byRole[input.role];
      if (!tensor || tensor.type !== input.dtype) {
        throw new BundleError(
          "bundle_invalid",
          `${tower.file}: input ${input.name} wants ${input.role} as ${input.dtype}.`,
        );
      }
      return [input.name, tensor];
    }),
  );
}

/** @param {number[][]} rows @param {number} width @param {number} padding @returns {ort.Tensor} (N, width) int64 */
function int64Rows(rows, width, padding) {
  const data = new BigInt64Array(rows.length * width).fill(BigInt(padding));
  rows.forEach((row, i) =>
    row.forEach((value, j) => {
      data[i * width + j] = BigInt(value);
    }),
  );
  return new ort.Tensor("int64", data, [rows.length, width]);
}

/** @param {ort.Tensor} tensor (N, dim) @returns {Float32Array[]} */
function rowsOf(tensor) {
  const data = /** @type {Float32Array} */ (tensor.data);
  const dim = tensor.dims[1];
  return Array.from({ length: tensor.dims[0] }, (_, i) => data.slice(i * dim, (i + 1) * dim));
}

/** @param {ort.InferenceSession} session @param {BundleTower} tower @param {Record<string, ort.Tensor>} byRole */
async function run(session, tower, byRole) {
  const results = await session.run(feedsOf(tower, byRole));
  const { name } = /** @type {Tensor} */ (tower.outputs.find(({ role }) => role === "embedding"));
  return rowsOf(/** @type {ort.Tensor} */ (results[name]));
}

/** @param {number[][]} ids @param {import("./tokenizer.js").Tokenizer} tokenizer @param {number | undefined} padTo */
function textTensors(ids, tokenizer, padTo) {
  const width = padTo ?? Math.max(...ids.map((row) => row.length));
  return {
    inputIds: int64Rows(ids, width, tokenizer.padId),
    attentionMask: int64Rows(
      ids.map((row) => row.map(() => 1)),
      width,
      0,
    ),
    tokenTypeIds: int64Rows(
      ids.map(() => []),
      width,
      0,
    ),
  };
}

/** @param {TokenTable} table @returns {(texts: string[]) => Record<string, ort.Tensor>} */
function featureInputs({ dim, encode }) {
  return (texts) => {
    const features = new Float32Array(texts.length * dim);
    texts.forEach((text, i) => features.set(encode(text), i * dim));
    return { text: new ort.Tensor("float32", features, [texts.length, dim]) };
  };
}

/** @param {BundleText} text the manifest's rule @param {(file: string) => Uint8Array} bytesOf @returns {(texts: string[]) => Record<string, ort.Tensor>} */
function tokenInputs({ tokenizer: rule, prefix = "" }, bytesOf) {
  const { file, maxTokens, padTo } = /** @type {NonNullable<typeof rule>} */ (rule);
  const tokenizer = createTokenizer(JSON.parse(new TextDecoder().decode(bytesOf(file))), { maxTokens });
  return (texts) =>
    textTensors(
      texts.map((text) => tokenizer.encode(prefix + text)),
      tokenizer,
      padTo,
    );
}

/** @param {import("./towers.js").UserHistory} history @param {number} dim @returns {Record<string, ort.Tensor>} one user: (1, L, …) */
function userTensors({ items, kinds, agesDays, weights }, dim) {
  const length = items.length;
  const flat = new Float32Array(length * dim);
  items.forEach((item, i) => flat.set(item, i * dim));
  return {
    items: new ort.Tensor("float32", flat, [1, length, dim]),
    kinds: new ort.Tensor("int64", BigInt64Array.from(kinds, BigInt), [1, length]),
    agesDays: new ort.Tensor("float32", Float32Array.from(agesDays), [1, length]),
    itemMask: new ort.Tensor("float32", new Float32Array(length).fill(1), [1, length]),
    weights: new ort.Tensor("float32", Float32Array.from(weights), [1, length]),
  };
}

/** @param {Uint8Array} bytes of an ONNX file @param {string} wasmUrl of ort-wasm-simd-threaded.wasm */
function openSession(bytes, wasmUrl) {
  ort.env.wasm.numThreads = 1; // two threads were slower, and need cross-origin isolation
  // The object form: with a folder the runtime imports a script dynamically, which service workers refuse.
  ort.env.wasm.wasmPaths = { wasm: wasmUrl };
  return ort.InferenceSession.create(bytes);
}

/** @param {Bundle} bundle @returns {(file: string) => Uint8Array} */
const reader =
  ({ files }) =>
  (file) =>
    /** @type {Uint8Array} */ (files.get(file));

/**
 * Return the function from texts to items that a bundle's `lite.textToItem` is.
 * @param {Bundle} bundle verified @param {TokenTable | null} table that gives the features, if not a tokenizer and the tower
 * @param {string} wasmUrl
 * @returns {Promise<Towers["embedItems"]>}
 */
export async function createTextToItem(bundle, table, wasmUrl) {
  const { text, lite } = bundle.manifest;
  const tower = /** @type {BundleTower} */ (lite.textToItem);
  const bytesOf = reader(bundle);
  const session = await openSession(bytesOf(tower.file), wasmUrl);
  const inputsOf = table ? featureInputs(table) : tokenInputs(text, bytesOf);
  return async (texts) => {
    const embeddings = [];
    for (let start = 0; start < texts.length; start += BATCH) {
      embeddings.push(...(await run(session, tower, inputsOf(texts.slice(start, start + BATCH)))));
    }
    return embeddings;
  };
}

/**
 * Return the function from histories to users that a bundle's `lite.userTower` is.
 * @param {Bundle} bundle verified
 * @param {string} wasmUrl
 * @returns {Promise<Towers["embedUser"]>} of at least one item
 */
export async function createUserTower(bundle, wasmUrl) {
  const { dim, lite } = bundle.manifest;
  const tower = /** @type {BundleTower} */ (lite.userTower);
  const session = await openSession(reader(bundle)(tower.file), wasmUrl);
  return async (history) => {
    const [embedding] = await run(session, tower, userTensors(history, dim));
    return embedding;
  };
}

/**
 * Return the function from an image's numbers to an item that a bundle's `lite.image.toItem` is.
 * @param {import("../generated/contract-types.js").BundleTower} tower
 * @param {Uint8Array} bytes of its file, verified
 * @param {string} wasmUrl
 * @returns {Promise<(pixels: Float32Array, size: number) => Promise<Float32Array>>} of (3, size, size)
 */
export async function createImageToItem(tower, bytes, wasmUrl) {
  const session = await openSession(bytes, wasmUrl);
  return async (pixels, size) => {
    const [item] = await run(session, tower, { pixels: new ort.Tensor("float32", pixels, [1, 3, size, size]) });
    return item;
  };
}
