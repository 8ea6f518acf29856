// Copies the libraries the extension ships, so that no bundler is needed. The output is not committed.
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
// The modules that Validator imports, and no others.
const SCHEMA_MODULES = [
  "validator",
  "validate",
  "dereference",
  "format",
  "pointer",
  "deep-compare-strict",
  "ucs2-length",
];
const files = [
  ["onnxruntime-web/dist/ort.wasm.bundle.min.mjs", "ort.wasm.bundle.min.mjs"],
  ["onnxruntime-web/dist/ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.wasm"],
  ["tldts/dist/index.esm.min.js", "tldts.mjs"],
  ...SCHEMA_MODULES.map((name) => [`@cfworker/json-schema/dist/esm/${name}.js`, `json-schema/${name}.js`]),
];
// The type checker reads the packages' own declarations instead of the copied code.
const declarations = {
  "ort.wasm.bundle.min.d.mts": 'export * from "onnxruntime-web";\n',
  "tldts.d.mts": 'export * from "tldts";\n',
  "json-schema/validator.d.ts": 'export { Validator } from "@cfworker/json-schema";\n',
};

const target = path.join(root, "extension", "vendor");
await mkdir(path.join(target, "json-schema"), { recursive: true });
for (const [from, to] of files) await copyFile(path.join(root, "node_modules", from), path.join(target, to));
for (const [name, text] of Object.entries(declarations)) await writeFile(path.join(target, name), text);
console.log(`extension/vendor: ${files.length} files`);
