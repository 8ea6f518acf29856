// @ts-check
// What is learned from pages that change under the reader, and from controls that were used: through the gate, on a fake device.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createDevice, listingPage, productPage } from "../fakes/device.js";
import { LIST, PAGE, SHOP, createShopper } from "../fakes/shopper.js";

const CARD = `https://${SHOP}/night-lamp`;

/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
beforeEach(async () => {
  device = createDevice();
  shopper = createShopper(device);
  await device.startWorker();
  await shopper.allow();
});

/** @param {Record<string, any>} message @param {any} [tab] */
const tell = (message, tab) => device.sendFromPage(message.url ?? PAGE, message, tab);

/** @param {string} title of the page @param {Record<string, any>} [more] fields of page.seen */
const see = (title, { url = PAGE, kind = "view", ...more } = {}) =>
  tell({ type: "page.seen", html: productPage(title, url), url, kind, ...more });

/** @param {Record<string, any>} more fields of page.seen, on a page with three cards */
const useCard = (more) =>
  tell({
    type: "page.seen",
    html: listingPage(["sea mug", "night lamp", "oak bowl"], SHOP),
    url: LIST,
    kind: "cart",
    card: CARD,
    ...more,
  });

/** @returns {Promise<string[]>} kind, title and weight of what is known */
async function known() {
  const { interactions } = await shopper.exported();
  return interactions.map((/** @type {any} */ one) => `${one.kind} ${one.product.title} ${one.weight}`).sort();
}

test("the product before is not learned under the next address, the next one is", async () => {
  const { product: before } = await see("sea towel");
  const url = `https://${SHOP}/sea-mug`;
  const html = productPage("sea towel", PAGE);
  const early = await tell({ type: "page.seen", html, url, kind: "view", before, isSettling: true });
  assert.deepEqual(early, { ok: true, stored: false, reason: "unchanged" });
  const click = await tell({ type: "page.seen", html, url, kind: "cart", before });
  assert.deepEqual(click, { ok: true, stored: false, reason: "unchanged" }, "nor by a click");
  assert.equal((await see("sea mug", { url, before, isSettling: true })).stored, true);
  assert.deepEqual(await known(), ["view sea mug 1", "view sea towel 1"]);
});

test("another variant changes what is kept, and is no second view", async () => {
  const { product: before } = await see("sea towel");
  assert.equal((await see("sea towel, navy", { before })).stored, true);
  assert.deepEqual(await known(), ["view sea towel, navy 1"]);
  assert.equal((await see("oak bowl", { before })).reason, "unclear", "another product in the same place");
  assert.equal((await see("sea towel", { before })).reason, "same");
  assert.deepEqual(await known(), ["view sea towel, navy 1"]);
});

test("a product seen again counts again, at most five times a day", async () => {
  for (let i = 0; i < 7; i += 1) await see("sea towel");
  assert.deepEqual(await known(), ["view sea towel 5"]);
});

test("an act that is offered again counts once, and is answered as before", async () => {
  const actId = "00000000000000a1";
  const first = await see("sea towel", { actId });
  assert.deepEqual(await see("sea towel", { actId }), first);
  await see("sea mug", { url: `https://${SHOP}/sea-mug`, actId: "00000000000000a2" });
  assert.equal((await see("sea mug", { actId: "no id" })).error.code, "invalid_message");
  assert.deepEqual(await known(), ["view sea mug 1", "view sea towel 1"]);
});

test("who stays counts once more, where the view is known", async () => {
  const { product } = await see("sea towel");
  const { itemId } = product;
  assert.deepEqual(await tell({ type: "page.stayed", itemId }), { ok: true, stored: true });
  assert.deepEqual(await known(), ["view sea towel 2"]);
  assert.equal((await tell({ type: "page.stayed", itemId: "0".repeat(16) })).stored, false);
  assert.equal((await tell({ type: "page.stayed", itemId }, { incognito: true })).stored, false);
  await device.send({ type: "pause.set", paused: true });
  assert.equal((await tell({ type: "page.stayed", itemId })).stored, false);
  assert.deepEqual(await known(), ["view sea towel 2"]);
});

test("what is removed while a page tells of staying does not come back", async () => {
  const { product } = await see("sea towel");
  const ids = (await shopper.exported()).interactions.map((/** @type {any} */ { id }) => id);
  const removed = device.send({ type: "taste.remove", ids });
  assert.equal((await tell({ type: "page.stayed", itemId: product.itemId })).stored, false);
  await removed;
  assert.deepEqual(await known(), []);
});

test("a page tells of staying with its own shop's product only", async () => {
  const { product } = await see("sea towel");
  await shopper.allow("b.example");
  const answer = await device.sendFromPage("https://b.example/", { type: "page.stayed", itemId: product.itemId });
  assert.equal(answer.stored, false);
});

test("what is taken out of a wish list or a cart is forgotten, and its view is not", async () => {
  await see("sea towel");
  for (const kind of ["wishlist", "cart", "purchase"]) await see("sea towel", { kind });
  const answer = await see("sea towel", { kind: "wishlist", isRemoved: true });
  assert.deepEqual([answer.stored, answer.reason], [false, "taken_back"]);
  assert.deepEqual(await known(), ["cart sea towel 1", "purchase sea towel 1", "view sea towel 1"]);
  await see("sea towel", { kind: "cart", isRemoved: true });
  assert.deepEqual(await known(), ["purchase sea towel 1", "view sea towel 1"]);
});

test("a card's control counts for the card's product, with what the card shows", async () => {
  assert.equal((await useCard({})).stored, true);
  assert.deepEqual(await known(), ["cart night lamp 1"]);
  const [{ product }] = (await shopper.exported()).interactions;
  assert.deepEqual([product.url, product.price.amount, product.images.length], [CARD, "20.00", 1]);
  assert.deepEqual(await useCard({ card: `https://${SHOP}/no-such-thing` }), {
    ok: true,
    stored: false,
    reason: "no_such_card",
  });
  assert.equal((await useCard({ card: "https://b.example/night-lamp" })).error.code, "forbidden_sender");
  const url = `https://${SHOP}/cart`;
  assert.equal((await useCard({ url, kind: "wishlist" })).reason, "private_path", "nothing is learned from a cart");
  assert.equal((await useCard({ url, isRemoved: true, html: "" })).reason, "taken_back");
  assert.deepEqual(await known(), []);
});

test("the state says what came of the page in front, in memory only", async () => {
  const readingAt = async (/** @type {string} */ url) => {
    device.state.tabs = [{ id: 7, url, incognito: false, active: true }];
    return (await device.send({ type: "state.get" })).state.tab.reading;
  };
  assert.equal(await readingAt(PAGE), null, "not yet read");
  await see("sea towel");
  const { confidence, ...reading } = await readingAt(PAGE);
  assert.deepEqual(reading, { verdict: "product", isLearned: true, numChanges: 0 });
  assert.ok(confidence > 0.7, "markup, heading and price agree");
  const html = listingPage(["sea mug", "night lamp"], SHOP);
  await tell({ type: "page.seen", html, url: LIST, kind: "view" });
  const other = await readingAt(LIST);
  assert.deepEqual([other.isLearned, other.reason, other.verdict], [false, other.verdict, other.verdict]);
  assert.notEqual(other.verdict, "product");
  assert.equal(await readingAt(PAGE), null, "the tab shows another page now");
  await tell({ type: "page.changed", url: LIST });
  assert.equal((await readingAt(LIST)).numChanges, 1);
  assert.equal(JSON.stringify(await shopper.exported()).includes("numChanges"), false);
});

test("nothing is noted of a page in a private window", async () => {
  await tell({ type: "page.seen", html: productPage("sea towel", PAGE), url: PAGE, kind: "view" }, { incognito: true });
  await tell({ type: "page.changed", url: PAGE }, { incognito: true });
  assert.equal("readings" in device.state.session, false);
});

test("a private page is not read, and the state says so", async () => {
  const url = `https://${SHOP}/checkout/review`;
  const answer = await see("sea towel", { url });
  assert.deepEqual([answer.stored, answer.reason], [false, "private_path"]);
  assert.equal(device.state.offscreenOpened, 0);
});
