// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { JSDOM } from "jsdom";
import { forgetImages, loadImage } from "../../../extension/ui/images.js";
import { createBrowser } from "../fakes/browser.js";
import { eventually } from "../fakes/page.js";

const PAGE = "https://www.a.example/mug";
const OWN = "https://img.a.example/mug.jpg";
const APART = "https://cdn.example.net/mug.jpg";

/** Addresses asked by fetch, with how. @type {[string, any][]} */
let asked = [];
/** Blobs that an address was made for, until it is revoked. @type {Map<string, Blob>} */
let blobs = new Map();
/** Calls of observers that wait for a frame to be in sight. @type {((isIntersecting: boolean) => void)[]} */
let waiting = [];
/** What the shops answer. @type {() => Response} */
let answer = () => new Response("pixels");
/** @type {any} */
let browser;
/** Addresses that the ledger was told, and whether it can note them. @type {string[][]} */
let notes = [];
/** Since when the page that told it shows its profile. @type {number[]} */
let sinces = [];
let isNoting = true;

class FakeObserver {
  /** @param {(entries: any[]) => void} call */
  constructor(call) {
    this.tell = (/** @type {boolean} */ isIntersecting) => call([{ isIntersecting }]);
  }
  observe() {
    waiting.push(this.tell);
  }
  disconnect() {
    waiting = waiting.filter((tell) => tell !== this.tell);
  }
}

/** @param {"chromium" | "firefox"} name */
function open(name) {
  browser = createBrowser();
  const chrome = browser.context("ui/panel.html", { onOffscreen: name === "firefox" ? null : undefined });
  const { window } = new JSDOM("");
  const objectUrls = {
    createObjectURL(/** @type {Blob} */ blob) {
      blobs.set(`blob:${blobs.size}`, blob);
      return `blob:${blobs.size - 1}`;
    },
    revokeObjectURL: (/** @type {string} */ address) => void blobs.delete(address),
  };
  Object.assign(URL, objectUrls);
  browser
    .context("background.js")
    .runtime.onMessage.addListener(
      (/** @type {any} */ { urls, since }, /** @type {any} */ _, /** @type {(answer: object) => void} */ respond) => {
        notes.push(urls);
        sinces.push(since);
        respond(isNoting ? { ok: true } : { ok: false, error: { code: "storage_full", message: "Full." } });
      },
    );
  const fetch = async (/** @type {string} */ url, /** @type {any} */ how) => {
    asked.push([url, how]);
    return answer();
  };
  Object.assign(globalThis, { document: window.document, window, chrome, fetch, IntersectionObserver: FakeObserver });
}

beforeEach(() => {
  [asked, blobs, waiting, notes, sinces] = [[], new Map(), [], [], []];
  isNoting = true;
  answer = () => new Response("pixels");
});

/** @param {string} image @param {"lazy" | "eager"} loading @param {string | undefined} [url] @returns {HTMLElement} a frame that the image is loaded into */
function frameOf(image, loading, url = PAGE) {
  const frame = document.createElement("span");
  loadImage(frame, { image, url }, loading);
  return frame;
}

/** Let everything that waits for nothing come to its end. */
const settled = () => new Promise((done) => setTimeout(done, 5));
/** @param {HTMLElement} frame @returns {any} */
const imageIn = (frame) => frame.querySelector("img");

test("Chromium loads by an image element, once the frame is in sight where that is asked", async () => {
  open("chromium");
  const [lazy, eager] = [frameOf(OWN, "lazy"), frameOf(APART, "eager")];
  await eventually(() => assert.equal(imageIn(eager)?.src, APART));
  assert.equal(imageIn(lazy), null);
  waiting[0](true);
  await eventually(() => assert.equal(imageIn(lazy)?.src, OWN));
  assert.deepEqual([imageIn(lazy).referrerPolicy, imageIn(eager).referrerPolicy], ["no-referrer", "no-referrer"]);
  assert.deepEqual(asked, []);
});

for (const name of /** @type {const} */ (["chromium", "firefox"])) {
  test(`in ${name} an image is noted before it is loaded, with those of the same moment, and once`, async () => {
    open(name);
    browser.state.granted.add("https://img.a.example/*");
    const urls = [1, 2].map((i) => `https://img.a.example/${name}-${i}.jpg`);
    const frames = urls.map((url) => frameOf(url, "eager"));
    assert.deepEqual([frames.map(imageIn), asked], [[null, null], []]);
    await eventually(() => assert.ok(frames.every(imageIn)));
    const again = frameOf(urls[0], "eager");
    await eventually(() => assert.ok(imageIn(again)));
    assert.deepEqual(notes, [urls]);
  });

  test(`in ${name} an image that cannot be noted is not loaded, and tried again later`, async () => {
    open(name);
    browser.state.granted.add("https://img.a.example/*");
    isNoting = false;
    const url = `https://img.a.example/${name}-full.jpg`;
    const frame = frameOf(url, "eager");
    await eventually(() => assert.equal(notes.length, 1));
    await settled();
    assert.deepEqual([imageIn(frame), asked], [null, []]);
    isNoting = true;
    const later = frameOf(url, "eager");
    await eventually(() => assert.ok(imageIn(later)));
  });
}

test("after an erasure an image is noted anew, as one of the next profile", async () => {
  open("chromium");
  const url = "https://img.a.example/again.jpg";
  const before = frameOf(url, "eager");
  await eventually(() => assert.ok(imageIn(before)));
  const at = Date.now();
  forgetImages();
  const after = frameOf(url, "eager");
  await eventually(() => assert.ok(imageIn(after)));
  assert.deepEqual(notes, [[url], [url]]);
  assert.ok(sinces[0] <= at && sinces[1] >= at, sinces.join(" "));
});

test("an image that was noted already is loaded without another note", async () => {
  open("chromium");
  const frame = document.createElement("span");
  loadImage(frame, { image: "https://img.a.example/known.jpg", isNoted: true }, "eager");
  await eventually(() => assert.ok(imageIn(frame)));
  assert.deepEqual(notes, []);
});

test("Firefox fetches from a permitted host without cookies, and gives the memory back", async () => {
  open("firefox");
  browser.state.granted.add("https://img.a.example/*");
  const frame = frameOf(OWN, "eager");
  await eventually(() => assert.equal(imageIn(frame)?.src, "blob:0"));
  assert.deepEqual(asked, [[OWN, { credentials: "omit", referrerPolicy: "no-referrer", redirect: "error" }]]);
  assert.deepEqual([...blobs.keys()], ["blob:0"]);
  imageIn(frame).dispatchEvent(new /** @type {any} */ (window).Event("load"));
  assert.deepEqual([...blobs.keys()], []);
  assert.ok(imageIn(frame), "what was loaded stays");
});

test("Firefox loads nothing for a frame out of sight, and once for one that comes into sight", async () => {
  open("firefox");
  browser.state.granted.add("https://img.a.example/*");
  const frame = frameOf(OWN, "lazy");
  const [tell] = waiting;
  tell(false);
  await settled();
  assert.deepEqual(asked, []);
  tell(true);
  await eventually(() => assert.ok(imageIn(frame)));
  assert.equal(asked.length, 1);
  assert.deepEqual(waiting, []);
});

test("where no permission is, Firefox loads no image that could carry the cookies of its page's shop", async () => {
  open("firefox");
  const frames = [frameOf(OWN, "eager"), frameOf("https://a.example/mug.jpg", "eager")];
  const orphan = document.createElement("span");
  loadImage(orphan, { image: APART }, "eager");
  const apart = frameOf(APART, "eager");
  await eventually(() => assert.equal(imageIn(apart)?.src, APART));
  assert.equal(imageIn(apart).referrerPolicy, "no-referrer");
  assert.deepEqual([...frames, orphan].map(imageIn), [null, null, null]);
  assert.deepEqual(asked, [], "a fetch would tell the extension's id as Origin");
});

for (const [name, failing] of /** @type {[string, () => Response][]} */ ([
  ["an error page", () => new Response("gone", { status: 404 })],
  ["no answer", () => assert.fail("offline")],
]))
  test(`after ${name} the frame stays without an image in Firefox`, async () => {
    open("firefox");
    browser.state.granted.add("https://img.a.example/*");
    answer = failing;
    const frame = frameOf(OWN, "eager");
    await eventually(() => assert.equal(asked.length, 1));
    await settled();
    assert.equal(imageIn(frame), null);
  });

test("what is no image goes away, and its memory, too", async () => {
  open("firefox");
  browser.state.granted.add("https://img.a.example/*");
  const frame = frameOf(OWN, "eager");
  await eventually(() => assert.ok(imageIn(frame)));
  imageIn(frame).dispatchEvent(new /** @type {any} */ (window).Event("error"));
  assert.deepEqual([imageIn(frame), blobs.size], [null, 0]);
});
