// @ts-check
// Scripts outside the extension that import its modules: the try page's and the benchmarks', which no type checker reads.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");

const PAGES = ["benchmarks/browser/page", "demo/try_page/site"].map((folder) => path.join(ROOT, folder));

/** @param {string} script @returns {string} the folder that takes the place of the extension's in the browser */
const pageOf = (script) => PAGES.find((folder) => script.startsWith(folder)) ?? path.dirname(script);

/** The try page is served with the extension's folder beside it, and the benchmarks' page from within. */
const besideThePage = {
  name: "beside-the-page",
  setup(/** @type {import("esbuild").PluginBuild} */ { onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path: name, importer }) => {
      if (importer.startsWith(path.join(ROOT, "extension"))) return undefined;
      const inBrowser = path.resolve(path.dirname(importer), name.replace(/^\.\/extension\//, "./"));
      const file = path.join(ROOT, "extension", path.relative(pageOf(importer), inBrowser));
      return existsSync(file) ? { path: file } : undefined;
    });
  },
};

/** @param {string} script @returns {Promise<string[]>} what is wrong with its imports */
async function wrongImports(script) {
  const options = { absWorkingDir: ROOT, entryPoints: [script], bundle: true, write: false, format: "esm" };
  const external = ["node:*", "esbuild", "jsdom", "*.mjs"];
  const { errors } = await build({
    .../** @type {import("esbuild").BuildOptions} */ (options),
    external,
    logLevel: "silent",
    plugins: [besideThePage],
  }).catch((error) => error);
  return errors.map((/** @type {import("esbuild").Message} */ { text }) => text);
}

/** @param {string} folder @returns {Promise<string[]>} its scripts */
async function scriptsIn(folder) {
  const names = await readdir(path.join(ROOT, folder), { recursive: true });
  return names.filter((name) => /\.m?js$/.test(name)).map((name) => path.posix.join(folder, name));
}

test("every name that the try page and the benchmarks import is there", async () => {
  const scripts = [...(await scriptsIn("demo/try_page/site")), ...(await scriptsIn("benchmarks"))];
  assert.ok(scripts.length > 10, `expected the scripts of both, got ${scripts}`);
  const wrong = await Promise.all(scripts.map(async (script) => [script, await wrongImports(script)]));
  assert.deepEqual(
    wrong.filter(([, errors]) => errors.length > 0),
    [],
  );
});
