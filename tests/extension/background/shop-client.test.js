// @ts-check
// Requests to a shop, one by one: what is sent, what is written down, and what is not read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPublicFetch } from "../../../extension/background/public-fetch.js";
import { createShopClient } from "../../../extension/background/shop-client.js";

const URL_ = "https://shop.example/products.json?limit=250&page=1";

/**
 * Return a client of a shop that gives one answer, and what happened in order.
 * @param {() => Response | Promise<Response>} answer
 */
function clientOf(answer) {
  /** @type {any[]} */
  const events = [];
  const profile = { addToLedger: async (/** @type {any} */ entry) => void events.push({ ledger: entry }) };
  const getProfile = /** @type {import("../../../extension/background/store.js").GetProfile} */ (
    /** @type {unknown} */ (async () => profile)
  );
  /** @type {any} */
  const fetch = async (/** @type {string} */ url, /** @type {any} */ { signal, ...init }) => {
    events.push({ url, init, hasTimeout: signal instanceof AbortSignal });
    return answer();
  };
  return { ask: createShopClient({ publicFetch: createPublicFetch({ getProfile, fetch }) }), events };
}

test("a request is in the ledger before it is sent, and carries nothing of the shopper", async () => {
  const { ask, events } = clientOf(() => new Response('{"products": []}', { headers: { ETag: '"v2"' } }));
  const found = await ask(URL_, '"v1"');
  assert.deepEqual([found?.status, found?.headers.etag, found?.body], [200, '"v2"', '{"products": []}']);
  const plain = { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", redirect: "manual" };
  assert.deepEqual(events, [
    { ledger: { method: "GET", url: URL_, body: "", purpose: "catalogue" } },
    { url: URL_, init: { ...plain, headers: { "If-None-Match": '"v1"' } }, hasTimeout: true },
  ]);
});

test("a redirect is not followed, so no other site is asked", async () => {
  const redirect = { type: "opaqueredirect", status: 0, headers: new Headers(), body: null };
  const { ask, events } = clientOf(() => /** @type {any} */ (redirect));
  assert.equal(await ask(URL_), null);
  assert.deepEqual(
    events.map(({ ledger, url }) => ledger?.url ?? url),
    [URL_, URL_],
  );
});

test("a body larger than any that is read is left at its limit", async () => {
  let given = 0;
  let isCancelled = false;
  const endless = new ReadableStream({
    pull(controller) {
      given += 1;
      controller.enqueue(new Uint8Array(2 ** 20));
    },
    cancel() {
      isCancelled = true;
    },
  });
  const { ask } = clientOf(() => new Response(endless));
  assert.equal(await ask(URL_), null);
  assert.ok(isCancelled);
  assert.ok(given <= 18, `${given} MB were read of at most 16`);
});

test("a text that is cut between two bytes of a letter is whole", async () => {
  const bytes = new TextEncoder().encode("Größe 日本");
  const halves = new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const { ask } = clientOf(() => new Response(halves));
  assert.equal((await ask(URL_))?.body, "Größe 日本");
});

for (const [what, error] of /** @type {const} */ ([
  ["a shop that cannot be reached", new TypeError("Failed to fetch")],
  ["a shop that takes too long", new DOMException("The operation timed out.", "TimeoutError")],
]))
  test(`${what} gives no answer`, async () => {
    const { ask } = clientOf(() => {
      throw error;
    });
    assert.equal(await ask(URL_), null);
  });

test("a fault of ours is not taken for a shop that is away", async () => {
  const { ask } = clientOf(() => {
    throw new RangeError("a bug");
  });
  await assert.rejects(ask(URL_), RangeError);
});
