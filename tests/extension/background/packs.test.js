// @ts-check
// A published catalogue of a shop: through the gate, with the real worker, on a device whose host of packs is a fake.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { manifestOf } from "../fakes/bundle.js";
import { createDevice } from "../fakes/device.js";
import { LIST_URL, createPackHost, publish } from "../fakes/pack.js";
import { SHOP, createShopper, titlesOf } from "../fakes/shopper.js";
import { paddedTowers } from "../fakes/towers.js";
import { eventually } from "../fakes/waiting.js";

const { space } = manifestOf({ name: "packaged" });
const TITLES = ["night lamp", "sea mug", "oak bowl", "sea rug"];
const itemsOf = (/** @type {string[]} */ ...titles) => titles.map((title) => ({ title }));
/** @type {ReturnType<typeof createPackHost>} */
let host;
/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
/** @type {any} chrome.* of the worker that runs */
let worker;
/** @type {typeof Date.now} */
const realNow = Date.now;
let later = 0;

beforeEach(async () => {
  host = createPackHost();
  device = createDevice({ shop: host.fetchAnswer, towers: paddedTowers });
  shopper = createShopper(device);
  later = 0;
  Date.now = () => realNow() + later;
  worker = await device.startWorker();
  return () => {
    Date.now = realNow;
  };
});

/** Allow the shop, give the list's address, and see something. @param {object} [more] settings */
async function prepare(more = {}) {
  await shopper.allow();
  device.state.granted.add("https://packs.example/*");
  await device.send({ type: "settings.set", packListUrl: LIST_URL, ...more });
  await shopper.see("sea towel");
  shopper.showListing(["oak chair"]);
}

/** @returns {Promise<any>} */
const recommended = async () => (await device.send({ type: "recommend" })).recommendations;
/** @returns {Promise<any[]>} the packs that are kept */
const packsKept = async () =>
  ((await shopper.exported()).shelves ?? []).filter((/** @type {any} */ one) => one.kind === "pack");

/** Wait until a pack is kept whole, and no other. @param {{manifest: string}} pack */
const untilKept = ({ manifest }) =>
  eventually(async () =>
    assert.deepEqual(
      (await packsKept()).map(({ pack, status }) => [pack.manifest, status]),
      [[manifest, "read"]],
    ),
  );

test("the whole catalogue is ranked by the taste, list and pack are fetched whole, and nothing else is sent", async () => {
  const pack = await publish({ items: itemsOf(...TITLES), space });
  host.show([pack]);
  await prepare();
  const { mode, basis, items, problem } = await recommended();
  assert.deepEqual([mode, basis, problem], ["pack", "taste", undefined]);
  assert.deepEqual(titlesOf({ recommendations: { items } }).slice(0, 2).sort(), ["sea mug", "sea rug"]);
  assert.deepEqual(items[0].why, ["sea towel"]);
  assert.deepEqual(host.paths.slice(0, 2), ["list.json", pack.manifest]);
  assert.deepEqual([...host.paths].sort(), ["list.json", ...Object.keys(pack.files)].sort());
  const ledger = (await shopper.exported()).ledger.map((/** @type {any} */ { method, url, body }) => [
    method,
    url,
    body,
  ]);
  assert.deepEqual(ledger.sort(), host.paths.map((name) => ["GET", new URL(name, LIST_URL).href, ""]).sort());
  assert.deepEqual(device.server.requests, []);
});

test("it is downloaded once, and the list looked at once a day", async () => {
  host.show([await publish({ items: itemsOf(...TITLES), space })]);
  await prepare();
  await recommended();
  const first = host.paths.length;
  await recommended();
  assert.equal(host.paths.length, first);
  later = 25 * 3_600_000;
  assert.equal((await recommended()).mode, "pack");
  assert.deepEqual(host.paths.slice(first), ["list.json"]);
});

test("requests do not depend on what is known of the person", async () => {
  host.show([await publish({ items: itemsOf(...TITLES), space })]);
  await prepare();
  for (const title of ["night owl", "oak chair", "sea glass"]) await shopper.see(title);
  await recommended();
  const full = [...host.paths];
  const other = createDevice({ shop: host.fetchAnswer, towers: paddedTowers });
  device = other;
  shopper = createShopper(other);
  await other.startWorker();
  host.paths.length = 0;
  await shopper.allow();
  other.state.granted.add("https://packs.example/*");
  await other.send({ type: "settings.set", packListUrl: LIST_URL });
  shopper.showListing(["oak chair"]);
  const { mode, basis } = await recommended();
  assert.deepEqual([mode, basis], ["pack", "first_screen"]);
  assert.deepEqual(host.paths, full);
});

for (const [what, setUp] of /** @type {[string, () => Promise<unknown>][]} */ ([
  ["without consent", async () => device.send({ type: "settings.set", packListUrl: LIST_URL })],
  ["without an address", async () => shopper.allow()],
  ["in page mode", async () => prepare({ mode: "page" })],
])) {
  test(`nothing is fetched ${what}`, async () => {
    host.show([await publish({ items: itemsOf(...TITLES), space })]);
    device.state.granted.add("https://packs.example/*");
    await setUp();
    shopper.showListing(["oak chair"]);
    assert.equal((await recommended()).mode, "page");
    assert.deepEqual(host.paths, []);
  });
}

test("the first part is ranked before the rest has come", async () => {
  const pack = await publish({ items: itemsOf("sea mug", "oak bowl", "sea rug", "night lamp"), space, firstPart: 2 });
  host.show([pack]);
  await prepare();
  /** @type {(value?: unknown) => void} */
  let goOn = () => undefined;
  const held = new Promise((resolve) => {
    goOn = resolve;
  });
  const [, rest] = JSON.parse(String(pack.files[pack.manifest])).parts;
  const send = globalThis.fetch;
  globalThis.fetch = async (url, init) => {
    if (String(url).includes(rest.cards.sha256)) await held;
    return send(url, init);
  };
  assert.deepEqual(titlesOf({ recommendations: await recommended() }).sort(), ["oak bowl", "sea mug"]);
  assert.equal((await device.send({ type: "state.get" })).state.shelf.numItems, 2);
  goOn();
  await untilKept(pack);
  assert.equal((await recommended()).items.length, 4);
});

test("a newer pack is taken by what changed since the one that is held", async () => {
  const before = await publish({ items: itemsOf(...TITLES), space });
  host.show([before]);
  await prepare();
  await recommended();
  await untilKept(before);
  const after = await publish({
    items: itemsOf("sea mug", "oak bowl", "sea rug", "sea glass"),
    space,
    created: "2026-01-02T00:00:00Z",
    previous: before,
    removed: [`https://${SHOP}/night-lamp`],
    changed: itemsOf("sea glass"),
  });
  host.show([before, after]);
  later = 25 * 3_600_000;
  host.paths.length = 0;
  assert.equal((await recommended()).mode, "pack");
  await untilKept(after);
  assert.deepEqual(titlesOf({ recommendations: await recommended() }).sort(), [
    "oak bowl",
    "sea glass",
    "sea mug",
    "sea rug",
  ]);
  const { delta } = JSON.parse(String(after.files[after.manifest]));
  const [{ cards, vectors }] = delta.parts;
  assert.deepEqual(
    host.paths.sort(),
    ["list.json", after.manifest, `${cards.sha256}.bin`, `${vectors.sha256}.bin`].sort(),
  );
  assert.equal((await packsKept()).length, 1);
});

test("a device that has an older pack than the delta is of takes the whole", async () => {
  const oldest = await publish({ items: itemsOf("oak chair"), space });
  host.show([oldest]);
  await prepare();
  await recommended();
  await untilKept(oldest);
  const before = await publish({ items: itemsOf(...TITLES), space, created: "2026-01-02T00:00:00Z" });
  const after = await publish({
    items: itemsOf("sea mug"),
    space,
    created: "2026-01-03T00:00:00Z",
    previous: before,
    removed: [],
  });
  host.show([before, after]);
  later = 25 * 3_600_000;
  await recommended();
  await untilKept(after);
  assert.deepEqual(titlesOf({ recommendations: await recommended() }), ["sea mug"]);
  assert.equal((await packsKept()).length, 1);
});

for (const [name, code, made] of /** @type {[string, string, () => Promise<any>][]} */ ([
  [
    "a damaged",
    "pack_damaged",
    async () => {
      const pack = await publish({ items: itemsOf("sea glass"), space, created: "2026-01-02T00:00:00Z" });
      const file = Object.keys(pack.files).find((one) => one.endsWith(".bin"));
      pack.files[String(file)] = Buffer.from("other");
      return pack;
    },
  ],
  ["an older", "pack_older", () => publish({ items: itemsOf("sea glass"), space, created: "2025-12-31T00:00:00Z" })],
  [
    "another shop's",
    "pack_foreign",
    () =>
      publish({ items: itemsOf("sea glass"), space, created: "2026-01-02T00:00:00Z" }, (manifest) => {
        manifest.shop = "b.example";
      }),
  ],
  [
    "another model's",
    "pack_foreign",
    () => publish({ items: itemsOf("sea glass"), space: "ab".repeat(32), created: "2026-01-02T00:00:00Z" }),
  ],
  [
    "another model's of the same name",
    "pack_foreign",
    () =>
      publish({ items: itemsOf("sea glass"), space, created: "2026-01-02T00:00:00Z" }, (manifest) => {
        manifest.probes[0].text = "night lamp";
      }),
  ],
  [
    "a smaller",
    "pack_foreign",
    () =>
      publish({ items: itemsOf("sea glass"), space, created: "2026-01-02T00:00:00Z" }, (manifest) => {
        // This device's model does not make these numbers of texts.
        manifest.vectors.blocks = [
          { start: 0, length: 7, bits: 0 },
          { start: 7, length: 1, bits: 8 },
        ];
        manifest.parts[0].vectors.unpackedBytes = 2;
      }),
  ],
  [
    "an empty",
    "pack_foreign",
    () =>
      publish({
        items: [{ title: "sea glass", url: "https://b.example/sea-glass" }],
        space,
        created: "2026-01-02T00:00:00Z",
      }),
  ],
])) {
  test(`${name} pack is refused with one sentence, once, and the last good one kept`, async () => {
    const good = await publish({ items: itemsOf(...TITLES), space });
    host.show([good]);
    await prepare();
    await recommended();
    await untilKept(good);
    const bad = await made();
    host.show([good, bad]);
    later = 25 * 3_600_000;
    await recommended();
    await eventually(async () => assert.ok((await recommended()).problem));
    const { mode, problem, items } = await recommended();
    assert.deepEqual([mode, problem.code, items.length], ["pack", code, 4]);
    assert.match(problem.message, /^The published catalogue of a\.example was not taken: [^\n]+\.$/);
    assert.deepEqual(
      (await packsKept()).map(({ pack }) => pack.manifest),
      [good.manifest],
    );
    const asked = host.paths.length;
    await recommended();
    assert.equal(host.paths.length, asked);
    const next = await publish({ items: itemsOf("sea glass"), space, created: "2026-01-03T00:00:00Z" });
    host.show([next]);
    later = 50 * 3_600_000;
    await recommended();
    await untilKept(next);
    assert.equal((await recommended()).problem, undefined);
  });
}

test("without a pack before, a refused one leaves the page, and says why", async () => {
  host.show([await publish({ items: itemsOf("sea glass"), space: "ab".repeat(32) })]);
  await prepare();
  const { mode, problem } = await recommended();
  assert.deepEqual([mode, problem.code], ["page", "pack_foreign"]);
  assert.deepEqual(await packsKept(), []);
});

test("only packs of the trusted keys are taken, and other keys end those before", async () => {
  const pack = await publish({ items: itemsOf(...TITLES), space });
  host.show([pack]);
  await prepare();
  await recommended();
  await untilKept(pack);
  const key = Buffer.alloc(32, 7).toString("base64");
  await device.send({ type: "settings.set", trustedKeys: [key] });
  assert.deepEqual(await packsKept(), []);
  const { mode, problem } = await recommended();
  assert.deepEqual([mode, problem.code], ["page", "pack_forged"]);
});

for (const [when, wait] of /** @type {[string, () => Promise<unknown>][]} */ ([
  ["some minutes", async () => (later = 11 * 60_000)],
  ["the address is saved again", async () => device.send({ type: "settings.set", packListUrl: LIST_URL })],
])) {
  test(`a host that is away is no failure of the shopper's, and is left alone until ${when}`, async () => {
    host.isUp = false;
    await prepare();
    const { mode, problem } = await recommended();
    assert.deepEqual([mode, problem.code], ["page", "pack_unreachable"]);
    const asked = (await shopper.exported()).ledger.length;
    await recommended();
    assert.equal((await shopper.exported()).ledger.length, asked);
    host.isUp = true;
    host.show([await publish({ items: itemsOf(...TITLES), space })]);
    await wait();
    assert.equal((await recommended()).mode, "pack");
  });
}

test("a worker that is killed continues where it was", async () => {
  const pack = await publish({ items: itemsOf("sea mug", "oak bowl", "sea rug", "night lamp"), space, firstPart: 2 });
  host.show([pack]);
  const [first, rest] = JSON.parse(String(pack.files[pack.manifest])).parts;
  const send = globalThis.fetch;
  let isAsked = false;
  // A worker that was killed hears no answer.
  globalThis.fetch = (url, init) => {
    isAsked ||= String(url).includes(rest.vectors.sha256);
    return isAsked ? new Promise(() => {}) : send(url, init);
  };
  await prepare();
  assert.equal((await recommended()).items.length, 2);
  await eventually(() => assert.ok(isAsked));
  device.stopWorker(worker);
  globalThis.fetch = send;
  await device.startWorker();
  host.paths.length = 0;
  await recommended();
  await untilKept(pack);
  assert.equal((await recommended()).items.length, 4);
  assert.ok(!host.paths.includes(`${first.cards.sha256}.bin`));
});

test("a shelf comes before a pack", async () => {
  host.show([await publish({ items: itemsOf(...TITLES), space })]);
  await prepare();
  await recommended();
  const before = (await device.send({ type: "state.get" })).state.shelf;
  assert.deepEqual([before.status, before.numItems], ["none", 4]);
});

test("another address, a withdrawn consent and an erasure delete the packs", async () => {
  const pack = await publish({ items: itemsOf(...TITLES), space });
  host.show([pack]);
  await prepare();
  await recommended();
  await untilKept(pack);
  await device.send({ type: "consent.set", shop: SHOP, allowed: false });
  assert.deepEqual(await packsKept(), []);
  await shopper.allow();
  await recommended();
  await untilKept(pack);
  await device.send({ type: "settings.set", packListUrl: "" });
  assert.deepEqual([await packsKept(), (await shopper.exported()).packList], [[], undefined]);
  assert.ok(!device.state.granted.has("https://packs.example/*"));
  await prepare();
  await recommended();
  await untilKept(pack);
  await device.send({ type: "profile.erase" });
  const erased = await shopper.exported();
  assert.deepEqual([erased.shelves, erased.packList, erased.settings.packListUrl], [undefined, undefined, undefined]);
  assert.ok(!device.state.granted.has("https://packs.example/*"));
});

test("an address that is none is refused", async () => {
  for (const packListUrl of [
    "packs.example",
    "ftp://packs.example/list.json",
    "http://packs.example/list.json",
    "https://me:secret@packs.example/list.json",
  ]) {
    const { error } = await device.send({ type: "settings.set", packListUrl });
    assert.equal(error.code, "invalid_pack_list", packListUrl);
  }
});
