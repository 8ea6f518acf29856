// @ts-check
// What it knows, and imports: through the gate, with the real worker.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createDevice, listingPage } from "../fakes/device.js";
import { answer, createShop, feedPage, row } from "../fakes/shop.js";
import { SHOP, createShopper } from "../fakes/shopper.js";
import { paddedTowers } from "../fakes/towers.js";
import { eventually } from "../fakes/waiting.js";

/** @type {ReturnType<typeof createShop>} */
let shop;
/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
beforeEach(async () => {
  shop = createShop({
    "/products.json?limit=250&page=1": feedPage(["night lamp", "sea mug", "oak bowl"].map(row), { etag: '"v1"' }),
    "/meta.json": answer('{"currency": "EUR", "published_products_count": 3}'),
  });
  device = createDevice({ shop: shop.fetchAnswer, towers: paddedTowers });
  shopper = createShopper(device);
  await device.startWorker();
  await shopper.allow();
});

/** @returns {Promise<any>} */
const taste = async () => (await device.send({ type: "taste.get" })).taste;
/** @param {any} one @returns {string[]} the titles of its clusters' things, sorted */
const known = ({ clusters, alone }) =>
  [...clusters.flatMap((/** @type {any} */ { things }) => things), ...alone]
    .map((/** @type {any} */ { title }) => title)
    .sort();
const numRequests = () => shop.requests.length + device.server.requests.length;

/** Read the shop's catalogue to its end. */
async function readCatalogue() {
  await device.send({ type: "shelf.read" });
  await eventually(async () => assert.equal((await device.send({ type: "state.get" })).state.shelf.status, "read"));
}

test("looking at what is known asks nobody", async () => {
  for (const title of ["sea towel", "sea rug", "night desk"]) await shopper.see(title);
  const before = numRequests();
  const found = await taste();
  assert.deepEqual(known(found), ["night desk", "sea rug", "sea towel"]);
  assert.deepEqual(found.clusters[0].words, ["sea"]);
  const effect = await device.send({ type: "taste.effect", ids: found.clusters[0].things[0].ids });
  assert.ok(effect.ok);
  assert.equal(numRequests(), before);
  assert.deepEqual((await device.send({ type: "ledger.get" })).entries, []);
});

test("a removal is seen in the state at once, and comes back when it is undone", async () => {
  for (const title of ["sea towel", "sea rug", "night desk"]) await shopper.see(title);
  const { clusters } = await taste();
  const ids = clusters[0].things.flatMap((/** @type {any} */ thing) => thing.ids);
  const { removal } = await device.send({ type: "taste.remove", ids });
  assert.deepEqual(known(await taste()), ["night desk"]);
  assert.equal((await device.send({ type: "state.get" })).state.numKnown, 1);
  assert.deepEqual(await device.send({ type: "taste.restore", removal }), { ok: true, isRestored: true });
  assert.deepEqual(known(await taste()), ["night desk", "sea rug", "sea towel"]);
});

test("what was looked at and saved is one thing in the state, too", async () => {
  await shopper.see("sea towel");
  const [{ product }] = (await shopper.exported()).interactions;
  await device.send({ type: "item.save", item: { ...card("sea towel"), url: product.url } });
  assert.equal((await shopper.exported()).interactions.length, 2);
  assert.deepEqual(known(await taste()), ["sea towel"]);
  assert.equal((await device.send({ type: "state.get" })).state.numKnown, 1);
});

test("the effect of a removal is told by the catalogue that is on this device, without reading it again", async () => {
  shopper.showListing(["oak chair"]);
  await readCatalogue();
  for (const title of ["sea towel", "night desk", "night chair"]) await shopper.see(title);
  const { taste: found, shelves } = await device.send({ type: "taste.get" });
  assert.deepEqual(shelves, [SHOP]);
  const ids = found.clusters[0].things.flatMap((/** @type {any} */ thing) => thing.ids);
  const before = numRequests();
  const { effect } = await device.send({ type: "taste.effect", ids, shop: SHOP });
  assert.equal(effect.products.shop, SHOP);
  assert.deepEqual([effect.products.before[0].title, effect.products.after[0].title], ["night lamp", "sea mug"]);
  assert.equal(numRequests(), before);
});

test("a forgotten shop is neither allowed nor readable nor on the disk, and undo brings all of it back", async () => {
  shopper.showListing(["oak chair"]);
  await readCatalogue();
  await shopper.see("sea towel");
  // It is made ready to rank a moment after it was read.
  let before = await shopper.exported();
  for (let tries = 0; tries < 500 && !before.shelves[0].ready; tries += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
    before = await shopper.exported();
  }
  const { shops } = await device.send({ type: "taste.get" });
  assert.deepEqual(shops, [{ shop: SHOP, numItems: 3 }]);
  const ids = before.interactions.map((/** @type {any} */ { id }) => id);
  const effect = await device.send({ type: "taste.effect", ids, forgets: SHOP });
  assert.equal(effect.effect.products, undefined, "no catalogue is left to rank");
  const { removal } = await device.send({ type: "taste.remove", ids, forgets: SHOP });
  const after = await shopper.exported();
  assert.deepEqual([after.settings.consents, after.shelves, after.interactions], [{}, undefined, []]);
  assert.deepEqual([device.state.scripts.size, device.state.granted.has(`*://*.${SHOP}/*`)], [0, false]);
  assert.equal((await shopper.see("sea rug")).stored, false);
  const refused = await device.send({ type: "taste.restore", removal });
  assert.deepEqual(refused, { ok: true, isRestored: true, isShopBack: false });
  device.state.granted.add(`*://*.${SHOP}/*`);
  const back = await device.send({ type: "taste.restore", removal });
  assert.deepEqual(back, { ok: true, isRestored: true, isShopBack: true });
  const restored = await shopper.exported();
  assert.deepEqual([restored.settings, restored.shelves], [before.settings, before.shelves]);
  assert.deepEqual([...device.state.scripts.keys()], [`shop ${SHOP}`]);
  const ranked = await device.send({ type: "recommend" });
  assert.equal(ranked.recommendations.mode, "shelf", "the catalogue's parts open again");
});

test("images that the shopper asks for are in the ledger before they are loaded, and go with the thing", async () => {
  for (const title of ["sea towel", "sea rug"]) await shopper.see(title);
  const [cluster] = (await taste()).clusters;
  const [thing] = cluster.things;
  assert.ok((await device.send({ type: "taste.showImages", ids: thing.ids })).ok);
  const { entries } = await device.send({ type: "ledger.get" });
  assert.deepEqual(
    entries.map((/** @type {any} */ { method, url, body }) => [method, url, body]),
    [["GET", `${new URL(thing.image).origin}/`, JSON.stringify([thing.image])]],
  );
  await device.send({ type: "taste.remove", ids: thing.ids });
  const [entry] = (await device.send({ type: "ledger.get" })).entries;
  assert.deepEqual([entry.url, entry.body, entry.isShortened], [`${new URL(thing.image).origin}/`, "", true]);
});

/** @param {string} title @returns {object} a card of the panel */
const card = (title) => ({ itemId: "x", url: `https://${SHOP}/${title.replaceAll(" ", "-")}`, title });
/** @returns {Promise<string[]>} the titles of what is saved, sorted */
const savedTitles = async () =>
  (await device.send({ type: "saved.get" })).items.map((/** @type {any} */ one) => one.card.title).sort();

test("a saved thing is removed with the wish that it counted as, and undo brings both back", async () => {
  await device.send({ type: "item.save", item: card("sea mug") });
  await device.send({ type: "item.save", item: card("oak bowl") });
  const { saved } = await device.send({ type: "taste.get" });
  const [mug] = saved.filter((/** @type {any} */ { title }) => title === "sea mug");
  const wanted = { type: "taste.remove", ids: mug.ids, saved: [mug.savedId] };
  const { removal } = await device.send(wanted);
  assert.deepEqual([await savedTitles(), known(await taste())], [["oak bowl"], ["oak bowl"]]);
  assert.deepEqual(await device.send({ type: "taste.restore", removal }), { ok: true, isRestored: true });
  assert.deepEqual(
    [await savedTitles(), known(await taste())],
    [
      ["oak bowl", "sea mug"],
      ["oak bowl", "sea mug"],
    ],
  );
  const again = (await device.send(wanted)).removal;
  await device.send({ type: "profile.erase" });
  assert.equal((await device.send({ type: "taste.restore", removal: again })).isRestored, false);
  assert.deepEqual(await savedTitles(), []);
});

test("a copy brings back what was saved, and a second time nothing", async () => {
  await device.send({ type: "item.save", item: card("sea mug") });
  const text = JSON.stringify(await shopper.exported());
  await device.send({ type: "profile.erase" });
  const { rows, saved, shops } = await device.send({ type: "import.readFile", text, kind: "view" });
  assert.deepEqual(shops, [SHOP]);
  const added = await device.send({ type: "import.add", rows, saved, isFile: true });
  assert.deepEqual([added.report.savedIds.length, added.report.refused], [1, []]);
  assert.deepEqual(await savedTitles(), ["sea mug"]);
  const twice = await device.send({ type: "import.add", rows, saved, isFile: true });
  assert.deepEqual(twice.report, { ids: [], savedIds: [], refused: [{ reason: "already_known", count: 2 }] });
});

test("a file needs no consent of the shops it names, and a page does", async () => {
  const rows = [{ kind: "wishlist", title: "sea mug", url: "https://other.example/sea-mug" }];
  const page = await device.send({ type: "import.add", rows, isFile: false });
  assert.deepEqual(page.report, { ids: [], savedIds: [], refused: [{ reason: "no_consent", count: 1 }] });
  const file = await device.send({ type: "import.add", rows, isFile: true });
  assert.equal(file.report.ids.length, 1);
  assert.deepEqual(known(await taste()), ["sea mug"]);
  const { state } = await device.send({ type: "state.get" });
  assert.deepEqual(
    state.consents.map((/** @type {any} */ one) => one.shop),
    [SHOP],
  );
});

test("a file is read as the copy or the table that it is, with the shops that it names", async () => {
  const table = "title,url\nMug,https://www.a.example/mug\nRug,https://b.example/rug\nBowl,\nX,mailto:a\n";
  const read = await device.send({ type: "import.readFile", text: table, kind: "purchase" });
  assert.deepEqual([read.rows.length, read.rows[0].kind, read.shops], [4, "purchase", ["a.example", "b.example"]]);
  assert.equal(read.room, 1000);
  await shopper.see("sea towel");
  const copy = JSON.stringify(await shopper.exported());
  const own = await device.send({ type: "import.readFile", text: copy, kind: "purchase" });
  assert.deepEqual([own.rows[0].title, own.rows[0].kind, own.shops, own.room], ["sea towel", "view", [SHOP], 999]);
  const damaged = await device.send({ type: "import.readFile", text: copy.slice(0, 50), kind: "view" });
  assert.equal(damaged.error.code, "invalid_export");
  assert.equal((await device.send({ type: "import.readFile", text: "", kind: "look" })).error.code, "invalid_message");
});

test("a copy with things that had no address names no shop for them", async () => {
  const rows = [{ kind: "wishlist", title: "sea mug" }];
  await device.send({ type: "import.add", rows, isFile: true });
  const text = JSON.stringify(await shopper.exported());
  assert.deepEqual((await device.send({ type: "import.readFile", text, kind: "view" })).shops, []);
});

test("an import without an end is refused as a whole", async () => {
  const rows = Array.from({ length: 5001 }, (_, i) => ({ kind: "view", title: `sea ${i}` }));
  assert.equal((await device.send({ type: "import.add", rows, isFile: true })).error.code, "too_many_rows");
});

test("open pages of shops are listed with their consent, and their products can be read", async () => {
  const url = `https://${SHOP}/wishlist`;
  device.state.tabs = [
    /** @type {any} */ ({ id: 7, url, title: "My wish list", active: false }),
    /** @type {any} */ ({ id: 8, url: "https://b.example/", title: "B", active: true }),
    { id: 9, active: false },
    { id: 10, url: "chrome://settings/", active: false },
  ];
  device.state.pages.set(7, { ok: true, html: listingPage(["sea mug", "oak bowl"], SHOP), url, hidden: [] });
  const { pages } = await device.send({ type: "import.pages" });
  assert.deepEqual(pages, [
    { tabId: 7, shop: SHOP, title: "My wish list", isConsented: true },
    { tabId: 8, shop: "b.example", title: "B", isConsented: false },
  ]);
  const { cards } = await device.send({ type: "import.readPage", tabId: 7 });
  assert.deepEqual(
    cards.map((/** @type {any} */ { title }) => title),
    ["sea mug", "oak bowl"],
  );
  assert.deepEqual(known(await taste()), []);
});
