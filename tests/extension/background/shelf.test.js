// @ts-check
// The catalogue of a shop, read by this device: through the gate, with the real worker, on a device whose shop is a fake.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createShelves } from "../../../extension/background/shelf.js";
import { createDevice } from "../fakes/device.js";
import { ORIGIN, answer, createShop, feedPage, row } from "../fakes/shop.js";
import { LIST, SHOP, createShopper, titlesOf } from "../fakes/shopper.js";
import { paddedTowers } from "../fakes/towers.js";
import { eventually } from "../fakes/waiting.js";

const FIRST = "/products.json?limit=250&page=1";
const TITLES = ["night lamp", "sea mug", "oak bowl", "sea rug"];
/** @type {ReturnType<typeof createShop>} */
let shop;
/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
/** @type {typeof setTimeout} */
const realTimeout = globalThis.setTimeout;

beforeEach(() => {
  shop = createShop({
    [FIRST]: feedPage(TITLES.map(row), { etag: '"v1"' }),
    "/meta.json": answer('{"currency": "EUR", "published_products_count": 4}'),
  });
  device = createDevice({ shop: shop.fetchAnswer, towers: paddedTowers });
  shopper = createShopper(device);
  // A second between requests takes no time here; reader.test.js measures it.
  globalThis.setTimeout = /** @type {any} */ (
    (/** @type {() => void} */ run, /** @type {number} */ ms, /** @type {any[]} */ ...rest) =>
      realTimeout(run, ms > 500 && ms < 15_000 ? 0 : ms, ...rest)
  );
  return () => {
    globalThis.setTimeout = realTimeout;
  };
});

/** @returns {Promise<any>} the state of the tab's shelf */
const shelfOf = async () => (await device.send({ type: "state.get" })).state.shelf;

/** @param {(shelf: any) => boolean} isSo */
async function untilShelf(isSo) {
  /** @type {any} */
  let shelf;
  await eventually(async () => {
    shelf = await shelfOf();
    assert.ok(isSo(shelf), JSON.stringify(shelf));
  });
  return shelf;
}
const isRead = (/** @type {any} */ shelf) => shelf?.status === "read";

/** Allow the shop, and read its catalogue to the end. */
async function readAll() {
  await shopper.allow();
  shopper.showListing(["oak chair"]);
  await device.send({ type: "shelf.read" });
  return untilShelf(isRead);
}

test("a shop without consent is not read", async () => {
  await device.startWorker();
  shopper.showListing([]);
  assert.equal((await device.send({ type: "shelf.read" })).error.code, "no_consent");
  assert.equal(await shelfOf(), null);
  assert.deepEqual(shop.paths, []);
});

test("a shop without encrypted pages is not read", async () => {
  await device.startWorker();
  await shopper.allow();
  shopper.showListing([], LIST.replace("https:", "http:"));
  assert.equal((await device.send({ type: "shelf.read" })).error.code, "not_encrypted");
  assert.deepEqual(shop.paths, []);
});

test("an allowed shop is read only where the shopper says so", async () => {
  await device.startWorker();
  await shopper.allow();
  shopper.showListing(["oak chair"]);
  assert.deepEqual(await shelfOf(), { status: "none", numItems: 0 });
  assert.equal((await device.send({ type: "recommend" })).recommendations.mode, "page");
  assert.deepEqual(shop.paths, []);
});

test("the whole catalogue is ranked by the taste, and nothing else is sent", async () => {
  await device.startWorker();
  const shelf = await readAll();
  assert.deepEqual([shelf.numItems, shelf.total], [4, 4]);
  await shopper.see("sea towel");
  const before = shop.requests.length;
  const { recommendations } = await device.send({ type: "recommend" });
  assert.deepEqual([recommendations.mode, recommendations.basis], ["shelf", "taste"]);
  assert.deepEqual(titlesOf({ recommendations }).slice(0, 2).sort(), ["sea mug", "sea rug"]);
  assert.deepEqual(recommendations.items[0].why, ["sea towel"]);
  assert.deepEqual(recommendations.items[0].price, { amount: "5.00", currency: "EUR", amountText: "5.00" });
  assert.equal(shop.requests.length, before);
  assert.ok(!device.server.requests.some(({ path }) => path === "/v1/recommendations" || path === "/v1/shops"));
});

test("every request to the shop is in the ledger, in its order", async () => {
  await device.startWorker();
  await readAll();
  const { entries } = await device.send({ type: "ledger.get" });
  const toShop = entries.filter((/** @type {any} */ { url }) => url.startsWith(ORIGIN)).reverse();
  assert.deepEqual(
    toShop.map((/** @type {any} */ { method, url, body }) => [method, url.slice(ORIGIN.length), body]),
    shop.paths.map((path) => ["GET", path, ""]),
  );
  assert.deepEqual(shop.paths, ["/robots.txt", FIRST, "/meta.json"]);
});

test("without a taste it gives a first look around the catalogue", async () => {
  await device.startWorker();
  await readAll();
  const { recommendations } = await device.send({ type: "recommend" });
  assert.deepEqual([recommendations.mode, recommendations.basis], ["shelf", "first_screen"]);
  assert.deepEqual(titlesOf({ recommendations }).sort(), [...TITLES].sort());
});

test("a catalogue is read at most once a day", async () => {
  await device.startWorker();
  await readAll();
  const before = shop.requests.length;
  const { state } = await device.send({ type: "shelf.read" });
  assert.equal(state.shelf.status, "read");
  await device.send({ type: "recommend" });
  assert.equal(shop.requests.length, before);
});

test("what was read is there for the next worker", async () => {
  const first = await device.startWorker();
  await readAll();
  await shopper.see("sea towel");
  const before = shop.requests.length;
  device.stopWorker(first);
  await device.startWorker();
  const { recommendations } = await device.send({ type: "recommend" });
  assert.deepEqual([recommendations.mode, titlesOf({ recommendations }).length], ["shelf", 4]);
  assert.equal(shop.requests.length, before);
});

test("a worker that was killed while reading is continued by the next", async () => {
  const first = await device.startWorker();
  await shopper.allow();
  shopper.showListing([]);
  shop.answers["/meta.json"] = () => /** @type {any} */ (new Promise(() => {}));
  await device.send({ type: "shelf.read" });
  await eventually(() => assert.ok(shop.paths.includes("/meta.json")));
  device.stopWorker(first);
  shop.answers["/meta.json"] = answer('{"currency": "EUR"}');
  await device.startWorker();
  assert.equal((await untilShelf(isRead)).numItems, 4);
});

test("stop keeps what was read, and nothing is read until the shopper says so", async () => {
  const first = await device.startWorker();
  await shopper.allow();
  shopper.showListing([]);
  shop.answers["/meta.json"] = null;
  await device.send({ type: "shelf.read" });
  const { state } = await device.send({ type: "shelf.stop" });
  assert.equal(state.shelf.status, "stopped");
  const before = shop.requests.length;
  device.stopWorker(first);
  await device.startWorker();
  await device.send({ type: "state.get" });
  assert.equal(shop.requests.length, before);
  shop.answers["/meta.json"] = answer('{"currency": "EUR"}');
  await device.send({ type: "shelf.read" });
  assert.equal((await untilShelf(isRead)).numItems, 4);
});

test("a withdrawn consent and erasure leave nothing of the catalogue on the disk", async () => {
  const partsOnDisk = async () => {
    const open = indexedDB.open("carryover");
    /** @type {IDBDatabase} */
    const database = await new Promise((resolve) => {
      open.onsuccess = () => resolve(open.result);
    });
    const all = database.transaction("parts").objectStore("parts").getAll();
    /** @type {any[]} */
    const parts = await new Promise((resolve) => {
      all.onsuccess = () => resolve(all.result);
    });
    database.close();
    return parts;
  };
  await device.startWorker();
  await readAll();
  // What was read, and twice what is made of it then: what ranks it, and its cards.
  await eventually(async () => assert.equal((await partsOnDisk()).length, 3));
  for (const { id, envelope } of await partsOnDisk())
    assert.ok(!/sea|a\.example/.test(id + String.fromCharCode(...envelope)));
  await device.send({ type: "consent.set", shop: SHOP, allowed: false });
  assert.deepEqual([await partsOnDisk(), (await shopper.exported()).shelves], [[], undefined]);
  await readAll();
  assert.equal((await shopper.exported()).shelves[0].shop, SHOP);
  await device.send({ type: "profile.erase" });
  assert.deepEqual(await partsOnDisk(), []);
});

test("no request follows a withdrawn consent, and none follows where only the page may be ranked", async () => {
  for (const change of [
    { type: "consent.set", shop: SHOP, allowed: false },
    { type: "settings.set", mode: "page" },
  ]) {
    const worker = await device.startWorker();
    await shopper.allow();
    shopper.showListing([]);
    shop.answers["/meta.json"] = /** @type {any} */ (
      async () => {
        await device.send(change);
        return answer("{}");
      }
    );
    await device.send({ type: "shelf.read" });
    await untilShelf((shelf) => shelf?.status !== "reading");
    await new Promise((resolve) => {
      realTimeout(resolve, 50);
    });
    assert.equal(shop.paths.at(-1), "/meta.json");
    await device.send({ type: "settings.set", mode: "auto" });
    await device.send({ type: "profile.erase" });
    device.stopWorker(worker);
  }
});

test("a consent withdrawn and given again at once begins one reading anew, and the one before leaves nothing", async () => {
  for (const change of [{ type: "consent.set", shop: SHOP, allowed: false }, { type: "profile.erase" }]) {
    const worker = await device.startWorker();
    await shopper.allow();
    shopper.showListing([]);
    let isFirst = true;
    shop.answers["/meta.json"] = /** @type {any} */ (
      async () => {
        if (!isFirst) return answer('{"currency": "EUR"}');
        isFirst = false;
        await device.send(change);
        await shopper.allow();
        await device.send({ type: "shelf.read" });
        return answer('{"currency": "SEK"}');
      }
    );
    await device.send({ type: "shelf.read" });
    assert.equal((await untilShelf(isRead)).numItems, 4);
    const { shelves } = await shopper.exported();
    assert.deepEqual(
      shelves.map((/** @type {any} */ { status, currency }) => [status, currency]),
      [["read", "EUR"]],
    );
    await device.send({ type: "profile.erase" });
    device.stopWorker(worker);
  }
});

test("stop waits for no answer of the shop", async () => {
  await device.startWorker();
  await shopper.allow();
  shopper.showListing([]);
  shop.answers["/meta.json"] = /** @type {any} */ (
    (/** @type {string} */ _, /** @type {AbortSignal} */ signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve(null));
      })
  );
  await device.send({ type: "shelf.read" });
  await untilShelf(() => shop.paths.includes("/meta.json"));
  const { state } = await device.send({ type: "shelf.stop" });
  assert.equal(state.shelf.status, "stopped");
  assert.equal(shop.paths.at(-1), "/meta.json");
});

test("a reading that fails on this device can be continued", async () => {
  await device.startWorker();
  await shopper.allow();
  shopper.showListing([]);
  const { error } = console;
  console.error = () => {};
  shop.answers["/meta.json"] = () => {
    throw new Error("a fault of ours");
  };
  await device.send({ type: "shelf.read" });
  await untilShelf((shelf) => shelf.status === "stopped");
  console.error = error;
  shop.answers["/meta.json"] = answer('{"currency": "EUR"}');
  await device.send({ type: "shelf.read" });
  assert.equal((await untilShelf(isRead)).numItems, 4);
});

test("where only the page may be ranked, the catalogue is not", async () => {
  await device.startWorker();
  await readAll();
  await device.send({ type: "settings.set", mode: "page" });
  assert.equal((await device.send({ type: "recommend" })).recommendations.mode, "page");
});

test("two windows that ask at once for a catalogue read it once, to its end", async () => {
  await device.startWorker();
  await shopper.allow();
  shopper.showListing(["oak chair"]);
  const answers = await Promise.all([device.send({ type: "shelf.read" }), device.send({ type: "shelf.read" })]);
  assert.deepEqual(
    answers.map(({ ok }) => ok),
    [true, true],
  );
  assert.equal((await untilShelf((shelf) => shelf.status !== "reading")).status, "read");
  assert.equal((await shopper.exported()).shelves.length, 1);
});

test("a stop that wakes the worker stops what the worker before it began", async () => {
  /** @type {string[]} */
  const done = [];
  /** @type {(profile: any) => void} */
  let open = () => {};
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  const shelf = { shop: SHOP, kind: "unknown", status: "reading" };
  const parts = /** @type {any} */ ({
    getProfile: () => opened,
    readings: { run: () => void done.push("run"), stop: async () => void done.push("stop") },
  });
  const shelves = createShelves(parts);
  const both = Promise.all([shelves.resume(), shelves.stop(SHOP)]);
  open({ shelves: () => [shelf], shelf: () => null });
  await both;
  assert.deepEqual(done, ["run", "stop"]);
});
