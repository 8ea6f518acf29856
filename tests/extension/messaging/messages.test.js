// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { messages as contract } from "../../../extension/generated/contracts.js";
import { CarryoverError } from "../../../extension/values/errors.js";
import { assertAllowed, createListener, refusal, send, unwrap, zoneOf } from "../../../extension/messaging/messages.js";
import { ID, ORIGIN, createBrowser } from "../fakes/browser.js";

const UI = { id: ID, url: `${ORIGIN}/ui/panel.html` };
const CONTENT = { id: ID, url: "https://example.com/p", tab: { id: 3 } };

/** @type {any[]} */
let calls;
/** @type {ReturnType<typeof createBrowser>} */
let browser;
beforeEach(() => {
  calls = [];
  browser = createBrowser();
  globalThis.chrome = browser.context("ui/panel.html");
});

/** @type {any} */
const answering = {
  "pause.set": async (/** @type {any} */ fields) => {
    calls.push(fields);
    return { state: {} };
  },
};

/** @param {unknown} message @param {any} sender @param {any} [handlers] @returns {Promise<any>} */
const ask = (message, sender, handlers = answering) =>
  new Promise((resolve) => {
    const answers = createListener("background", handlers)(message, sender, resolve);
    if (!answers) resolve("left to others");
  });

test("a message with its fields from its zone is answered", async () => {
  assert.deepEqual(await ask({ type: "pause.set", paused: true }, UI), { ok: true, state: {} });
  assert.deepEqual(calls, [{ paused: true }]);
});

for (const [name, message, sender, code] of /** @type {[string, unknown, object, string][]} */ ([
  ["unknown type", { type: "profile.steal" }, UI, "unknown_message"],
  ["a type of the prototype", { type: "toString" }, UI, "unknown_message"],
  ["no type", { paused: true }, UI, "invalid_message"],
  ["not an object", "pause.set", UI, "invalid_message"],
  ["null", null, UI, "invalid_message"],
  [
    "a content script asking for what only the panel may",
    { type: "pause.set", paused: true },
    CONTENT,
    "forbidden_sender",
  ],
  ["another extension", { type: "pause.set", paused: true }, { id: "other", url: UI.url }, "forbidden_sender"],
  ["a missing field", { type: "pause.set" }, UI, "invalid_message"],
  ["a field that is undefined", { type: "pause.set", paused: undefined }, UI, "invalid_message"],
  ["a field of another kind", { type: "pause.set", paused: "yes" }, UI, "invalid_message"],
  ["a field that is null", { type: "pause.set", paused: null }, UI, "invalid_message"],
  ["a field too many", { type: "pause.set", paused: true, extra: 1 }, UI, "invalid_message"],
])) {
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

test("an answer that cannot be sent is replaced by a refusal", async (context) => {
  context.mock.method(console, "error", () => {});
  /** @type {any[]} */
  const answers = [];
  createListener("background", answering)({ type: "pause.set", paused: true }, UI, (answer) => {
    answers.push(answer);
    if (answers.length === 1) throw new Error("Could not clone.");
  });
  await new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
  assert.deepEqual(
    answers.map(({ ok }) => ok),
    [true, false],
  );
});

test("a message for another zone is left to it", async () => {
  assert.equal(await ask({ type: "towers.embedItems", bundleUrl: "", texts: [] }, { id: ID }), "left to others");
});

test("zones are told by the sender's address", () => {
  const zone = (/** @type {any} */ sender) => zoneOf(sender, ORIGIN, ID);
  assert.equal(zone(UI), "ui");
  assert.equal(zone({ ...UI, tab: { id: 1 } }), "ui");
  assert.equal(zone(CONTENT), "content");
  assert.equal(zone({ id: ID, url: `${ORIGIN}/background.js` }), "background");
  assert.equal(zone({ id: ID, url: `${ORIGIN}/_generated_background_page.html` }), "background");
  assert.equal(zone({ id: ID }), "background");
  assert.equal(zone({ id: ID, url: `${ORIGIN}/offscreen/offscreen.html` }), "towers");
  assert.equal(zone({ id: ID, url: "chrome-extension://abcdef.evil.example/ui/x.html" }), null);
  assert.equal(zone({ id: "zzz", url: UI.url }), null);
});

test("a tab is never the background, and a page without a tab is a stranger", () => {
  const zone = (/** @type {any} */ sender) => zoneOf(sender, ORIGIN, ID);
  assert.equal(zone({ id: ID, url: `${ORIGIN}/background.js`, tab: { id: 1 } }), null);
  assert.equal(zone({ id: ID, tab: { id: 1 } }), null);
  assert.equal(zone({ id: ID, url: "https://example.com/p" }), null);
  assert.equal(zone({ id: ID, url: "file:///home/p.html", tab: { id: 1 } }), null);
});

/** A value of each kind that contracts/messages.json names. @param {string} kind @returns {unknown} */
function valueOf(kind) {
  if (kind.endsWith("[]") || kind === "array") return [];
  return { string: "", number: 1, boolean: true }[kind] ?? {};
}

for (const [type, { from, to, fields }] of Object.entries(contract.messages)) {
  const full = Object.fromEntries(
    Object.entries(fields).map(([name, kind]) => [name.replace("?", ""), valueOf(String(kind))]),
  );
  const message = { type, ...full };
  const zones = /** @type {import("../../../extension/messaging/messages.js").Zone[]} */ ([
    "content",
    "ui",
    "background",
    "towers",
  ]);
  test(`${type} passes from ${from.join(", ")} to ${to} only`, () => {
    for (const sender of zones) {
      for (const target of zones) {
        const check = () => assertAllowed(/** @type {any} */ (message), sender, target);
        if (target !== to) assert.throws(check, { code: "unknown_message" });
        else if (!(/** @type {string[]} */ (from).includes(sender))) assert.throws(check, { code: "forbidden_sender" });
        else check();
      }
    }
    const target = /** @type {any} */ (to);
    assert.throws(() => assertAllowed(/** @type {any} */ (message), null, target), /not from a stranger/);
  });
}

test("send unwraps the answer, and throws the other side's refusal", async () => {
  const worker = browser.context("background.js");
  worker.runtime.onMessage.addListener(createListener("background", answering));
  assert.deepEqual((await send({ type: "pause.set", paused: true })).state, {});
  await assert.rejects(send(/** @type {any} */ ({ type: "pause.set", paused: 1 })), {
    name: "CarryoverError",
    code: "invalid_message",
    message: "pause.set: paused must be a boolean, got number.",
  });
});

test("no answer at all is an error that says what to do", () => {
  assert.throws(() => unwrap(undefined), { code: "no_answer", message: /Reload/ });
});

test("an unexpected error is logged, and its answer has one code", (context) => {
  const log = context.mock.method(console, "error", () => {});
  const { error } = /** @type {any} */ (refusal(new TypeError("x is not a function")));
  assert.deepEqual(error, { code: "internal", message: "Something unexpected happened: x is not a function" });
  assert.equal(/** @type {any} */ (refusal("text")).error.message, "Something unexpected happened: text");
  assert.equal(log.mock.callCount(), 2);
});
