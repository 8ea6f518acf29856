// @ts-check
// QR codes of the encrypted copy on the page "What it knows": shown, and read from a camera or from images.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { openedFile, sealedFile } from "../../../extension/core/transfer/file.js";
import { createCollector, partsOf } from "../../../extension/core/transfer/parts.js";
import { rangesOf } from "../../../extension/ui/codes-read.js";
import { numbersIn } from "../../../extension/ui/codes-show.js";
import { argon2id } from "../../../extension/vendor/argon2.mjs";
import { decodeQR, encodeQR } from "../../../extension/vendor/qr.mjs";
import { eventually, openPage, stateOf } from "../fakes/page.js";

/** @typedef {{width: number, height: number, data: Uint8ClampedArray}} Pixels */

const PROFILE = {
  format: 1,
  exportedAt: "2026-03-01T12:00:00Z",
  settings: {},
  // Does not compress, so that it takes several codes.
  interactions: Array.from({ length: 80 }, (_, i) => ({ id: createHash("sha256").update(String(i)).digest("hex") })),
  ledger: [{ id: "l" }],
};
const TEXT = JSON.stringify({ format: 1, exportedAt: PROFILE.exportedAt, interactions: PROFILE.interactions });

/** @param {Record<string, (fields: any) => any>} [handlers] */
const open = (handlers = {}) =>
  openPage("knows", {
    handlers: {
      "taste.get": () => ({ taste: { clusters: [], alone: [], dismissed: [] }, saved: [], shops: [], shelves: [] }),
      "state.get": () => ({ state: stateOf() }),
      "import.pages": () => ({ pages: [] }),
      "import.readFile": () => ({ rows: [], saved: [], shops: [], numLeftOut: 0, room: 500 }),
      "profile.export": () => ({ profile: PROFILE }),
      ...handlers,
    },
  });

/** @param {boolean[][]} modules @returns {Pixels} four pixels a side for each */
function pixelsOf(modules) {
  const side = 4 * modules.length;
  const data = new Uint8ClampedArray(4 * side * side).fill(255);
  for (let y = 0; y < side; y += 1)
    for (let x = 0; x < side; x += 1)
      if (modules[y >> 2][x >> 2]) data.fill(0, 4 * (y * side + x), 4 * (y * side + x) + 3);
  return { width: side, height: side, data };
}

/** @param {any} svg as the page shows it @returns {Pixels} */
function drawn(svg) {
  const side = Number(svg.getAttribute("viewBox").split(" ")[2]);
  const modules = Array.from({ length: side }, () => Array.from({ length: side }, () => false));
  const path = svg.querySelector("path").getAttribute("d");
  for (const [, x, y, width, back] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H(\d+)z/g)) {
    assert.equal(back, x);
    modules[Number(y)].fill(true, Number(x), Number(x) + Number(width));
  }
  return pixelsOf(modules);
}

/** @param {string} text @returns {Pixels} a code of version 20, because all frames of a camera have one size */
const codeOf = (text) =>
  pixelsOf(encodeQR(text, "raw", { ecc: "low", encoding: "alphanumeric", version: 20, border: 4 }));
/** @param {Pixels} pixels @returns {string} */
const read = (pixels) => decodeQR(pixels, { timeLimit: 2000 });

/** Choose a passphrase in the dialog that asks for it. @param {any} page */
async function choosePassphrase(page) {
  await eventually(() => assert.equal(page.document.querySelectorAll("dialog input").length, 2));
  for (const input of page.document.querySelectorAll("dialog input")) input.value = "kelp and oak";
  page.one("dialog form").dispatchEvent(new page.window.Event("submit", { cancelable: true }));
}

test("the codes that are shown give the encrypted copy, and only those asked for follow each other", async () => {
  const page = await open();
  page.one("#show-codes").click();
  await choosePassphrase(page);
  await eventually(() => assert.ok(page.one("svg.code")));
  page.one("[data-action=codes-pause]").click();
  assert.equal(page.one("[data-action=codes-pause]").textContent, "Continue");
  const count = Number(/of (\d+)$/.exec(page.one("svg.code").getAttribute("aria-label"))?.[1]);
  assert.ok(count > 1, `${count} codes`);
  const collector = createCollector();
  /** @type {any} */
  let progress = null;
  for (let i = 0; i < count; i += 1) {
    progress = await collector.add(read(drawn(page.one("svg.code"))));
    page.one("[data-action=codes-next]").click();
  }
  assert.equal(await openedFile(progress.file, "kelp and oak", argon2id), TEXT);

  const only = page.one("dialog input");
  only.value = "2";
  only.dispatchEvent(new page.window.Event("change"));
  assert.equal(page.one("svg.code").getAttribute("aria-label"), `Code 2 of ${count}`);
  page.one("[data-action=codes-next]").click();
  assert.equal(page.one("svg.code").getAttribute("aria-label"), `Code 2 of ${count}`);
  page.one("[data-action=codes-close]").click();
  assert.deepEqual(page.textsOf("dialog"), []);
});

test("codes follow each other by themselves, and stand still where less motion is asked for", async () => {
  for (const isStill of [false, true]) {
    const page = await open();
    /** @type {any} */
    const world = globalThis;
    world.matchMedia = (/** @type {string} */ query) => ({ matches: isStill && query.includes("reduce") });
    page.one("#show-codes").click();
    await choosePassphrase(page);
    await eventually(() => assert.ok(page.one("svg.code")));
    const before = page.one("svg.code").getAttribute("aria-label");
    if (isStill) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal(page.one("svg.code").getAttribute("aria-label"), before);
    } else await eventually(() => assert.notEqual(page.one("svg.code").getAttribute("aria-label"), before));
    page.one("[data-action=codes-close]").click();
    delete world.matchMedia;
  }
});

/**
 * Give a page what a browser has beside jsdom: a camera that shows frames, canvases and bitmaps.
 * @param {any} page @param {{frames: Pixels[] | null}} camera null for a device without one
 */
function equip(page, { frames }) {
  const stopped = { count: 0 };
  /** @type {any} */
  let now = null;
  const { HTMLCanvasElement, HTMLVideoElement } = page.window;
  HTMLCanvasElement.prototype.getContext = () => ({
    drawImage(/** @type {any} */ source) {
      now = source.pixels ?? frames?.shift() ?? null;
    },
    getImageData: (
      /** @type {any} */ _x,
      /** @type {any} */ _y,
      /** @type {number} */ width,
      /** @type {number} */ height,
    ) => now ?? { width, height, data: new Uint8ClampedArray(4 * width * height) },
  });
  HTMLVideoElement.prototype.play = async () => {};
  const side = frames?.[0]?.width ?? 0;
  for (const name of ["videoWidth", "videoHeight"])
    Object.defineProperty(HTMLVideoElement.prototype, name, { get: () => side, configurable: true });
  const mediaDevices = {
    async getUserMedia(/** @type {any} */ { audio }) {
      assert.equal(audio, false);
      if (!frames) throw new page.window.DOMException("no camera", "NotFoundError");
      return { getTracks: () => [{ stop: () => (stopped.count += 1) }] };
    },
  };
  Object.defineProperty(globalThis, "navigator", { value: { mediaDevices }, configurable: true });
  /** @type {any} */
  const world = globalThis;
  world.requestAnimationFrame = (/** @type {() => void} */ call) => setTimeout(call, 1);
  world.createImageBitmap = async (/** @type {any} */ file) => {
    if (!file.pixels) throw new Error("no image");
    return { ...file.pixels, pixels: file.pixels, close() {} };
  };
  return stopped;
}

/** @param {string} passphrase @param {any} page */
function openWith(passphrase, page) {
  page.one("dialog input").value = passphrase;
  page.one("dialog form").dispatchEvent(new page.window.Event("submit", { cancelable: true }));
}
/** @param {any} page @returns {string[]} what was handed on as the text of a file */
const filesRead = (page) =>
  page.sent.flatMap((/** @type {any} */ one) => (one.type === "import.readFile" ? [one.text] : []));

test("a camera reads the codes, is closed when all are read, and the copy opens with its passphrase", async () => {
  const texts = await partsOf(await sealedFile(TEXT, "kelp and oak", null));
  assert.ok(texts.length > 1);
  const page = await open();
  const stopped = equip(page, { frames: [texts[1], texts[1], texts[0], ...texts.slice(2)].map(codeOf) });
  page.one("#read-codes").click();
  await eventually(() => assert.match(page.one("dialog").textContent, /This file is encrypted/));
  await eventually(() => assert.equal(stopped.count, 1));
  openWith("kelp and oak", page);
  await eventually(() => assert.deepEqual(filesRead(page), [TEXT]));
});

test("without a camera images are read, what is missing is named, and a closed dialog loses nothing", async () => {
  const texts = await partsOf(await sealedFile(TEXT, "kelp and oak", null));
  const page = await open();
  equip(page, { frames: null });
  const choose = (/** @type {any[]} */ files) => {
    const input = page.one("#codes-images");
    Object.defineProperty(input, "files", { value: files, configurable: true });
    Object.defineProperty(input, "value", { value: "", writable: true });
    input.dispatchEvent(new page.window.Event("change"));
  };
  const image = (/** @type {number} */ i) => ({ name: `${i}.png`, pixels: codeOf(texts[i]) });
  page.one("#read-codes").click();
  await eventually(() => assert.match(page.one("dialog [role=alert]").textContent, /There is no camera/));
  choose([{ name: "cat.png", pixels: codeOf("HTTPS://EXAMPLE.COM/") }]);
  await eventually(() => assert.match(page.one("dialog [role=alert]").textContent, /No code of Carryover.*cat\.png/));
  choose([{ name: "text.png" }]);
  await eventually(() => assert.match(page.one("dialog [role=alert]").textContent, /No code of Carryover.*text\.png/));
  choose(texts.slice(0, -1).map((_, i) => image(i)));
  const rest = `${texts.length - 1} of ${texts.length}. Missing: ${texts.length}.`;
  await eventually(() => assert.equal(page.one("#codes-count").textContent, `Codes read: ${rest}`));
  page.one("[data-action=codes-close]").click();
  assert.deepEqual(page.textsOf("dialog"), []);

  page.one("#read-codes").click();
  await eventually(() => assert.ok(page.one("dialog [role=alert]").textContent));
  choose([image(texts.length - 1)]);
  await eventually(() => assert.match(page.one("dialog").textContent, /This file is encrypted/));
  openWith("kelp and oak", page);
  await eventually(() => assert.deepEqual(filesRead(page), [TEXT]));
});

test("numbers are named as ranges, and read as they are named", () => {
  assert.equal(rangesOf([2, 16, 17, 18, 19, 30]), "3, 17–20, 31");
  assert.equal(rangesOf([]), "");
  assert.deepEqual(numbersIn("3, 17–20, 31", 40), [2, 16, 17, 18, 19, 30]);
  assert.deepEqual(numbersIn("2-3 1", 4), [0, 1, 2]);
  for (const typed of ["", "none", "9"]) assert.deepEqual(numbersIn(typed, 3), [0, 1, 2]);
});
