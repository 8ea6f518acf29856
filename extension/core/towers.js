// @ts-check
import { BundleError } from "../values/errors.js";
import { textBlock } from "./text-block.js";
import { createTokenTable } from "./token-table.js";
import { readingNewest, userByRule } from "./user-rule.js";

/**
 * @typedef {import("./user-rule.js").UserHistory} UserHistory
 * @typedef {object} Towers
 * @property {(texts: string[]) => Promise<Float32Array[]>} embedItems unit length
 * @property {import("./user-rule.js").EmbedUser} embedUser
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

/**
 * Return the towers of a bundle. ONNX Runtime and its WebAssembly are loaded only for a bundle that has a tower to run.
 * @param {object} options
 * @param {Bundle} options.bundle verified
 * @param {string} options.wasmUrl of ort-wasm-simd-threaded.wasm
 * @param {() => Promise<OnnxTowers>} [options.loadOnnx]
 * @returns {Promise<Towers>}
 */
export async function createTowers({ bundle, wasmUrl, loadOnnx = () => import("./onnx-towers.js") }) {
  const { manifest } = bundle;
  const table = tableOf(bundle);
  const embedItems =
    table && manifest.lite.textBlock
      ? itemsByRule(table, manifest)
      : await (await loadOnnx()).createTextToItem(bundle, table, wasmUrl);
  const byNetwork = async () => readingNewest(await (await loadOnnx()).createUserTower(bundle, wasmUrl), manifest);
  return { embedItems, embedUser: userByRule(manifest) ?? (await byNetwork()) };
}
