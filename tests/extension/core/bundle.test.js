// @ts-check
import assert from "node:assert/strict";
import { createPrivateKey, sign } from "node:crypto";
import { beforeEach, test } from "node:test";
import {
  dropDownloads,
  fetchBundle,
  imageFiles,
  offeredBundle,
  openBundle,
  packagedFiles,
  readImageTower,
  readManifest,
  readMetric,
  readSigner,
} from "../../../extension/core/bundle.js";
import { BundleError } from "../../../extension/values/errors.js";
import { createServerClient } from "../../../extension/core/server-client.js";
import { FILES, imageBundle, manifestOf, packageOf, sha256, tensor } from "../fakes/bundle.js";
import { MemoryCache } from "../fakes/cache.js";
import { askInTheOpen } from "../fakes/paired.js";
import { createServer } from "../fakes/server.js";
import { vectors } from "../vectors.js";

/** The user tower with its last byte changed. */
const ALTERED = Buffer.concat([FILES["user.onnx"].subarray(0, -1), Buffer.from("!")]);

/** @type {MemoryCache} */
let cache;
/** @type {ReturnType<typeof createServer>} */
let network;
beforeEach(() => {
  cache = new MemoryCache();
});

/** Offer a manifest, and talk to the server that does. @param {Record<string, any>} manifest @param {{files?: typeof FILES, id?: string}} [others] */
function serverWith(manifest, others = {}) {
  network = createServer({ manifest, ...others });
  return createServerClient({ baseUrl: "http://127.0.0.1:1/", ask: askInTheOpen("http://127.0.0.1:1", network.fetch) });
}

/** @param {RegExp} pattern of the message @param {string} code */
const refusedFor = (pattern, code) => (/** @type {unknown} */ error) =>
  error instanceof BundleError && error.code === code && pattern.test(error.message);

test("a bundle is downloaded once, in part, and opened without a request", async () => {
  const server = serverWith(manifestOf());
  const downloaded = await fetchBundle({ server, cache });
  assert.deepEqual(
    network.requests.map(({ path }) => path.split("/").at(-1)),
    ["bundles", "manifest.json", "tokenizer.json", "text.onnx", "user.onnx", "probes.json"],
  );
  network.requests.length = 0;
  assert.equal((await fetchBundle({ server, cache })).bundleUrl, downloaded.bundleUrl);
  assert.equal(network.requests.length, 1, "only the list is asked for again");
  const { manifest, files } = await openBundle(downloaded);
  assert.equal(manifest.name, "tiny");
  assert.deepEqual(Buffer.from(files.get("user.onnx") ?? []), FILES["user.onnx"]);
  assert.equal(network.requests.length, 1);
});

test("an altered file is refused by its name and not kept", async () => {
  const server = serverWith(manifestOf(), { files: { ...FILES, "user.onnx": ALTERED } });
  await assert.rejects(fetchBundle({ server, cache }), refusedFor(/^user\.onnx: expected SHA-256/, "bundle_altered"));
  assert.ok(![...(await cache.keys())].some(({ url }) => url.endsWith("user.onnx")));
});

test("a file longer than promised is not read to its end", async () => {
  const server = serverWith(manifestOf(), { files: { ...FILES, "user.onnx": Buffer.alloc(5000) } });
  await assert.rejects(
    fetchBundle({ server, cache }),
    refusedFor(/^user\.onnx: longer than the \d+ bytes expected/, "bundle_altered"),
  );
});

test("a manifest that is not the one of its id is refused", async () => {
  await assert.rejects(
    fetchBundle({ server: serverWith(manifestOf(), { id: "b".repeat(64) }), cache }),
    refusedFor(/^manifest\.json: expected SHA-256 b/, "bundle_altered"),
  );
});

for (const [name, changes, pattern] of /** @type {[string, Record<string, any>, RegExp][]} */ ([
  ["of another format", { format: 3 }, /\/format: Instance does not match 2/],
  ["of the format before", { format: 1 }, /\/format: got 1, .* an older exporter; export it again\.$/],
  [
    "of another space",
    { space: "a".repeat(64) },
    /\/space: got a{64}, but the item-side files and rules give [0-9a-f]{64}/,
  ],
  ["without probes", { probes: undefined }, /\/probes: missing: .* an older exporter; export it again\.$/],
  ["with an unknown member", { surprise: 1 }, /unknown member "surprise"/],
  ["without a lite part", { lite: undefined }, /no lite part/],
  [
    "with a tower that wants what nobody gives",
    { lite: { ...manifestOf().lite, userTower: { ...manifestOf().lite.userTower, inputs: [tensor("pixels")] } } },
    /lite\/userTower\/inputs: expected the roles items, kinds/,
  ],
  ["with a file path that climbs", { files: { "../x": { sha256: "a".repeat(64), bytes: 1 } } }, /name \.\.\/x/],
])) {
  test(`a manifest ${name} is refused`, async () => {
    await assert.rejects(
      fetchBundle({ server: serverWith(manifestOf(changes)), cache }),
      refusedFor(pattern, "bundle_invalid"),
    );
  });
}

test("a tower that may not be opened is refused by its name and not kept", async () => {
  const { onnx } = vectors("onnx-graphs.json").cases.find(
    (/** @type {{name: string}} */ { name }) => name === "an endless loop",
  );
  const bytes = Buffer.from(onnx, "base64");
  const { files, lite } = manifestOf();
  const manifest = manifestOf({
    files: { ...files, "user.onnx": { sha256: sha256(bytes), bytes: bytes.length } },
    lite: { ...lite, downloadBytes: lite.downloadBytes - FILES["user.onnx"].length + bytes.length },
  });
  const server = serverWith(manifest, { files: { ...FILES, "user.onnx": bytes } });
  await assert.rejects(
    fetchBundle({ server, cache }),
    refusedFor(/^user\.onnx: uses the operator Loop/, "bundle_invalid"),
  );
  assert.ok(![...(await cache.keys())].some(({ url }) => url.endsWith("user.onnx")));
});

const signing = vectors("bundle-signature.json").cases[0];
/** RFC 8032's first test key. */
const SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

/** Return manifest.sig for a manifest, by the key of the vectors. @param {Record<string, any>} manifest */
function signatureOf(manifest) {
  const der = Buffer.from(`302e020100300506032b657004220420${SEED}`, "hex");
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const signature = sign(null, Buffer.from(JSON.stringify(manifest)), key).toString("base64");
  return Buffer.from(JSON.stringify({ ...JSON.parse(signing.signature), signature }));
}

test("with trusted keys a signed bundle is accepted, also from the cache", async () => {
  const manifest = manifestOf();
  const server = serverWith(manifest, { files: { ...FILES, "manifest.sig": signatureOf(manifest) } });
  const files = await fetchBundle({ server, cache, trustedKeys: signing.trusted });
  assert.equal(await readSigner(files, signing.trusted), signing.keyId);
  assert.equal(await readSigner(files, []), null);
});

test("with trusted keys an unsigned or forged bundle is refused, also from the cache", async () => {
  const server = serverWith(manifestOf());
  const downloaded = await fetchBundle({ server, cache });
  const missing = refusedFor(/^manifest\.sig: missing, and only bundles of the trusted keys/, "bundle_unsigned");
  await assert.rejects(readSigner(downloaded, signing.trusted), missing);
  await assert.rejects(fetchBundle({ server, cache, trustedKeys: signing.trusted }), missing);
  const files = { ...FILES, "manifest.sig": signatureOf(manifestOf({ name: "another" })) };
  await assert.rejects(
    fetchBundle({ server: serverWith(manifestOf(), { files }), cache, trustedKeys: signing.trusted }),
    refusedFor(/^manifest\.sig: is not a signature of this manifest\.json/, "bundle_unsigned"),
  );
});

test("a copy damaged on the disk is found, forgotten and downloaded again", async () => {
  const server = serverWith(manifestOf());
  const files = await fetchBundle({ server, cache });
  await cache.put(`${files.bundleUrl}user.onnx`, new Response(new Uint8Array(ALTERED)));
  await assert.rejects(openBundle(files), refusedFor(/^user\.onnx/, "bundle_altered"));
  await fetchBundle({ server, cache });
  assert.ok(await openBundle(files));
});

test("another bundle takes the place of the old one", async () => {
  const { bundleUrl: old } = await fetchBundle({ server: serverWith(manifestOf()), cache });
  const { bundleUrl } = await fetchBundle({ server: serverWith(manifestOf({ name: "newer" })), cache });
  const urls = (await cache.keys()).map(({ url }) => url);
  assert.ok(urls.every((url) => url.startsWith(bundleUrl)) && urls.length === 5);
  assert.notEqual(old, bundleUrl);
});

/** @param {number[]} numbers @returns {Buffer} as shop_metric.bin holds them */
const metricFile = (numbers) => Buffer.from(Float32Array.from(numbers).buffer);

/** @param {Buffer} bytes @param {object[]} [blocks] @returns {Record<string, any>} a manifest whose metric is in this file */
function withMetric(bytes, blocks = [{ start: 0, length: 2 }]) {
  const plain = manifestOf();
  const files = { ...plain.files, "shop_metric.bin": { sha256: sha256(bytes), bytes: bytes.length } };
  const lite = { ...plain.lite, downloadBytes: plain.lite.downloadBytes + bytes.length };
  return manifestOf({ files, lite, shopMetric: { file: "shop_metric.bin", lambda: 0.3, pseudoItems: 30, blocks } });
}

test("a bundle's metric is downloaded with it and read", async () => {
  const bytes = metricFile([0.5, 0, 0, 0, 0, 0, 0, 0, 1, 0.25, 0.25, 1]);
  const manifest = withMetric(bytes);
  const server = serverWith(manifest, { files: { ...FILES, "shop_metric.bin": bytes } });
  const downloaded = await fetchBundle({ server, cache });
  const read = await readMetric(downloaded, await readManifest(downloaded));
  assert.equal(read?.rule.lambda, 0.3);
  assert.deepEqual(read?.own.covariances, [Float64Array.of(1, 0.25, 0.25, 1)]);
});

test("a bundle without a metric has none", async () => {
  const files = await fetchBundle({ server: serverWith(manifestOf()), cache });
  assert.equal(await readMetric(files, await readManifest(files)), null);
});

test("a senseless metric is refused by its file's name", async () => {
  const bytes = metricFile([0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 1]);
  const server = serverWith(withMetric(bytes), { files: { ...FILES, "shop_metric.bin": bytes } });
  const downloaded = await fetchBundle({ server, cache });
  const manifest = await readManifest(downloaded);
  await assert.rejects(
    readMetric(downloaded, manifest),
    refusedFor(/^shop_metric\.bin: block 0: expected a symmetric, positive covariance/, "bundle_invalid"),
  );
});

test("a metric with blocks outside the vectors is refused before any file is loaded", async () => {
  const server = serverWith(withMetric(metricFile([1]), [{ start: 7, length: 2 }]));
  await assert.rejects(
    fetchBundle({ server, cache }),
    refusedFor(/\/shopMetric\/blocks: .*inside dim 8/, "bundle_invalid"),
  );
});

test("a metric that is not among the files is refused", async () => {
  const { files, ...rest } = withMetric(metricFile([1]));
  const { ["shop_metric.bin"]: _, ...others } = files;
  const server = serverWith(manifestOf({ shopMetric: rest.shopMetric, files: others }));
  await assert.rejects(
    fetchBundle({ server, cache }),
    refusedFor(/\/shopMetric\/file: shop_metric\.bin/, "bundle_invalid"),
  );
});

/** @param {Record<string, any>} [manifest] @param {typeof FILES} [files] */
const packaged = (manifest, files) => packagedFiles("chrome-extension://abcdef/bundle/", packageOf(manifest, files));

test("the packaged bundle is opened by what its manifest says", async () => {
  const { manifest, files } = await openBundle(packaged());
  assert.equal(manifest.name, "packaged");
  assert.deepEqual([...files.keys()], ["tokenizer.json", "lite/text.onnx", "user.onnx", "probes.json"]);
  assert.deepEqual(Buffer.from(files.get("user.onnx") ?? []), FILES["user.onnx"]);
});

test("an altered or missing file of the packaged bundle is refused by its name", async () => {
  await assert.rejects(
    openBundle(packaged(manifestOf(), { ...FILES, "user.onnx": ALTERED })),
    refusedFor(/^user\.onnx: expected SHA-256/, "bundle_altered"),
  );
  const { "probes.json": _, ...others } = FILES;
  await assert.rejects(
    openBundle(packaged(manifestOf(), /** @type {any} */ (others))),
    refusedFor(/^probes\.json is missing in this copy of Carryover: install it again\.$/, "bundle_missing"),
  );
  await assert.rejects(openBundle(packaged(manifestOf({ surprise: 1 }))), refusedFor(/surprise/, "bundle_invalid"));
});

test("a server is asked what it offers once, where the offer is given", async () => {
  const server = serverWith(manifestOf());
  const offer = await offeredBundle(server);
  assert.equal(offer.space, manifestOf().space);
  await fetchBundle({ server, cache, offer });
  assert.equal(network.requests.filter(({ path }) => path === "/v1/bundles").length, 1);
  network.fetch = async () => Response.json({ bundles: [] });
  await assert.rejects(
    offeredBundle(createServerClient({ baseUrl: "http://x", ask: askInTheOpen("http://x", network.fetch) })),
    refusedFor(/^http:\/\/x offers no bundle/, "bundle_missing"),
  );
});

test("all downloads are deleted together", async () => {
  await fetchBundle({ server: serverWith(manifestOf()), cache });
  await dropDownloads(cache);
  assert.deepEqual(await cache.keys(), []);
});

test("what reads images is downloaded only where it is wanted, and is not opened with the rest", async () => {
  const { manifest, files } = imageBundle();
  const server = serverWith(manifest, { files });
  const asked = () => network.requests.splice(0).map(({ path }) => path.replace(/.*[0-9a-f]{64}\//, ""));
  const downloaded = await fetchBundle({ server, cache });
  assert.deepEqual(asked(), ["/v1/bundles", "manifest.json", "tokens.bin", "user.onnx", "probes.json"]);
  const { manifest: read, files: opened } = await openBundle(downloaded);
  await assert.rejects(readImageTower(downloaded, read), refusedFor(/^lite\/image\.onnx is not on/, "bundle_missing"));
  await fetchBundle({ server, cache, withImages: true });
  assert.deepEqual(asked(), ["/v1/bundles", "lite/image.onnx"]);
  assert.deepEqual(imageFiles(read), ["lite/image.onnx"]);
  assert.ok(!opened.has("lite/image.onnx") && !(await openBundle(downloaded)).files.has("lite/image.onnx"));
  assert.deepEqual(Buffer.from(await readImageTower(downloaded, read)), files["lite/image.onnx"]);
});

test("an image tower that was altered on the device is refused, and downloaded anew", async () => {
  const { manifest, files } = imageBundle();
  const server = serverWith(manifest, { files });
  const downloaded = await fetchBundle({ server, cache, withImages: true });
  const read = await readManifest(downloaded);
  const address = `${downloaded.bundleUrl}lite/image.onnx`;
  const altered = new Uint8Array(files["lite/image.onnx"]);
  altered[altered.length - 1] ^= 1;
  await cache.put(address, new Response(altered));
  await assert.rejects(
    readImageTower(downloaded, read),
    refusedFor(/^lite\/image\.onnx: expected SHA/, "bundle_altered"),
  );
  await fetchBundle({ server, cache, withImages: true });
  assert.equal((await readImageTower(downloaded, read)).length, altered.length);
});

test("an image tower that may not be opened is refused", async () => {
  const { manifest, files } = imageBundle();
  const wrong = { ...files, "lite/image.onnx": files["user.onnx"] };
  manifest.files["lite/image.onnx"] = manifest.files["user.onnx"];
  manifest.lite.image.downloadBytes = files["user.onnx"].length;
  const server = serverWith(manifest, { files: wrong });
  await assert.rejects(
    fetchBundle({ server, cache, withImages: true }),
    refusedFor(/^lite\/image\.onnx: /, "bundle_invalid"),
  );
});

test("a bundle without lite.image has no image tower", async () => {
  const downloaded = await fetchBundle({ server: serverWith(manifestOf()), cache, withImages: true });
  const read = await readManifest(downloaded);
  assert.deepEqual(imageFiles(read), []);
  await assert.rejects(readImageTower(downloaded, read), refusedFor(/no lite\.image/, "bundle_missing"));
});
