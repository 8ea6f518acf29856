// @ts-check
// What the shopper's own server is told of the lists that it ranked: nothing, unless the shopper wants it.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { manifestOf } from "../fakes/bundle.js";
import { createDevice } from "../fakes/device.js";
import { createServer } from "../fakes/server.js";
import { SERVER, SHOP, createShopper, offered } from "../fakes/shopper.js";

/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
beforeEach(async () => {
  device = createDevice({ server: createServer({ shops: [SHOP] }) });
  shopper = createShopper(device);
  await device.startWorker();
  await shopper.useServer();
  await shopper.allow();
  shopper.showListing([]);
  device.server.items = [offered("night", 0.4, [0, 1, 0]), offered("sea-mug", 0.3, [1, 0, 0])];
});

/** @param {object} [change] of the settings */
const want = (change = {}) => device.send({ type: "settings.set", tellsScreens: true, ...change });
/** @param {object} [choice] @returns {Promise<any>} the list */
const list = async (choice) => (await device.send({ type: "recommend", ...(choice && { choice }) })).recommendations;
/** @param {any} recommendations @param {string} [kind] @param {number[]} [positions] */
const tell = ({ shop, screen, items }, kind = "impression", positions = [0, 1]) =>
  device.send({
    type: "screen.tell",
    shop,
    screen,
    kind,
    items: positions.map((position) => {
      const { score: _score, why: _why, ...card } = items[position];
      return { card, position };
    }),
  });
const told = () => device.server.requests.filter(({ path }) => path === "/v1/events").map(({ body }) => body);
const asked = () =>
  device.server.requests.filter(({ path }) => path === "/v1/recommendations").map(({ body }) => body.screen);

test("as installed a list has no screen, and nothing is told", async () => {
  const recommendations = await list();
  assert.deepEqual([recommendations.mode, recommendations.screen, asked()], ["own", undefined, [undefined]]);
  const screen = { id: "0".repeat(32), space: manifestOf().space };
  assert.equal((await tell({ ...recommendations, screen })).isTold, false);
  assert.deepEqual(told(), []);
});

test("what is wanted is told with a new random id for each list, and nothing else", async () => {
  await want();
  const [first, second] = [await list(), await list()];
  assert.match(first.screen.id, /^[0-9a-f]{32}$/);
  assert.notEqual(first.screen.id, second.screen.id);
  assert.deepEqual(asked(), [first.screen.id, second.screen.id]);
  assert.equal((await tell(first)).isTold, true);
  await tell(first, "click", [1]);
  await tell(second, "dismiss", [0]);
  const ids = first.items.map((/** @type {any} */ { itemId }) => itemId);
  const of = { shop: SHOP, mode: "own", space: manifestOf().space };
  const both = ids.map((/** @type {string} */ itemId, /** @type {number} */ position) => ({ itemId, position }));
  assert.deepEqual(told(), [
    { screen: first.screen.id, ...of, kind: "impression", items: both },
    { screen: first.screen.id, ...of, kind: "click", items: [both[1]] },
    { screen: second.screen.id, ...of, kind: "dismiss", items: [{ itemId: second.items[0].itemId, position: 0 }] },
  ]);
});

test("an experiment's arm is said back", async () => {
  await want();
  device.server.arm = "wider.b";
  const recommendations = await list();
  await tell(recommendations);
  assert.equal(told()[0].arm, "wider.b");
});

test("the ledger has what was told, byte for byte", async () => {
  await want();
  await tell(await list(), "click", [0]);
  const { entries } = await device.send({ type: "ledger.get" });
  const [entry] = entries.filter((/** @type {any} */ { url }) => url === `${SERVER}/v1/events`);
  assert.deepEqual([entry.method, JSON.parse(entry.body)], ["POST", told()[0]]);
});

test("a list that the shopper filters or sorts has no screen", async () => {
  await want();
  assert.equal((await list({ sort: "price_up" })).screen, undefined);
  assert.equal((await list({ brands: ["Kelp"] })).screen, undefined);
  assert.deepEqual(asked(), [undefined, undefined]);
});

for (const [name, change] of /** @type {[string, () => Promise<any>][]} */ ([
  ["turned off", () => device.send({ type: "settings.set", tellsScreens: false })],
  ["paused", () => device.send({ type: "pause.set", paused: true })],
  ["asked of a shop that is not allowed", () => device.send({ type: "consent.set", shop: SHOP, allowed: false })],
  ["only the page is ranked", () => device.send({ type: "settings.set", mode: "page" })],
  ["everything was erased", () => device.send({ type: "profile.erase" })],
])) {
  test(`nothing is told any more where it is ${name}`, async () => {
    await want();
    const before = await list();
    await change();
    assert.equal((await tell(before)).isTold, false);
    assert.equal((await list()).screen, undefined);
    assert.deepEqual(told(), []);
  });
}

test("an item that the privacy filter refuses is not named", async () => {
  await want();
  device.server.items = [
    offered("night", 0.4, [0, 1, 0]),
    { ...offered("x", 0.3, [1, 0, 0]), title: "pregnancy test" },
  ];
  const recommendations = await list();
  const refused = recommendations.items.findIndex((/** @type {any} */ { title }) => title === "pregnancy test");
  await tell(recommendations);
  assert.deepEqual(
    told()[0].items.map((/** @type {any} */ { position }) => position),
    [1 - refused],
  );
  assert.equal((await tell(recommendations, "click", [refused])).isTold, false);
});

test("another kind of event is refused", async () => {
  await want();
  const { error } = await tell(await list(), "buy");
  assert.equal(error.code, "invalid_message");
});
