// @ts-check
// Consent has three parts that must agree: the profile's record, the browser's permission, the registered content script.
import assert from "node:assert/strict";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, test } from "node:test";
import { CONTENT_SCRIPTS } from "../../../extension/background/content-scripts.js";
import { createConsent } from "../../../extension/background/consent.js";
import { createContentScripts } from "../../../extension/background/content-scripts.js";
import { createProfileStore } from "../../../extension/background/store.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { createBrowser } from "../fakes/browser.js";

const MINUTE = 60_000;
const ORIGIN = "*://*.a.example/*";

/** @type {ReturnType<typeof createBrowser>["state"]} */
let state;
/** @type {ReturnType<typeof createConsent>} */
let consent;
/** @type {import("../../../extension/background/store.js").GetProfile} */
let getProfile;
/** @type {number[]} */
let injected;
let now = 0;
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  now = Date.parse("2026-03-01T12:00:00Z");
  injected = [];
  const fake = createBrowser();
  state = fake.state;
  getProfile = createProfileStore({ vault: new Vault(), now: () => now });
  const browser = fake.context("background.js");
  consent = createConsent({
    browser,
    getProfile,
    contentScripts: createContentScripts({ browser }),
    inject: async (tabId) => void injected.push(tabId),
    now: () => now,
  });
});

/** @returns {string[]} ids of what is registered */
const scripts = (browser = state) => [...browser.scripts.keys()].sort();
const consents = async () => Object.keys((await getProfile()).settings.consents);

test("consent needs the browser's permission first", async () => {
  await assert.rejects(consent.set("a.example", true), { code: "permission_missing" });
  assert.deepEqual(await consents(), []);
  assert.equal(state.scripts.size, 0);
});

test("consent is recorded with its time, and the script is registered", async () => {
  state.granted.add(ORIGIN);
  await consent.set("a.example", true);
  assert.deepEqual((await getProfile()).settings.consents, { "a.example": "2026-03-01T12:00:00.000Z" });
  assert.deepEqual(state.scripts.get("shop a.example"), {
    id: "shop a.example",
    matches: [ORIGIN],
    js: CONTENT_SCRIPTS,
    runAt: "document_idle",
    persistAcrossSessions: true,
  });
  assert.deepEqual(injected, []);
});

test("a script that a version before registered with other files gets those of this one", async () => {
  state.granted.add(ORIGIN);
  await consent.set("a.example", true);
  const script = state.scripts.get("shop a.example");
  state.scripts.set("shop a.example", { ...script, js: ["content/content.js"] });
  await consent.restore();
  assert.deepEqual(scripts(), ["shop a.example"]);
  assert.deepEqual(state.scripts.get("shop a.example"), script);
});

test("consent with an open tab reads that tab at once", async () => {
  state.granted.add(ORIGIN);
  await consent.set("a.example", true, { tabId: 7 });
  assert.deepEqual(injected, [7]);
});

test("consent given twice registers one script", async () => {
  state.granted.add(ORIGIN);
  await consent.set("a.example", true);
  await consent.set("a.example", true);
  assert.deepEqual(scripts(), ["shop a.example"]);
});

test("withdrawn consent takes script and permission with it", async () => {
  state.granted.add(ORIGIN);
  await consent.set("a.example", true);
  await consent.set("a.example", false, { tabId: 7 });
  assert.deepEqual(await consents(), []);
  assert.equal(state.scripts.size, 0);
  assert.ok(!state.granted.has(ORIGIN));
  assert.deepEqual(injected, []);
});

test("a permission that the manifest requires is not given back", async () => {
  state.required.push(ORIGIN);
  state.granted.add(ORIGIN);
  await consent.set("a.example", true);
  await consent.set("a.example", false);
  assert.deepEqual(await consents(), []);
  assert.ok(state.granted.has(ORIGIN));
});

test("withdrawing consent that was never given is harmless", async () => {
  await consent.set("a.example", false);
  assert.deepEqual(await consents(), []);
});

test("a granted permission is consent if it was just asked for", async () => {
  await consent.noteQuestion("a.example", 7);
  state.granted.add(ORIGIN);
  now += 5 * MINUTE;
  await consent.onGranted([ORIGIN]);
  assert.deepEqual(await consents(), ["a.example"]);
  assert.deepEqual(injected, [7]);
  assert.equal("asked" in state.session, false, "the question is answered once");
});

test("a script that is registered twice at once is registered once, and another after it", async () => {
  const { state: own, context } = createBrowser();
  const contentScripts = createContentScripts({ browser: context("background.js") });
  await Promise.all(["a.example", "a.example", "b.example"].map((shop) => contentScripts.register(shop)));
  assert.deepEqual(scripts(own), ["shop a.example", "shop b.example"]);
});

test("a script that is removed twice at once is removed, and nothing is refused", async () => {
  const { state: own, context } = createBrowser();
  const contentScripts = createContentScripts({ browser: context("background.js") });
  await contentScripts.register("a.example");
  await Promise.all([contentScripts.unregister("a.example"), contentScripts.unregister("a.example")]);
  assert.equal(own.scripts.size, 0);
});

test("a script whose worker ended before it was removed goes at the next start", async () => {
  for (const shop of ["a.example", "b.example"]) {
    state.granted.add(`*://*.${shop}/*`);
    await consent.set(shop, true);
  }
  // Everything but the record was left where it was.
  await (await getProfile()).forgetShop("a.example");
  await consent.restore();
  assert.deepEqual(scripts(), ["shop b.example"]);
  assert.deepEqual([...state.granted], ["*://*.b.example/*"]);
});

test("a permission granted long after the question is not consent", async () => {
  await consent.noteQuestion("a.example", 7);
  state.granted.add(ORIGIN);
  now += 5 * MINUTE + 1;
  await consent.onGranted([ORIGIN]);
  assert.deepEqual(await consents(), []);
});

test("a permission for another shop than asked for is not consent", async () => {
  await consent.noteQuestion("a.example");
  state.granted.add("*://*.b.example/*");
  await consent.onGranted(["*://*.b.example/*"]);
  assert.deepEqual(await consents(), []);
  assert.equal("asked" in state.session, true, "the question waits for its own answer");
});

test("a permission that nobody asked for here is not consent", async () => {
  state.granted.add(ORIGIN);
  await consent.onGranted([ORIGIN]);
  assert.deepEqual(await consents(), []);
});

test("a permission removed in the browser's settings ends that consent only", async () => {
  state.granted.add(ORIGIN).add("*://*.b.example/*");
  await consent.set("a.example", true);
  await consent.set("b.example", true);
  state.granted.delete(ORIGIN);
  await consent.onRevoked();
  assert.deepEqual(await consents(), ["b.example"]);
  assert.deepEqual(scripts(), ["shop b.example"]);
});

test("scripts that an update of the extension lost are registered again", async () => {
  state.granted.add(ORIGIN).add("*://*.b.example/*");
  await consent.set("a.example", true);
  await consent.set("b.example", true);
  state.scripts.delete("shop a.example");
  await consent.restore();
  assert.deepEqual(scripts(), ["shop a.example", "shop b.example"]);
});
