import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { CarryoverError } from "../../../extension/values/errors.js";

const ORIGIN = "chrome-extension://abcdef";
globalThis.chrome = { runtime: { id: "abcdef", getURL: (path) => `${ORIGIN}/${path}` } };
const { createListener, zoneOf } = await import("../../../extension/messaging/messages.js");

const UI = { id: "abcdef", url: `${ORIGIN}/ui/panel.html` };
const CONTENT = { id: "abcdef", url: "https://example.com/p", tab: { id: 3 } };
let calls;
beforeEach(() => {
  calls = [];
});

const ask = (
  message,
  sender,
  handlers = {
    "pause.set": async (fields) => {
      calls.push(fields);
      return { state: {} };
    },
  },
) =>
  new Promise((resolve) => {
    const answers = createListener("background", handlers)(message, sender, resolve);
    if (!answers) resolve("left to others");
  });

test("a message with its fields from its zone is answered", async () => {
  assert.deepEqual(await ask({ type: "pause.set", paused: true }, UI), { ok: true, state: {} });
  assert.deepEqual(calls, [{ paused: true }]);
});

for (const [name, message, sender, code] of [
  ["unknown type", { type: "profile.steal" }, UI, "unknown_message"],
  ["a type of the prototype", { type: "toString" }, UI, "unknown_message"],
  ["no type", { paused: true }, UI, "invalid_message"],
  ["not an object", "pause.set", UI, "invalid_message"],
  [
    "a content script asking for what only the panel may",
    { type: "pause.set", paused: true },
    CONTENT,
    "forbidden_sender",
  ],
  ["another extension", { type: "pause.set", paused: true }, { id: "other", url: UI.url }, "forbidden_sender"],
  ["a missing field", { type: "pause.set" }, UI, "invalid_message"],
  ["a field of another kind", { type: "pause.set", paused: "yes" }, UI, "invalid_message"],
  ["a field too many", { type: "pause.set", paused: true, extra: 1 }, UI, "invalid_message"],
]) {
  test(`refused: ${name}`, async () => {
    const answer = await ask(message, sender);
    assert.equal(answer.ok, false);
    assert.equal(answer.error.code, code);
    assert.deepEqual(calls, []);
  });
}

test("a handler that fails answers too, and keeps its code", async () => {
  const handlers = {
    "pause.set": async () => {
      throw new CarryoverError("server_unreachable", "No answer.");
    },
  };
  assert.deepEqual(await ask({ type: "pause.set", paused: true }, UI, handlers), {
    ok: false,
    error: { code: "server_unreachable", message: "No answer." },
  });
});

test("what is meant for another zone is left to it", async () => {
  assert.equal(await ask({ type: "towers.embedItems", bundleUrl: "", texts: [] }, { id: "abcdef" }), "left to others");
});

test("zones are told by the sender's address", () => {
  const zone = (sender) => zoneOf(sender, ORIGIN, "abcdef");
  assert.equal(zone(UI), "ui");
  assert.equal(zone({ ...UI, tab: { id: 1 } }), "ui");
  assert.equal(zone(CONTENT), "content");
  assert.equal(zone({ id: "abcdef", url: `${ORIGIN}/background.js` }), "background");
  assert.equal(zone({ id: "abcdef", url: `${ORIGIN}/offscreen/offscreen.html` }), "towers");
  assert.equal(zone({ id: "abcdef", url: "chrome-extension://abcdef.evil.example/ui/x.html" }), null);
  assert.equal(zone({ id: "zzz", url: UI.url }), null);
});
