// @ts-check
// Packs are read, and refused, as contracts/vectors/packs.json says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName } from "../../../extension/packs/files.js";
import { readList, readManifest } from "../../../extension/packs/manifest.js";
import { keptItems, readPart } from "../../../extension/packs/part.js";
import { checkRows, checkTexts } from "../../../extension/packs/probes.js";
import { embedTexts } from "../../../extension/packs/texts.js";
import { fromBase64, utf8 } from "../../../extension/values/encoding.js";
import { PackError } from "../../../extension/values/errors.js";
import { itemIdOf } from "../../../extension/values/identity.js";
import { knownOf } from "../../../extension/values/known.js";
import { decodeInt16 } from "../../../extension/values/vectors.js";
import { vectors } from "../vectors.js";

/**
 * @typedef {import("../../../extension/generated/contract-types.js").PackPart} PackPart
 * @typedef {import("../../../extension/generated/contract-types.js").PackManifest} PackManifest
 * @typedef {import("../../../extension/packs/part.js").Part} Part
 */

const cases = vectors("packs.json");
const [newest, before] = cases.entries;

/** @param {Record<string, string>} changed files by name, base64 */
const reader = (changed = {}) => {
  const files = { ...cases.files, ...changed };
  return (/** @type {string} */ name) => fromBase64(files[name]);
};

/** @param {ReturnType<typeof reader>} read @param {PackManifest} manifest @param {PackPart} part */
function partOf(read, manifest, part) {
  const files = { cards: read(fileName(part.cards)), vectors: read(fileName(part.vectors)) };
  return readPart(part, files, manifest.vectors);
}

/** Read a pack whole, everything checked. @param {any} entry @param {Record<string, string>} changed @param {object} expected */
async function readAll(entry, changed = {}, expected = {}) {
  const read = reader(changed);
  const files = { manifest: read(entry.manifest), signature: entry.signature ? read(entry.signature) : null };
  const { manifest, signedBy } = await readManifest(entry, files, { ...cases.expected, ...expected });
  const parts = [];
  for (const part of manifest.parts) parts.push(await partOf(read, manifest, part));
  checkRows(manifest, parts[0], ["float32"]);
  return { manifest, signedBy, parts };
}

/** What parts say of their items, by address, without what they do not say. @param {Part[]} parts @returns {Promise<any[]>} */
async function said(parts) {
  const items = parts.flatMap(({ cards, vectors: rows }) =>
    cards.url.map((url, row) => {
      const columns = Object.entries(cards).map(([field, values]) => [field, values[row]]);
      return { url, ...knownOf(Object.fromEntries(columns)), vector: [...rows[row]] };
    }),
  );
  const named = await Promise.all(items.map(async (item) => ({ itemId: await itemIdOf(item.url), ...item })));
  return named.sort((a, b) => (a.url < b.url ? -1 : 1));
}

/** @param {any[]} found @param {any[]} stated */
function assertAlike(found, stated) {
  const plain = (/** @type {any[]} */ items) => items.map((item) => ({ ...item, vector: undefined }));
  assert.deepEqual(plain(found), plain(stated));
  for (const [i, { vector }] of found.entries())
    for (const [j, value] of vector.entries()) assert.ok(Math.abs(value - stated[i].vector[j]) < 1e-6);
}

for (const [i, entry] of cases.entries.entries())
  test(`pack ${i} says its items`, async () => {
    const { signedBy, parts } = await readAll(entry, {}, { trusted: cases.trusted });
    assert.equal(signedBy, cases.keyId);
    assertAlike(await said(parts), cases.items[i]);
  });

test("the pack before with the delta is the newest", async () => {
  const { parts } = await readAll(before);
  const { manifest } = await readAll(newest);
  assert.ok(manifest.delta);
  assert.equal(`${manifest.delta.previous}.json`, before.manifest);
  const changes = [];
  for (const part of manifest.delta.parts) changes.push(await partOf(reader(), manifest, part));
  assert.equal(changes[0].cards.url.length, 2);
  const removed = new Set(manifest.delta.removed);
  const items = new Map((await said(parts)).filter(({ itemId }) => !removed.has(itemId)).map((one) => [one.url, one]));
  for (const one of await said(changes)) items.set(one.url, one);
  assertAlike(
    [...items.values()].sort((a, b) => (a.url < b.url ? -1 : 1)),
    cases.items[0],
  );
});

/** A model that makes the numbers of texts that `ofTexts` states. @param {object} [changes] of its manifest @returns {any} */
function textModel(changes = {}) {
  const { itemText, textVectors } = cases.ofTexts;
  const text = { table: { file: "tokens.bin", dim: 3 }, itemText };
  return {
    manifest: { text, lite: { textBlock: { start: 0, share: 0.36 } }, filler: 7, ...changes },
    towers: {
      embedItems: async (/** @type {string[]} */ texts) =>
        texts.map((one) => Float32Array.from(textVectors[one] ?? assert.fail(`another text: ${one}`))),
    },
  };
}

/** The manifest and the only part of the pack that leaves out the numbers of texts. */
async function withoutTexts() {
  const read = reader();
  const { entry } = cases.ofTexts;
  const files = { manifest: read(entry.manifest), signature: null };
  const { manifest } = await readManifest(entry, files, cases.expected);
  return { manifest, part: await partOf(read, manifest, manifest.parts[0]) };
}

test("the device makes the numbers of texts that a pack leaves out", async () => {
  const { manifest, part } = await withoutTexts();
  assert.equal(manifest.vectors.blocks[0].bits, 0);
  await embedTexts(part, manifest.vectors, textModel());
  checkRows(manifest, part, ["float32"]);
  assertAlike(await said([part]), cases.ofTexts.items);
});

test("the numbers of texts come to where the model has them", async () => {
  const model = textModel({ lite: { textBlock: { start: 2, share: 0.36 } } });
  model.towers.embedItems = async () => [Float32Array.of(0, 0, 0.1, 0.2, 0.3, 0, 0, 0.8)];
  const part = /** @type {any} */ ({ cards: { title: ["Mug"] }, vectors: [Float32Array.of(9, 9, 0, 0, 0, 9, 9, 9)] });
  const rule = /** @type {any} */ ({ dim: 8, blocks: [{ start: 2, length: 3, bits: 0 }] });
  await embedTexts(part, rule, model);
  assert.deepEqual([...part.vectors[0]], [9, 9, ...Float32Array.of(0.1, 0.2, 0.3), 9, 9, 9]);
});

test("a pack is refused whose cards have another text than its probes", async () => {
  const { manifest, part } = await withoutTexts();
  part.cards.title[1] = "Oak bowl";
  const model = textModel();
  const other = cases.ofTexts.textVectors["Clay pot. Grain"];
  model.towers.embedItems = async (/** @type {string[]} */ texts) => texts.map(() => Float32Array.from(other));
  await embedTexts(part, manifest.vectors, model);
  assert.throws(() => checkRows(manifest, part, ["float32"]), {
    code: "pack_damaged",
    message: "probes[1]: row 1 has another vector than it states",
  });
});

for (const [name, changes] of Object.entries({
  "has no table": { text: { tokenizer: {}, itemText: cases.ofTexts.itemText } },
  "reads texts by a network": { lite: {} },
  "has its texts elsewhere": { lite: { textBlock: { start: 3, share: 0.36 } } },
  "has longer texts": { text: { table: { file: "tokens.bin", dim: 4 }, itemText: cases.ofTexts.itemText } },
}))
  test(`a pack without the numbers of texts is refused where the model ${name}`, async () => {
    const { manifest, part } = await withoutTexts();
    const model = textModel(changes);
    model.towers.embedItems = async () => assert.fail("texts were embedded");
    await assert.rejects(embedTexts(part, manifest.vectors, model), {
      code: "pack_foreign",
      message: "it leaves out numbers that this device's model does not make of texts",
    });
  });

test("texts are embedded some hundred at once, and a pack with all numbers asks for none", async () => {
  const { manifest, part } = await withoutTexts();
  const many = { ...part, cards: /** @type {any} */ ({}), vectors: /** @type {Float32Array[]} */ ([]) };
  many.cards.title = Array.from({ length: 501 }, (_, i) => `Mug ${i}`);
  many.vectors = many.cards.title.map(() => new Float32Array(8));
  /** @type {number[]} */
  const asked = [];
  const model = textModel();
  model.towers.embedItems = async (/** @type {string[]} */ texts) => {
    asked.push(texts.length);
    return texts.map((text) => Float32Array.of(Number(text.slice(4)), 1, 2, 3, 0, 0, 0, 0));
  };
  await embedTexts(many, manifest.vectors, model);
  assert.deepEqual(asked, [250, 250, 1]);
  assert.deepEqual([...many.vectors[500]], [500, 1, 2, 0, 0, 0, 0, 0]);
  await embedTexts(many, { dim: 8, blocks: [{ start: 0, length: 8, bits: 4 }] }, model);
  assert.equal(asked.length, 3);
});

for (const { name, entry = newest, files, expected, code, says } of cases.refused)
  test(`refused: ${name}`, async () => {
    await assert.rejects(readAll(entry, files, expected), (error) => {
      assert.ok(error instanceof PackError, String(error));
      assert.equal(error.code, code);
      if (says !== null) assert.equal(error.message, says);
      return true;
    });
  });

for (const { name, text, says } of cases.lists)
  test(`refused list: ${name}`, () => {
    assert.throws(
      () => readList(utf8(text)),
      (error) => error instanceof PackError && error.code === "pack_damaged" && (!says || error.message === says),
    );
  });

test("cards of another shop, and those that the privacy filter refuses, are left out with their vectors", async () => {
  const { parts } = await readAll(newest);
  const { items } = await keptItems(parts[0], "a.example", true);
  assert.equal(items.length, 6);
  parts[0].cards.url[1] = "https://b.example/p/sea-mug";
  parts[0].cards.title[2] = "Condoms, pack of 12";
  const kept = await keptItems(parts[0], "a.example", true);
  assert.deepEqual(
    kept.items.map(({ title }) => title),
    [0, 3, 4, 5].map((row) => parts[0].cards.title[row]),
  );
  assert.deepEqual(
    kept.vectors,
    [0, 3, 4, 5].map((row) => parts[0].vectors[row]),
  );
});

test("of a pack that nobody vouches for, images on the shop's own hosts are shown alone", async () => {
  const { parts } = await readAll(newest);
  const imagesOf = async (/** @type {boolean} */ withImages) =>
    (await keptItems(parts[0], "a.example", withImages)).items.flatMap(({ image }) => image ?? []);
  assert.deepEqual(await imagesOf(false), ["https://img.a.example/rug.jpg"]);
  assert.deepEqual((await imagesOf(true)).sort(), ["https://cdn.example/mug.jpg", "https://img.a.example/rug.jpg"]);
});

test("a pack is refused whose texts have other vectors by this device's model", async () => {
  const { manifest } = await readAll(newest);
  const stated = manifest.probes.map(({ textVector }) => /** @type {Float32Array} */ (decodeInt16(textVector)));
  /** @param {Float32Array[]} found */
  const towersOf = (found) => ({
    embedItems: async (/** @type {string[]} */ texts) => {
      assert.deepEqual(
        texts,
        manifest.probes.map(({ text }) => text),
      );
      return found;
    },
    embedUser: async () => new Float32Array(8),
  });
  await checkTexts(manifest, towersOf(stated), ["float32"]);
  const other = stated.map((vector, i) => (i === 3 ? vector.map((value, at) => value + (at === 7 ? 0.2 : 0)) : vector));
  await assert.rejects(checkTexts(manifest, towersOf(other), ["float32"]), {
    code: "pack_foreign",
    message: "it was made with another model: probes[3] has another vector here",
  });
});
