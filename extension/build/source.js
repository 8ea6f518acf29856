// @ts-check
// The source package for the reviewers of a store: what it takes to build the zips again, to the last byte.
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";

/** @typedef {import("./browser-files.js").Files} Files */

/** Written by `npm run vendor`, and the bundle, which lies beside the source here. */
const MADE = /^(?:vendor|bundle)\//;
const GUIDE = "docs/stores/reviewers.md";
const BESIDE = ["LICENSE", "package.json", "package-lock.json", "docs/permissions.md", GUIDE];

/** @param {string} folder @returns {Promise<string[]>} its files, with / between folders */
async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .sort();
}

/**
 * Return the files of the source package. `npm run package` in it reads the bundle from `bundle/`.
 * @param {{root: string, extension: string, bundle: Files}} input folders of the repository and of the extension's source; the bundle's files for browsers
 * @returns {Promise<Files>}
 */
export async function sourcePackage({ root, extension, bundle }) {
  /** @type {Map<string, string>} name in the package to the file that it is */
  const names = new Map([["README.md", path.join(root, GUIDE)]]);
  for (const name of BESIDE) names.set(name, path.join(root, name));
  for (const name of await filesIn(extension))
    if (!MADE.test(name)) names.set(`extension/${name}`, path.join(extension, name));
  // The rules that extension/generated/ is made from. Their test vectors are for Python and JavaScript together.
  for (const name of await filesIn(path.join(root, "contracts")))
    if (!name.startsWith("vectors/")) names.set(`contracts/${name}`, path.join(root, "contracts", name));
  const files = await Promise.all(
    [...names].map(
      async ([name, file]) => /** @type {[string, Uint8Array]} */ ([name, new Uint8Array(await readFile(file))]),
    ),
  );
  /** @type {Files} */
  const source = new Map(files);
  for (const [name, bytes] of bundle) source.set(`bundle/${name}`, bytes);
  return source;
}
