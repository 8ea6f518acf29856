// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkImageProbes,
  checkProbes,
  problemInProbes,
  vectorDifference,
} from "../../../extension/core/bundle-probes.js";
import { BundleError } from "../../../extension/values/errors.js";
import { manifestOf } from "../fakes/bundle.js";
import { vectors } from "../vectors.js";

const shared = vectors("bundle-probes.json");

/** @param {string} text @returns {Float32Array} */
function numbersOf(text) {
  const bytes = Buffer.from(text, "base64");
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 32767);
}

for (const { name, found, stated, precisions, says } of shared.vectors) {
  test(`a probe gives ${name}`, () => {
    assert.equal(vectorDifference("items[3]", Float32Array.from(found), numbersOf(stated), precisions), says);
  });
}

test("a vector of no numbers is refused", () => {
  const found = new Float32Array(4).fill(NaN);
  assert.match(vectorDifference("users[0]", found, [1, 0, 0, 0], ["int8"]) ?? "", /^users\[0\]: .* cosine NaN/);
});

test("the file before its changes fits its manifest", () => {
  assert.equal(problemInProbes(shared.probes, shared.manifest), null);
});

/** @param {(string | number)[]} at @param {unknown} value */
function changed(at, value) {
  const probes = structuredClone(shared.probes);
  const around = at.slice(0, -1).reduce((inside, step) => inside[step], probes);
  around[/** @type {string | number} */ (at.at(-1))] = value;
  return probes;
}

for (const { at, value, says } of shared.changes) {
  test(`probes with ${JSON.stringify(at)} as ${JSON.stringify(value).slice(0, 40)} are refused`, () => {
    const problem = problemInProbes(changed(at, value), shared.manifest) ?? "accepted";
    assert.ok(says === null ? /^(\/|: unknown member)/.test(problem) : problem.startsWith(says), problem);
  });
}

/** @param {Float32Array} vector @returns {string} */
function encoded(vector) {
  const bytes = Buffer.alloc(2 * vector.length);
  vector.forEach((value, i) => bytes.writeInt16LE(Math.round(value * 32767), 2 * i));
  return bytes.toString("base64");
}

/** Towers of the fakes' manifest: an item is the place of its text's first letter, a user the last item bought. */
const towers = {
  embedItems: async (/** @type {string[]} */ texts) =>
    texts.map((text) => Float32Array.from({ length: 8 }, (_, i) => Number(i === text.charCodeAt(0) % 8))),
  embedUser: async (/** @type {import("../../../extension/core/towers.js").UserHistory} */ { items, kinds }) =>
    Float32Array.from(items[Math.max(0, kinds.lastIndexOf(3))]),
};

/** @returns {Promise<any>} a bundle that its towers prove */
async function bundleOf() {
  const titles = [..."abcdefghijklmnop"];
  const found = await towers.embedItems(titles);
  /** @type {Record<string, any>[]} */
  const items = titles.map((title, i) => ({ product: { title }, embedding: encoded(found[i]) }));
  const users = [0, 1, 2, 3].map((i) => ({
    items: [i, 7 - i],
    kinds: ["view", "purchase"],
    agesDays: [0, 1],
    weights: [1, 1],
    embedding: encoded(found[7 - i]),
  }));
  // An item with an image is the server's to check: no browser could give this vector from the text alone.
  items[3] = { ...items[3], image: "iVBORw==", embedding: encoded(found[4]) };
  const manifest = manifestOf();
  manifest.towers = { ...manifest.towers, imageEncoder: manifest.towers.itemTower };
  return { manifest, probes: { items, users } };
}

/** @param {any} manifest @param {any} probes */
const check = (manifest, probes, run = /** @type {import("../../../extension/core/towers.js").Towers} */ (towers)) =>
  checkProbes(
    /** @type {any} */ ({ manifest, files: new Map([["probes.json", Buffer.from(JSON.stringify(probes))]]) }),
    run,
  );

test("a bundle whose towers give every stated vector is accepted", async () => {
  const { manifest, probes } = await bundleOf();
  await check(manifest, probes);
});

/** @param {RegExp} pattern */
const refusedFor = (pattern) => (/** @type {unknown} */ error) =>
  error instanceof BundleError && error.code === "bundle_invalid" && pattern.test(error.message);

test("a text that gives another vector is refused by its place and cosine", async () => {
  const { manifest, probes } = await bundleOf();
  probes.items[5].product.title = "z";
  await assert.rejects(
    check(manifest, probes),
    refusedFor(/^probes\.json: items\[5\]: .* cosine 0\.000000 .* at least 0\.9999; /),
  );
});

test("the text is made by the manifest's rule", async () => {
  const { manifest, probes } = await bundleOf();
  manifest.text = { ...manifest.text, itemText: { ...manifest.text.itemText, fields: ["brand", "title"] } };
  probes.items[0].product.brand = "Z";
  await assert.rejects(check(manifest, probes), refusedFor(/^probes\.json: items\[0\]: /));
});

test("a history that gives another vector is refused by its place", async () => {
  const { manifest, probes } = await bundleOf();
  probes.users[2].kinds = ["purchase", "view"];
  await assert.rejects(check(manifest, probes), refusedFor(/^probes\.json: users\[2\]: .* cosine 0\.000000 /));
});

test("the precision of a browser's own towers counts", async () => {
  const { manifest, probes } = await bundleOf();
  const slanted = {
    ...towers,
    embedItems: async (/** @type {string[]} */ texts) => (await towers.embedItems(texts)).map(slant),
  };
  await assert.rejects(check(manifest, probes, slanted), refusedFor(/items\[0\]: .* cosine 0\.960000 .* 0\.9999;/));
  manifest.lite.textToItem = { ...manifest.lite.textToItem, precision: "int8" };
  await check(manifest, probes, slanted);
});

/** @param {Float32Array} unit of one number @returns {Float32Array} with the cosine .96 to it */
const slant = (unit) => unit.map((value, i) => (value ? 0.96 : unit.at(i - 1) ? 0.28 : 0));

for (const [bytes, pattern] of /** @type {[Buffer, RegExp][]} */ ([
  [Buffer.from("{"), /^probes\.json: expected JSON/],
  [Buffer.from([0xff]), /^probes\.json: expected JSON/],
  [Buffer.from("[]"), /^probes\.json: /],
  [Buffer.alloc(2 ** 20 + 1), /^probes\.json: expected at most 1048576 bytes, got 1048577\.$/],
])) {
  test(`probes that begin with ${JSON.stringify(bytes.subarray(0, 2).toString("latin1"))} are refused`, async () => {
    const bundle = /** @type {any} */ ({ manifest: manifestOf(), files: new Map([["probes.json", bytes]]) });
    await assert.rejects(checkProbes(bundle, towers), refusedFor(pattern));
  });
}

/** What reads images: an item is the text's, turned into the last coordinate by a lower-case image. @type {any} */
const images = {
  decode: async (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString(),
  embedSeen: async (/** @type {string} */ text, /** @type {string} */ image) => {
    const [item] = await towers.embedItems([text]);
    return image === "upside down" ? item.slice().reverse() : item;
  },
};

/** @param {string} [image] @returns {Promise<any>} a bundle of whose items two have an image, one of them alone */
async function bundleWithImages(image = "upright") {
  const { manifest, probes } = await bundleOf();
  probes.items[3] = { ...probes.items[3], image: btoa(image), embedding: encoded((await towers.embedItems(["d"]))[0]) };
  probes.items[5] = { product: {}, image: btoa("upside down"), embedding: probes.items[5].embedding };
  return { manifest, files: new Map([["probes.json", Buffer.from(JSON.stringify(probes))]]) };
}

test("items of text and image are proven by what reads images, and images alone by the server", async () => {
  await checkImageProbes(await bundleWithImages(), images);
});

test("an image that gives another vector is refused by its place", async () => {
  await assert.rejects(
    checkImageProbes(await bundleWithImages("upside down"), images),
    refusedFor(/^probes\.json: items\[3\] by lite\.image\.toItem: .* cosine 0\.000000 /),
  );
});

test("the precision of the image tower counts", async () => {
  const slanted = {
    ...images,
    embedSeen: async (/** @type {string} */ text) => slant(await images.embedSeen(text, "")),
  };
  const bundle = await bundleWithImages();
  await assert.rejects(checkImageProbes(bundle, slanted), refusedFor(/items\[3\] .* cosine 0\.960000 .* 0\.9999;/));
  bundle.manifest.lite.image = { toItem: { precision: "int8" } };
  await checkImageProbes(bundle, slanted);
});
