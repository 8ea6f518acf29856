// @ts-check
// The script at the beginning of a page, as a browser runs it: before the page is there.
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";

const SCRIPT = readFileSync(new URL("../../../extension/content/wake.js", import.meta.url), "utf8");

/** Run the script. @param {() => Promise<any>} answer of the background @returns {any[]} what was sent */
function run(answer) {
  /** @type {any[]} */
  const sent = [];
  const runtime = { sendMessage: (/** @type {any} */ message) => (sent.push({ ...message }), answer()) };
  vm.runInNewContext(SCRIPT, { chrome: { runtime } });
  return sent;
}

test("the background is woken with nothing that tells of the page", () => {
  assert.deepEqual(
    run(async () => ({ ok: true })),
    [{ type: "page.opened" }],
  );
});

test("a background that does not answer disturbs nothing", async () => {
  /** @type {unknown[]} */
  const unhandled = [];
  const note = (/** @type {unknown} */ reason) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  run(() => Promise.reject(new Error("The message port closed before a response was received.")));
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, []);
});
