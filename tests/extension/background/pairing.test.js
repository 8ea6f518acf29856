// @ts-check
// Who gets what: the paired server, whoever else answers at its address, and who recorded it.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { P256 } from "../../../extension/core/channel/p256.js";
import { toHex } from "../../../extension/values/encoding.js";
import { createDevice } from "../fakes/device.js";
import { createServer } from "../fakes/server.js";
import { SERVER, SHOP, createShopper, titlesOf } from "../fakes/shopper.js";

/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
/** @type {any} */
let worker;
beforeEach(async () => {
  device = createDevice({ server: createServer({ shops: [SHOP] }) });
  worker = await device.startWorker();
  shopper = createShopper(device);
  await shopper.allow();
  await shopper.see("sea towel");
  shopper.showListing(["night lamp", "sea mug"]);
  device.state.granted.add("http://127.0.0.1/*");
});

const recommended = async () => (await device.send({ type: "recommend" })).recommendations;
const pair = (code = "K7QF2-9XM4T", serverUrl = SERVER, serverIsMine = false) =>
  device.send({ type: "pairing.make", serverUrl, serverIsMine, code });
/** What came to the address, as text. */
const heard = () => device.server.trust.received.map(({ bytes }) => Buffer.from(bytes).toString("latin1")).join("\n");

/** Send what was recorded again, and return the statuses. @param {{path: string, bytes: Uint8Array<ArrayBuffer>}[]} recorded */
const replay = (recorded) =>
  Promise.all(
    recorded.map(
      async ({ path, bytes }) => (await device.server.fetch(SERVER + path, { method: "POST", body: bytes })).status,
    ),
  );

test("a named server that is not paired gets nothing, and the shopper is told", async () => {
  const { state } = await device.send({ type: "settings.set", serverUrl: SERVER });
  assert.equal(state.pairedKey, "");
  const answer = await recommended();
  assert.deepEqual([answer.mode, answer.problem.code], ["page", "server_unpaired"]);
  assert.deepEqual([device.server.requests, device.server.trust.received], [[], []]);
});

test("a server named by an earlier version gets nothing until it is paired", async () => {
  await device.send({ type: "settings.set", serverUrl: SERVER, serverIsMine: true });
  device.stopWorker(worker);
  await device.startWorker();
  assert.equal((await recommended()).problem.code, "server_unpaired");
  await shopper.pair();
  assert.equal((await recommended()).mode, "own");
});

test("a paired server is asked through the channel alone", async () => {
  await shopper.pair();
  assert.equal((await recommended()).mode, "own");
  assert.ok(device.server.requests.every(({ method }) => !method.startsWith("open")));
  assert.deepEqual(
    [...new Set(device.server.trust.received.map(({ path }) => path))],
    ["/v1/pairing", "/v1/pairing/finish", "/v1/channel", "/v1/channel/request"],
  );
  assert.doesNotMatch(heard(), /vector|a\.example|recommendations|K7QF2/);
});

test("requests with and without a taste are equally long", async () => {
  await shopper.pair();
  await recommended();
  const sizes = device.server.trust.received
    .filter(({ path }) => path.endsWith("request"))
    .map((one) => one.bytes.length);
  assert.deepEqual([...new Set(sizes)].length, 1);
});

test("an impostor at the address gets a handshake that says nothing", async () => {
  await shopper.pair();
  device.server.trust.received.length = 0;
  device.server.trust.key = P256.generate();
  const answer = await recommended();
  assert.deepEqual([answer.mode, answer.problem.code], ["page", "server_changed"]);
  assert.match(answer.problem.message, /not the server that you paired\. Nothing about you was sent\..* pair it again/);
  assert.deepEqual(
    device.server.trust.received.map(({ path, bytes }) => [path, bytes.length]),
    device.server.trust.received.map(() => ["/v1/channel", 162]),
  );
  assert.deepEqual(device.server.requests, []);
});

for (const [name, status, body] of /** @type {[string, number, string][]} */ ([
  ["says yes to everything", 200, "ok"],
  ["has an empty answer", 200, ""],
  ["is another kind of server", 404, "<h1>Not found</h1>"],
  ["sends a redirect", 302, ""],
  ["answers with noise", 200, "\u0004".padEnd(300, "x")],
]))
  test(`an impostor that ${name} gets nothing`, async () => {
    await shopper.pair();
    device.server.trust.received.length = 0;
    device.server.trust.take = async (path, bytes) => {
      device.server.trust.received.push({ path, bytes });
      return new Response(body, { status });
    };
    const answer = await recommended();
    assert.deepEqual([answer.mode, answer.problem.code], ["page", "server_changed"]);
    assert.ok(device.server.trust.received.every((one) => one.path === "/v1/channel" && one.bytes.length === 162));
    assert.deepEqual(titlesOf({ recommendations: answer }), ["sea mug", "night lamp"]);
  });

test("who takes the port between handshake and request cannot read it or answer it", async () => {
  await shopper.pair();
  await recommended();
  const { take } = device.server.trust;
  device.server.trust.take = async (path, bytes) =>
    path === "/v1/channel/request" ? new Response(crypto.getRandomValues(new Uint8Array(16_500))) : take(path, bytes);
  device.server.items = [];
  assert.equal((await recommended()).problem.code, "server_changed");
  assert.doesNotMatch(heard(), /vector|a\.example/);
});

test("a wrong code pairs nobody, and sends one key", async () => {
  device.server.trust.code = "K7QF2-9XM4T";
  const answer = await pair("K7QF2-9XM4S");
  assert.equal(answer.error.code, "pairing_failed");
  assert.deepEqual(
    device.server.trust.received.map(({ path, bytes }) => [path, bytes.length]),
    [["/v1/pairing", 81]],
  );
  assert.equal((await device.send({ type: "state.get" })).state.pairedKey ?? "", "");
  assert.equal((await pair()).error.code, "pairing_over", "the code was tried");
});

test("an impostor without the code learns nothing to try codes against", async () => {
  device.server.trust.code = "00000-00000";
  assert.equal((await pair()).error.code, "pairing_failed");
  const [{ bytes }] = device.server.trust.received;
  // An ephemeral key, and a tag that everybody can compute from it.
  assert.deepEqual([device.server.trust.received.length, bytes.length, bytes[0]], [1, 81, 4]);
});

test("what cannot be a code is refused on the device", async () => {
  for (const code of ["", "12345", "K7QF2-9XM4U", "not a code at all"])
    assert.equal((await pair(code)).error.code, "invalid_code");
  assert.deepEqual(device.server.trust.received, []);
});

test("a pairing sent again pairs nobody", async () => {
  await shopper.pair();
  const recorded = [...device.server.trust.received];
  assert.deepEqual(await replay(recorded), [409, 409]);
  assert.equal(device.server.trust.devices.size, 1);
});

test("requests sent again are refused", async () => {
  await shopper.pair();
  await recommended();
  const recorded = device.server.trust.received.filter(({ path }) => path.endsWith("request"));
  const asked = device.server.requests.length;
  assert.ok((await replay(recorded)).every((status) => status === 409));
  assert.equal(device.server.requests.length, asked);
});

test("a server that does not know the browser says to pair again", async () => {
  await shopper.pair();
  device.server.trust.devices.clear();
  const answer = await recommended();
  assert.deepEqual([answer.mode, answer.problem.code], ["page", "server_forgot"]);
});

test("a server that was asked too often is not taken for another one", async () => {
  await shopper.pair();
  const { take } = device.server.trust;
  device.server.trust.take = async () => Response.json({ code: "too_many_requests" }, { status: 429 });
  assert.equal((await recommended()).problem.code, "server_error");
  device.server.trust.take = take;
  assert.equal((await recommended()).mode, "own");
});

test("after a restart of the server the channel is made anew, without a word", async () => {
  await shopper.pair();
  await recommended();
  device.server.trust.restart();
  const answer = await recommended();
  assert.deepEqual([answer.mode, answer.problem], ["own", undefined]);
});

test("a server whose channels end at once fails, and is not asked for ever", async () => {
  await shopper.pair();
  const { take } = device.server.trust;
  device.server.trust.take = async (path, bytes) => {
    if (path.endsWith("request")) device.server.trust.restart();
    return take(path, bytes);
  };
  device.server.trust.received.length = 0;
  assert.equal((await recommended()).problem.code, "server_error");
  assert.ok(device.server.trust.received.length < 20);
});

test("the pairing outlives the worker, and its keys are in no message", async () => {
  await shopper.pair();
  device.stopWorker(worker);
  await device.startWorker();
  assert.equal((await recommended()).mode, "own");
  const { state } = await device.send({ type: "state.get" });
  const exported = await shopper.exported();
  assert.match(state.pairedKey, /^[0-9a-f]{16}$/);
  assert.doesNotMatch(JSON.stringify([state, exported]), /"(?:jwk|d|serverKey)":/);
});

test("another address needs another pairing, and no address none", async () => {
  await shopper.pair();
  const { state } = await device.send({ type: "settings.set", serverUrl: "http://127.0.0.1:9000" });
  assert.equal(state.pairedKey, "");
  assert.equal((await recommended()).problem.code, "server_unpaired");
  await device.send({ type: "settings.set", serverUrl: SERVER });
  assert.equal((await recommended()).problem.code, "server_unpaired", "the keys are gone");
});

test("erasing everything takes the pairing with it", async () => {
  await shopper.pair();
  await device.send({ type: "profile.erase" });
  device.state.granted.add("http://127.0.0.1/*");
  await device.send({ type: "settings.set", serverUrl: SERVER });
  shopper.showListing(["night lamp"]);
  assert.equal((await recommended()).problem.code, "server_unpaired");
});

test("pairing again gives new keys on both sides", async () => {
  await shopper.pair();
  const [first] = device.server.trust.devices;
  device.server.trust.key = P256.generate();
  await shopper.pair();
  assert.equal(device.server.trust.devices.size, 2);
  assert.notEqual([...device.server.trust.devices][1], first);
  assert.equal((await recommended()).mode, "own");
  assert.doesNotMatch(heard(), new RegExp(first));
  assert.equal(toHex((await device.server.trust.key).publicKey).length, 130);
});

for (const [serverUrl, serverIsMine, code] of /** @type {[string, boolean, string][]} */ ([
  ["https://shared.example", false, "server_not_mine"],
  ["http://nas.example:8710", true, "invalid_server"],
  ["https://unasked.example", true, "server_not_allowed"],
  ["", true, "server_not_mine"],
]))
  test(`${serverUrl || "no address"}, ${serverIsMine ? "" : "not "}marked, cannot be paired`, async () => {
    device.server.trust.code = "K7QF2-9XM4T";
    assert.equal((await pair(undefined, serverUrl, serverIsMine)).error.code, code);
    assert.deepEqual(device.server.trust.received, []);
  });

test("a server elsewhere that is marked as one's own is paired and asked over TLS", async () => {
  await shopper.pair("https://my.example", true);
  assert.equal((await recommended()).mode, "own");
  const { entries } = await device.send({ type: "ledger.get" });
  assert.ok(entries.every((/** @type {any} */ { sealed }) => sealed.url.startsWith("https://my.example/v1/")));
});

test("the ledger names the pairing before it is made", async () => {
  device.server.isUp = false;
  assert.equal((await pair()).error.code, "server_unreachable");
  const { entries } = await device.send({ type: "ledger.get" });
  assert.deepEqual(
    entries.map((/** @type {any} */ { url, sealed }) => [url, sealed.bytes]),
    [[`${SERVER}/v1/pairing`, 81]],
  );
});
