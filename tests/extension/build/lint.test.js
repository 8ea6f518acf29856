// @ts-check
// Each lint rule that keeps the extension's order goes red on a planted violation, and stays green beside it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const eslint = new ESLint({ cwd: root });

/** @param {string} file inside extension/ @param {string} code @returns {Promise<(string | null)[]>} names of the broken rules */
async function brokenBy(file, code) {
  const [{ messages }] = await eslint.lintText(code, { filePath: path.join(root, "extension", file) });
  return messages.map(({ ruleId }) => ruleId);
}

const LAYERS = "layers/downward";
const CHROME = "no-restricted-globals";
const SYNTAX = "no-restricted-syntax";

for (const [name, file, code, rule] of [
  ["core from background", "core/x.js", 'import "../background/consent.js";', LAYERS],
  ["core from messaging", "core/x.js", 'import "../messaging/messages.js";', LAYERS],
  ["core from extract", "core/x.js", 'import "../extract/combine.js";', LAYERS],
  ["extract from core", "extract/markup/x.js", 'import "../../core/profile.js";', LAYERS],
  ["values from core", "values/x.js", 'export * from "../core/profile.js";', LAYERS],
  ["values from core, lazily", "values/x.js", 'export const x = () => import("../core/profile.js");', LAYERS],
  ["a type of core in values", "values/x.js", '/** @typedef {import("../core/profile.js").Kind} Kind */', LAYERS],
  ["messaging from ui", "messaging/x.js", 'export { card } from "../ui/cards.js";', LAYERS],
  ["ui from background", "ui/x.js", 'import "../background/consent.js";', LAYERS],
  ["ui from the worker", "ui/x.js", 'import "../background.js";', LAYERS],
  ["offscreen from background", "offscreen/x.js", 'import "../background/consent.js";', LAYERS],
  ["background from build", "background/x.js", 'import "../build/contracts.js";', LAYERS],
  ["shelf from core", "core/x.js", 'import "../shelf/reader.js";', LAYERS],
  ["shelf from extract", "extract/x.js", 'import "../shelf/robots.js";', LAYERS],
  ["chrome in shelf", "shelf/x.js", "chrome.runtime.getURL('');", CHROME],
  ["chrome in core", "core/x.js", "chrome.runtime.getURL('');", CHROME],
  ["chrome in values", "values/x.js", "chrome.runtime.getURL('');", CHROME],
  ["chrome in background/", "background/x.js", "chrome.runtime.getURL('');", CHROME],
  ["a singleton in background/", "background/x.js", "let n = 0;\nexport const next = () => (n += 1);", SYNTAX],
  ["a listener in background/", "background/x.js", "export const f = (b) => b.onMessage.addListener(f);", SYNTAX],
  ["a late listener", "background.js", "setTimeout(() => chrome.runtime.onMessage.addListener(() => {}));", SYNTAX],
  ["any in a parameter", "core/x.js", "/** @param {any} value */\nexport const f = (value) => value;", "typed/no-any"],
  ["any in a record", "ui/x.js", "/** @typedef {Record<string, any>} State */", "typed/no-any"],
  ["any in a cast", "background/x.js", "export const x = /** @type {any[]} */ ([]);", "typed/no-any"],
  ["markup from text", "ui/x.js", "document.body.innerHTML = location.hash;", "no-restricted-properties"],
]) {
  test(`lint refuses ${name}`, async () => assert.deepEqual(await brokenBy(file, code), [rule]));
}

for (const [name, file, code] of [
  [
    "background from core and offscreen",
    "background.js",
    'import "./core/profile.js"; import "./offscreen/handlers.js";',
  ],
  [
    "the word any in a sentence",
    "core/x.js",
    "/** @param {string} x in any case @returns {{a: string} | null} of any kind */",
  ],
  ["extract from shelf", "shelf/x.js", 'import "../extract/page.js"; import "../core/profile.js";'],
  ["core from values", "core/x.js", 'import "../values/errors.js";'],
  ["a type of background in ui", "ui/x.js", '/** @typedef {import("../background/tabs.js").TabDescription} Tab */'],
  ["a listener at the top level", "background.js", "chrome.runtime.onMessage.addListener(() => false);"],
]) {
  test(`lint accepts ${name}`, async () => assert.deepEqual(await brokenBy(file, code), []));
}

test("lint refuses a promise that nobody awaits", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "carryover-lint-"));
  try {
    writeFileSync(path.join(folder, "floating.js"), "const save = async () => 1;\nsave();\n");
    writeFileSync(path.join(folder, "awaited.js"), "const save = async () => 1;\nawait save();\nexport {};\n");
    writeFileSync(
      path.join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: { allowJs: true, noEmit: true, strict: true, target: "es2022", module: "esnext", types: [] },
      }),
    );
    const { status, stdout } = spawnSync(
      path.join(root, "node_modules/.bin/oxlint"),
      ["--type-aware", "--deny-warnings", "--format=unix", "-c", path.join(root, ".oxlintrc.json"), folder],
      { cwd: root, encoding: "utf8" },
    );
    assert.equal(status, 1, stdout);
    assert.match(stdout, /floating\.js:2:1:.*no-floating-promises/);
    assert.doesNotMatch(stdout, /awaited\.js/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
