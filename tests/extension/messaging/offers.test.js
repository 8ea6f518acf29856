// @ts-check
// Acts of the extension's own pages: offered until they are answered, in their order, and held meanwhile in memory that outlives the page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HELD, createOffers } from "../../../extension/messaging/offers.js";

/**
 * @param {(message: any, numTry: number) => Promise<any>} answer
 * @param {{hasRoom?: boolean}} [how]
 */
function pageOf(answer, { hasRoom = true } = {}) {
  /** @type {any[]} */
  const sent = [];
  /** @type {Record<string, any>} */
  const held = {};
  /** @type {number[]} */
  const waits = [];
  const session = {
    async set(/** @type {any} */ values) {
      if (!hasRoom) throw new Error("Session storage quota bytes exceeded.");
      Object.assign(held, structuredClone(values));
    },
    remove: async (/** @type {string} */ key) => void delete held[key],
  };
  const runtime = {
    sendMessage(/** @type {any} */ message) {
      sent.push({ ...message, isHeld: `${HELD}${message.actId}` in held });
      return answer(message, sent.filter(({ actId }) => actId === message.actId).length);
    },
  };
  const offer = createOffers({
    browser: () => /** @type {any} */ ({ runtime, storage: { session } }),
    wait: async (ms) => {
      waits.push(ms);
      // Long waits are those for an answer: they end after all that is answered at once.
      await new Promise((resolve) => {
        setTimeout(resolve, ms >= 20_000 ? 20 : 0);
      });
    },
  });
  return { offer, sent, held, waits };
}
const lost = async () => {
  throw new Error("The message port closed before a response was received.");
};
console.debug = () => {};

test("an act is held before it is sent, and no longer than until its answer", async () => {
  const { offer, sent, held } = pageOf(async () => ({ ok: true, stored: true }));
  assert.deepEqual(await offer({ type: "item.dismiss", item: 1 }), { ok: true, stored: true });
  const [{ type, item, actId, isHeld }] = sent;
  assert.deepEqual([type, item, isHeld, held], ["item.dismiss", 1, true, {}]);
  assert.match(actId, /^[0-9a-f]{16}$/);
});

test("what nobody answers is offered again under its id, however its worker ended", async () => {
  const answers = [lost, async () => undefined, () => new Promise(() => {}), async () => ({ ok: true })];
  const { offer, sent, held } = pageOf((_, numTry) => answers[numTry - 1]());
  assert.deepEqual(await offer({ type: "pause.set", paused: true }), { ok: true });
  assert.equal(sent.length, 4);
  assert.equal(new Set(sent.map(({ actId }) => actId)).size, 1);
  assert.deepEqual(held, {});
});

test("an act that is given up is held no longer, so that it does not happen later by itself", async () => {
  const { offer, sent, held } = pageOf(lost);
  assert.equal(await offer({ type: "pause.set", paused: true }), undefined);
  assert.deepEqual([sent.length, held], [5, {}]);
});

test("a refusal is an answer", async () => {
  const refused = { ok: false, error: { code: "storage_full", message: "Expected room." } };
  const { offer, sent } = pageOf(async () => refused);
  assert.deepEqual(await offer({ type: "item.save" }), refused);
  assert.equal(sent.length, 1);
});

test("acts of a page are offered one after the other, also after one that failed", async () => {
  const { offer, sent } = pageOf((message, numTry) =>
    message.num === 1 && numTry < 3 ? lost() : Promise.resolve({ ok: true }),
  );
  await Promise.all([offer({ type: "pause.set", num: 1 }), offer({ type: "pause.set", num: 2 })]);
  assert.deepEqual(
    sent.map(({ num }) => num),
    [1, 1, 1, 2],
  );
});

test("without room in memory an act is offered all the same", async () => {
  const warn = console.warn;
  console.warn = () => {};
  const { offer, sent } = pageOf(async () => ({ ok: true }), { hasRoom: false });
  assert.deepEqual(await offer({ type: "item.save" }), { ok: true });
  assert.equal(sent.length, 1);
  console.warn = warn;
});
