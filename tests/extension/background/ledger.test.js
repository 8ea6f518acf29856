// @ts-check
// The ledger: what left the device, and what was about to be shown.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { sha256 } from "../fakes/bundle.js";
import { createDevice } from "../fakes/device.js";
import { createServer } from "../fakes/server.js";
import { SHOP, createShopper } from "../fakes/shopper.js";

/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
beforeEach(async () => {
  device = createDevice({ server: createServer({ shops: [SHOP] }) });
  await device.startWorker();
  shopper = createShopper(device);
});

test("ledger.get lists every request, byte for byte, newest first", async () => {
  assert.deepEqual((await device.send({ type: "ledger.get" })).entries, []);
  await shopper.useServer();
  await shopper.allow();
  await shopper.see("sea towel");
  shopper.showListing([]);
  await device.send({ type: "recommend" });
  const { entries } = await device.send({ type: "ledger.get" });
  const asked = entries.map((/** @type {any} */ { url }) => new URL(url).pathname);
  assert.deepEqual(
    asked.filter((/** @type {string} */ path) => !/^\/v1\/(?:channel|pairing)/.test(path)).sort(),
    device.server.requests.map(({ path }) => path).sort(),
  );
  const sent = device.server.requests.find(({ path }) => path === "/v1/recommendations");
  const noted = entries.find((/** @type {any} */ { body }) => body !== "");
  assert.equal(noted.body, JSON.stringify(sent?.body));
  // What left the device is sealed, and noted by its length and its hash.
  const left = device.server.trust.received;
  assert.deepEqual(
    entries.map((/** @type {any} */ { sealed }) => [new URL(sealed.url).pathname, sealed.bytes, sealed.sha256]),
    left.map(({ path, bytes }) => [path, bytes.length, sha256(Buffer.from(bytes))]).reverse(),
  );
});

test("images that a page shows are in the ledger, one entry a host", async () => {
  const urls = ["https://a.example/1.jpg", "https://cdn.example/2.jpg", "https://a.example/3.jpg"];
  const odd = ["javascript:alert(1)", "no address", "http://plain.example/4.jpg", urls[0]];
  assert.deepEqual(await device.send({ type: "images.show", urls: [...urls, ...odd], since: Date.now() }), {
    ok: true,
  });
  const { entries } = await device.send({ type: "ledger.get" });
  assert.deepEqual(entries.map((/** @type {any} */ { url, body, purpose }) => [url, body, purpose]).sort(), [
    ["https://a.example/", JSON.stringify([urls[0], urls[2]]), "shown"],
    ["https://cdn.example/", JSON.stringify([urls[1]]), "shown"],
  ]);
});

test("images of a page that has not heard of the erasure are not noted, and nothing is kept of them", async () => {
  const since = Date.now() - 1000;
  const show = (/** @type {number} */ at) =>
    device.send({ type: "images.show", urls: ["https://a.example/1.jpg"], since: at });
  await shopper.allow();
  assert.deepEqual(await show(since), { ok: true });
  // One is under way while it is erased, one comes after it.
  const [erased, underWay] = await Promise.all([device.send({ type: "profile.erase" }), show(since)]);
  assert.equal(erased.ok, true);
  const late = await show(since);
  for (const answer of [underWay, late]) assert.deepEqual([answer.ok, answer.error?.code], [false, "erased"]);
  assert.deepEqual((await device.send({ type: "ledger.get" })).entries, []);
  // The next list of the same page is of the next profile.
  assert.deepEqual(await show(Date.now() + 1000), { ok: true });
  assert.equal((await device.send({ type: "ledger.get" })).entries.length, 1);
});
