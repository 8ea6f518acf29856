// @ts-check
// What the filter leaves out, is counted, allowed and blocked, from the message to the disk and back.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createDevice } from "../fakes/device.js";
import { SHOP, createShopper } from "../fakes/shopper.js";

/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
/** @type {any} */
let worker;
beforeEach(async () => {
  device = createDevice();
  shopper = createShopper(device);
  worker = await device.startWorker();
  await shopper.allow();
});

/** @param {string} type @param {object} [fields] @returns {Promise<any>} */
const answerTo = (type, fields = {}) => device.send({ type, ...fields });
/** @param {object} [changes] @returns {Promise<any>} the filter's state */
async function filter(changes) {
  const answer = await answerTo(changes ? "filter.set" : "filter.get", changes);
  assert.equal(answer.ok, true, answer.error?.message);
  return answer.filter;
}
const titles = async () =>
  (await shopper.exported()).interactions.map((/** @type {any} */ { product }) => product.title).sort();
/** @param {string} title */
const card = (title) => ({ itemId: "x", url: `https://${SHOP}/${encodeURIComponent(title)}`, title });

test("what is left out is counted by reason, also in the next life of the worker, and not named anywhere", async () => {
  await shopper.see("sea towel");
  await shopper.see("sea vape");
  await shopper.see("sea rosary");
  await shopper.see("sea vape");
  device.stopWorker(worker);
  await device.startWorker();
  const { dropped, shops } = await filter();
  assert.deepEqual(dropped, [
    { reason: "drugs", count: 2 },
    { reason: "religion", count: 1 },
  ]);
  assert.deepEqual(shops, [SHOP]);
  assert.deepEqual(await titles(), ["sea towel"]);
  assert.ok(!JSON.stringify([await shopper.exported(), dropped]).includes("vape"));
});

test("a category and a shop that are allowed are kept from then on, until they are not", async () => {
  await filter({ categories: ["drugs", "no such category"] });
  await shopper.see("sea vape");
  await shopper.see("sea rosary");
  assert.deepEqual(await titles(), ["sea vape"]);
  assert.deepEqual((await filter({ categories: [] })).rules.categories, []);
  const { rules } = await filter({ shops: [SHOP, "never.allowed.example"] });
  assert.deepEqual(rules.shops, [SHOP]);
  await shopper.see("sea rosary");
  assert.deepEqual(await titles(), ["sea rosary", "sea vape"]);
  await filter({ shops: [] });
  await shopper.see("night rosary");
  assert.deepEqual(await titles(), ["sea rosary", "sea vape"]);
});

test("own words are blocked everywhere: views, saves, picks and dismissals", async () => {
  await filter({ ownWords: [" mug ", "mug", "lamp*"], shops: [SHOP] });
  assert.deepEqual((await filter()).rules.ownWords, ["mug", "lamp*"]);
  await shopper.see("sea mug");
  for (const [type, fields] of [
    ["item.save", { item: card("sea mug") }],
    ["items.pick", { items: [card("night lamps")] }],
  ])
    assert.equal((await answerTo(String(type), /** @type {object} */ (fields))).error?.code, "not_kept", String(type));
  const dismissed = await answerTo("item.dismiss", { item: card("night lamps") });
  assert.deepEqual([dismissed.stored, dismissed.reason], [false, "sensitive_own_words"]);
  assert.deepEqual(await titles(), []);
  assert.deepEqual((await filter()).dropped, [{ reason: "own_words", count: 1 }]);
});

test("a dismissal of a sensitive thing is not kept", async () => {
  const { stored, reason } = await answerTo("item.dismiss", { item: card("sea vape") });
  assert.deepEqual([stored, reason], [false, "sensitive_drugs"]);
  assert.deepEqual(await titles(), []);
});

test("words that say nothing, or are too many or too long, are refused", async () => {
  for (const ownWords of [["*"], ["a".repeat(61)], Array.from({ length: 201 }, (_, i) => `word ${i}`)])
    assert.equal((await answerTo("filter.set", { ownWords })).error?.code, "invalid_words");
});

test("what was kept before the rules knew it is removed at the next start, counted, and stays counted", async () => {
  await filter({ categories: ["drugs"] });
  await shopper.see("sea vape");
  await shopper.see("sea towel");
  await filter({ categories: [] });
  assert.deepEqual(await titles(), ["sea towel", "sea vape"]);
  // The device has applied no rules yet to what it holds, as one that is updated from an earlier version.
  for (let start = 0; start < 2; start += 1) {
    device.stopWorker(worker);
    worker = await device.startWorker();
    const { dropped, removed } = await filter();
    assert.deepEqual([dropped, removed], [[], [{ reason: "drugs", count: 1 }]]);
    assert.deepEqual(await titles(), ["sea towel"]);
  }
});
