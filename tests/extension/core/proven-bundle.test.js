// @ts-check
// The real lite bundle in WebAssembly: it proves itself, and with one part exchanged it does not.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { checkProbes } from "../../../extension/core/bundle-probes.js";
import { createTowers } from "../../../extension/core/towers.js";
import { BundleError } from "../../../extension/values/errors.js";
import * as ort from "../../../extension/vendor/ort.wasm.bundle.min.mjs";
import { NO_BUNDLE, bundleFolder, bytesOf } from "../bundle-on-disk.js";

const folder = bundleFolder();
const wasm = new URL("../../../extension/vendor/ort-wasm-simd-threaded.wasm", import.meta.url);
// Node's fetch reads no files: the runtime is handed the bytes that a browser would load from this address.
ort.env.wasm.wasmBinary = new Uint8Array(readFileSync(wasm)).buffer;

/** @typedef {import("../../../extension/core/bundle.js").Bundle} Bundle */
/** @typedef {{manifest: any, files: Map<string, Uint8Array<ArrayBuffer>>}} Parts */

/** @param {string} directory @returns {Parts} */
function readBundle(directory) {
  const manifest = JSON.parse(new TextDecoder().decode(bytesOf(directory, "manifest.json")));
  const { lite, probes, text } = manifest;
  const names = [lite.textToItem.file, text.tokenizer.file, probes.file];
  return { manifest, files: new Map(names.map((name) => [name, bytesOf(directory, name)])) };
}

/** @param {Parts} parts */
async function prove(parts) {
  const bundle = /** @type {Bundle} */ (parts);
  await checkProbes(bundle, await createTowers({ bundle, wasmUrl: wasm.href }));
}

test("the lite bundle proves itself", { skip: !folder && NO_BUNDLE }, async () => {
  await prove(readBundle(/** @type {string} */ (folder)));
});

/** Turn most of the words' vectors, which fill the first half of the file, back to front. @param {Uint8Array} bytes */
function shuffle(bytes) {
  bytes.subarray(Math.floor(bytes.length / 10), Math.floor(bytes.length / 2)).reverse();
}

/** @type {[string, (parts: Parts) => void, RegExp][]} */
const CHANGES = [
  [
    "shuffled weights",
    ({ manifest, files }) => shuffle(/** @type {Uint8Array} */ (files.get(manifest.lite.textToItem.file))),
    /^probes\.json: items\[0\]: its vector has the cosine -?0\.\d{6} to the stated one, expected at least 0\.95; /,
  ],
  [
    "other weights of kinds",
    ({ manifest }) => {
      manifest.lite.pooling.kindWeights[3] = 1; // a purchase as much as a view
    },
    /^probes\.json: users\[\d\]: its vector has the cosine 0\.9\d{5} to the stated one, expected at least 0\.9999; /,
  ],
  [
    "a tokenizer with exchanged words",
    ({ manifest, files }) => {
      const file = manifest.text.tokenizer.file;
      const tokenizer = JSON.parse(new TextDecoder().decode(files.get(file)));
      const { vocab } = tokenizer.model;
      [vocab.navy, vocab.the] = [vocab.the, vocab.navy];
      [vocab.shirt, vocab.of] = [vocab.of, vocab.shirt];
      files.set(file, new TextEncoder().encode(JSON.stringify(tokenizer)));
    },
    /^probes\.json: items\[0\]: .* cosine 0\.\d{6} /,
  ],
  [
    "another text rule",
    ({ manifest }) => {
      manifest.text.itemText.fields = ["description"];
    },
    /^probes\.json: items\[\d+\]: .* cosine 0\.\d{6} /,
  ],
];

for (const [name, change, pattern] of CHANGES) {
  test(`the lite bundle with ${name} is refused by its probe`, { skip: !folder && NO_BUNDLE }, async () => {
    const parts = readBundle(/** @type {string} */ (folder));
    change(parts);
    await assert.rejects(prove(parts), (error) => {
      assert.ok(error instanceof BundleError);
      assert.match(error.message, pattern);
      return error.code === "bundle_invalid";
    });
  });
}
