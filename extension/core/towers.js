// @ts-check
import { BundleError } from "../values/errors.js";
import { pool } from "./pooling.js";
import { textBlock } from "./text-block.js";
import { createTokenTable } from "./token-table.js";

/**
 * @typedef {object} UserHistory most recent first, at most the bundle's maxItems are read
 * @property {import("../values/vectors.js").Vector[]} items embeddings
 * @property {number[]} kinds index in the contract's list of kinds
 * @property {number[]} agesDays
 * @property {number[]} weights how often each interaction happened on its day, 1 or more
 * @typedef {object} Towers
 * @property {(texts: string[]) => Promise<Float32Array[]>} embedItems unit length
 * @property {(history: UserHistory) => Promise<Float32Array>} embedUser unit length; all zeros where nothing was liked
 * @property {(text: string, image: string) => Promise<Float32Array>} [embedSeen] of an item's text and its image file as base64
 * @typedef {import("./bundle.js").Bundle} Bundle
 * @typedef {import("./bundle.js").Manifest} Manifest
 * @typedef {import("./token-table.js").TokenTable} TokenTable
 * @typedef {Pick<typeof import("./onnx-towers.js"), "createTextToItem" | "createUserTower">} OnnxTowers
 */

/** @param {Bundle} bundle @returns {TokenTable | null} null where a tokenizer reads texts @throws {BundleError} for a table that is not the stated one */
function tableOf({ manifest, files }) {
  const rule = manifest.text.table;
  if (!rule) return null;
  const table = createTokenTable(/** @type {Uint8Array} */ (files.get(rule.file)), rule.file);
  if (table.dim !== rule.dim)
    throw new BundleError(
      "bundle_invalid",
      `${rule.file}: gives ${table.dim} numbers a text, text.table.dim says ${rule.dim}.`,
    );
  return table;
}

/** @param {TokenTable} table @param {Manifest} manifest @returns {Towers["embedItems"]} */
function itemsByRule(table, { lite, dim, filler }) {
  const rule = /** @type {NonNullable<typeof lite.textBlock>} */ (lite.textBlock);
  const space = { dim, filler: /** @type {number} */ (filler) };
  return async (texts) => texts.map((text) => textBlock(table.encode(text), rule, space));
}

/** @param {Manifest} manifest @returns {Towers["embedUser"]} */
function usersByRule({ lite, dim, filler }) {
  const rule = { .../** @type {NonNullable<typeof lite.pooling>} */ (lite.pooling), filler };
  return async (history) => pool(history, rule, dim);
}

/** @param {UserHistory} history @param {number} most @returns {UserHistory} */
function newest({ items, kinds, agesDays, weights }, most) {
  return {
    items: items.slice(0, most),
    kinds: kinds.slice(0, most),
    agesDays: agesDays.slice(0, most),
    weights: weights.slice(0, most),
  };
}

/**
 * Return the towers of a bundle. ONNX Runtime and its WebAssembly are loaded only for a bundle that has a tower to run.
 * @param {object} options
 * @param {Bundle} options.bundle verified
 * @param {string} options.wasmUrl of ort-wasm-simd-threaded.wasm
 * @param {() => Promise<OnnxTowers>} [options.loadOnnx]
 * @returns {Promise<Towers>}
 */
export async function createTowers({ bundle, wasmUrl, loadOnnx = () => import("./onnx-towers.js") }) {
  const { lite, dim, interactions } = bundle.manifest;
  const table = tableOf(bundle);
  const embedItems =
    table && lite.textBlock
      ? itemsByRule(table, bundle.manifest)
      : await (await loadOnnx()).createTextToItem(bundle, table, wasmUrl);
  const embedUser = lite.pooling
    ? usersByRule(bundle.manifest)
    : await (await loadOnnx()).createUserTower(bundle, wasmUrl);
  return {
    embedItems,
    async embedUser(history) {
      if (history.items.length === 0) return new Float32Array(dim);
      return embedUser(newest(history, interactions.maxItems));
    },
  };
}
