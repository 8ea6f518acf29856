// @ts-check
// A transfer file as a series of QR codes: in parts, drawn as codes, photographed and read again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createCollector, partIn, partsOf } from "../../../../extension/core/transfer/parts.js";
import { openedFile, sealedFile } from "../../../../extension/core/transfer/file.js";
import { fromBase45, toBase45 } from "../../../../extension/values/base45.js";
import { fromHex, utf8 } from "../../../../extension/values/encoding.js";
import { decodeQR, encodeQR } from "../../../../extension/vendor/qr.mjs";
import { vectors } from "../../vectors.js";

const { base45, parts, notParts } = vectors("transfer.json");
/** @param {number} length @param {number} [seed] @returns {Uint8Array<ArrayBuffer>} */
const bytesOf = (length, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 7919 + seed * 104_729 + i * i) >> 3);

for (const { ascii, text } of base45)
  test(`base45 writes ${ascii} as ${text}`, () => {
    assert.equal(toBase45(utf8(ascii)), text);
    assert.deepEqual(fromBase45(text), utf8(ascii));
  });

for (const { name, file, size, texts } of parts)
  test(`a file has the parts of the vectors: ${name}`, async () => {
    assert.deepEqual(await partsOf(fromHex(file), size), texts);
    const collector = createCollector();
    const found = [];
    for (const text of [...texts].reverse()) found.push(await collector.add(text));
    assert.deepEqual(
      found.map((one) => one?.missing.length),
      texts.map((/** @type {string} */ _, /** @type {number} */ i) => texts.length - 1 - i),
    );
    assert.deepEqual(found.at(-1)?.file, fromHex(file));
  });

for (const { why, text } of notParts)
  test(`a code is ignored: ${why}`, async () => {
    assert.equal(partIn(text), null);
    assert.equal(await createCollector().add(text), null);
  });

test("parts are taken in any order, twice as once, and the missing ones are named", async () => {
  const file = bytesOf(2500);
  const texts = await partsOf(file);
  assert.equal(texts.length, 4);
  const collector = createCollector();
  const summary = async (/** @type {number} */ i) => {
    const { missing, isNew, file: whole } = /** @type {any} */ (await collector.add(texts[i]));
    return [missing, isNew, whole !== null];
  };
  assert.deepEqual(await summary(2), [[0, 1, 3], true, false]);
  assert.deepEqual(await summary(2), [[0, 1, 3], false, false]);
  assert.deepEqual(await summary(0), [[1, 3], true, false]);
  assert.deepEqual(await summary(3), [[1], true, false]);
  assert.deepEqual(await summary(1), [[], true, true]);
  assert.deepEqual((await collector.add(texts[1]))?.file, file);
});

test("series are kept apart, and one that was begun is resumed after another", async () => {
  const [a, b] = [bytesOf(1700, 1), bytesOf(1700, 2)];
  const [ofA, ofB] = [await partsOf(a), await partsOf(b)];
  const collector = createCollector();
  await collector.add(ofA[0]);
  await collector.add(ofA[1]);
  assert.deepEqual((await collector.add(ofB[2]))?.missing, [0, 1]);
  assert.deepEqual((await collector.add(ofA[2]))?.file, a);
});

test("the first of more than four series is forgotten", async () => {
  const collector = createCollector();
  const series = await Promise.all([1, 2, 3, 4, 5].map((seed) => partsOf(bytesOf(900, seed))));
  for (const [first] of series) await collector.add(first);
  assert.deepEqual((await collector.add(series[1][1]))?.missing, []);
  assert.deepEqual((await collector.add(series[0][1]))?.missing, [0]);
});

test("parts that do not give their file are told, and can be read anew", async () => {
  const file = bytesOf(1000);
  const texts = await partsOf(file);
  const { series } = /** @type {any} */ (partIn(texts[0]));
  const other = fromBase45((await partsOf(bytesOf(1000, 9)))[1]);
  assert.ok(other);
  other.set(fromHex(series), 3);
  // Somebody made a part of another file look like one of this: its CRC-32 is right.
  const { crc32 } = await import("../../../../extension/values/crc32.js");
  new DataView(other.buffer).setUint32(other.length - 4, crc32(other.subarray(0, -4)));
  const collector = createCollector();
  await collector.add(texts[0]);
  await assert.rejects(collector.add(toBase45(other)), { code: "transfer_codes" });
  await collector.add(texts[0]);
  assert.deepEqual((await collector.add(texts[1]))?.file, file);
});

test("what is too much for codes is refused", async () => {
  assert.equal((await partsOf(bytesOf(800_000))).length, 1000);
  await assert.rejects(partsOf(bytesOf(800_001)), { code: "transfer_too_large" });
});

/**
 * Draw a code as a camera sees it: turned, grey, with noise, not sharp.
 * @param {boolean[][]} modules @param {{width: number, height: number, turn: number, seed: number}} view `turn` in radians
 */
function photo(modules, { width, height, turn, seed }) {
  const data = new Uint8ClampedArray(width * height * 4);
  const scale = (Math.min(width, height) * 0.92) / (modules.length * (Math.cos(turn) + Math.abs(Math.sin(turn))));
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  let random = seed;
  const shadeAt = (/** @type {number} */ x, /** @type {number} */ y) => {
    const [dx, dy] = [(x - width / 2) / scale, (y - height / 2) / scale];
    const row = modules[Math.floor(modules.length / 2 + dy * cos - dx * sin)];
    const isDark = row?.[Math.floor(modules.length / 2 + dx * cos + dy * sin)];
    return isDark === undefined ? 120 : isDark ? 45 : 205;
  };
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      let shade = 0;
      for (const [sx, sy] of [
        [0.2, 0.2],
        [0.8, 0.2],
        [0.2, 0.8],
        [0.8, 0.8],
      ])
        shade += shadeAt(x + sx, y + sy) / 4;
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      const at = 4 * (y * width + x);
      data.fill(shade + (random / 2 ** 32 - 0.5) * 30, at, at + 3);
      data[at + 3] = 255;
    }
  return { width, height, data };
}

for (const [what, view] of /** @type {const} */ ([
  ["upright by a camera of 640 × 480", { width: 640, height: 480, turn: 0, seed: 1 }],
  ["turned a little, 1280 × 720", { width: 1280, height: 720, turn: 0.12, seed: 2 }],
  ["on its side, 1280 × 720", { width: 1280, height: 720, turn: Math.PI / 2 + 0.05, seed: 3 }],
]))
  test(`a profile goes through its codes, seen ${what}`, async () => {
    const text = JSON.stringify({ format: 1, interactions: [...bytesOf(1500)].join(" ") });
    const file = await sealedFile(text, "kelp and oak", null);
    const texts = await partsOf(file);
    assert.ok(texts.length > 2, `${texts.length} codes`);
    const collector = createCollector();
    /** @type {Uint8Array<ArrayBuffer> | null | undefined} */
    let whole;
    for (const one of [...texts].reverse()) {
      const modules = encodeQR(one, "raw", { ecc: "low", encoding: "alphanumeric", border: 4 });
      assert.ok(modules.length <= 97 + 8, "at most version 20");
      // More time for optional retries than between two frames, because a test machine is slower than it seems.
      whole = (await collector.add(decodeQR(photo(modules, view), { timeLimit: 2000 })))?.file;
    }
    assert.ok(whole);
    assert.equal(await openedFile(whole, "kelp and oak", null), text);
  });
