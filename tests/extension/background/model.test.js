// @ts-check
// The server's bundle: when it is fetched, when the one on the device is used, and when both are forgotten.
import assert from "node:assert/strict";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, test } from "node:test";
import { createModelSource } from "../../../extension/background/model.js";
import { createServerSource } from "../../../extension/background/server.js";
import { createProfileStore } from "../../../extension/background/store.js";
import { indexedDbStorage } from "../../../extension/core/indexeddb-storage.js";
import { BundleError, CarryoverError } from "../../../extension/values/errors.js";
import { manifestOf } from "../fakes/bundle.js";
import { MemoryCache } from "../fakes/cache.js";
import { createServer } from "../fakes/server.js";

const FRESH_MS = 10 * 60_000;

/** @type {ReturnType<typeof createServer>} */
let network;
/** @type {MemoryCache} */
let cache;
/** @type {import("../../../extension/background/store.js").GetProfile} */
let getProfile;
/** @type {ReturnType<typeof createServerSource>} */
let server;
/** @type {ReturnType<typeof createModelSource>} */
let model;
/** @type {import("../../../extension/background/towers-client.js").Ask} */
let ask;
let now = 0;
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  now = Date.parse("2026-03-01T12:00:00Z");
  network = createServer({ shops: ["a.example", "b.example"] });
  globalThis.fetch = network.fetch;
  cache = new MemoryCache();
  ask = async () => ({ embeddings: [[1, 0]], embedding: [0, 1] });
  getProfile = createProfileStore({ storage: indexedDbStorage(), now: () => now });
  server = createServerSource({ getProfile, now: () => now });
  model = createModelSource({
    getProfile,
    getServer: server.getServer,
    ask: (message) => ask(message),
    openCache: async () => cache,
    now: () => now,
  });
});

const paths = () => network.requests.map(({ path }) => path.replace(/[0-9a-f]{64}/, "ID"));

test("the first model downloads the bundle and remembers its address", async () => {
  const { manifest } = await model.getModel();
  assert.equal(manifest.name, "tiny");
  assert.deepEqual(paths(), [
    "/v1/bundles",
    "/v1/bundles/ID/manifest.json",
    "/v1/bundles/ID/tokenizer.json",
    "/v1/bundles/ID/lite/text.onnx",
    "/v1/bundles/ID/user.onnx",
    "/v1/bundles/ID/probes.json",
  ]);
  assert.match((await getProfile()).settings.bundleUrl, /^http:\/\/127\.0\.0\.1:8710\/v1\/bundles\/[0-9a-f]{64}\/$/);
});

test("every download is in the ledger", async () => {
  await model.getModel();
  assert.equal((await getProfile()).ledger().length, network.requests.length);
});

test("within ten minutes the server is not asked again", async () => {
  const first = await model.getModel();
  network.requests.length = 0;
  now += FRESH_MS - 1;
  assert.equal(await model.getModel(), first);
  assert.deepEqual(paths(), []);
  now += 1;
  await model.getModel();
  assert.deepEqual(paths(), ["/v1/bundles"]);
});

test("callers that come during a download share it", async () => {
  const [one, two] = await Promise.all([model.getModel(), model.getModel()]);
  assert.equal(one, two);
  assert.equal(paths().filter((path) => path === "/v1/bundles").length, 1);
});

test("after a failed download the next call tries again", async () => {
  network.isUp = false;
  await assert.rejects(model.getModel(), { code: "server_unreachable" });
  network.isUp = true;
  assert.equal((await model.getModel()).manifest.name, "tiny");
});

test("while the server is away the bundle on the device is used", async () => {
  await model.getModel();
  model.forget();
  network.isUp = false;
  assert.equal((await model.getModel()).manifest.name, "tiny");
});

test("an invalid bundle is an error even with an older one on the device", async () => {
  await model.getModel();
  model.forget();
  network.manifest = manifestOf({ name: "newer", surprise: 1 });
  await assert.rejects(model.getModel(), (error) => error instanceof BundleError && error.code === "bundle_invalid");
});

test("a forgotten model is fetched anew, a changed bundle with it", async () => {
  await model.getModel();
  network.manifest = manifestOf({ name: "newer" });
  assert.equal((await model.getModel()).manifest.name, "tiny");
  model.forget();
  assert.equal((await model.getModel()).manifest.name, "newer");
});

test("after a change of server its own bundle is fetched", async () => {
  await model.getModel();
  await (await getProfile()).changeSettings({ serverUrl: "http://127.0.0.1:9000" });
  await model.getModel();
  assert.match((await getProfile()).settings.bundleUrl, /^http:\/\/127\.0\.0\.1:9000\//);
});

test("a reset during a download starts another one", async () => {
  const before = model.getModel();
  model.reset();
  const after = model.getModel();
  assert.notEqual(after, before);
  await Promise.all([before, after]);
});

test("towers that report a damaged bundle make the next call repair it", async () => {
  const { towers } = await model.getModel();
  network.requests.length = 0;
  ask = async () => {
    throw new CarryoverError("bundle_altered", "user.onnx: expected SHA-256 …");
  };
  await assert.rejects(towers.embedItems(["sea"]), { code: "bundle_altered" });
  await model.getModel();
  assert.deepEqual(paths(), ["/v1/bundles"]);
});

test("another failure of the towers does not cost a request", async () => {
  const { towers } = await model.getModel();
  network.requests.length = 0;
  ask = async () => {
    throw new CarryoverError("internal", "Something unexpected happened.");
  };
  await assert.rejects(towers.embedItems(["sea"]), { code: "internal" });
  await model.getModel();
  assert.deepEqual(paths(), []);
});

test("the list of shops is fetched whole, and kept for ten minutes", async () => {
  assert.deepEqual([...(await server.getKnownShops())], ["a.example", "b.example"]);
  now += FRESH_MS;
  await server.getKnownShops();
  assert.deepEqual(paths(), ["/v1/shops"]);
  network.shops = ["c.example"];
  now += 1;
  assert.deepEqual([...(await server.getKnownShops())], ["c.example"]);
});

test("a forgotten or changed server is asked for its shops again", async () => {
  await server.getKnownShops();
  server.forget();
  await server.getKnownShops();
  await (await getProfile()).changeSettings({ serverUrl: "http://127.0.0.1:9000" });
  await server.getKnownShops();
  assert.deepEqual(paths(), ["/v1/shops", "/v1/shops", "/v1/shops"]);
});

test("the profile is opened once, and again after a failure", async () => {
  let reads = 0;
  const storage = indexedDbStorage("flaky");
  const flaky = {
    ...storage,
    read: async () => {
      reads += 1;
      if (reads === 1) throw new Error("The disk is busy.");
      return storage.read();
    },
  };
  const open = createProfileStore({ storage: flaky, now: () => now });
  await assert.rejects(open(), /busy/);
  const profile = await open();
  assert.equal(await open(), profile);
  assert.equal(reads, 2);
});
