// @ts-check
// The content script that reads a product's image in a shop's page, as jsdom runs it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { JSDOM, VirtualConsole } from "jsdom";
import { ID, fakeEvent } from "../fakes/browser.js";
import { eventually } from "../fakes/waiting.js";

const SCRIPT = readFileSync(new URL("../../../extension/content/product-image.js", import.meta.url), "utf8");
const IMAGE = "https://cdn.example/mug.jpg";

/**
 * @param {string} body
 * @param {object} [options]
 * @param {Record<string, [number, number]>} [options.shown] width and height of images by address; others are not loaded
 * @param {boolean} [options.isTainted] the image's host lets no page read it
 * @param {() => Promise<any>} [options.answer] of the image's host
 */
function openShopPage(
  body,
  { shown = {}, isTainted = false, answer = async () => new Response("no", { status: 404 }) } = {},
) {
  const { window } = new JSDOM(`<html><body>${body}</body></html>`, {
    url: "https://a.example/mug",
    runScripts: "outside-only",
    virtualConsole: new VirtualConsole(),
  });
  /** @type {any} */
  const page = window;
  const onMessage = fakeEvent();
  page.chrome = { runtime: { id: ID, onMessage } };
  /** @type {any[]} */
  const fetched = [];
  /** @type {string[]} */
  const drawn = [];
  page.fetch = async (/** @type {string} */ url, /** @type {any} */ { signal, ...options }) => {
    fetched.push([url, options, signal instanceof page.AbortSignal]);
    return answer();
  };
  page.AbortSignal.timeout ??= () => new page.AbortController().signal;
  for (const image of window.document.images) {
    const [naturalWidth, naturalHeight] = shown[image.src] ?? [0, 0];
    const facts = { complete: image.src in shown, currentSrc: image.src, naturalWidth, naturalHeight };
    for (const [name, value] of Object.entries(facts)) Object.defineProperty(image, name, { value });
  }
  page.OffscreenCanvas = class {
    /** @param {number} width @param {number} height */
    constructor(width, height) {
      this.size = `${width} x ${height}`;
    }

    getContext = () => ({ drawImage: (/** @type {any} */ image) => drawn.push(image.src) });

    async convertToBlob() {
      if (isTainted) throw new page.DOMException("Tainted canvases may not be exported.", "SecurityError");
      return new page.Blob([`drawn ${this.size}`]);
    }
  };
  page.Blob = globalThis.Blob;
  page.FileReader = class {
    /** @param {Blob} blob */
    async readAsDataURL(blob) {
      this.result = `data:;base64,${Buffer.from(await blob.arrayBuffer()).toString("base64")}`;
      this.onload();
    }

    onload() {}
  };
  page.eval(SCRIPT);
  page.eval(SCRIPT);
  /** @param {any} message @param {any} [sender] @returns {Promise<string | null>} the image as text, null where nobody answers */
  async function ask(message, sender = { id: ID }) {
    /** @type {any[]} */
    const answers = [];
    const later = onMessage.fire(message, sender, (/** @type {any} */ one) => answers.push(one));
    if (!later.includes(true)) return null;
    await eventually(() => assert.notEqual(answers.length, 0));
    assert.equal(answers.length, 1, "one answer, though the script was injected twice");
    assert.equal(answers[0].ok, true);
    return Buffer.from(answers[0].image, "base64").toString();
  }
  return {
    fetched,
    drawn,
    ask,
    shown: (url = IMAGE) => ask({ type: "page.image", url, mayRequest: false }),
    read: (url = IMAGE) => ask({ type: "page.image", url, mayRequest: true }),
  };
}

/** @param {string | Uint8Array<ArrayBuffer>} body @param {string} [type] */
const image =
  (body, type = "image/jpeg") =>
  async () =>
    new Response(body, { headers: { "Content-Type": type } });

test("the largest image of this address that the page shows is taken, without a request", async () => {
  const { shown, fetched, drawn } = openShopPage(
    `<img src="${IMAGE}?width=90"><img src="${IMAGE}?width=800"><img src="https://cdn.example/other.jpg">`,
    {
      shown: {
        [`${IMAGE}?width=90`]: [90, 90],
        [`${IMAGE}?width=800`]: [800, 600],
        "https://cdn.example/other.jpg": [900, 900],
      },
    },
  );
  assert.equal(await shown(`${IMAGE}?v=3`), "drawn 800 x 600");
  assert.deepEqual([fetched, drawn], [[], [`${IMAGE}?width=800`]]);
});

for (const [name, body, options] of /** @type {[string, string, any][]} */ ([
  ["not on the page", "", {}],
  ["of a host that lets no page read it", `<img src="${IMAGE}">`, { shown: { [IMAGE]: [300, 300] }, isTainted: true }],
  ["shown as a thumbnail", `<img src="${IMAGE}">`, { shown: { [IMAGE]: [300, 159] } }],
  ["not loaded yet", `<img src="${IMAGE}">`, {}],
  ["of many megapixels", `<img src="${IMAGE}">`, { shown: { [IMAGE]: [2048, 1025] } }],
])) {
  test(`an image that is ${name} is read from its address, as the page would and without cookies`, async () => {
    const { shown, read, fetched } = openShopPage(body, { ...options, answer: image("from the address") });
    assert.equal(await shown(), "");
    assert.deepEqual(fetched, [], "and not before it may");
    assert.equal(await read(), "from the address");
    assert.deepEqual(fetched, [[IMAGE, { credentials: "omit", cache: "force-cache" }, true]]);
  });
}

for (const [name, answer] of /** @type {[string, () => Promise<any>][]} */ ([
  ["refuses", async () => new Response("no", { status: 403 })],
  ["lets no page read it", () => Promise.reject(new TypeError("Failed to fetch"))],
  ["answers with a page", image("<html>", "text/html")],
  ["sends more than four megabytes", image(new Uint8Array(4 * 2 ** 20 + 1))],
])) {
  test(`where the image's host ${name} there is no image, and no error`, async () => {
    assert.equal(await openShopPage("", { answer }).read(), "");
  });
}

test("only the background is heard, and only with an address of the web", async () => {
  const { ask, read, fetched } = openShopPage("");
  assert.equal(await ask({ type: "page.image", url: IMAGE }, { id: "stranger" }), null);
  assert.equal(await ask({ type: "page.image", url: IMAGE }, { id: ID, tab: { id: 3 } }), null);
  assert.equal(await ask({ type: "page.extract" }), null);
  for (const url of ["file:///etc/passwd", "data:image/png;base64,AA==", 7])
    assert.equal(await read(/** @type {any} */ (url)), null);
  assert.deepEqual(fetched, []);
});
