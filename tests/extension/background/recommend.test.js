// @ts-check
// The recommend message: who ranks, the server or this device, and what leaves for it.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { manifestOf, ofOtherSpace } from "../fakes/bundle.js";
import { createDevice } from "../fakes/device.js";
import { createServer } from "../fakes/server.js";
import { SHOP, createShopper, offered, titlesOf } from "../fakes/shopper.js";

/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
beforeEach(async () => {
  device = createDevice({ server: createServer({ shops: [SHOP] }) });
  shopper = createShopper(device);
  await device.startWorker();
});

test("recommend without a shop in front is refused", async () => {
  assert.equal((await device.send({ type: "recommend" })).error.code, "no_shop");
  device.state.tabs = [{ id: 7, url: "chrome://settings", active: true, incognito: false }];
  assert.equal((await device.send({ type: "recommend" })).error.code, "no_shop");
});

test("recommend of a new install ranks the page, and no request leaves", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  shopper.showListing(["night lamp", "sea mug"]);
  const { recommendations } = await device.send({ type: "recommend" });
  const { mode, basis, problem, items } = recommendations;
  assert.deepEqual([mode, basis, problem], ["page", "taste", undefined]);
  assert.deepEqual([items[0].title, items[0].why], ["sea mug", ["sea towel"]]);
  assert.deepEqual([device.server.requests, (await shopper.exported()).ledger], [[], []]);
});

test("recommend before anything was seen keeps the page's order, and no request leaves", async () => {
  shopper.showListing(["night lamp", "sea mug"]);
  const answer = await device.send({ type: "recommend" });
  assert.deepEqual([answer.recommendations.basis, titlesOf(answer)], ["page_order", ["night lamp", "sea mug"]]);
  assert.deepEqual(device.server.requests, []);
});

test("recommend asks the server no more once its address is taken away", async () => {
  await shopper.useServer();
  await shopper.useServer("");
  device.server.requests.length = 0;
  shopper.showListing(["night lamp", "sea mug"]);
  assert.equal((await device.send({ type: "recommend" })).recommendations.mode, "page");
  assert.deepEqual(device.server.requests, []);
});

test("recommend takes the server's catalogue where it knows the shop", async () => {
  await shopper.useServer();
  await shopper.allow();
  await shopper.see("sea towel");
  shopper.showListing(["oak bowl"]);
  device.server.items = [offered("night", 0.4, [0, 1, 0]), offered("sea-mug", 0.3, [1, 0, 0])];
  const answer = await device.send({ type: "recommend" });
  assert.deepEqual([answer.recommendations.mode, answer.recommendations.basis], ["own", "taste"]);
  assert.deepEqual(titlesOf(answer), ["sea-mug", "night"]);
  assert.deepEqual(answer.recommendations.items[0].why, ["sea towel"]);
});

test("recommend sends the taste vector and no history", async () => {
  await shopper.useServer();
  await shopper.allow();
  await shopper.see("sea towel");
  shopper.showListing([]);
  await device.send({ type: "recommend" });
  const sent = device.server.requests.find(({ path }) => path === "/v1/recommendations")?.body;
  assert.deepEqual(sent, {
    mode: "own",
    shop: SHOP,
    k: 30,
    vector: [1, 0, 0],
    space: manifestOf().space,
    include: ["vectors"],
  });
});

test("recommend ranks the page where the server does not know the shop", async () => {
  await shopper.useServer();
  await shopper.allow();
  await shopper.see("sea towel");
  device.server.shops = ["other.example"];
  shopper.showListing(["night lamp", "sea mug"]);
  const answer = await device.send({ type: "recommend" });
  assert.deepEqual([answer.recommendations.mode, titlesOf(answer)], ["page", ["sea mug", "night lamp"]]);
  assert.ok(!device.server.requests.some(({ path }) => path === "/v1/recommendations"));
});

test("recommend in page mode asks the server nothing", async () => {
  await shopper.useServer();
  await device.send({ type: "settings.set", mode: "page" });
  shopper.showListing(["night lamp", "sea mug"]);
  const answer = await device.send({ type: "recommend" });
  assert.deepEqual([answer.recommendations.mode, answer.recommendations.basis], ["page", "page_order"]);
  assert.deepEqual(device.server.requests, []);
});

test("recommend asks nothing of a server of somebody else", async () => {
  await shopper.useServer("https://shared.example");
  await shopper.allow();
  await shopper.see("sea towel");
  shopper.showListing(["night lamp", "sea mug"]);
  const answer = await device.send({ type: "recommend" });
  assert.deepEqual([answer.recommendations.mode, titlesOf(answer)], ["page", ["sea mug", "night lamp"]]);
  assert.deepEqual(device.server.requests, []);
});

test("recommend ranks the page while the server is away, and says so", async () => {
  await shopper.useServer();
  await shopper.allow();
  await shopper.see("sea towel");
  shopper.showListing(["night lamp", "sea mug"]);
  device.server.isUp = false;
  const answer = await device.send({ type: "recommend" });
  assert.equal(answer.recommendations.problem.code, "server_unreachable");
  assert.deepEqual(titlesOf(answer), ["sea mug", "night lamp"]);
});

test("recommend tells that the server's bundle is refused, and ranks the page", async () => {
  device.server.manifest = manifestOf({ ...ofOtherSpace(), surprise: 1 });
  await shopper.useServer();
  await shopper.allow();
  await shopper.see("sea towel");
  shopper.showListing(["night lamp", "sea mug"]);
  const answer = await device.send({ type: "recommend" });
  assert.equal(answer.recommendations.problem.code, "bundle_invalid");
  assert.deepEqual(titlesOf(answer), ["sea mug", "night lamp"]);
  assert.ok(!device.server.requests.some(({ path }) => path === "/v1/recommendations"));
});

test("recommend takes the server as soon as it answers again", async () => {
  await shopper.useServer();
  await shopper.allow();
  device.server.isUp = false;
  await shopper.see("sea towel");
  device.server.isUp = true;
  shopper.showListing([]);
  device.server.items = [offered("sea-mug", 0.3, [1, 0, 0])];
  const { mode, problem } = (await device.send({ type: "recommend" })).recommendations;
  assert.deepEqual([mode, problem], ["own", undefined]);
});

test("recommend asks once more after the server changed its bundle", async () => {
  await shopper.useServer();
  await shopper.allow();
  await shopper.see("sea towel");
  shopper.showListing([]);
  const newer = manifestOf({ name: "newer", ...ofOtherSpace() });
  assert.notEqual(newer.space, manifestOf().space);
  device.server.manifest = newer;
  device.server.problem = { status: 409, code: "space_mismatch", detail: "Another space." };
  const answer = await device.send({ type: "recommend" });
  assert.equal(answer.ok, true, answer.error?.message);
  assert.equal(answer.recommendations.problem, undefined);
  const spaces = device.server.requests
    .filter(({ path }) => path === "/v1/recommendations")
    .map(({ body }) => body.space);
  assert.deepEqual(spaces, [manifestOf().space, newer.space]);
});

test("another problem of the server is reported beside the page's ranking", async () => {
  await shopper.useServer();
  await shopper.allow();
  await shopper.see("sea towel");
  shopper.showListing(["night lamp", "sea mug"]);
  device.server.problem = { status: 429, code: "too_many_requests", detail: "Slow down." };
  const answer = await device.send({ type: "recommend" });
  assert.deepEqual(answer.recommendations.problem, { code: "too_many_requests", message: "Slow down." });
  assert.equal(answer.recommendations.mode, "page");
});

test("recommend says where the browser hides the page", async () => {
  await device.send({ type: "settings.set", mode: "page" });
  shopper.showListing(["sea mug", "night lamp"]);
  device.state.hiddenTabs.add(7);
  assert.equal((await device.send({ type: "recommend" })).error.code, "page_not_visible");
});
