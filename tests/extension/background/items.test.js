// @ts-check
// What a shopper does with the cards of the panel, from the message to the disk and back.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createDevice } from "../fakes/device.js";
import { eventually } from "../fakes/page.js";
import { LIST, SHOP, createShopper, titlesOf } from "../fakes/shopper.js";
import { handTowers } from "../fakes/towers.js";

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
});

/** @param {string} title */
const card = (title) => ({
  itemId: "x",
  url: `https://${SHOP}/${title.replaceAll(" ", "-")}`,
  title,
  image: "https://a.example/i.jpg",
});
/** @param {string} type @param {object} fields @returns {Promise<any>} */
async function said(type, fields) {
  const answer = await device.send({ type, ...fields });
  assert.equal(answer.ok, true, answer.error?.message);
  return answer;
}
const kinds = async () => (await shopper.exported()).interactions.map((/** @type {any} */ { kind }) => kind).sort();
const savedTitles = async () => (await said("saved.get", {})).items.map((/** @type {any} */ one) => one.card.title);
const listed = async (/** @type {object} */ fields = {}) => titlesOf(await said("recommend", fields));

test("a dismissal that is undone is in the profile no more, and the item comes back", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  shopper.showListing(["sea mug", "night lamp"]);
  await said("item.dismiss", { item: card("sea mug") });
  assert.deepEqual([await kinds(), await listed()], [["dismiss", "view"], ["night lamp"]]);
  await said("item.undismiss", { item: card("sea mug") });
  assert.deepEqual([await kinds(), await listed()], [["view"], ["sea mug", "night lamp"]]);
});

test("a dismissal is kept without what names a person, and can be undone", async () => {
  const item = { ...card("sea mug for jo@mail.example"), url: `https://${SHOP}/sea-mug?name=jo` };
  await said("item.dismiss", { item });
  const [{ product }] = (await shopper.exported()).interactions;
  assert.deepEqual([product.url, /jo@mail/.test(product.title)], [`https://${SHOP}/sea-mug`, false]);
  await said("item.undismiss", { item });
  assert.deepEqual(await kinds(), []);
});

test("what is saved outlives the worker, is exported, and goes with everything else", async () => {
  await said("item.save", { item: card("sea mug") });
  await said("item.save", { item: card("night lamp") });
  await said("item.save", { item: card("sea mug") });
  device.stopWorker(worker);
  await device.startWorker();
  assert.deepEqual((await savedTitles()).sort(), ["night lamp", "sea mug"]);
  const { saved } = await shopper.exported();
  assert.deepEqual(
    saved.map((/** @type {any} */ { shop }) => shop),
    [SHOP, SHOP],
  );
  await said("profile.erase", {});
  assert.deepEqual(await savedTitles(), []);
});

test("what is saved twice at once is saved once", async () => {
  await Promise.all([said("item.save", { item: card("sea mug") }), said("item.save", { item: card("sea mug") })]);
  assert.deepEqual(await savedTitles(), ["sea mug"]);
});

/** Begin again on a device whose towers wait. @returns {Promise<{untilAsked: () => Promise<void>, embedded: () => void}>} */
async function withHeldTowers() {
  /** @type {() => void} */
  let embedded = () => {};
  const held = new Promise((resolve) => {
    embedded = () => resolve(undefined);
  });
  let isAsked = false;
  const towers = {
    ...handTowers,
    async embedItems(/** @type {string[]} */ texts) {
      isAsked = true;
      await held;
      return handTowers.embedItems(texts);
    },
  };
  device = createDevice({ towers });
  shopper = createShopper(device);
  await device.startWorker();
  return { untilAsked: () => eventually(() => assert.ok(isAsked)), embedded };
}

test("what is saved and taken back while the towers load counts for nothing", async () => {
  const { untilAsked, embedded } = await withHeldTowers();
  await shopper.allow();
  const saved = said("item.save", { item: card("sea mug") });
  await untilAsked();
  await said("item.unsave", { item: card("sea mug") });
  embedded();
  assert.equal((await saved).isLearned, false);
  assert.deepEqual([await savedTitles(), await kinds()], [[], []]);
});

test("first picks are not learned where learning is paused while the towers load", async () => {
  const { untilAsked, embedded } = await withHeldTowers();
  const picked = device.send({ type: "items.pick", items: [card("sea mug")] });
  await untilAsked();
  await said("pause.set", { paused: true });
  embedded();
  assert.equal((await picked).error.code, "paused");
  assert.deepEqual(await kinds(), []);
});

test("a dismissal that was under way when everything was erased is kept nowhere", async () => {
  const { untilAsked, embedded } = await withHeldTowers();
  const dismissed = device.send({ type: "item.dismiss", item: card("sea mug") });
  await untilAsked();
  await said("profile.erase", {});
  embedded();
  assert.equal((await dismissed).error.code, "erased");
  assert.deepEqual((await shopper.exported()).interactions, []);
  await said("item.dismiss", { item: card("sea mug") });
  assert.deepEqual(await kinds(), ["dismiss"], "a new profile began");
});

test("a list that a panel kept until it heard of the erasure is forgotten", async () => {
  await shopper.allow();
  device.panel.runtime.onMessage.addListener(
    (/** @type {any} */ { type }, /** @type {any} */ _, /** @type {(answer: object) => void} */ respond) => {
      if (type === "state.changed") device.state.session["list 7"] = { answer: {} };
      respond({ ok: true });
    },
  );
  assert.ok((await device.send({ type: "profile.erase" })).ok);
  assert.deepEqual(device.state.session, {});
});

test("saving counts for the taste only where learning is allowed", async () => {
  assert.equal((await said("item.save", { item: card("sea mug") })).isLearned, false);
  assert.deepEqual(await kinds(), []);
  await shopper.allow();
  assert.equal((await said("item.save", { item: card("sea bowl") })).isLearned, true);
  assert.deepEqual(await kinds(), ["wishlist"]);
  await said("item.unsave", { item: card("sea bowl") });
  assert.deepEqual([await kinds(), await savedTitles()], [[], ["sea mug"]]);
});

test("while learning is paused nothing is saved, and what is saved can be taken back", async () => {
  await said("item.save", { item: card("sea mug") });
  await said("item.save", { item: card("sea bowl") });
  await said("pause.set", { paused: true });
  assert.equal((await device.send({ type: "item.save", item: card("sea cup") })).error.code, "paused");
  await said("item.unsave", { item: card("sea bowl") });
  assert.deepEqual([await kinds(), await savedTitles()], [[], ["sea mug"]]);
});

test("a withdrawn consent leaves what the shopper saved", async () => {
  await shopper.allow();
  await said("item.save", { item: card("sea mug") });
  await device.send({ type: "consent.set", shop: SHOP, allowed: false });
  assert.deepEqual(await savedTitles(), ["sea mug"]);
});

test("what is never kept is neither saved nor picked nor dismissed", async () => {
  for (const [type, fields] of /** @type {[string, object][]} */ ([
    ["item.save", { item: card("pregnancy test kit") }],
    ["items.pick", { items: [card("pregnancy test kit")] }],
    ["item.save", { item: { ...card("mug"), url: `https://${SHOP}/account/mug` } }],
  ])) {
    assert.equal((await device.send({ type, ...fields })).error.code, "not_kept", JSON.stringify(fields));
  }
  for (const item of [card("pregnancy test kit"), { ...card("mug"), url: `https://${SHOP}/account/mug` }])
    assert.equal((await said("item.dismiss", { item })).stored, false);
  assert.deepEqual([await savedTitles(), await kinds()], [[], []]);
});

test("first picks are a taste at once, without consent for the shop, and not while paused", async () => {
  shopper.showListing(["night lamp", "sea mug", "sea cup", "oak bowl"]);
  assert.equal((await said("items.pick", { items: [card("sea towel"), card("sea rug")] })).numLearned, 2);
  assert.deepEqual((await listed()).slice(0, 2).sort(), ["sea cup", "sea mug"]);
  await said("pause.set", { paused: true });
  assert.equal((await device.send({ type: "items.pick", items: [card("night rug")] })).error.code, "paused");
});

test("a page is looked through by words, and filtered, on the device", async () => {
  shopper.showListing(["night lamp", "sea mug", "oak bowl"]);
  assert.deepEqual(await listed({ choice: { words: "bowl" } }), ["oak bowl"]);
  assert.deepEqual(await listed({ choice: { priceTo: 5 } }), []);
  const { recommendations } = await said("recommend", { choice: { words: "sea" } });
  assert.deepEqual([recommendations.basis, recommendations.numFound], ["search", 1]);
  assert.deepEqual(device.server.requests, []);
});

test("words are not sent to the shopper's own server", async () => {
  device.server.shops = [SHOP];
  await shopper.useServer();
  await shopper.allow();
  await shopper.see("sea towel");
  shopper.showListing(["night lamp", "oak bowl"]);
  const before = device.server.requests.length;
  const { recommendations } = await said("recommend", { choice: { words: "night" } });
  assert.deepEqual([recommendations.mode, titlesOf({ recommendations })], ["page", ["night lamp"]]);
  assert.ok(!device.server.requests.slice(before).some(({ path }) => /recommendations/.test(path)));
});

test("the icon counts what fits only where the shopper wants it", async () => {
  await shopper.allow();
  shopper.showListing(["sea mug", "sea cup", "night lamp"], LIST);
  await shopper.see("sea towel");
  assert.equal(device.state.badges.get(7), undefined);
  await said("settings.set", { showsBadge: true });
  await shopper.see("sea rug");
  await eventually(() => assert.equal(device.state.badges.get(7), "2"));
  await said("settings.set", { showsBadge: false });
  assert.equal(device.state.badges.get(7), "");
});
