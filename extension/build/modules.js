// @ts-check
// Joins the modules that a page of the extension loads into few files: a browser takes milliseconds for each of some fifty.
import path from "node:path";
import { build } from "esbuild";
import { CONTENT_SCRIPTS } from "../background/content-scripts.js";

/** @typedef {import("./browser-files.js").Files} Files */

/** The import that stays one: ONNX Runtime is loaded when a bundle needs it. Joined modules lie as deep as the file that imports it. */
const RUNTIME = "../vendor/ort.wasm.bundle.min.mjs";
/** A module script of a page. */
const MODULE_SCRIPT = /<script\s+type="module"\s+src="([^"]+)"/g;

/** @param {Files} files @returns {string[]} the modules that the browser loads by itself: the background's and those of pages */
function entriesOf(files) {
  const pages = [...files].filter(([name]) => name.endsWith(".html"));
  const scripts = pages.flatMap(([name, bytes]) =>
    [...new TextDecoder().decode(bytes).matchAll(MODULE_SCRIPT)].map(([, src]) =>
      path.posix.join(path.posix.dirname(name), src),
    ),
  );
  return ["background.js", ...scripts].sort();
}

/**
 * Return the extension's files with its modules joined. Names and comments of licences stay; spaces and line breaks do not.
 * @param {Files} files @param {string} folder where they lie
 * @returns {Promise<Files>} without modules that nothing imports at run time
 */
export async function withJoinedModules(files, folder) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: folder,
    entryPoints: entriesOf(files),
    outdir: folder,
    outbase: folder,
    chunkNames: "modules/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    charset: "utf8",
    // Names stay, and a reviewer has the source. Indentation alone would be 30 kB of the zip.
    minifyWhitespace: true,
    legalComments: "inline",
    external: [RUNTIME],
    metafile: true,
    write: false,
    logLevel: "error",
  });
  const joined = new Set(Object.keys(metafile.inputs));
  const kept = new Set(CONTENT_SCRIPTS);
  const rest = [...files].filter(([name]) => !joined.has(name) && (!name.endsWith(".js") || kept.has(name)));
  const made = outputFiles.map(
    ({ path: file, contents }) => /** @type {const} */ ([path.relative(folder, file), contents]),
  );
  return new Map([...rest, ...made]);
}
