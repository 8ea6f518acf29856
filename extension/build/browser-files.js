// @ts-check
// The files of a bundle that a browser needs, read from a folder and verified as the extension itself verifies them.
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { imageFiles, openBundle, readImageTower, readMetric } from "../core/bundle.js";
import { BundleError } from "../values/errors.js";

/** @typedef {Map<string, Uint8Array>} Files by path, with / between folders */

/** Return the files of a bundle in a folder, as core/bundle.js reads them. @param {string} directory @returns {import("../core/bundle.js").BundleFiles} */
export function filesInFolder(directory) {
  return {
    bundleUrl: directory,
    bundleId: null,
    async read(file) {
      try {
        return new Uint8Array(await readFile(path.join(directory, file)));
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
        throw new BundleError(
          "bundle_missing",
          `${path.join(directory, file)} does not exist: expected a bundle, as \`python -m exporter lite\` writes it.`,
        );
      }
    },
    forget: async () => undefined,
  };
}

/**
 * Return the files of a bundle that a browser needs, manifest.json first, and those for the images of what was seen last.
 * @param {string} directory of the bundle
 * @returns {Promise<Files>}
 * @throws {import("../values/errors.js").BundleError} where a file is missing, altered, senseless or not allowed
 */
export async function browserFiles(directory) {
  const folder = filesInFolder(directory);
  const { files, manifest } = await openBundle(folder);
  await readMetric(folder, manifest);
  const found = new Map([["manifest.json", /** @type {Uint8Array} */ (await folder.read("manifest.json"))], ...files]);
  for (const file of imageFiles(manifest)) found.set(file, await readImageTower(folder, manifest));
  return found;
}

/**
 * Write files into a folder in place of all that was there. The folder is whole at every moment, but for the one between two renames.
 * @param {Files} files @param {string} folder
 */
export async function writeFolder(files, folder) {
  const target = path.resolve(folder);
  const fresh = `${target}.new`;
  await rm(fresh, { recursive: true, force: true });
  for (const [name, bytes] of files) {
    await mkdir(path.dirname(path.join(fresh, name)), { recursive: true });
    await writeFile(path.join(fresh, name), bytes);
  }
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
}
