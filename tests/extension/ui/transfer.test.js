// @ts-check
// The encrypted copy, saved and opened on the page "What it knows".
import assert from "node:assert/strict";
import { test } from "node:test";
import { openedFile, sealedFile } from "../../../extension/core/transfer/file.js";
import { argon2id } from "../../../extension/vendor/argon2.mjs";
import { eventually, openPage, stateOf } from "../fakes/page.js";

/** @param {Record<string, (fields: any) => any>} [handlers] */
const open = (handlers = {}) =>
  openPage("knows", {
    handlers: {
      "taste.get": () => ({ taste: { clusters: [], alone: [], dismissed: [] }, saved: [], shops: [], shelves: [] }),
      "state.get": () => ({ state: stateOf() }),
      "import.pages": () => ({ pages: [] }),
      "import.readFile": () => ({ rows: [], saved: [], shops: [], numLeftOut: 0, room: 500 }),
      ...handlers,
    },
  });
/** @param {any} page @param {string} type @returns {any[]} */
const sentOf = (page, type) => page.sent.filter((/** @type {any} */ one) => one.type === type);

/** @param {any} page @param {string} name @param {Uint8Array<ArrayBuffer>} content */
function choose(page, name, content) {
  const input = page.one("#file");
  Object.defineProperty(input, "files", { value: [new File([content], name)], configurable: true });
  Object.defineProperty(input, "value", { value: "", writable: true });
  input.dispatchEvent(new page.window.Event("change"));
}

test("an encrypted copy is opened with its passphrase, and then shown as any file", async () => {
  const text = JSON.stringify({ format: 1, interactions: [] });
  const file = await sealedFile(text, "kelp and oak", null);
  const page = await open();
  choose(page, "copy.carryover", file);
  await eventually(() => assert.match(page.one("dialog").textContent, /This file is encrypted/));
  const type = (/** @type {string} */ passphrase) => {
    page.one("dialog input").value = passphrase;
    page.one("dialog form").dispatchEvent(new page.window.Event("submit", { cancelable: true }));
  };
  type("kelp and ash");
  await eventually(() => assert.match(page.one("dialog [role=alert]").textContent, /The passphrase is wrong/));
  assert.deepEqual(sentOf(page, "import.readFile"), []);
  type("kelp and oak");
  await eventually(() => assert.equal(sentOf(page, "import.readFile")[0]?.text, text));
  assert.deepEqual(page.textsOf("dialog"), []);
});

test("an encrypted copy is saved only with the same passphrase twice", async () => {
  const interactions = [{ id: "1" }];
  const profile = { format: 1, exportedAt: "2026-03-01T12:00:00Z", settings: {}, interactions, ledger: [{ id: "l" }] };
  const page = await open({ "profile.export": () => ({ profile }) });
  /** @type {Blob[]} */
  const saved = [];
  const before = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    saved.push(/** @type {Blob} */ (blob));
    return "blob:saved";
  };
  page.one("#export-encrypted").click();
  await eventually(() => assert.ok(page.one("dialog")));
  /** @type {any[]} */
  const [first, second] = [...page.document.querySelectorAll("dialog input")];
  const submit = () => page.one("dialog form").dispatchEvent(new page.window.Event("submit", { cancelable: true }));
  first.value = "kelp and oak";
  second.value = "kelp and ash";
  submit();
  assert.match(page.one("dialog [role=alert]").textContent, /not the same/);
  first.value = second.value = "short";
  submit();
  await eventually(() => assert.match(page.one("dialog [role=alert]").textContent, /eight characters/));
  first.value = second.value = "kelp and oak";
  submit();
  await eventually(() => assert.match(page.one("#undo").textContent, /encrypted copy is saved/));
  URL.createObjectURL = before;
  const text = await openedFile(new Uint8Array(await saved[0].arrayBuffer()), "kelp and oak", argon2id);
  assert.deepEqual(JSON.parse(text), { format: 1, exportedAt: profile.exportedAt, interactions });
});
