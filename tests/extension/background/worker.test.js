// @ts-check
// background.js itself: its listeners are there when its first turn ends, and its events reach the parts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createDevice } from "../fakes/device.js";
import { SHOP, createShopper } from "../fakes/shopper.js";
import { eventually } from "../fakes/waiting.js";

const ORIGIN = `*://*.${SHOP}/*`;
const afterMs = (/** @type {number} */ ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** @param {ReturnType<typeof createDevice>} device @returns {Promise<string[]>} */
async function consentsOf(device) {
  const { state } = await device.send({ type: "state.get" });
  return state.consents.map((/** @type {any} */ { shop }) => shop);
}

test("the worker listens to every event from its first turn", async () => {
  const { runtime, permissions } = await createDevice().startWorker();
  const events = [
    runtime.onMessage,
    runtime.onInstalled,
    runtime.onStartup,
    permissions.onAdded,
    permissions.onRemoved,
  ];
  assert.deepEqual(
    events.map(({ listeners }) => listeners.length),
    [1, 1, 1, 1, 1],
  );
});

test("a start of the worker opens, asks and registers nothing", async () => {
  const device = createDevice();
  await device.startWorker();
  await afterMs(50);
  assert.deepEqual([device.server.requests, device.state.scripts.size, device.state.offscreenOpened], [[], 0, 0]);
});

test("a granted permission is consent, even after the worker died", async () => {
  const device = createDevice();
  const first = await device.startWorker();
  await device.send({ type: "consent.ask", shop: SHOP, tabId: 7 });
  device.stopWorker(first);
  const { permissions } = await device.startWorker();
  device.state.granted.add(ORIGIN);
  permissions.onAdded.fire({ origins: [ORIGIN] });
  await eventually(() => assert.deepEqual(device.state.injected, [7]));
  assert.deepEqual(await consentsOf(device), [SHOP]);
});

test("a permission event without origins changes nothing", async () => {
  const device = createDevice();
  const { permissions } = await device.startWorker();
  await device.send({ type: "consent.ask", shop: SHOP });
  permissions.onAdded.fire({ permissions: ["history"] });
  await afterMs(50);
  assert.deepEqual(await consentsOf(device), []);
});

test("a permission taken back in the browser ends the consent", async () => {
  const device = createDevice();
  const { permissions } = await device.startWorker();
  await createShopper(device).allow();
  device.state.granted.delete(ORIGIN);
  permissions.onRemoved.fire({ origins: [ORIGIN] });
  await eventually(() => assert.equal(device.state.scripts.size, 0));
  assert.deepEqual(await consentsOf(device), []);
});

for (const event of ["onInstalled", "onStartup"]) {
  test(`content scripts are registered again at ${event}`, async () => {
    const device = createDevice();
    const { runtime } = await device.startWorker();
    await createShopper(device).allow();
    device.state.scripts.clear();
    runtime[event].fire({});
    await eventually(() => assert.deepEqual([...device.state.scripts.keys()], [`shop ${SHOP}`]));
  });
}

test("a stranger's message is refused", async () => {
  const { runtime } = await createDevice().startWorker();
  const answer = await new Promise((resolve) => {
    runtime.onMessage.fire({ type: "profile.export" }, { id: "another-extension" }, resolve);
  });
  assert.equal(answer.error.code, "forbidden_sender");
});

test("a page of a shop may not read or change the profile", async () => {
  const device = createDevice();
  await device.startWorker();
  for (const message of [
    { type: "profile.export" },
    { type: "profile.erase" },
    { type: "ledger.get" },
    { type: "state.get" },
    { type: "consent.set", shop: SHOP, allowed: true },
    { type: "settings.set", serverIsMine: true },
  ]) {
    const answer = await device.sendFromPage(`https://${SHOP}/`, message);
    assert.equal(answer.error.code, "forbidden_sender", message.type);
  }
});
