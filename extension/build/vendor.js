// Copies the two libraries the extension ships, so that no bundler is needed. The output is not committed.
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const files = [
  ["onnxruntime-web/dist/ort.wasm.bundle.min.mjs", "ort.wasm.bundle.min.mjs"],
  ["onnxruntime-web/dist/ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.wasm"],
  ["tldts/dist/index.esm.min.js", "tldts.mjs"],
];

const target = path.join(root, "extension", "vendor");
await mkdir(target, { recursive: true });
for (const [from, to] of files) {
  await copyFile(path.join(root, "node_modules", from), path.join(target, to));
}
// The type checker reads the packages' own declarations instead of the minified code.
await writeFile(path.join(target, "ort.wasm.bundle.min.d.mts"), 'export * from "onnxruntime-web";\n');
await writeFile(path.join(target, "tldts.d.mts"), 'export * from "tldts";\n');
console.log(`extension/vendor: ${files.length} files`);
