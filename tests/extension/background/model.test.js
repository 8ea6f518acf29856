// @ts-check
// The model that ranks: the packaged bundle, and when the server's takes its place.
import assert from "node:assert/strict";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, test } from "node:test";
import { createModelSource } from "../../../extension/background/model.js";
import { createPairings } from "../../../extension/background/pairing.js";
import { createServerSource } from "../../../extension/background/server.js";
import { createProfileStore } from "../../../extension/background/store.js";
import { serverPatternOf } from "../../../extension/messaging/origins.js";
import { packagedFiles } from "../../../extension/core/bundle.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { encodeEmbedding } from "../../../extension/values/encoding.js";
import { CarryoverError } from "../../../extension/values/errors.js";
import { createBrowser } from "../fakes/browser.js";
import { manifestOf, ofOtherSpace, packageOf } from "../fakes/bundle.js";
import { MemoryCache } from "../fakes/cache.js";
import { eventually } from "../fakes/page.js";
import { makePaired } from "../fakes/paired.js";
import { createServer } from "../fakes/server.js";

const FRESH_MS = 10 * 60_000;
const SERVER = "http://127.0.0.1:8710";

/** @type {ReturnType<typeof createServer>} */
let network;
/** @type {ReturnType<typeof createBrowser>["state"]} */
let state;
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
/** @type {ReturnType<typeof packageOf>} */
let inPackage;
let now = 0;
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  now = Date.parse("2026-03-01T12:00:00Z");
  network = createServer({ shops: ["a.example", "b.example"], manifest: manifestOf(ofOtherSpace()) });
  globalThis.fetch = network.fetch;
  cache = new MemoryCache();
  ask = async () => ({ embeddings: [encodeEmbedding([1, 0])], embedding: [0, 1] });
  inPackage = packageOf();
  const browser = createBrowser();
  state = browser.state;
  state.granted.add(serverPatternOf(SERVER));
  getProfile = createProfileStore({ vault: new Vault(), now: () => now });
  const context = browser.context("background.js");
  const pairings = createPairings({ browser: context, getProfile });
  server = createServerSource({ browser: context, getProfile, pairings, now: () => now });
  model = createModelSource({
    getProfile,
    getServer: server.getServer,
    ask: (message) => ask(message),
    packaged: packagedFiles("chrome-extension://abcdef/bundle/", (url) => inPackage(url)),
    openCache: async () => cache,
    now: () => now,
  });
});

const paths = () => network.requests.map(({ path }) => path.replace(/[0-9a-f]{64}/, "ID"));
/** @param {Partial<import("../../../extension/core/profile.js").Settings>} [more] */
async function useServer(more) {
  const profile = await getProfile();
  await makePaired(profile, network, more?.serverUrl || SERVER);
  await profile.changeSettings(more ?? {});
}
const nameOf = async () => (await model.getModel()).manifest.name;
const DOWNLOADS = [
  "/v1/bundles",
  "/v1/bundles/ID/manifest.json",
  "/v1/bundles/ID/tokenizer.json",
  "/v1/bundles/ID/lite/text.onnx",
  "/v1/bundles/ID/user.onnx",
  "/v1/bundles/ID/probes.json",
];

test("without a server the packaged bundle is the model, and nothing is asked", async () => {
  const { manifest, problem } = await model.getModel();
  assert.deepEqual([manifest.name, problem], ["packaged", undefined]);
  assert.equal(await nameOf(), "packaged");
  assert.deepEqual([paths(), await cache.keys(), (await getProfile()).ledger()], [[], [], []]);
});

test("the towers of the packaged bundle are asked for by its address in the extension", async () => {
  /** @type {any[]} */
  const asked = [];
  ask = async (message) => {
    asked.push(message);
    return /** @type {any} */ ({ embeddings: [encodeEmbedding([1, 0])] });
  };
  await (await model.getModel()).towers.embedItems(["sea"]);
  assert.equal(asked[0].bundleUrl, "chrome-extension://abcdef/bundle/");
});

test("a damaged or missing package is refused by the name of the file", async () => {
  inPackage = packageOf(manifestOf({ surprise: 1 }));
  await assert.rejects(model.getModel(), { code: "bundle_invalid" });
  inPackage = async () => {
    throw new TypeError("Failed to fetch");
  };
  await assert.rejects(model.getModel(), {
    code: "bundle_missing",
    message: /^manifest\.json is missing in this copy/,
  });
  inPackage = packageOf();
  assert.equal(await nameOf(), "packaged", "the next call tries again");
});

for (const [name, settings] of /** @type {[string, object][]} */ ([
  ["in mode page", { mode: "page" }],
  ["that is not marked as the shopper's own", { serverUrl: "https://shared.example" }],
])) {
  test(`a server ${name} is not asked for its bundle`, async () => {
    await useServer(settings);
    assert.equal(await nameOf(), "packaged");
    assert.deepEqual(paths(), []);
  });
}

test("a server whose bundle has the same space costs one question and no download", async () => {
  network.manifest = manifestOf();
  await useServer();
  assert.equal(await nameOf(), "packaged");
  assert.deepEqual(paths(), ["/v1/bundles"]);
  assert.equal((await getProfile()).settings.serverBundleUrl, "");
});

test("a server's bundle of another space is downloaded, and its address remembered", async () => {
  await useServer();
  assert.equal(await nameOf(), "tiny");
  assert.deepEqual(paths(), DOWNLOADS);
  assert.match(
    (await getProfile()).settings.serverBundleUrl,
    /^http:\/\/127\.0\.0\.1:8710\/v1\/bundles\/[0-9a-f]{64}\/$/,
  );
});

test("every download is in the ledger", async () => {
  await useServer();
  await model.getModel();
  const urls = (await getProfile()).ledger().map(({ url }) => new URL(url).pathname);
  assert.deepEqual(urls.sort(), ["/v1/channel", ...network.requests.map(({ path }) => path)].sort());
});

test("within ten minutes the server is not asked again", async () => {
  await useServer();
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
  await useServer();
  const [one, two] = await Promise.all([model.getModel(), model.getModel()]);
  assert.equal(one, two);
  assert.equal(paths().filter((path) => path === "/v1/bundles").length, 1);
});

test("a server that does not answer leaves the packaged bundle, and the problem is told", async () => {
  await useServer();
  network.isUp = false;
  const { manifest, problem } = await model.getModel();
  assert.deepEqual([manifest.name, problem?.code], ["packaged", "server_unreachable"]);
  network.isUp = true;
  model.forget();
  assert.deepEqual([await nameOf(), (await model.getModel()).problem], ["tiny", undefined]);
});

test("a server that the browser no longer allows is not asked", async () => {
  await useServer();
  state.granted.clear();
  const { manifest, problem } = await model.getModel();
  assert.deepEqual([manifest.name, problem?.code, paths()], ["packaged", "server_not_allowed", []]);
});

test("while the server is away its bundle on the device is used", async () => {
  await useServer();
  await model.getModel();
  model.forget();
  network.isUp = false;
  const { manifest, problem } = await model.getModel();
  assert.deepEqual([manifest.name, problem?.code], ["tiny", "server_unreachable"]);
});

test("a server's invalid bundle is told, and the one of the last time is used", async () => {
  await useServer();
  await model.getModel();
  model.forget();
  network.manifest = manifestOf({ ...ofOtherSpace(), name: "newer", surprise: 1 });
  const { manifest, problem } = await model.getModel();
  assert.deepEqual([manifest.name, problem?.code], ["tiny", "bundle_invalid"]);
});

test("with trusted keys neither an unsigned bundle nor the unsigned one of the last time is used", async () => {
  await useServer();
  await model.getModel();
  await useServer({ trustedKeys: ["11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="] });
  model.reset();
  const { manifest, problem } = await model.getModel();
  assert.deepEqual([manifest.name, problem?.code], ["packaged", "bundle_unsigned"]);
});

test("a damaged download is passed over while the server is away", async () => {
  await useServer();
  await model.getModel();
  const { serverBundleUrl } = (await getProfile()).settings;
  await cache.put(`${serverBundleUrl}manifest.json`, new Response("{}"));
  model.forget();
  network.isUp = false;
  assert.equal(await nameOf(), "packaged");
});

test("a forgotten model is fetched anew, a changed bundle with it", async () => {
  await useServer();
  await model.getModel();
  network.manifest = manifestOf({ ...ofOtherSpace(), name: "newer" });
  assert.equal(await nameOf(), "tiny");
  model.forget();
  assert.equal(await nameOf(), "newer");
});

test("after a change of server its own bundle is fetched", async () => {
  await useServer();
  await model.getModel();
  await useServer({ serverUrl: "http://127.0.0.1:9000" });
  await model.getModel();
  assert.match((await getProfile()).settings.serverBundleUrl, /^http:\/\/127\.0\.0\.1:9000\//);
});

test("a download that ends after the server changed is not remembered as the new server's", async () => {
  await useServer();
  const before = model.getModel();
  await useServer({ serverUrl: "http://127.0.0.1:9000" });
  await before;
  assert.doesNotMatch((await getProfile()).settings.serverBundleUrl, /:8710/);
});

test("a reset during a download starts another one", async () => {
  await useServer();
  const before = model.getModel();
  model.reset();
  const after = model.getModel();
  assert.notEqual(after, before);
  await Promise.all([before, after]);
});

test("downloads are deleted, and the packaged bundle stays", async () => {
  await useServer();
  await model.getModel();
  await model.dropDownloads();
  assert.deepEqual(await cache.keys(), []);
  await useServer({ serverUrl: "" });
  assert.equal(await nameOf(), "packaged");
});

test("towers that report a damaged bundle make the next call repair it", async () => {
  await useServer();
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
  await useServer();
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
  await useServer();
  assert.deepEqual([...(await server.getKnownShops())], ["a.example", "b.example"]);
  now += FRESH_MS;
  await server.getKnownShops();
  assert.deepEqual(paths(), ["/v1/shops"]);
  network.shops = ["c.example"];
  now += 1;
  assert.deepEqual([...(await server.getKnownShops())], ["c.example"]);
});

test("a forgotten or changed server is asked for its shops again", async () => {
  await useServer();
  await server.getKnownShops();
  server.forget();
  await server.getKnownShops();
  await useServer({ serverUrl: "http://127.0.0.1:9000" });
  await server.getKnownShops();
  assert.deepEqual(paths(), ["/v1/shops", "/v1/shops", "/v1/shops"]);
});

test("the profile is opened once, and again after a failure", async () => {
  let reads = 0;
  const vault = new Vault({ name: "flaky" });
  const opening = vault.open.bind(vault);
  vault.open = async () => {
    reads += 1;
    if (reads === 1) throw new Error("The disk is busy.");
    return opening();
  };
  const open = createProfileStore({ vault, now: () => now });
  await assert.rejects(open(), /busy/);
  const profile = await open();
  assert.equal(await open(), profile);
  assert.equal(reads, 2);
});

/** Let the server's answers to a path wait. @param {RegExp} path @returns {{isAsked: () => boolean, release: () => void}} */
function hold(path) {
  /** @type {() => void} */
  let release = () => {};
  let isAsked = false;
  const held = new Promise((resolve) => {
    release = () => resolve(undefined);
  });
  network.waits = async (asked) => {
    if (isAsked || !path.test(asked)) return;
    isAsked = true;
    await held;
  };
  return { isAsked: () => isAsked, release };
}

test("a model that was on its way when the shopper asked for signatures is not the one that ranks", async () => {
  const { isAsked, release } = hold(/bundles$/);
  await useServer();
  const older = model.getModel();
  await eventually(() => assert.ok(isAsked()));
  await useServer({ trustedKeys: ["A".repeat(43) + "="] });
  model.reset();
  const { problem } = await model.getModel();
  assert.ok(problem, "the server's bundle is not signed");
  release();
  assert.equal((await older).problem, undefined);
  assert.equal((await model.getModel()).problem, problem);
});

test("a load that was reset does not end the one that was begun after it", async () => {
  const { isAsked, release } = hold(/bundles$/);
  await useServer();
  const older = model.getModel();
  await eventually(() => assert.ok(isAsked()));
  model.reset();
  const second = hold(/bundles$/);
  const newer = model.getModel();
  await eventually(() => assert.ok(second.isAsked()));
  release();
  await older;
  assert.equal(model.getModel(), newer);
  second.release();
  await newer;
});

test("a file of a bundle that comes after an erasure is not kept", async () => {
  const { isAsked, release } = hold(/text\.onnx$/);
  await useServer();
  const older = model.getModel();
  await eventually(() => assert.ok(isAsked()));
  await (await getProfile()).erase();
  model.reset();
  await model.dropDownloads();
  release();
  await older;
  assert.deepEqual(await cache.keys(), []);
});
