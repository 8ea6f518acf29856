// @ts-check
// Writes the zip of each browser with a bundle inside and that of the source for reviewers, or puts the bundle into the source. The same input gives the same bytes.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { PACKAGED } from "../core/bundle.js";
import { CarryoverError } from "../values/errors.js";
import { browserFiles, writeFolder } from "./browser-files.js";
import { BROWSERS, manifestFor } from "./manifests.js";
import { withJoinedModules } from "./modules.js";
import { sourcePackage } from "./source.js";
import { zipOf } from "./zip.js";

/** @typedef {import("./browser-files.js").Files} Files */

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const USAGE = `usage: node extension/build/package.js --bundle DIR [--out DIR] [--extension DIR] [--unpacked]

  --bundle DIR     the bundle that becomes part of the extension
  --out DIR        where zips and their content go (default var/extension)
  --extension DIR  the extension's source (default extension)
  --unpacked       only put the bundle into the source, to load that folder unpacked`;

/** What browsers load. Documents, the scripts in build/ and declarations of types stay out. */
const SHIPPED = /^(?!build\/|bundle\/).*\.(?:js|mjs|wasm|html|css|json|png)$/;
const MAX_BYTES = 12_000_000;

/** @param {string} folder @returns {Promise<Files>} the extension's own files */
async function ownFiles(folder) {
  const names = (await readdir(folder, { recursive: true })).map((name) => name.split(path.sep).join("/"));
  const shipped = names.filter((name) => SHIPPED.test(name)).sort();
  return new Map(
    await Promise.all(
      shipped.map(
        async (name) => /** @type {const} */ ([name, new Uint8Array(await readFile(path.join(folder, name)))]),
      ),
    ),
  );
}

/** Return a zip whose bytes depend on the files alone. @param {Files} files @returns {Uint8Array} @throws {CarryoverError} too_large */
export function zipped(files) {
  const zip = zipOf([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
  if (zip.length > MAX_BYTES)
    throw new CarryoverError(
      "too_large",
      `The zip has ${zip.length} bytes, expected at most ${MAX_BYTES}: choose a smaller bundle.`,
    );
  return zip;
}

/**
 * Return the content of each browser's zip.
 * @param {{extension: string, bundle: Files}} input folder of the source; the bundle's files for browsers
 * @returns {Promise<Map<string, Files>>} by browser
 */
export async function packages({ extension, bundle }) {
  const joined = await withJoinedModules(await ownFiles(extension), extension);
  for (const [name, bytes] of bundle) joined.set(PACKAGED + name, bytes);
  joined.set("LICENSE.txt", new Uint8Array(await readFile(path.join(ROOT, "LICENSE"))));
  const manifest = JSON.parse(new TextDecoder().decode(joined.get("manifest.json")));
  return new Map(
    BROWSERS.map((browser) => {
      const text = `${JSON.stringify(manifestFor(manifest, browser), null, 2)}\n`;
      return [browser, new Map([...joined, ["manifest.json", new TextEncoder().encode(text)]])];
    }),
  );
}

/** @param {Files} files @param {string} out @param {string} name */
async function writeZip(files, out, name) {
  const zip = zipped(files);
  await writeFile(path.join(out, `${name}.zip`), zip);
  const hash = createHash("sha256").update(zip).digest("hex");
  console.log(`${path.join(out, `${name}.zip`)}: ${files.size} files, ${zip.length} bytes, SHA-256 ${hash}`);
}

/** @param {string[]} argv @returns {Promise<void>} */
async function main(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      bundle: { type: "string" },
      out: { type: "string", default: path.join(ROOT, "var", "extension") },
      extension: { type: "string", default: path.join(ROOT, "extension") },
      unpacked: { type: "boolean", default: false },
    },
  });
  if (!values.bundle) throw new CarryoverError("no_bundle", USAGE);
  const extension = path.resolve(values.extension);
  const bundle = await browserFiles(values.bundle);
  if (values.unpacked) {
    await writeFolder(bundle, path.join(extension, PACKAGED));
    console.log(`${path.join(extension, PACKAGED)}: ${bundle.size} files of ${values.bundle}`);
    return;
  }
  await mkdir(values.out, { recursive: true });
  for (const [browser, files] of await packages({ extension, bundle })) {
    await writeZip(files, values.out, `carryover-${browser}`);
    await writeFolder(files, path.join(values.out, `carryover-${browser}`));
  }
  await writeZip(await sourcePackage({ root: ROOT, extension, bundle }), values.out, "carryover-source");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof CarryoverError) && !(error instanceof TypeError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
