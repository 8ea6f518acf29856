// @ts-check
// Whose signature a published catalogue has: through the gate, with the real worker.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { manifestOf } from "../fakes/bundle.js";
import { createDevice } from "../fakes/device.js";
import { LIST_URL, createPackHost, publish, signed } from "../fakes/pack.js";
import { SHOP, createShopper } from "../fakes/shopper.js";
import { paddedTowers } from "../fakes/towers.js";

const { space } = manifestOf({ name: "packaged" });
/** @type {ReturnType<typeof createPackHost>} */
let host;
/** @type {ReturnType<typeof createDevice>} */
let device;
beforeEach(async () => {
  host = createPackHost();
  device = createDevice({ shop: host.fetchAnswer, towers: paddedTowers });
  const shopper = createShopper(device);
  await device.startWorker();
  await shopper.allow();
  shopper.showListing(["oak chair"]);
});

/** Name the list, and the keys that are trusted. @param {{packListUrl?: string, trustedKeys?: string[]}} [settings] */
async function choose(settings = { packListUrl: LIST_URL }) {
  device.state.granted.add("https://packs.example/*");
  await device.send({ type: "settings.set", ...settings });
}
/** @returns {Promise<any>} */
const recommended = async () => (await device.send({ type: "recommend" })).recommendations;

test("who signed a catalogue is told with the list, and whether the shopper trusts that key", async () => {
  const plain = await publish({ items: [{ title: "sea mug" }, { title: "oak bowl" }], space });
  const { pack, publicKey, keyId } = signed(plain);
  const told = async () => [(await recommended()).pack, (await device.send({ type: "state.get" })).state.packs];
  const unsigned = { shop: SHOP, host: "packs.example", isTrusted: false };
  host.show([plain]);
  await choose();
  assert.deepEqual(await told(), [unsigned, [unsigned]]);
  host.show([pack]);
  await choose({ packListUrl: "" });
  assert.deepEqual((await device.send({ type: "state.get" })).state.packs, []);
  await choose();
  const unknown = { ...unsigned, signedBy: keyId };
  assert.deepEqual(await told(), [unknown, [unknown]]);
  await choose({ trustedKeys: [publicKey] });
  const trusted = { ...unknown, isTrusted: true };
  assert.deepEqual(await told(), [trusted, [trusted]]);
});

test("only a signature of a trusted key lets images of other hosts in", async () => {
  const image = "https://elsewhere.example/mug.jpg";
  const { pack, publicKey } = signed(await publish({ items: [{ title: "sea mug", image }], space }));
  host.show([pack]);
  await choose();
  assert.equal((await recommended()).items[0].image, undefined);
  await choose({ trustedKeys: [publicKey] });
  assert.equal((await recommended()).items[0].image, image);
});
