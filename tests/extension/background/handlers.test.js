// @ts-check
// Messages to the background, through the gate, on a device whose browser, disk and network are fakes.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { CONTENT_SCRIPTS } from "../../../extension/background/content-scripts.js";
import { createHandlers } from "../../../extension/background/handlers.js";
import { messages as contract } from "../../../extension/generated/contracts.js";
import { createListener } from "../../../extension/messaging/messages.js";
import { decodeEmbedding } from "../../../extension/values/encoding.js";
import { manifestOf, ofOtherSpace } from "../fakes/bundle.js";
import { createDevice, listingPage, productPage } from "../fakes/device.js";
import { createServer } from "../fakes/server.js";
import { LIST, PAGE, SHOP, createShopper, offered } from "../fakes/shopper.js";

/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
/** @type {any} */
let worker;
beforeEach(async () => {
  device = createDevice({ server: createServer({ shops: [SHOP] }) });
  shopper = createShopper(device);
  worker = await device.startWorker();
});

test("every message of the contract to the background has a handler", () => {
  const types = Object.entries(contract.messages).flatMap(([type, { to }]) => (to === "background" ? [type] : []));
  assert.deepEqual(Object.keys(createHandlers(/** @type {any} */ ({}))).sort(), types.sort());
});

test("page.seen keeps a product of a shop with consent, with its embedding", async () => {
  await shopper.allow();
  const { product: shown, ...answer } = await shopper.see("sea towel");
  assert.deepEqual(answer, { ok: true, stored: true });
  assert.deepEqual([shown.title, shown.price], ["sea towel", "19.90 EUR"]);
  const { interactions } = await shopper.exported();
  assert.equal(interactions.length, 1);
  const [{ kind, product, space, embedding }] = interactions;
  assert.deepEqual([kind, product.title, product.shop, product.url], ["view", "sea towel", SHOP, PAGE]);
  assert.equal(space, manifestOf().space);
  assert.deepEqual([...decodeEmbedding(embedding)], [1, 0, 0]);
});

test("page.seen keeps the kind of interaction it names", async () => {
  await shopper.allow();
  await shopper.see("sea towel", { kind: "cart" });
  await shopper.see("sea towel", { kind: "wishlist" });
  assert.deepEqual((await shopper.exported()).interactions.map((/** @type {any} */ one) => one.kind).sort(), [
    "cart",
    "wishlist",
  ]);
});

test("page.seen without consent does not even read the page", async () => {
  assert.deepEqual(await shopper.see("sea towel"), { ok: true, stored: false, reason: "no_consent" });
  assert.equal(device.state.offscreenOpened, 0);
  assert.deepEqual(device.server.requests, []);
  assert.deepEqual((await shopper.exported()).interactions, []);
});

test("page.seen while learning is paused does not read the page", async () => {
  await shopper.allow();
  await device.send({ type: "pause.set", paused: true });
  assert.deepEqual(await shopper.see("sea towel"), { ok: true, stored: false, reason: "paused" });
  assert.equal(device.state.offscreenOpened, 0);
});

test("page.seen in a private window keeps nothing", async () => {
  await shopper.allow();
  const { stored, reason } = await shopper.see("sea towel", { incognito: true });
  assert.deepEqual([stored, reason], [false, "incognito"]);
  assert.deepEqual((await shopper.exported()).interactions, []);
});

test("page.seen about another shop than the sender's is refused", async () => {
  await shopper.allow();
  await shopper.allow("b.example");
  const url = "https://b.example/sea-towel";
  const message = { type: "page.seen", html: productPage("sea towel", url), url, kind: "view" };
  assert.equal((await device.sendFromPage(PAGE, message)).error.code, "forbidden_sender");
  assert.deepEqual((await shopper.exported()).interactions, []);
});

test("page.seen cannot report a rating or a dismissal", async () => {
  await shopper.allow();
  for (const kind of ["rating", "dismiss", "toString"])
    assert.equal((await shopper.see("sea towel", { kind })).error.code, "invalid_message", kind);
  assert.deepEqual((await shopper.exported()).interactions, []);
});

test("page.seen from the panel is refused", async () => {
  const answer = await device.send({ type: "page.seen", html: "", url: PAGE, kind: "view" });
  assert.equal(answer.error.code, "forbidden_sender");
});

test("a page that is not a product is not kept, and the answer says why", async () => {
  await shopper.allow();
  const message = { type: "page.seen", html: listingPage(["sea mug", "sea cup"], SHOP), url: LIST, kind: "view" };
  const answer = await device.sendFromPage(LIST, message);
  assert.equal(answer.stored, false);
  assert.notEqual(answer.reason, "no_consent");
  assert.deepEqual((await shopper.exported()).interactions, []);
});

/** Listen as an open page does. @returns {object[]} each change that it heard of, with how much was known then */
function listen() {
  /** @type {object[]} */
  const heard = [];
  const hear = async (/** @type {object} */ fields) => {
    heard.push({ ...fields, numKnown: (await shopper.exported()).interactions.length });
    return {};
  };
  device.context("ui/panel.html").runtime.onMessage.addListener(createListener("ui", { "state.changed": hear }));
  return heard;
}

test("open pages hear that something was kept, and only then", async () => {
  await shopper.allow();
  const heard = listen();
  await shopper.see("sea towel", { incognito: true });
  assert.deepEqual(heard, []);
  await shopper.see("sea towel");
  assert.deepEqual(heard, [{ numKnown: 1 }]);
});

for (const [message, told] of /** @type {[{type: string}, object][]} */ ([
  [{ type: "consent.set", shop: SHOP, allowed: false }, { numKnown: 1 }],
  [{ type: "pause.set", paused: true }, { numKnown: 1 }],
  [{ type: "settings.set", mode: "page" }, { numKnown: 1 }],
  [{ type: "profile.erase" }, { isErased: true, numKnown: 0 }],
])) {
  test(`open pages hear of ${message.type}, when it is done`, async () => {
    await shopper.allow();
    await shopper.see("sea towel");
    const heard = listen();
    await device.send(message);
    assert.deepEqual(heard, [told]);
  });
}

test("state.get describes the profile of a new install", async () => {
  const { state } = await device.send({ type: "state.get" });
  assert.deepEqual(state, {
    serverUrl: "",
    serverIsMine: false,
    mode: "auto",
    paused: false,
    consents: [],
    numKnown: 0,
    numDismissed: 0,
    unreadable: 0,
    packs: [],
    shelf: null,
    tab: null,
  });
});

test("state.get counts what is known and dismissed, and describes the tab", async () => {
  await shopper.allow();
  shopper.showListing([]);
  await shopper.see("sea towel");
  await device.send({ type: "item.dismiss", item: offered("night", 0, [0, 1, 0]) });
  const { state } = await device.send({ type: "state.get" });
  assert.deepEqual([state.numKnown, state.numDismissed], [1, 1]);
  assert.deepEqual(
    state.consents.map((/** @type {any} */ { shop }) => shop),
    [SHOP],
  );
  assert.deepEqual(state.tab, {
    tabId: 7,
    url: LIST,
    shop: SHOP,
    isIncognito: false,
    isConsented: true,
    reading: null,
  });
});

test("state.get of a named tab describes that one, not the one in front", async () => {
  device.state.tabs = [
    { id: 1, url: "https://front.example/", active: true, incognito: false },
    { id: 2, url: "https://back.example/", incognito: false },
  ];
  const { state } = await device.send({ type: "state.get", tabId: 2 });
  assert.deepEqual([state.tab.shop, state.tab.isConsented], ["back.example", false]);
});

test("state.get never holds the bundle's address or the embeddings", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  const { state } = await device.send({ type: "state.get" });
  assert.ok(!("serverBundleUrl" in state));
  assert.doesNotMatch(JSON.stringify(state), /embedding|\/v1\/bundles/);
});

test("consent.ask notes the question where a worker's death cannot lose it", async () => {
  assert.deepEqual(await device.send({ type: "consent.ask", shop: SHOP, tabId: 7 }), { ok: true });
  const { shop, tabId } = device.state.session.asked;
  assert.deepEqual([shop, tabId], [SHOP, 7]);
});

test("consent.set registers the content script and reads the open tab", async () => {
  device.state.granted.add(`*://*.${SHOP}/*`);
  const { state } = await device.send({ type: "consent.set", shop: SHOP, allowed: true, tabId: undefined });
  assert.deepEqual(
    state.consents.map((/** @type {any} */ { shop }) => shop),
    [SHOP],
  );
  const { matches, js } = device.state.scripts.get(`shop ${SHOP}`);
  assert.deepEqual([matches, js], [[`*://*.${SHOP}/*`], CONTENT_SCRIPTS]);
  assert.deepEqual(device.state.injected, []);
  shopper.showListing([]);
  const answer = await device.send({ type: "consent.set", shop: SHOP, allowed: true, tabId: 7 });
  assert.equal(answer.state.tab.isConsented, true);
  assert.deepEqual(device.state.injected, [7]);
});

test("consent.set without the browser's permission is refused", async () => {
  const answer = await device.send({ type: "consent.set", shop: SHOP, allowed: true });
  assert.equal(answer.error.code, "permission_missing");
  assert.equal(device.state.scripts.size, 0);
  assert.deepEqual((await shopper.exported()).settings.consents, {});
});

test("consent.set false forgets the consent, the script and the permission", async () => {
  await shopper.allow();
  const { state } = await device.send({ type: "consent.set", shop: SHOP, allowed: false });
  assert.deepEqual(state.consents, []);
  assert.equal(device.state.scripts.size, 0);
  assert.ok(!device.state.granted.has(`*://*.${SHOP}/*`));
  assert.deepEqual(await shopper.see("sea towel"), { ok: true, stored: false, reason: "no_consent" });
});

test("pause.set is kept, and can be undone", async () => {
  assert.equal((await device.send({ type: "pause.set", paused: true })).state.paused, true);
  assert.equal((await shopper.exported()).settings.paused, true);
  assert.equal((await device.send({ type: "pause.set", paused: false })).state.paused, false);
});

test("profile.erase leaves no record, consent, script or permission", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  const { state } = await device.send({ type: "profile.erase" });
  assert.deepEqual([state.numKnown, state.consents], [0, []]);
  const profile = await shopper.exported();
  assert.deepEqual([profile.interactions, profile.ledger, profile.settings.consents], [[], [], {}]);
  assert.equal(device.state.scripts.size, 0);
  assert.ok(!device.state.granted.has(`*://*.${SHOP}/*`));
});

test("profile.erase forgets the server, what came from it and the permission for it", async () => {
  device.server.manifest = manifestOf(ofOtherSpace());
  await shopper.useServer();
  await shopper.allow();
  shopper.showListing(["sea mug", "night lamp"]);
  await device.send({ type: "recommend" });
  assert.notDeepEqual(await device.cache.keys(), []);
  const { state } = await device.send({ type: "profile.erase" });
  assert.deepEqual([state.serverUrl, await device.cache.keys(), [...device.state.granted]], ["", [], []]);
  device.server.requests.length = 0;
  await device.send({ type: "recommend" });
  assert.deepEqual(device.server.requests, []);
});

test("profile.export holds everything that is kept, readable", async () => {
  await shopper.useServer();
  await shopper.allow();
  await shopper.see("sea towel");
  const profile = await shopper.exported();
  assert.equal(profile.format, 1);
  assert.equal(profile.interactions[0].product.title, "sea towel");
  assert.ok(profile.ledger.length > 0);
  assert.deepEqual(Object.keys(profile.settings.consents), [SHOP]);
});

test("settings.set refuses a trusted key that is not one", async () => {
  const answer = await device.send({ type: "settings.set", trustedKeys: ["Kelp"] });
  assert.equal(answer.error.code, "invalid_key");
});

test("settings.set keeps a server's origin, and requests go there", async () => {
  await shopper.useServer("http://127.0.0.1:9000/some/path?x=1", { serverIsMine: true });
  const { settings } = await shopper.exported();
  assert.deepEqual([settings.serverUrl, settings.serverIsMine], ["http://127.0.0.1:9000", true]);
  await shopper.allow();
  await shopper.see("sea towel");
  const { entries } = await device.send({ type: "ledger.get" });
  assert.ok(
    entries.length > 0 && entries.every((/** @type {any} */ { url }) => url.startsWith("http://127.0.0.1:9000/")),
  );
});

test("settings.set of another server leaves the first one, its bundle and its permission", async () => {
  device.server.manifest = manifestOf(ofOtherSpace());
  await shopper.useServer("https://first.example");
  await shopper.useServer("https://first.example", { serverIsMine: true });
  await shopper.allow();
  await shopper.see("sea towel");
  assert.match((await shopper.exported()).settings.serverBundleUrl, /first\.example/);
  await shopper.useServer("https://second.example");
  const { serverBundleUrl } = (await shopper.exported()).settings;
  assert.deepEqual([serverBundleUrl, await device.cache.keys()], ["", []]);
  assert.deepEqual([...device.state.granted].sort(), [`*://*.${SHOP}/*`, "https://second.example/*"]);
});

test("settings.set keeps the permission for a server on the host of a shop with consent", async () => {
  await shopper.allow();
  await shopper.useServer(`https://ranking.${SHOP}`);
  await shopper.useServer("");
  assert.ok(device.state.granted.has(`https://ranking.${SHOP}/*`));
});

test("settings.set of anything but the server deletes no download", async () => {
  device.server.manifest = manifestOf(ofOtherSpace());
  await shopper.useServer();
  await shopper.allow();
  await shopper.see("sea towel");
  const kept = (await device.cache.keys()).length;
  assert.ok(kept > 0);
  await device.send({ type: "settings.set", trustedKeys: [] });
  assert.equal((await device.cache.keys()).length, kept);
});

for (const serverUrl of [
  "shop",
  "ftp://127.0.0.1/",
  "javascript:alert(1)",
  "file:///etc/passwd",
  "http://nas.local:8710",
]) {
  test(`settings.set refuses the server address ${JSON.stringify(serverUrl)}`, async () => {
    const answer = await device.send({ type: "settings.set", serverUrl });
    assert.equal(answer.error.code, "invalid_server");
    assert.equal((await shopper.exported()).settings.serverUrl, "");
  });
}

test("settings.set refuses an unknown mode and changes nothing", async () => {
  const answer = await device.send({ type: "settings.set", mode: "cloud", serverIsMine: true });
  assert.equal(answer.error.code, "invalid_mode");
  assert.equal((await shopper.exported()).settings.serverIsMine, false);
});

test("settings.set changes only the fields it was given", async () => {
  await device.send({ type: "settings.set", mode: "page" });
  const { state } = await device.send({ type: "settings.set", serverIsMine: true });
  assert.deepEqual([state.mode, state.serverIsMine, state.serverUrl], ["page", true, ""]);
});

test("item.dismiss keeps the item as dismissed, without consent of the shop", async () => {
  assert.deepEqual(await device.send({ type: "item.dismiss", item: offered("night", 0.5, [0, 1, 0]) }), {
    ok: true,
    stored: true,
  });
  const [{ kind, product }] = (await shopper.exported()).interactions;
  assert.deepEqual([kind, product.title, product.shop], ["dismiss", "night", SHOP]);
});

test("item.dismiss of an item without a title is refused", async () => {
  const answer = await device.send({ type: "item.dismiss", item: { url: PAGE } });
  assert.equal(answer.error.code, "invalid_item");
});

test("a worker that died between two messages has lost nothing", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  await device.send({ type: "pause.set", paused: true });
  const before = await shopper.exported();
  device.stopWorker(worker);
  await device.startWorker();
  const { exportedAt, ...after } = await shopper.exported();
  assert.deepEqual({ exportedAt: before.exportedAt, ...after }, before);
  await device.send({ type: "pause.set", paused: false });
  assert.equal((await shopper.see("sea mug")).stored, true);
});
