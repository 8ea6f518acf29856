// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fromBase64 } from "../../../extension/values/encoding.js";
import { createTowers } from "../../../extension/core/towers.js";
import { vectors } from "../vectors.js";

const { table, cases } = vectors("token-table.json");
const users = vectors("user-tower.json");
const { kindWeights, ...constants } = users.constants;
const WIDTH = cases[0].features.length;
const RULES = {
  textBlock: { start: 0, share: 0.5 },
  pooling: { ...constants, kindWeights: Object.values(kindWeights) },
};

/** A bundle of the vectors' table, whose filler is the last coordinate. @param {Record<string, unknown>} [lite] @param {number} [maxItems] @returns {any} */
function bundleOf(lite = RULES, maxItems = 100) {
  const manifest = {
    dim: WIDTH + 1,
    filler: WIDTH,
    text: { table: { file: "tokens.bin", dim: WIDTH } },
    lite,
    interactions: { maxItems },
  };
  return { manifest, files: new Map([["tokens.bin", fromBase64(table)]]) };
}

/** @returns {Promise<never>} */
async function loadNothing() {
  throw new Error("ONNX Runtime was loaded");
}

/** @param {any} bundle */
const towersOf = (bundle) => createTowers({ bundle, wasmUrl: "none", loadOnnx: loadNothing });

/** @param {Float32Array} got @param {number[]} expected @param {number} tolerance */
function assertNear(got, expected, tolerance) {
  assert.equal(got.length, expected.length);
  got.forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]) <= tolerance, `${i}: ${value}, not ${expected[i]}`),
  );
}

test("rules embed texts of ten scripts without ONNX Runtime", async () => {
  const towers = await towersOf(bundleOf());
  const items = await towers.embedItems(cases.map((/** @type {{text: string}} */ { text }) => text));
  for (const [i, { features }] of cases.entries()) {
    const isKnown = features.some((/** @type {number} */ value) => value !== 0);
    const block = features.map((/** @type {number} */ value) => value * Math.SQRT1_2);
    assertNear(items[i], [...block, isKnown ? Math.SQRT1_2 : 1], 2e-6);
  }
});

test("rules embed histories without ONNX Runtime", async () => {
  const towers = await towersOf(bundleOf());
  const wide = (/** @type {number[]} */ short) => [
    ...short.slice(0, 3),
    ...Array.from({ length: WIDTH - 3 }, () => 0),
    short[3],
  ];
  for (const { items, kinds, agesDays, itemMask, weights, embedding } of users.cases) {
    const kept = (/** @type {any[]} */ list) => list.filter((_, i) => itemMask[i]);
    const history = {
      items: kept(items).map(wide),
      kinds: kept(kinds),
      agesDays: kept(agesDays),
      weights: kept(weights ?? kinds.map(() => 1)),
    };
    assertNear(await towers.embedUser(history), wide(embedding), users.tolerance);
  }
});

test("a user is made of the newest interactions that the bundle allows", async () => {
  const towers = await towersOf(bundleOf(RULES, 1));
  const [first, second] = [0, 1].map((at) => Float32Array.from({ length: WIDTH + 1 }, (_, i) => Number(i === at)));
  const history = { items: [first, second], kinds: [0, 3], agesDays: [0, 0], weights: [1, 1] };
  assert.deepEqual(await towers.embedUser(history), first);
});

test("nothing seen is no taste", async () => {
  const towers = await towersOf(bundleOf());
  const nothing = { items: [], kinds: [], agesDays: [], weights: [] };
  assert.deepEqual(await towers.embedUser(nothing), new Float32Array(WIDTH + 1));
});

test("ONNX Runtime runs the towers for which there is no rule, and no others", async () => {
  /** @type {string[]} */
  const made = [];
  const loadOnnx = async () => ({
    createTextToItem: async (/** @type {any} */ _, /** @type {any} */ given, /** @type {string} */ wasmUrl) => {
      made.push(`items of ${given.dim} features, ${wasmUrl}`);
      return async () => [Float32Array.of(1)];
    },
    createUserTower: async (/** @type {any} */ _, /** @type {string} */ wasmUrl) => {
      made.push(`users, ${wasmUrl}`);
      return async () => Float32Array.of(2);
    },
  });
  const { textBlock, pooling } = RULES;
  const options = { wasmUrl: "x.wasm", loadOnnx };
  const one = await createTowers({ bundle: bundleOf({ textBlock, userTower: {} }), ...options });
  assert.deepEqual(made.splice(0), ["users, x.wasm"]);
  const history = { items: [[1]], kinds: [0], agesDays: [0], weights: [1] };
  assert.deepEqual(await one.embedUser(history), Float32Array.of(2));
  const other = await createTowers({ bundle: bundleOf({ textToItem: {}, pooling }), ...options });
  assert.deepEqual(made, [`items of ${WIDTH} features, x.wasm`]);
  assert.deepEqual(await other.embedItems(["red"]), [Float32Array.of(1)]);
});

test("a table of another width than the manifest says is refused", async () => {
  const bundle = bundleOf();
  bundle.manifest.text.table.dim = WIDTH - 1;
  await assert.rejects(towersOf(bundle), {
    message: `tokens.bin: gives ${WIDTH} numbers a text, text.table.dim says ${WIDTH - 1}.`,
  });
});

/** Files that a module loads at once, itself and those of import statements. @param {URL} file @param {Set<string>} [found] */
function loadedWith(file, found = new Set()) {
  if (found.has(file.href)) return found;
  found.add(file.href);
  if (file.pathname.includes("/vendor/")) return found;
  for (const [, name] of readFileSync(file, "utf8").matchAll(/^(?:import|export)\b[^;]*?from "(\.[^"]+)";/gm))
    loadedWith(new URL(name, file), found);
  return found;
}

for (const entry of ["background.js", "offscreen/offscreen.js", "ui/panel.js", "ui/options.js", "ui/popup.js"]) {
  test(`${entry} does not load ONNX Runtime before a bundle needs it`, () => {
    const files = [...loadedWith(new URL(`../../../extension/${entry}`, import.meta.url))];
    assert.ok(files.length > 5, "the imports were not read");
    assert.deepEqual(
      files.filter((file) => /\/ort[.-]|onnx-towers/.test(file)),
      [],
    );
  });
}
