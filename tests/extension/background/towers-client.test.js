import assert from "node:assert/strict";
import { test } from "node:test";
import { createTowersAsk } from "../../../extension/background/towers-client.js";

/** A browser whose offscreen document is listed at once and listens only when it has loaded, as Chromium's does. */
function slowBrowser() {
  const seen = { created: 0, isListed: false, isListening: false };
  const chrome = {
    offscreen: {
      Reason: { WORKERS: "WORKERS" },
      async createDocument() {
        if (seen.isListed) throw new Error("Only a single offscreen document may be created.");
        seen.created += 1;
        seen.isListed = true;
        await new Promise((resolve) => {
          setTimeout(resolve, 20);
        });
        seen.isListening = true;
      },
    },
    runtime: {
      ContextType: { OFFSCREEN_DOCUMENT: "OFFSCREEN_DOCUMENT" },
      getContexts: async () => (seen.isListed ? [{}] : []),
      sendMessage: async (/** @type {any} */ message) => (seen.isListening ? { ok: true, echo: message.n } : undefined),
    },
  };
  return { seen, chrome };
}

test("whoever asks while the document is being opened waits for it", async () => {
  const { seen, chrome } = slowBrowser();
  const ask = createTowersAsk({ browser: chrome, loadHandlers: async () => ({}) });
  const first = ask({ type: "page.read", n: 1 });
  await new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
  const answers = await Promise.all([first, ask({ type: "page.read", n: 2 }), ask({ type: "page.read", n: 3 })]);
  assert.deepEqual(
    answers.map(({ echo }) => echo),
    [1, 2, 3],
  );
  assert.equal(seen.created, 1);
});
