// @ts-check
// What of an act is held in memory, and for how long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHeldActs } from "../../../extension/background/held-acts.js";
import { createBrowser } from "../fakes/browser.js";

const ID = "00000000000000e1";
const ACT = { type: "page.seen", html: "<h1>Mug</h1>", url: "https://a.example/mug", actId: ID };
const tab = /** @type {any} */ ({ id: 7, url: ACT.url, incognito: false });

/** @param {() => Promise<boolean>} mayHold */
function worldOf(mayHold) {
  const browser = createBrowser();
  return {
    state: browser.state,
    held: createHeldActs({ browser: browser.context("background.js"), mayHold, now: () => 5 }),
  };
}

test("an act is held as it was told, of no tab any more", async () => {
  const { held } = worldOf(async () => true);
  await held.add(ID, ACT, { id: "x", url: ACT.url, tab });
  const [[id, { type, fields, sender, at }]] = await held.all();
  assert.deepEqual([id, type, fields.html, fields.actId, at], [ID, "page.seen", ACT.html, ID, 5]);
  assert.deepEqual([sender?.url, sender?.tab?.id, sender?.tab?.incognito], [ACT.url, -1, false]);
  await held.remove([ID]);
  assert.deepEqual(await held.all(), []);
});

test("what may not be held is not, nor where nobody can say", async () => {
  for (const mayHold of [
    async () => false,
    async () => {
      throw new Error("The profile is locked.");
    },
  ]) {
    const { held, state } = worldOf(mayHold);
    await held.add(ID, ACT, { tab });
    assert.deepEqual(state.session, {});
  }
});

test("acts come back in the order in which they were told, with their tries", async () => {
  const { held, state } = worldOf(async () => true);
  const act = (/** @type {number} */ at) => ({ type: "pause.set", fields: {}, at });
  Object.assign(state.session, { "act b": act(2), readings: {}, "act a": act(3), "act c": act(1) });
  assert.deepEqual(
    (await held.all()).map(([id]) => id),
    ["c", "b", "a"],
  );
  const [[id, one]] = await held.all();
  await held.note(id, one);
  assert.equal((await held.all())[0][1].numTries, 1);
  assert.deepEqual([await held.has("c"), await held.has("z")], [true, false]);
});
