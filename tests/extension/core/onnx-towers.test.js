// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createTowers } from "../../../extension/core/towers.js";
import * as ort from "../../../extension/vendor/ort.wasm.bundle.min.mjs";
import { NO_BUNDLE, bundleFolder, bytesOf } from "../bundle-on-disk.js";
import { vectors } from "../vectors.js";

const folder = bundleFolder();
const { cases, tolerance } = vectors("user-tower.json");
const wasm = new URL("../../../extension/vendor/ort-wasm-simd-threaded.wasm", import.meta.url);
// Node's fetch reads no files: the runtime is handed the bytes that a browser would load from this address.
ort.env.wasm.wasmBinary = new Uint8Array(readFileSync(wasm)).buffer;

/** The towers of a bundle whose browser part has the user tower as a graph, as a trained bundle has. */
async function towersOf(/** @type {string} */ directory) {
  const manifest = JSON.parse(new TextDecoder().decode(bytesOf(directory, "manifest.json")));
  const { pooling: _, ...lite } = { ...manifest.lite, userTower: manifest.towers.userTower };
  const names = [lite.textToItem.file, lite.userTower.file, manifest.text.tokenizer.file];
  const files = new Map(names.map((name) => [name, bytesOf(directory, name)]));
  const bundle = /** @type {import("../../../extension/core/bundle.js").Bundle} */ ({
    manifest: { ...manifest, lite },
    files,
  });
  return { dim: manifest.dim, towers: await createTowers({ bundle, wasmUrl: wasm.href }) };
}

/** The vectors' three coordinates and filler, in a tower of another dim. */
function widen(/** @type {number[]} */ short, /** @type {number} */ dim) {
  const wide = new Float32Array(dim);
  wide.set(short.slice(0, 3));
  wide[dim - 1] = short[3];
  return wide;
}

test(
  "the user tower in WebAssembly gives the vectors worked out by hand",
  { skip: !folder && NO_BUNDLE },
  async (context) => {
    const { dim, towers } = await towersOf(/** @type {string} */ (folder));
    for (const { name, items, kinds, agesDays, itemMask, embedding, weights } of cases) {
      await context.test(name, async () => {
        const kept = items
          .map((/** @type {unknown} */ _, /** @type {number} */ i) => i)
          .filter((/** @type {number} */ i) => itemMask[i]);
        const got = await towers.embedUser({
          items: kept.map((/** @type {number} */ i) => widen(items[i], dim)),
          kinds: kept.map((/** @type {number} */ i) => kinds[i]),
          agesDays: kept.map((/** @type {number} */ i) => agesDays[i]),
          weights: kept.map((/** @type {number} */ i) => weights?.[i] ?? 1),
        });
        const expected = widen(embedding, dim);
        got.forEach((value, i) =>
          assert.ok(Math.abs(value - expected[i]) <= tolerance, `${i}: ${value}, not ${expected[i]}`),
        );
      });
    }
  },
);
