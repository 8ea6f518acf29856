// @ts-check
// Pairing with a server and the sync, on the options page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CarryoverError } from "../../../extension/values/errors.js";
import { eventually, openPage, stateOf } from "../fakes/page.js";

/** @param {Record<string, any>} [handlers] @param {Record<string, any>} [state] */
const openOptions = (handlers = {}, state = {}) =>
  openPage("options", {
    handlers: {
      "state.get": () => ({ state: stateOf(state) }),
      "ledger.get": () => ({ entries: [] }),
      "sync.get": () => ({ sync: { isOn: false } }),
      "settings.set": (/** @type {object} */ fields) => ({ state: stateOf({ ...state, ...fields }) }),
      ...handlers,
    },
  });

test("a server that is not paired says so, and one that is says its key", async () => {
  const { one } = await openOptions({}, { serverUrl: "http://127.0.0.1:8710" });
  await eventually(() => assert.equal(one("#server-url").value, "http://127.0.0.1:8710"));
  assert.equal(one("#paired").textContent, "http://127.0.0.1:8710 is not paired, so nothing is sent to it.");
  const paired = await openOptions({}, { serverUrl: "http://127.0.0.1:8710", pairedKey: "0123456789abcdef" });
  await eventually(() => assert.match(paired.one("#paired").textContent, /key: 0123 4567 89ab cdef\.$/));
});

test("a code is sent with the address once the browser allows it, and is gone from the page", async () => {
  const { one, sent, state, window } = await openOptions({
    "pairing.make": () => ({ state: stateOf({ serverUrl: "http://127.0.0.1:8710", pairedKey: "0123456789abcdef" }) }),
  });
  await eventually(() => assert.match(one("#known").textContent, /Knows nothing/));
  one("#server-url").value = "http://127.0.0.1:8710";
  one("#pair-code").value = "k7qf2-9xm4t";
  one("#pair").dispatchEvent(new window.Event("submit", { cancelable: true }));
  await eventually(() => assert.match(one("#status").textContent, /^Paired/));
  const fields = { serverUrl: "http://127.0.0.1:8710", serverIsMine: false, code: "k7qf2-9xm4t" };
  assert.deepEqual(
    sent.filter(({ type }) => type === "pairing.make"),
    [{ type: "pairing.make", ...fields }],
  );
  assert.deepEqual([state.questions, one("#pair-code").value], [[["http://127.0.0.1/*"]], ""]);
});

test("a code that does not fit is told in words", async () => {
  const { one, window } = await openOptions({
    "pairing.make": () => {
      throw new CarryoverError("pairing_failed", "The code does not fit.");
    },
  });
  await eventually(() => assert.match(one("#known").textContent, /Knows nothing/));
  one("#server-url").value = "http://127.0.0.1:8710";
  one("#pair-code").value = "k7qf2-9xm4t";
  one("#pair").dispatchEvent(new window.Event("submit", { cancelable: true }));
  await eventually(() => assert.match(one("#status").textContent, /^The code does not fit\..* Nothing was sent\./));
});

test("the browser is not asked for an address that is refused", async () => {
  for (const serverUrl of ["http://rank.example:8710", "http://user@127.0.0.1:8710", "rank"]) {
    const { one, sent, state, window } = await openOptions({
      "pairing.make": () => {
        throw new CarryoverError("invalid_server", "Expected another address.");
      },
    });
    await eventually(() => assert.match(one("#known").textContent, /Knows nothing/));
    one("#server-url").value = serverUrl;
    one("#pair").dispatchEvent(new window.Event("submit", { cancelable: true }));
    await eventually(() => assert.ok(sent.some(({ type }) => type === "pairing.make")));
    assert.deepEqual(state.questions, []);
  }
});

test("the sync is in sight once a server is paired", async () => {
  const { one } = await openOptions({}, { serverUrl: "http://127.0.0.1:8710" });
  await eventually(() => assert.equal(one("#server-url").value, "http://127.0.0.1:8710"));
  assert.equal(one("#sync").hidden, true);
  const paired = await openOptions({}, { serverUrl: "http://127.0.0.1:8710", pairedKey: "0123456789abcdef" });
  await eventually(() => assert.equal(paired.one("#sync").hidden, false));
  assert.equal(paired.one("#sync-state").textContent, "Off in this browser.");
});

test("the sync is started, shows its code and earlier copies, and is switched off", async () => {
  let isOn = false;
  const set = (/** @type {boolean} */ value) => () => {
    isOn = value;
    return { sync: { isOn } };
  };
  const { one, sent, window } = await openOptions(
    {
      "sync.get": () => ({ sync: { isOn, ...(isOn && { syncedAt: "2026-03-01T12:00:00Z" }) } }),
      "sync.start": set(true),
      "sync.stop": set(false),
      "sync.restore": set(true),
      "sync.code": () => ({ code: "0123-4567" }),
      "sync.versions": () => ({ versions: [{ version: 3, bytes: 65605, savedAt: "2026-03-01T11:00:00Z" }] }),
    },
    { serverUrl: "http://127.0.0.1:8710", pairedKey: "0123456789abcdef" },
  );
  const click = async (/** @type {string} */ name, /** @type {RegExp} */ said) => {
    await eventually(() => assert.ok(one(`[data-action=${name}]`)));
    one(`[data-action=${name}]`).click();
    await eventually(() => assert.match(one("#status").textContent, said));
  };
  await click("sync-start", /^Synced\.$/);
  assert.match(one("#sync-state").textContent, /^On\. Last synced: /);
  assert.equal(one("#sync-join").hidden, true);
  await click("sync-code", /^Type this code/);
  assert.equal(one("#sync-code").textContent, "0123-4567");
  await click("sync-versions", /^$/);
  await click("sync-restore", /^Added what was missing/);
  await click("sync-delete", /deleted/);
  one("#sync-typed").value = "other code";
  one("#sync-join").dispatchEvent(new window.Event("submit", { cancelable: true }));
  await eventually(() => assert.match(one("#status").textContent, /^Synced/));
  assert.deepEqual(
    sent.filter(({ type }) => /^sync\.(?:start|stop|restore)$/.test(type)),
    [
      { type: "sync.start" },
      { type: "sync.restore", version: 3 },
      { type: "sync.stop", deletes: true },
      { type: "sync.start", code: "other code" },
    ],
  );
});
