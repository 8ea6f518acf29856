// @ts-check
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** @returns {string | null} a real lite bundle with MiniLM: the one named, else one that was built here */
export function bundleFolder() {
  const kept = path.join(root, "var", "test-bundles");
  const built = existsSync(kept) ? readdirSync(kept).filter((name) => name.startsWith("minilm-")) : [];
  const candidates = [process.env.CARRYOVER_TEST_MINILM_BUNDLE, ...built.map((name) => path.join(kept, name))];
  // One that an older exporter made has no probes.
  return candidates.find((folder) => folder && existsSync(path.join(folder, "probes.json"))) ?? null;
}

/** @param {string} folder @param {string} file @returns {Uint8Array<ArrayBuffer>} */
export function bytesOf(folder, file) {
  return new Uint8Array(readFileSync(path.join(folder, file)));
}

export const NO_BUNDLE =
  "no bundle with MiniLM: run `python -m tests.lite_bundle minilm`, or set CARRYOVER_TEST_MINILM_BUNDLE";
