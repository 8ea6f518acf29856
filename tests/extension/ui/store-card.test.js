// @ts-check
// The encrypted store on the options page in jsdom.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CarryoverError } from "../../../extension/values/errors.js";
import { eventually, openPage, stateOf } from "../fakes/page.js";

const PLAIN = { isLocked: false, hasPassphrase: false, unreadable: 0, backupAt: "2026-03-01T12:00:00Z" };
const PROTECTED = { ...PLAIN, hasPassphrase: true };

/** @param {Record<string, any>} handlers */
const openOptions = (handlers) =>
  openPage("options", {
    handlers: {
      "state.get": () => ({ state: stateOf() }),
      "ledger.get": () => ({ entries: [] }),
      "vault.get": () => ({ vault: PLAIN }),
      ...handlers,
    },
  });

/** @param {any} page @param {string} selector @param {string} value */
const type = ({ one }, selector, value) => {
  one(selector).value = value;
};
/** @param {any} page @param {string} selector */
const submit = ({ one, window }, selector) =>
  one(selector).dispatchEvent(new window.Event("submit", { cancelable: true, bubbles: true }));

test("a passphrase is set, and its recovery code is shown once", async () => {
  const page = await openOptions({ "vault.setPassphrase": () => ({ code: "AAAA-BBBB", vault: PROTECTED }) });
  const { one, sent } = page;
  await eventually(() => assert.match(one("#store").textContent, /whoever copies this browser's files/));
  type(page, "#passphrase-next", "correct horse");
  submit(page, "#passphrase");
  await eventually(() => assert.equal(one("#store code").textContent, "AAAA-BBBB"));
  assert.deepEqual(sent.at(-1), { type: "vault.setPassphrase", passphrase: "correct horse" });
  assert.match(one("#store").textContent, /Change passphrase.*Remove passphrase.*Lock now/s);
});

test("a passphrase is removed and the profile locked by buttons", async () => {
  const page = await openOptions({
    "vault.get": () => ({ vault: PROTECTED }),
    "vault.removePassphrase": () => ({ vault: PLAIN }),
    "vault.lock": () => ({ vault: { ...PROTECTED, isLocked: true } }),
    "vault.unlock": () => ({ vault: PROTECTED }),
  });
  const { one, sent } = page;
  await eventually(() => assert.ok(one("#passphrase-current")));
  one("[data-action=lockNow]").click();
  await eventually(() => assert.ok(one("#unlock-secret")));
  type(page, "#unlock-secret", "correct horse");
  submit(page, "[data-action=unlock]");
  await eventually(() => assert.ok(one("#passphrase-current")));
  type(page, "#passphrase-current", "correct horse");
  one("[data-action=passphraseRemove]").click();
  await eventually(() => assert.match(one("#store").textContent, /Set passphrase/));
  const wanted = { "vault.unlock": "secret", "vault.removePassphrase": "current" };
  for (const [name, field] of Object.entries(wanted))
    assert.equal(sent.find((/** @type {any} */ message) => message.type === name)[field], "correct horse");
});

test("a second click while a passphrase is set changes nothing, and its progress is told", async () => {
  /** @type {(reply: any) => void} */
  let answer = () => {};
  const page = await openOptions({
    "vault.setPassphrase": () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  });
  const { one, sent } = page;
  await eventually(() => assert.ok(one("#passphrase-next")));
  type(page, "#passphrase-next", "correct horse");
  submit(page, "#passphrase");
  submit(page, "#passphrase");
  await eventually(() => assert.equal(one("#status").textContent, "One moment…"));
  answer({ code: "AAAA-BBBB", vault: PROTECTED });
  await eventually(() => assert.equal(one("#status").textContent, "Saved."));
  assert.equal(sent.filter((/** @type {any} */ message) => message.type === "vault.setPassphrase").length, 1);
});

/** A background whose profile is locked or not. */
const lockable = () => {
  let isLocked = false;
  const refuse = () => {
    if (isLocked) throw new CarryoverError("locked", "locked");
  };
  const state = stateOf({
    numKnown: 4,
    serverUrl: "http://127.0.0.1:9000",
    consents: [{ shop: "a.example", since: "2026-03-01T12:00:00Z" }],
  });
  const entry = { id: "1", time: "2026-03-01T12:00:00Z", method: "GET", url: "https://a.example/1", body: "" };
  return {
    /** @param {boolean} is */
    setLocked(is) {
      isLocked = is;
    },
    handlers: {
      "state.get": () => (refuse(), { state }),
      "ledger.get": () => (refuse(), { entries: [entry] }),
      "settings.set": () => (refuse(), { state }),
      "vault.get": () => ({ vault: { ...PROTECTED, isLocked } }),
      "vault.unlock": () => {
        isLocked = false;
        return { vault: PROTECTED };
      },
    },
  };
};

/** @param {any} page @returns {string[]} what is shown of the profile */
const shownIn = ({ one, textsOf }) => [
  ...textsOf("#shops li"),
  ...textsOf("#ledger li"),
  one("#known").textContent,
  one("#server-url").value,
];

test("a profile that is locked elsewhere is shown no more, and again once it is unlocked there", async () => {
  const { setLocked, handlers } = lockable();
  const page = await openOptions(handlers);
  const { one, textsOf, worker } = page;
  await eventually(() => assert.equal(textsOf("#ledger li").length, 1));
  setLocked(true);
  await worker.runtime.sendMessage({ type: "state.changed", isErased: true });
  await eventually(() => assert.ok(one("#unlock-secret")));
  assert.deepEqual(shownIn(page), ["", ""]);
  setLocked(false);
  await worker.runtime.sendMessage({ type: "state.changed" });
  await eventually(() => assert.ok(one("#passphrase-current")));
  await eventually(() => assert.equal(shownIn(page).length, 4));
});

test("what is learned while the page is open is counted, and a recovery code stays", async () => {
  let state = stateOf({ numKnown: 4 });
  const page = await openOptions({
    "state.get": () => ({ state }),
    "vault.setPassphrase": () => ({ code: "AAAA-BBBB", vault: PROTECTED }),
  });
  const { one, worker } = page;
  await eventually(() => assert.ok(one("#passphrase-next")));
  type(page, "#passphrase-next", "correct horse");
  submit(page, "#passphrase");
  await eventually(() => assert.ok(one("#store code")));
  state = stateOf({ numKnown: 7 });
  await worker.runtime.sendMessage({ type: "state.changed" });
  await eventually(() => assert.match(one("#known").textContent, /^Knows 7/));
  assert.equal(one("#store code").textContent, "AAAA-BBBB");
});

test("that it is locked is said until it is unlocked", async () => {
  const { setLocked, handlers } = lockable();
  setLocked(true);
  const page = await openOptions(handlers);
  const { one } = page;
  await eventually(() => assert.match(one("#status").textContent, /^Carryover is locked/));
  await eventually(() => assert.ok(one("#unlock-secret")));
  submit(page, "[data-action=unlock]");
  await eventually(() => assert.match(one("#known").textContent, /^Knows 4/));
  assert.equal(one("#status").textContent, "");
});

test("a choice that is refused is not shown as taken", async () => {
  const { setLocked, handlers } = lockable();
  const { one } = await openOptions(handlers);
  await eventually(() => assert.equal(one("input[value=auto]").checked, true));
  setLocked(true);
  one("input[value=page]").click();
  one("#shows-badge").click();
  await eventually(() => assert.match(one("#status").textContent, /^Carryover is locked/));
  await eventually(() => assert.equal(one("input[value=auto]").checked, true));
  await eventually(() => assert.equal(one("#shows-badge").checked, false));
});

test("a wrong passphrase is told where it was typed", async () => {
  const page = await openOptions({
    "vault.get": () => ({ vault: { ...PROTECTED, isLocked: true } }),
    "vault.unlock": () => {
      throw new CarryoverError("passphrase_wrong", "no");
    },
  });
  const { one } = page;
  await eventually(() => assert.ok(one("#unlock-secret")));
  submit(page, "[data-action=unlock]");
  await eventually(() => assert.match(one(".unlock [role=status]").textContent, /neither the passphrase nor/));
});

for (const [problem, words, ways] of /** @type {[string, RegExp, string[]][]} */ ([
  ["store_empty", /is gone from this browser/, ["restoreBackup"]],
  ["store_older", /An older state/, ["restoreBackup", "useOlder"]],
  ["store_foreign", /belongs to another profile/, ["restoreBackup", "useOlder"]],
  ["store_damaged", /is damaged/, ["restoreBackup"]],
]))
  test(`${problem} is said with what can be done`, async () => {
    const { one, document, sent } = await openOptions({
      "vault.get": () => ({ vault: { ...PLAIN, problem } }),
      "vault.recover": () => ({ vault: PLAIN }),
    });
    await eventually(() => assert.match(one("#store [role=alert]").textContent, words));
    const actions = [...document.querySelectorAll("#store [data-action]")].map((node) =>
      node.getAttribute("data-action"),
    );
    assert.deepEqual(actions, ways);
    one("[data-action=restoreBackup]").click();
    await eventually(() => assert.ok(one("#passphrase-next")));
    assert.equal(one("#status").textContent, "It is all back.");
    assert.deepEqual(
      sent.find((/** @type {any} */ message) => message.type === "vault.recover"),
      { type: "vault.recover", way: "restore" },
    );
  });

test("a backup of another profile is told, and is used or replaced as the shopper says", async () => {
  const { one, document, sent } = await openOptions({
    "vault.get": () => ({ vault: { ...PLAIN, isBackupForeign: true } }),
    "vault.recover": () => ({ vault: PLAIN }),
  });
  await eventually(() => assert.match(one("#store [role=alert]").textContent, /^The backup .* belongs to another/));
  const actions = [...document.querySelectorAll("#store .row [data-action]")].map((node) =>
    node.getAttribute("data-action"),
  );
  assert.deepEqual(actions.slice(0, 2), ["restoreOther", "replaceBackup"]);
  one("[data-action=replaceBackup]").click();
  await eventually(() => assert.match(one("#replace-question").textContent, /for good/));
  assert.equal(
    sent.some((/** @type {any} */ message) => message.type === "vault.recover"),
    false,
    "nothing happens before the answer",
  );
  one("[data-action=replace-yes]").click();
  await eventually(() => assert.equal(document.querySelectorAll("#store [role=alert]").length, 0));
  assert.equal(sent.find((/** @type {any} */ message) => message.type === "vault.recover").way, "replaceBackup");
});

test("what was set aside is told by count, and can be restored or given up", async () => {
  const { one, document } = await openOptions({
    "vault.get": () => ({ vault: { ...PLAIN, unreadable: 3 } }),
    "vault.recover": () => ({ vault: PLAIN }),
  });
  await eventually(() => assert.match(one("#store [role=alert]").textContent, /^3 entries could not be opened/));
  one("[data-action=dropUnreadable]").click();
  await eventually(() => assert.equal(document.querySelectorAll("#store [role=alert]").length, 0));
});
