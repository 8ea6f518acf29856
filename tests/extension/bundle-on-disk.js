// @ts-check
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** @returns {string | null} a real lite bundle: the one named, else one that was built here */
export function bundleFolder() {
  const kept = path.join(root, "var", "test-bundles");
  const candidates = [
    process.env.CARRYOVER_TEST_BUNDLE,
    ...(existsSync(kept) ? readdirSync(kept).map((name) => path.join(kept, name)) : []),
    path.join(root, "var", "bundles", "lite"),
  ];
  return candidates.find((folder) => folder && existsSync(path.join(folder, "manifest.json"))) ?? null;
}

/** @param {string} folder @param {string} file @returns {Uint8Array<ArrayBuffer>} */
export function bytesOf(folder, file) {
  return new Uint8Array(readFileSync(path.join(folder, file)));
}

export const NO_BUNDLE =
  "no lite bundle: run `python -m exporter lite --out var/bundles/lite`, or set CARRYOVER_TEST_BUNDLE";
