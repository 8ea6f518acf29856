// @ts-check
import * as ort from "../vendor/ort.wasm.bundle.min.mjs";
import { BundleError } from "../values/errors.js";
import { createTokenTable } from "./token-table.js";
import { createTokenizer } from "./tokenizer.js";

/**
 * @typedef {object} UserHistory most recent first, at most the bundle's maxItems are read
 * @property {import("../values/vectors.js").Vector[]} items embeddings
 * @property {number[]} kinds index in the contract's list of kinds
 * @property {number[]} agesDays
 * @property {number[]} weights how often each interaction happened on its day, 1 or more
 * @typedef {import("../generated/contract-types.js").BundleText} BundleText
 * @typedef {import("../generated/contract-types.js").BundleTower} BundleTower
 * @typedef {import("../generated/contract-types.js").Tensor} Tensor
 * @typedef {object} Towers
 * @property {(texts: string[]) => Promise<Float32Array[]>} embedItems unit length
 * @property {(history: UserHistory) => Promise<Float32Array>} embedUser unit length; all zeros where nothing was liked
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

/**
 * Return the function from texts to the inputs of a bundle's text tower: token ids, or the features of its token table.
 * @param {BundleText} text the manifest's rule @param {(file: string) => Uint8Array} bytesOf
 * @returns {(texts: string[]) => Record<string, ort.Tensor>}
 * @throws {BundleError} for a token table that is not the stated one
 */
function createTextInputs({ table, tokenizer: rule, prefix = "" }, bytesOf) {
  if (table) {
    const { dim, encode } = createTokenTable(bytesOf(table.file), table.file);
    if (dim !== table.dim)
      throw new BundleError(
        "bundle_invalid",
        `${table.file}: gives ${dim} numbers a text, text.table.dim says ${table.dim}.`,
      );
    return (texts) => {
      const features = new Float32Array(texts.length * dim);
      texts.forEach((text, i) => features.set(encode(text), i * dim));
      return { text: new ort.Tensor("float32", features, [texts.length, dim]) };
    };
  }
  const { file, maxTokens, padTo } = /** @type {NonNullable<typeof rule>} */ (rule);
  const tokenizer = createTokenizer(JSON.parse(new TextDecoder().decode(bytesOf(file))), { maxTokens });
  return (texts) =>
    textTensors(
      texts.map((text) => tokenizer.encode(prefix + text)),
      tokenizer,
      padTo,
    );
}

/** @param {UserHistory} history @param {number} dim @returns {Record<string, ort.Tensor>} one user: (1, L, …) */
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

/**
 * Return the towers of a bundle, which run in WebAssembly on this device.
 * @param {object} options
 * @param {import("./bundle.js").Bundle} options.bundle verified
 * @param {string} options.wasmUrl of ort-wasm-simd-threaded.wasm
 * @returns {Promise<Towers>}
 */
export async function createTowers({ bundle, wasmUrl }) {
  const { manifest, files } = bundle;
  ort.env.wasm.numThreads = 1; // two threads were slower, and need cross-origin isolation
  // The object form: with a folder the runtime imports a script dynamically, which service workers refuse.
  ort.env.wasm.wasmPaths = { wasm: wasmUrl };
  /** @param {string} file */
  const bytesOf = (file) => /** @type {Uint8Array} */ (files.get(file));
  const { textToItem, userTower } = manifest.lite;
  const textSession = await ort.InferenceSession.create(bytesOf(textToItem.file));
  const userSession = await ort.InferenceSession.create(bytesOf(userTower.file));
  const textInputs = createTextInputs(manifest.text, bytesOf);

  return {
    async embedItems(texts) {
      const embeddings = [];
      for (let start = 0; start < texts.length; start += BATCH) {
        embeddings.push(...(await run(textSession, textToItem, textInputs(texts.slice(start, start + BATCH)))));
      }
      return embeddings;
    },
    async embedUser(whole) {
      const most = manifest.interactions.maxItems;
      if (whole.items.length === 0) return new Float32Array(manifest.dim);
      const history = {
        items: whole.items.slice(0, most),
        kinds: whole.kinds.slice(0, most),
        agesDays: whole.agesDays.slice(0, most),
        weights: whole.weights.slice(0, most),
      };
      const [embedding] = await run(userSession, userTower, userTensors(history, manifest.dim));
      return embedding;
    },
  };
}
