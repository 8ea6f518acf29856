// Records which files of contracts/vectors/ each test file opens, for tests/opened_vectors.py:
// CARRYOVER_OPENED_VECTORS=FOLDER node --import ./tests/extension/opened-vectors.js --test …
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const vectors = path.join(root, "contracts", "vectors") + path.sep;
const folder = process.env.CARRYOVER_OPENED_VECTORS;

/** @type {Set<string>} */
const opened = new Set();

/** @param {unknown} file @returns {void} */
function record(file) {
  if (typeof file !== "string" && !(file instanceof URL)) return;
  const absolute = path.resolve(typeof file === "string" ? file : fileURLToPath(file));
  if (absolute.startsWith(vectors)) opened.add(absolute.slice(vectors.length).split(path.sep).join("/"));
}

if (folder) {
  const { readFileSync, mkdirSync, writeFileSync } = fs;
  fs.readFileSync = /** @type {any} */ (
    (/** @type {any} */ file, /** @type {any} */ options) => {
      record(file);
      return readFileSync(file, options);
    }
  );
  syncBuiltinESMExports();
  process.on("exit", () => {
    if (!opened.size) return;
    const test = path.relative(root, process.argv[1] ?? "");
    mkdirSync(folder, { recursive: true });
    const lines = [...opened].sort().map((name) => `${test}\t${name}\n`);
    writeFileSync(path.join(folder, `javascript-${process.pid}.txt`), lines.join(""));
  });
}
