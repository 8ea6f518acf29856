// @ts-check
// The shopper changes their mind while a published catalogue is on its way.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { manifestOf } from "../fakes/bundle.js";
import { createDevice } from "../fakes/device.js";
import { LIST_URL, createPackHost, publish, signed } from "../fakes/pack.js";
import { eventually } from "../fakes/page.js";
import { SHOP, createShopper } from "../fakes/shopper.js";
import { paddedTowers } from "../fakes/towers.js";

const { space } = manifestOf({ name: "packaged" });
const itemsOf = (/** @type {string[]} */ ...titles) => titles.map((title) => ({ title }));
/** @type {ReturnType<typeof createPackHost>} */
let host;
/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;

beforeEach(async () => {
  host = createPackHost();
  device = createDevice({ shop: host.fetchAnswer, towers: paddedTowers });
  shopper = createShopper(device);
  await device.startWorker();
  await shopper.allow();
  device.state.granted.add("https://packs.example/*");
  await device.send({ type: "settings.set", packListUrl: LIST_URL });
  shopper.showListing(["oak chair"]);
});

/** Let the answer of a file wait. @param {string} name @returns {() => void} lets it come */
function hold(name) {
  /** @type {() => void} */
  let release = () => {};
  host.waits.set(
    name,
    new Promise((resolve) => {
      release = () => resolve(undefined);
    }),
  );
  return release;
}
/** @param {string} name */
const untilAsked = (name) => eventually(() => assert.ok(host.paths.includes(name)));
const recommend = () => device.send({ type: "recommend" });
/** @returns {Promise<any[]>} */
const packsKept = async () =>
  ((await shopper.exported()).shelves ?? []).filter((/** @type {any} */ one) => one.kind === "pack");

test("a list that the shopper left while it came answers nothing and is not kept", async () => {
  host.show([await publish({ items: itemsOf("sea mug"), space })]);
  host.files["other.json"] = "[]";
  const release = hold("list.json");
  const first = recommend();
  await untilAsked("list.json");
  const packListUrl = new URL("other.json", LIST_URL).href;
  await device.send({ type: "settings.set", packListUrl });
  const second = recommend();
  await untilAsked("other.json");
  release();
  assert.equal((await second).recommendations.mode, "page");
  assert.equal((await first).recommendations.mode, "page");
  assert.deepEqual([await packsKept(), (await shopper.exported()).packList.url], [[], packListUrl]);
});

test("a list that comes after an erasure is not kept", async () => {
  host.show([await publish({ items: itemsOf("sea mug"), space })]);
  const release = hold("list.json");
  const asked = recommend();
  await untilAsked("list.json");
  await device.send({ type: "profile.erase" });
  release();
  await asked;
  const { packList, shelves } = await shopper.exported();
  assert.deepEqual([packList, shelves], [undefined, undefined]);
});

test("a pack whose signer is not trusted any more when its manifest comes is not taken", async () => {
  const pack = await publish({ items: itemsOf("sea mug"), space });
  host.show([pack]);
  const release = hold(pack.manifest);
  const asked = recommend();
  await untilAsked(pack.manifest);
  await device.send({ type: "settings.set", trustedKeys: [signed(pack).publicKey] });
  release();
  await asked;
  assert.deepEqual(await packsKept(), []);
  const { mode, problem } = (await recommend()).recommendations;
  assert.deepEqual([mode, problem.code], ["page", "pack_forged"]);
});

test("what changed of a pack is not asked for once the consent is withdrawn", async () => {
  const first = await publish({ items: itemsOf("sea mug", "oak bowl"), space, created: "2026-01-01T00:00:00Z" });
  host.show([first]);
  await recommend();
  await eventually(() => assert.ok(host.paths.length > 3));
  const next = await publish({
    items: itemsOf("sea mug", "oak bowl", "night lamp"),
    space,
    created: "2026-01-02T00:00:00Z",
    previous: first,
    changed: itemsOf("night lamp"),
  });
  host.show([first, next]);
  const release = hold(next.manifest);
  const realNow = Date.now;
  Date.now = () => realNow() + 25 * 3_600_000;
  try {
    await recommend();
    await untilAsked(next.manifest);
    await device.send({ type: "consent.set", shop: SHOP, allowed: false });
    const before = [...host.paths];
    release();
    await recommend();
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    assert.deepEqual(host.paths, before);
  } finally {
    Date.now = realNow;
  }
});
