// Copies the libraries the extension ships, so that no bundler is needed. The output is not committed.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { build } from "esbuild";

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
/**
 * ONNX Runtime imports its WebAssembly glue from an address, where one is given. The extension gives none: it has the glue inside. This copy
 * cannot do it at all, so that no store's check finds code that could come from elsewhere.
 */
const RUNTIME = "ort.wasm.bundle.min.mjs";
const IMPORT = "(await import(/*webpackIgnore:true*/ /*@vite-ignore*/n)).default";
const REFUSAL = '{throw new Error("Carryover loads no code from an address.")}';

/**
 * What is used of libraries that have much more: of hash-wasm one algorithm of thirty, with its WebAssembly inside; of qr writing and reading a
 * code, without what finds cameras and files.
 */
const PICKED = {
  "argon2.mjs": 'export { argon2id } from "hash-wasm";\n',
  "qr.mjs": 'export { encodeQR } from "qr";\nexport { decodeQR } from "qr/decode.js";\n',
};

// The type checker reads the packages' own declarations instead of the copied code.
const declarations = {
  "ort.wasm.bundle.min.d.mts": 'export * from "onnxruntime-web";\n',
  "tldts.d.mts": 'export * from "tldts";\n',
  ...Object.fromEntries(Object.entries(PICKED).map(([name, text]) => [name.replace(".mjs", ".d.mts"), text])),
  "json-schema/validator.d.ts": 'export { Validator } from "@cfworker/json-schema";\n',
};

const target = path.join(root, "extension", "vendor");
await mkdir(path.join(target, "json-schema"), { recursive: true });
for (const [from, to] of files) await copyFile(path.join(root, "node_modules", from), path.join(target, to));
const runtime = await readFile(path.join(target, RUNTIME), "utf8");
if (runtime.split(IMPORT).length !== 2)
  throw new Error(`${RUNTIME}: expected one import from an address; look at the new version of onnxruntime-web.`);
await writeFile(path.join(target, RUNTIME), runtime.replace(IMPORT, REFUSAL));
for (const [name, contents] of Object.entries(PICKED))
  await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    format: "esm",
    legalComments: "inline",
    outfile: path.join(target, name),
    logLevel: "error",
  });
for (const [name, text] of Object.entries(declarations)) await writeFile(path.join(target, name), text);
console.log(`extension/vendor: ${files.length + Object.keys(PICKED).length} files`);
