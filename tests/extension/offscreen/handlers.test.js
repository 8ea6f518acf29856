// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { JSDOM } from "jsdom";
import { messages as contract } from "../../../extension/generated/contracts.js";
import { createTowersHandlers } from "../../../extension/offscreen/handlers.js";
import { BundleError } from "../../../extension/values/errors.js";
import { itemOf, layoutOf, matrixOf } from "../../../extension/core/shelf-matrix.js";
import { decodeEmbedding, encodeEmbedding, fromBase64 } from "../../../extension/values/encoding.js";
import { createBrowser } from "../fakes/browser.js";
import { FILES, manifestOf, packageOf } from "../fakes/bundle.js";
import { MemoryCache } from "../fakes/cache.js";
import { listingPage, productPage } from "../fakes/device.js";
import { handTowers } from "../fakes/towers.js";

globalThis.DOMParser = new JSDOM("").window.DOMParser;

/** @type {string[]} */
let loads;
/** @type {ReturnType<typeof createTowersHandlers>} */
let handlers;
beforeEach(() => {
  loads = [];
  handlers = createTowersHandlers({
    load: async (bundleUrl) => {
      loads.push(bundleUrl);
      return handTowers;
    },
  });
});

test("every message of the contract to the towers has a handler", () => {
  const types = Object.entries(contract.messages).flatMap(([type, { to }]) => (to === "towers" ? [type] : []));
  assert.deepEqual(Object.keys(handlers).sort(), types.sort());
});

test("page.read gives the product of a product page", async () => {
  const url = "https://a.example/sea-towel";
  const { product, listing } = await handlers["page.read"]({ html: productPage("sea towel", url), url, hidden: [] });
  assert.deepEqual([product.verdict, product.title, product.shop], ["product", "sea towel", "a.example"]);
  assert.deepEqual([product.price?.amount, product.price?.currency], ["19.90", "EUR"]);
  assert.deepEqual(listing, []);
});

test("page.read gives a listing's cards, without those nobody sees", async () => {
  const html = listingPage(["sea mug", "night lamp", "oak bowl"], "a.example");
  const url = "https://a.example/all";
  const all = await handlers["page.read"]({ html, url, hidden: [] });
  assert.deepEqual(
    all.listing.map((/** @type {any} */ { title }) => title),
    ["sea mug", "night lamp", "oak bowl"],
  );
  const { listing } = await handlers["page.read"]({ html, url, hidden: [1] });
  assert.deepEqual(
    listing.map((/** @type {any} */ { title }) => title),
    ["sea mug", "oak bowl"],
  );
});

test("page.read runs no script of the page", async () => {
  const html = "<script>globalThis.wasRun = true</script><img src=x onerror='globalThis.wasRun = true'>";
  await handlers["page.read"]({ html, url: "https://a.example/", hidden: [] });
  assert.equal("wasRun" in globalThis, false);
});

test("embeddings are what a message carries", async () => {
  const { embeddings } = await handlers["towers.embedItems"]({ bundleUrl: "b", texts: ["sea", "night"] });
  assert.deepEqual(embeddings.map(decodeEmbedding), [Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0)]);
  const { embedding } = await handlers["towers.embedUser"]({
    bundleUrl: "b",
    items: [[1, 0, 0]],
    kinds: [0],
    agesDays: [0],
    weights: [1],
  });
  assert.deepEqual(embedding, [1, 0, 0]);
});

test("one bundle is loaded once, and another takes its place", async () => {
  await Promise.all([
    handlers["towers.embedItems"]({ bundleUrl: "one", texts: [] }),
    handlers["towers.embedItems"]({ bundleUrl: "one", texts: [] }),
  ]);
  await handlers["towers.embedItems"]({ bundleUrl: "two", texts: [] });
  await handlers["towers.embedItems"]({ bundleUrl: "one", texts: [] });
  assert.deepEqual(loads, ["one", "two", "one"]);
});

test("a bundle that failed to load is tried again", async () => {
  let tries = 0;
  const flaky = createTowersHandlers({
    load: async () => {
      tries += 1;
      if (tries === 1) throw new BundleError("bundle_altered", "user.onnx: expected …");
      return handTowers;
    },
  });
  const message = { bundleUrl: "b", texts: ["sea"] };
  await assert.rejects(flaky["towers.embedItems"](message), { code: "bundle_altered" });
  assert.deepEqual(await flaky["towers.embedItems"](message), { embeddings: [encodeEmbedding([1, 0, 0])] });
});

/** The towers' zone with an empty cache of downloads and a package. @param {(url: any) => Promise<Response>} fetch */
function inZone(fetch) {
  const cache = new MemoryCache();
  const chrome = createBrowser().context("offscreen/offscreen.html");
  Object.assign(globalThis, { caches: { open: async () => cache }, chrome, fetch });
  return chrome.runtime.getURL("bundle/");
}

test("the packaged bundle is read from the extension, and verified", async () => {
  /** @type {string[]} */
  const read = [];
  const inPackage = packageOf(manifestOf(), { ...FILES, "probes.json": Buffer.from("[]") });
  const bundleUrl = inZone((url) => {
    read.push(url);
    return inPackage(url);
  });
  const real = createTowersHandlers();
  await assert.rejects(real["towers.embedItems"]({ bundleUrl, texts: ["sea"] }), {
    code: "bundle_altered",
    message: /^probes\.json: expected SHA-256/,
  });
  assert.deepEqual(
    read.map((url) => url.replace(bundleUrl, "")),
    ["manifest.json", "tokenizer.json", "lite/text.onnx", "user.onnx", "probes.json"],
  );
});

test("a bundle that is not on the device is an error with its own code", async () => {
  inZone(() => assert.fail("A download is read from the cache."));
  const bundleUrl = `http://127.0.0.1:8710/v1/bundles/${"a".repeat(64)}/`;
  const real = createTowersHandlers();
  await assert.rejects(real["towers.embedItems"]({ bundleUrl, texts: ["sea"] }), { code: "bundle_missing" });
});

test("shelf.readAnswers gives cards of several answers, and their embeddings in 8 bits", async () => {
  const origin = "https://a.example";
  const page = (/** @type {string} */ title) => ({
    kind: /** @type {const} */ ("page"),
    url: `${origin}/${title.replaceAll(" ", "-")}`,
    body: productPage(title, `${origin}/${title.replaceAll(" ", "-")}`),
    origin,
    fetchedAt: "2026-03-02T08:00:00Z",
  });
  const empty = { ...page("nothing"), body: "<html><body>Our shop</body></html>" };
  const addresses = {
    ...page("x"),
    kind: /** @type {const} */ ("addresses"),
    body: `${origin}/p/1-night-lamp\n${origin}/p/2`,
  };
  const layout = layoutOf({ dim: 3 });
  const { items, counts, vectors } = await handlers["shelf.readAnswers"]({
    bundleUrl: "b",
    answers: [page("sea mug"), empty, addresses],
    itemText: { fields: ["title"], separator: ". ", maxChars: 64 },
    layout,
  });
  assert.deepEqual(counts, [1, 0, 1]);
  assert.deepEqual(
    items.map(({ title, url, price }) => [title, url, price?.amount]),
    [
      ["sea mug", `${origin}/sea-mug`, "19.90"],
      ["Night lamp", `${origin}/p/1-night-lamp`, undefined],
    ],
  );
  const matrix = matrixOf([fromBase64(vectors)], layout);
  assert.deepEqual(
    [[...itemOf(matrix, 0)], [...itemOf(matrix, 1)]],
    [
      [1, 0, 0],
      [0, 0, 1],
    ],
  );
});
