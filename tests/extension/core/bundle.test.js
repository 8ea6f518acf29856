import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, test } from "node:test";
import { fetchBundle, openBundle } from "../../../extension/core/bundle.js";
import { BundleError } from "../../../extension/values/errors.js";
import { createServerClient } from "../../../extension/core/server-client.js";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const tensor = (role, dtype = "float32", shape = ["N", 8]) => ({ name: role, role, dtype, shape });
const FILES = {
  "tokenizer.json": Buffer.from("{}"),
  "lite/text.onnx": Buffer.from("text tower"),
  "user.onnx": Buffer.from("user tower"),
  "item.onnx": Buffer.from("item tower"),
};

function manifestOf(changes = {}) {
  const tower = (file, inputs) => ({ file, precision: "float32", inputs, outputs: [tensor("embedding")] });
  const userTower = tower("user.onnx", [
    tensor("items"),
    tensor("kinds", "int64"),
    tensor("agesDays"),
    tensor("itemMask"),
  ]);
  const textToItem = tower("lite/text.onnx", [tensor("inputIds", "int64"), tensor("attentionMask", "int64")]);
  return {
    format: 1,
    name: "tiny",
    dim: 8,
    normalised: true,
    space: "a".repeat(64),
    createdBy: { version: "0" },
    files: Object.fromEntries(
      Object.entries(FILES).map(([name, bytes]) => [name, { sha256: sha256(bytes), bytes: bytes.length }]),
    ),
    towers: { textEncoder: textToItem, itemTower: tower("item.onnx", [tensor("text")]), userTower },
    lite: { textToItem, userTower, downloadBytes: 10 },
    text: {
      tokenizer: { file: "tokenizer.json", type: "wordpiece", maxTokens: 16 },
      itemText: { fields: ["title"], separator: ". ", maxChars: 64 },
    },
    interactions: { kinds: ["view", "wishlist", "cart", "purchase", "rating", "dismiss"], maxItems: 4 },
    origin: [],
    parity: [],
    speed: [],
    metrics: {},
    ...changes,
  };
}

/** The browser's Cache, as far as bundle.js uses it. */
class MemoryCache extends Map {
  async match(url) {
    return this.get(String(url))?.clone();
  }
  async put(url, response) {
    this.set(String(url), response);
  }
  async keys() {
    return [...super.keys()].map((url) => ({ url }));
  }
  delete(request) {
    return Promise.resolve(super.delete(request.url ?? request));
  }
}

let cache;
let requests;
beforeEach(() => {
  cache = new MemoryCache();
  requests = [];
});

function serverWith(manifest, { files = FILES, id } = {}) {
  const bytes = Buffer.from(JSON.stringify(manifest));
  const bundleId = id ?? sha256(bytes);
  const answers = {
    "/v1/bundles": JSON.stringify({ bundles: [{ bundleId, name: "tiny", dim: 8, space: manifest.space }] }),
  };
  const prefix = `/v1/bundles/${bundleId}/`;
  answers[`${prefix}manifest.json`] = bytes;
  for (const [name, content] of Object.entries(files)) answers[prefix + name] = content;
  const send = async (url) => {
    const { pathname } = new URL(url);
    return pathname in answers ? new Response(answers[pathname]) : new Response("", { status: 404 });
  };
  return createServerClient({
    baseUrl: "http://127.0.0.1:1/",
    fetch: send,
    onRequest: async ({ url }) => {
      requests.push(url);
    },
  });
}

const refusedFor = (pattern, code) => (error) =>
  error instanceof BundleError && error.code === code && pattern.test(error.message);

test("a bundle is downloaded once, only what a browser needs, and opened without a request", async () => {
  const server = serverWith(manifestOf());
  const bundleUrl = await fetchBundle({ server, cache });
  assert.deepEqual(
    requests.map((url) => url.split("/").at(-1)),
    ["bundles", "manifest.json", "tokenizer.json", "text.onnx", "user.onnx"],
  );
  requests.length = 0;
  assert.equal(await fetchBundle({ server, cache }), bundleUrl);
  assert.equal(requests.length, 1, "only the list is asked for again");
  const { manifest, files } = await openBundle({ cache, bundleUrl });
  assert.equal(manifest.name, "tiny");
  assert.equal(Buffer.from(files.get("user.onnx")).toString(), "user tower");
  assert.equal(requests.length, 1);
});

test("an altered file is refused by its name and not kept", async () => {
  const server = serverWith(manifestOf(), { files: { ...FILES, "user.onnx": Buffer.from("USER tower") } });
  await assert.rejects(fetchBundle({ server, cache }), refusedFor(/^user\.onnx: expected SHA-256/, "bundle_altered"));
  assert.ok(![...(await cache.keys())].some(({ url }) => url.endsWith("user.onnx")));
});

test("a file longer than promised is not read to its end", async () => {
  const server = serverWith(manifestOf(), { files: { ...FILES, "user.onnx": Buffer.alloc(5000) } });
  await assert.rejects(
    fetchBundle({ server, cache }),
    refusedFor(/^user\.onnx: longer than the 10 bytes/, "bundle_altered"),
  );
});

test("a manifest that is not the one of its id is refused", async () => {
  await assert.rejects(
    fetchBundle({ server: serverWith(manifestOf(), { id: "b".repeat(64) }), cache }),
    refusedFor(/^manifest\.json: expected SHA-256 b/, "bundle_altered"),
  );
});

for (const [name, changes, pattern] of [
  ["of another format", { format: 2 }, /\/format: Instance does not match 1/],
  ["with an unknown member", { surprise: 1 }, /unknown member "surprise"/],
  ["without a lite part", { lite: undefined }, /no lite part/],
  [
    "with a tower that wants what nobody gives",
    { lite: { ...manifestOf().lite, userTower: { ...manifestOf().lite.userTower, inputs: [tensor("pixels")] } } },
    /lite\.userTower must take items/,
  ],
  ["with a file path that climbs", { files: { "../x": { sha256: "a".repeat(64), bytes: 1 } } }, /name \.\.\/x/],
]) {
  test(`a manifest ${name} is refused`, async () => {
    await assert.rejects(
      fetchBundle({ server: serverWith(manifestOf(changes)), cache }),
      refusedFor(pattern, "bundle_invalid"),
    );
  });
}

test("a copy that was damaged on the disk is found, forgotten and downloaded again", async () => {
  const server = serverWith(manifestOf());
  const bundleUrl = await fetchBundle({ server, cache });
  await cache.put(`${bundleUrl}user.onnx`, new Response("USER tower"));
  await assert.rejects(openBundle({ cache, bundleUrl }), refusedFor(/^user\.onnx/, "bundle_altered"));
  await fetchBundle({ server, cache });
  assert.ok(await openBundle({ cache, bundleUrl }));
});

test("another bundle takes the place of the old one", async () => {
  const old = await fetchBundle({ server: serverWith(manifestOf()), cache });
  const bundleUrl = await fetchBundle({ server: serverWith(manifestOf({ name: "newer" })), cache });
  const urls = (await cache.keys()).map(({ url }) => url);
  assert.ok(urls.every((url) => url.startsWith(bundleUrl)) && urls.length === 4);
  assert.notEqual(old, bundleUrl);
});
