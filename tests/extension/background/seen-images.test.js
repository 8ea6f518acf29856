// @ts-check
// The image of a product that is seen: from the page, through the gate, to the profile.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { decodeEmbedding } from "../../../extension/values/encoding.js";
import { imageBundle, packageOf } from "../fakes/bundle.js";
import { createDevice } from "../fakes/device.js";
import { PAGE, createShopper } from "../fakes/shopper.js";

/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
/** What the page was asked, each with the number of requests in the ledger at that time. @type {any[]} */
let asked;
/** @type {(message: any) => string} */
let answer;
beforeEach(async () => {
  const { manifest, files } = imageBundle();
  device = createDevice({ packaged: packageOf(manifest, files) });
  shopper = createShopper(device);
  await device.startWorker();
  await shopper.allow();
  asked = [];
  answer = ({ mayRequest }) => (mayRequest ? "" : "i");
  device.state.images.set(7, (message) => {
    asked.push(message);
    return answer(message);
  });
});

const compareImages = () => device.send({ type: "settings.set", compareImages: true });
const seen = async () => [...decodeEmbedding((await shopper.exported()).interactions[0].embedding)];
const ledger = async () => (await device.send({ type: "ledger.get" })).entries;

test("nobody asks for images before the shopper does", async () => {
  assert.equal((await device.send({ type: "state.get" })).state.compareImages, undefined);
  await shopper.see("sea towel");
  assert.deepEqual([asked, await seen()], [[], [1, 0, 0]]);
});

test("the image that the page shows is compared, without a request", async () => {
  assert.equal((await compareImages()).state.compareImages, true);
  await shopper.see("sea towel");
  assert.deepEqual(asked, [{ type: "page.image", url: `${PAGE}.jpg`, mayRequest: false }]);
  assert.deepEqual([await seen(), await ledger()], [[1, 0, 0.5], []]);
});

test("an image that the page may not read is requested, and the ledger names it", async () => {
  await compareImages();
  answer = ({ mayRequest }) => (mayRequest ? "ii" : "");
  await shopper.see("sea towel");
  assert.deepEqual(
    asked.map(({ mayRequest }) => mayRequest),
    [false, true],
  );
  assert.deepEqual(await seen(), [1, 0, 1]);
  const [{ method, url, body }] = await ledger();
  assert.deepEqual([method, url, body, (await ledger()).length], ["GET", `${PAGE}.jpg`, "", 1]);
});

test("the ledger names a request before it is made", async () => {
  await compareImages();
  answer = ({ mayRequest }) => {
    if (mayRequest) throw new Error("The tab was closed.");
    return "";
  };
  await shopper.see("sea towel");
  assert.deepEqual([await seen(), (await ledger()).length], [[1, 0, 0], 1]);
});

test("a shopper who has left the page loses nothing but the image", async () => {
  await compareImages();
  device.state.images.clear();
  assert.equal((await shopper.see("sea towel")).stored, true);
  assert.deepEqual([await seen(), await ledger()], [[1, 0, 0], []]);
});

test("a page in a private window is not asked for its image", async () => {
  await compareImages();
  await shopper.see("sea towel", { incognito: true });
  await shopper.see("vape pen");
  assert.deepEqual(asked, []);
});
