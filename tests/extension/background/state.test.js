// @ts-check
// Whoever changes the profile tells the open pages, and depends on none of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAnnouncer } from "../../../extension/background/state.js";

for (const refusal of [
  "Could not establish connection. Receiving end does not exist.",
  "The message port closed before a response was received.",
  "A listener indicated an asynchronous response by returning true, but the message channel closed before a response was received",
])
  test(`a change is announced where the browser says: ${refusal}`, async () => {
    /** @type {object[]} */
    const sent = [];
    const sendMessage = async (/** @type {object} */ message) => {
      sent.push(message);
      throw new Error(refusal);
    };
    await createAnnouncer({ browser: /** @type {any} */ ({ runtime: { sendMessage } }) })();
    assert.deepEqual(sent, [{ type: "state.changed" }]);
  });
