// @ts-check
// The door, from the messages that browsers deliver to what is kept: each act in each condition, as docs/what-is-learned.md says it.
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { nextEnvelope, openedEnvelope, syncKeys } from "../../../extension/core/transfer/sync-envelope.js";
import { itemIdOf } from "../../../extension/values/identity.js";
import { createDevice, productPage } from "../fakes/device.js";
import { eventually } from "../fakes/page.js";
import { PAGE, SHOP, createShopper } from "../fakes/shopper.js";
import { handTowers } from "../fakes/towers.js";

/** @typedef {Awaited<ReturnType<typeof createWorld>>} World */

/** @param {any} [how] of createDevice */
async function createWorld(how) {
  const device = createDevice(how);
  const worker = await device.startWorker();
  const shopper = createShopper(device);
  return {
    device,
    worker,
    shopper,
    /** Send a message as a page of the extension does. @param {any} message @param {boolean} [isPrivate] @returns {Promise<any>} */
    say: (message, isPrivate = false) =>
      isPrivate
        ? device.context("ui/panel.html", { tab: { id: 9, url: "", incognito: true } }).runtime.sendMessage(message)
        : device.send(message),
    /** @returns {Promise<string[]>} what is kept, by kind and title */
    async kept() {
      const { interactions, saved = [] } = await shopper.exported();
      return [
        ...interactions.map((/** @type {any} */ one) => `${one.kind} ${one.product.title} ${one.weight}`),
        ...saved.map((/** @type {any} */ { card }) => `saved ${card.title}`),
      ].sort();
    },
  };
}

const titleOf = (isNever = false) => (isNever ? "pregnancy test" : "sea mug");
const cardOf = (isNever = false) => ({
  itemId: "x",
  url: `https://${SHOP}/${titleOf(isNever).replaceAll(" ", "-")}`,
  title: titleOf(isNever),
  image: "https://img.example/1.jpg?email=anna%40mail.example&w=3",
});
const rowOf = (isNever = false) => ({ kind: "wishlist", title: cardOf(isNever).title, url: cardOf(isNever).url });

/** Put a thing on the copy's wish list, as another browser of the shopper does. @param {ReturnType<typeof createDevice>} device @param {boolean} [isNever] */
async function writeCopy({ server, send }, isNever) {
  const secret = /** @type {any} */ (await syncKeys((await send({ type: "sync.code" })).code));
  const [kept] = [...server.sync.spaces.values()];
  const before = await openedEnvelope(secret, kept[0].envelope, null);
  const { url, title, image } = cardOf(isNever);
  const product = { shop: SHOP, itemId: await itemIdOf(url), url, title, images: [image] };
  const time = new Date().toISOString();
  const one = { id: "a".repeat(32), kind: "wishlist", time, weight: 1, space: "s", embedding: "AACAPw==", product };
  const text = JSON.stringify({ format: 1, exportedAt: time, interactions: [one] });
  kept.push({ number: 2, etag: '"2"', envelope: await nextEnvelope(secret, text, before) });
}

/** @param {World} world @param {{isNever?: boolean, isPrivate?: boolean}} how @param {string} kind */
function seen({ device }, { isNever, isPrivate }, kind) {
  const { url, title } = cardOf(isNever);
  const message = { type: "page.seen", html: productPage(title, url), url, kind };
  return device.sendFromPage(url, message, { incognito: isPrivate });
}

/**
 * What is done for each rule, and what it leaves where it is kept. `before` is done while everything is allowed.
 * @type {Record<string, {before?: (world: World) => Promise<any>, act: (world: World, how: {isNever?: boolean, isPrivate?: boolean}, before: any) => Promise<any>, leaves: string}>}
 */
const ACTS = {
  look: { act: (world, how) => seen(world, how, "view"), leaves: "view sea mug 1" },
  stay: {
    before: (world) => seen(world, {}, "view"),
    act: ({ device }, { isPrivate }, { product }) =>
      device.sendFromPage(PAGE, { type: "page.stayed", itemId: product.itemId }, { incognito: isPrivate }),
    leaves: "view sea mug 2",
  },
  click: { act: (world, how) => seen(world, how, "cart"), leaves: "cart sea mug 1" },
  dismiss: {
    act: ({ say }, how) => say({ type: "item.dismiss", item: cardOf(how.isNever) }, how.isPrivate),
    leaves: "dismiss sea mug 1",
  },
  save: {
    act: ({ say }, how) => say({ type: "item.save", item: cardOf(how.isNever) }, how.isPrivate),
    leaves: "saved sea mug",
  },
  wish: {
    act: ({ say }, how) => say({ type: "item.save", item: cardOf(how.isNever) }, how.isPrivate),
    leaves: "wishlist sea mug 1",
  },
  pick: {
    act: ({ say }, how) => say({ type: "items.pick", items: [cardOf(how.isNever)] }, how.isPrivate),
    leaves: "wishlist sea mug 1",
  },
  listed: {
    act: ({ say }, how) => say({ type: "import.add", rows: [rowOf(how.isNever)], isFile: false }, how.isPrivate),
    leaves: "wishlist sea mug 1",
  },
  file: {
    act: ({ say }, how) => say({ type: "import.add", rows: [rowOf(how.isNever)], isFile: true }, how.isPrivate),
    leaves: "wishlist sea mug 1",
  },
  copy: {
    act: ({ say }, how) =>
      say({ type: "import.add", rows: [], saved: [{ card: cardOf(how.isNever) }], isFile: true }, how.isPrivate),
    leaves: "saved sea mug",
  },
  sync: {
    async before({ shopper, say }) {
      await shopper.pair();
      assert.equal((await say({ type: "sync.start" })).ok, true);
    },
    async act({ device, say }, { isNever, isPrivate }) {
      await writeCopy(device, isNever);
      return say({ type: "sync.now" }, isPrivate);
    },
    leaves: "wishlist sea mug 1",
  },
  undo: {
    async before({ device, shopper }) {
      await device.send({ type: "item.dismiss", item: cardOf() });
      const [{ id }] = (await shopper.exported()).interactions;
      return (await device.send({ type: "taste.remove", ids: [id] })).removal;
    },
    act({ say }, { isNever, isPrivate }, removal) {
      const renamed = removal.interactions.map((/** @type {any} */ one) => ({
        ...one,
        product: { ...one.product, title: titleOf(isNever) },
      }));
      return say({ type: "taste.restore", removal: { ...removal, interactions: renamed } }, isPrivate);
    },
    leaves: "dismiss sea mug 1",
  },
};

/** The table of the docs: what is kept at a shop that is not allowed, and while learning is paused. */
const TABLE = readFileSync(new URL("../../../docs/what-is-learned.md", import.meta.url), "utf8")
  .split("\n")
  .flatMap((line) => {
    const row = /^\| `(\w+)` \|[^|]+\| (kept|not kept) \| (kept|not kept) \|$/.exec(line);
    return row ? [{ rule: row[1], noConsent: row[2] === "kept", paused: row[3] === "kept" }] : [];
  });

/** @type {World} */
let world;
beforeEach(async () => {
  world = await createWorld();
});

/** @param {string} rule @param {{isNever?: boolean, isPrivate?: boolean, condition?: () => Promise<any>}} [how] @returns {Promise<boolean>} whether what was done is kept */
async function isKept(rule, { condition, ...how } = {}) {
  const { before, act, leaves } = ACTS[rule];
  await world.shopper.allow();
  const prepared = await before?.(world);
  await condition?.();
  const kept = await world.kept();
  await act(world, how, prepared);
  const after = await world.kept();
  assert.doesNotMatch(after.join(), /pregnancy/);
  // What is kept is kept as it is said, and nothing else is left behind by the rule's own act.
  if (JSON.stringify(after) === JSON.stringify(kept)) return false;
  return after.includes(leaves);
}
const withdraw = () => world.device.send({ type: "consent.set", shop: SHOP, allowed: false });
const pause = () => world.device.send({ type: "pause.set", paused: true });

test("each rule of the table has an act", () => {
  assert.deepEqual(TABLE.map(({ rule }) => rule).sort(), Object.keys(ACTS).sort());
});

for (const { rule, noConsent, paused } of TABLE) {
  test(`${rule}: kept where everything is allowed`, async () => {
    assert.equal(await isKept(rule), true);
    const { interactions, saved = [] } = await world.shopper.exported();
    assert.doesNotMatch(JSON.stringify([interactions, saved]), /anna/, "the image's address is filtered");
  });
  test(`${rule}: ${noConsent ? "kept" : "not kept"} at a shop that is not allowed`, async () => {
    assert.equal(await isKept(rule, { condition: withdraw }), noConsent);
  });
  test(`${rule}: ${paused ? "kept" : "not kept"} while learning is paused`, async () => {
    assert.equal(await isKept(rule, { condition: pause }), paused);
  });
  test(`${rule}: not kept in a private window`, async () => {
    assert.equal(await isKept(rule, { isPrivate: true }), false);
  });
  if (rule !== "stay")
    test(`${rule}: not kept of what is never kept`, async () => {
      assert.equal(await isKept(rule, { isNever: true }), false);
    });
}

test("a dismissal that is not kept says why", async () => {
  const dismissed = await world.say({ type: "item.dismiss", item: cardOf(true) });
  assert.deepEqual([dismissed.ok, dismissed.stored], [true, false]);
  assert.match(dismissed.reason, /^sensitive_/);
  await pause();
  const { stored, reason } = await world.say({ type: "item.dismiss", item: cardOf() });
  assert.deepEqual([stored, reason], [false, "paused"]);
});

for (const [name, message] of /** @type {[string, any][]} */ ([
  ["a look", null],
  ["a dismissal", { type: "item.dismiss", item: cardOf(), actId: "00000000000000b1" }],
  ["picks", { type: "items.pick", items: [cardOf()], actId: "00000000000000b2" }],
  ["an import", { type: "import.add", rows: [rowOf()], isFile: true }],
]))
  test(`${name} in flight does not bring an erased profile back, nor when it is offered again`, async () => {
    /** @type {() => void} */
    let open = () => {};
    let numAsked = 0;
    const gate = new Promise((resolve) => {
      open = () => resolve(undefined);
    });
    world = await createWorld({
      towers: {
        ...handTowers,
        embedItems: async (/** @type {string[]} */ texts) => {
          numAsked += 1;
          await gate;
          return handTowers.embedItems(texts);
        },
      },
    });
    await world.shopper.allow();
    const url = cardOf().url;
    const look = { type: "page.seen", html: productPage("sea mug", url), url, kind: "view", actId: "00000000000000b3" };
    const send = () => (message ? world.say(message) : world.device.sendFromPage(url, look));
    const acting = send();
    await eventually(() => assert.equal(numAsked, 1));
    assert.equal((await world.say({ type: "profile.erase" })).ok, true);
    open();
    await acting;
    if (message?.actId || !message) await send();
    assert.deepEqual(await world.kept(), []);
    const { settings, ledger } = await world.shopper.exported();
    assert.deepEqual([settings.consents, ledger], [{}, []]);
    assert.deepEqual(
      Object.keys(world.device.state.session).filter((key) => key.startsWith("act ")),
      [],
    );
  });

test("an act that is offered to a worker that is at it waits for the same answer", async () => {
  let numEmbedded = 0;
  const embedItems = async (/** @type {string[]} */ texts) => {
    numEmbedded += 1;
    return handTowers.embedItems(texts);
  };
  world = await createWorld({ towers: { ...handTowers, embedItems } });
  await world.shopper.allow();
  const message = { type: "item.dismiss", item: cardOf(), actId: "00000000000000c1" };
  const answers = await Promise.all([world.say(message), world.say(message), world.say(message)]);
  assert.deepEqual(
    answers,
    Array.from({ length: 3 }, () => ({ ok: true, stored: true })),
  );
  assert.equal(numEmbedded, 1);
  world.device.stopWorker(world.worker);
  await world.device.startWorker();
  assert.deepEqual(await world.say(message), { ok: true, stored: true });
  assert.deepEqual(await world.kept(), ["dismiss sea mug 1"]);
});

test("settings that a closed page held are changed before newer ones", async () => {
  const held = (/** @type {boolean} */ paused, /** @type {number} */ at) => ({
    type: "pause.set",
    fields: { paused, actId: `000000000000000${at}` },
    at,
  });
  world.device.stopWorker(world.worker);
  Object.assign(world.device.state.session, { "act 0000000000000002": held(true, 2) });
  Object.assign(world.device.state.session, { "act 0000000000000001": held(false, 1) });
  await world.device.startWorker();
  const answer = await world.say({ type: "pause.set", paused: false, actId: "0000000000000003" });
  assert.equal(answer.state.paused, false);
  assert.deepEqual(Object.keys(world.device.state.session), []);
  // Offered again, an older one changes nothing any more.
  await world.say({ type: "pause.set", paused: true, actId: "0000000000000002" });
  assert.equal((await world.shopper.exported()).settings.paused, false);
});

test("nothing of a page is held that may not be learned", async () => {
  /** @type {string[]} */
  const held = [];
  const { session } = world.device.state;
  world.device.state.session = new Proxy(session, {
    set: (values, key, value) => {
      held.push(String(key));
      return Reflect.set(values, key, value);
    },
  });
  let num = 0;
  const look = (/** @type {string} */ url, /** @type {any} */ tab) => {
    num += 1;
    const actId = num.toString(16).padStart(16, "0");
    return world.device.sendFromPage(
      url,
      { type: "page.seen", html: productPage("sea mug", url), url, kind: "view", actId },
      tab,
    );
  };
  const isHeld = () => held.some((key) => key.startsWith("act "));
  await look(PAGE, {});
  assert.equal(isHeld(), false, "no consent");
  await world.shopper.allow();
  world.device.state.session = new Proxy(world.device.state.session, {});
  held.length = 0;
  await look(PAGE, { incognito: true });
  await look(`https://${SHOP}/account/1`, {});
  await pause();
  await look(PAGE, {});
  assert.equal(isHeld(), false, "private window, private page, paused");
  await world.say({ type: "pause.set", paused: false });
  await look(PAGE, {});
  assert.equal(isHeld(), true);
});

test("a consent that is offered again reads its page on, and counts nothing twice", async () => {
  world.device.state.granted.add(`*://*.${SHOP}/*`);
  world.device.state.tabs = [{ id: 7, url: PAGE }];
  const message = { type: "consent.set", shop: SHOP, allowed: true, tabId: 7, actId: "00000000000000d1" };
  assert.equal((await world.say(message)).ok, true);
  assert.deepEqual([world.device.state.injected, world.device.state.marked], [[7], []]);
  assert.equal((await world.say(message)).ok, true);
  assert.deepEqual([world.device.state.injected, world.device.state.marked], [[7, 7], [7]]);
});

test("an update reads open pages of allowed shops on, and counts nothing twice", async () => {
  await world.shopper.allow();
  world.device.state.tabs = [
    { id: 7, url: PAGE },
    { id: 8, url: "https://b.example/" },
  ];
  world.worker.runtime.onInstalled.fire({ reason: "update" });
  await eventually(() => assert.deepEqual(world.device.state.injected, [7]));
  assert.deepEqual(world.device.state.marked, [7]);
  const html = productPage("sea towel", PAGE);
  const look = { type: "page.seen", html, url: PAGE, kind: "view" };
  assert.equal((await world.device.sendFromPage(PAGE, { ...look, isAgain: true })).stored, true, "never learned");
  await world.device.sendFromPage(PAGE, { ...look, isAgain: true });
  assert.deepEqual(await world.kept(), ["view sea towel 1"]);
  await world.device.sendFromPage(PAGE, look);
  assert.deepEqual(await world.kept(), ["view sea towel 2"]);
});
