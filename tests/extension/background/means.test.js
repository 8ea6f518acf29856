// @ts-check
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createMeansSource } from "../../../extension/background/means.js";
import { createServerClient } from "../../../extension/core/server-client.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { onDisk } from "../core/vault/disk.js";
import { Profile } from "../../../extension/core/profile.js";
import { encodeEmbedding } from "../../../extension/values/encoding.js";
import { askInTheOpen } from "../fakes/paired.js";

const DAY_MS = 24 * 60 * 60_000;
const shops = [
  { shop: "a.example", count: 40, mean: encodeEmbedding([0.1, 0.2, 0]) },
  { shop: "b.example", count: 7, mean: encodeEmbedding([0.3, 0, 0]) },
];
/** @type {any} a model as far as the source reads it */
const model = { manifest: { space: "s1", dim: 3 }, metric: {} };

let databases = 0;
let time = 0;
/** @type {import("../../../extension/core/vault/vault.js").Vault} */
let storage;
/** @type {Profile} */
let profile;
/** @type {string[]} */
let sent;
/** @type {() => Response} */
let answer;
beforeEach(async () => {
  time = Date.parse("2026-03-01T12:00:00Z");
  storage = new Vault({ name: `means-${(databases += 1)}` });
  profile = await Profile.open(storage, { now: () => time });
  sent = [];
  answer = () => Response.json({ space: "s1", shops });
});

/** @param {string} [baseUrl] */
function source(baseUrl = "http://127.0.0.1:8710") {
  const client = createServerClient({
    baseUrl,
    ask: askInTheOpen(
      baseUrl,
      async (url) => {
        sent.push(String(url));
        return answer();
      },
      (request) => profile.addToLedger(request),
    ),
  });
  return createMeansSource({ getProfile: async () => profile, getServer: async () => client, now: () => time });
}

const see = () =>
  profile.addInteraction({
    product: { shop: "a.example", itemId: "1", url: "https://a.example/1" },
    kind: "view",
    space: "s1",
    embedding: encodeEmbedding([1, 0, 0]),
  });

test("all means are fetched in one request that names no shop, and the ledger has it", async () => {
  await see();
  await source().refresh(model);
  assert.deepEqual(sent, ["http://127.0.0.1:8710/v1/shop-means"]);
  assert.deepEqual(
    profile.ledger().map(({ method, url, body }) => [method, url, body]),
    [["GET", "http://127.0.0.1:8710/v1/shop-means", ""]],
  );
  assert.deepEqual(profile.shopMeans?.shops, shops);
});

test("means are fetched once a day", async () => {
  await see();
  await source().refresh(model);
  time += DAY_MS - 1;
  await source().refresh(model);
  assert.equal(sent.length, 1);
  time += 1;
  await source().refresh(model);
  assert.equal(sent.length, 2);
});

test("another space or another server is asked at once", async () => {
  await see();
  await source().refresh(model);
  answer = () => Response.json({ space: "s2", shops: [] });
  await source().refresh({ ...model, manifest: { space: "s2", dim: 3 } });
  assert.equal(profile.shopMeans?.space, "s2");
  await profile.changeSettings({ serverUrl: "http://127.0.0.1:9999" });
  await source().refresh({ ...model, manifest: { space: "s2", dim: 3 } });
  assert.equal(sent.length, 3);
});

test("the request is the same without a history, so that it tells nothing of one", async () => {
  await source().refresh(model);
  assert.deepEqual(sent, ["http://127.0.0.1:8710/v1/shop-means"]);
});

test("nothing is asked where the bundle has no metric", async () => {
  await see();
  await source().refresh({ ...model, metric: null });
  assert.deepEqual(sent, []);
});

test("a server of an earlier version is asked again tomorrow, and nothing fails", async () => {
  await see();
  answer = () =>
    Response.json(
      { code: "not_found", detail: "no such page" },
      { status: 404, headers: { "Content-Type": "application/problem+json" } },
    );
  await source().refresh(model);
  await source().refresh(model);
  assert.equal(sent.length, 1);
  assert.deepEqual(profile.shopMeans?.shops, []);
});

test("a server that is away leaves the means of yesterday", async () => {
  await see();
  await source().refresh(model);
  time += 2 * DAY_MS;
  answer = () => {
    throw new TypeError("Failed to fetch");
  };
  await source().refresh(model);
  assert.deepEqual(profile.shopMeans?.shops, shops);
});

test("means of another space than the bundle's are not kept", async () => {
  await see();
  answer = () => Response.json({ space: "s9", shops });
  await source().refresh(model);
  assert.equal(profile.shopMeans, null);
});

test("means are sealed, exported, and erased with the profile", async () => {
  await see();
  await source().refresh(model);
  const { records } = await onDisk(`means-${databases}`);
  const record = records.find((/** @type {any} */ { kind }) => kind === "shop_means");
  assert.ok(record);
  assert.ok(!new TextDecoder().decode(record.envelope).includes("example"));
  const reopened = await Profile.open(storage, { now: () => time });
  assert.deepEqual(reopened.shopMeans, profile.shopMeans);
  assert.deepEqual(reopened.export().shopMeans?.shops, shops);
  await profile.erase();
  assert.equal(profile.shopMeans, null);
  assert.equal("shopMeans" in profile.export(), false);
});
