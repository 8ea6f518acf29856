// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { createBrowser } from "../fakes/browser.js";

test("the offscreen document closes itself after five idle minutes", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let closed = 0;
  const browser = createBrowser();
  const chrome = browser.context("offscreen/offscreen.html");
  const worker = browser.context("background.js");
  Object.assign(globalThis, { chrome, window: { close: () => (closed += 1) } });
  await import("../../../extension/offscreen/offscreen.js");

  /** @param {any} message */
  const send = (message) => worker.runtime.sendMessage(message);
  assert.equal((await send({ type: "towers.embedItems", bundleUrl: "", texts: 5 })).error.code, "invalid_message");
  context.mock.timers.tick(4 * 60_000);
  assert.equal(await send({ type: "state.changed" }), undefined, "a message for another zone is left to it");
  context.mock.timers.tick(4 * 60_000);
  assert.equal(closed, 0, "each message starts the five minutes anew");
  context.mock.timers.tick(60_000);
  assert.equal(closed, 1);
});
