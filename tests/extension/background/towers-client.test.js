// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTowersAsk, createTowersClient } from "../../../extension/background/towers-client.js";
import { encodeEmbedding } from "../../../extension/values/encoding.js";
import { CarryoverError } from "../../../extension/values/errors.js";

const unused = () => assert.fail("Chromium has an offscreen document");
/** A message that the fake document answers with its number. @param {number} n @returns {any} */
const echo = (n) => ({ type: "page.read", n });
const afterMs = (/** @type {number} */ ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** A browser whose offscreen document is listed at once and listens only when it has loaded, as Chromium's does. */
function slowBrowser() {
  const seen = { created: 0, isListed: false, isListening: false, isFailing: false };
  const chrome = {
    offscreen: {
      Reason: { WORKERS: "WORKERS" },
      async createDocument() {
        if (seen.isListed) throw new Error("Only a single offscreen document may be created.");
        if (seen.isFailing) throw new Error("No memory.");
        seen.created += 1;
        seen.isListed = true;
        await afterMs(20);
        seen.isListening = true;
      },
    },
    runtime: {
      ContextType: { OFFSCREEN_DOCUMENT: "OFFSCREEN_DOCUMENT" },
      getContexts: async () => (seen.isListed ? [{}] : []),
      sendMessage: async (/** @type {any} */ message) => (seen.isListening ? { ok: true, echo: message.n } : undefined),
    },
  };
  return { seen, browser: /** @type {any} */ (chrome) };
}

test("callers wait while the offscreen document is being opened", async () => {
  const { seen, browser } = slowBrowser();
  const ask = createTowersAsk({ browser, loadHandlers: unused });
  const first = ask(echo(1));
  await afterMs(5);
  const answers = await Promise.all([first, ask(echo(2)), ask(echo(3))]);
  assert.deepEqual(
    answers.map((/** @type {any} */ answer) => answer.echo),
    [1, 2, 3],
  );
  assert.equal(seen.created, 1);
});

test("a document that closed itself is opened again", async () => {
  const { seen, browser } = slowBrowser();
  const ask = createTowersAsk({ browser, loadHandlers: unused });
  await ask(echo(1));
  Object.assign(seen, { isListed: false, isListening: false });
  assert.deepEqual(await ask(echo(2)), { ok: true, echo: 2 });
  assert.equal(seen.created, 2);
});

test("a document that could not be opened is tried again", async () => {
  const { seen, browser } = slowBrowser();
  const ask = createTowersAsk({ browser, loadHandlers: unused });
  seen.isFailing = true;
  await assert.rejects(ask(echo(1)), /No memory/);
  seen.isFailing = false;
  assert.deepEqual(await ask(echo(2)), { ok: true, echo: 2 });
});

test("a document that does not answer is an error", async () => {
  const { browser } = slowBrowser();
  browser.runtime.sendMessage = async () => undefined;
  const ask = createTowersAsk({ browser, loadHandlers: unused });
  await assert.rejects(ask(echo(1)), { code: "no_answer" });
});

test("without offscreen documents the handlers run here, loaded once", async () => {
  let loads = 0;
  const ask = createTowersAsk({
    browser: /** @type {any} */ ({ runtime: {} }),
    loadHandlers: async () => {
      loads += 1;
      return /** @type {any} */ ({ "page.read": async (/** @type {any} */ fields) => ({ got: fields }) });
    },
  });
  assert.deepEqual(await ask(echo(1)), { got: { n: 1 } });
  await ask(echo(2));
  assert.equal(loads, 1);
});

/** @param {object} [lite] @returns {any} a manifest, as far as the client reads it */
const manifestOf = (lite = {}) => ({ dim: 1, interactions: { maxItems: 100 }, lite });

test("the towers' answers come back as float32", async () => {
  /** @type {any[]} */
  const sent = [];
  const towers = createTowersClient({
    bundleUrl: "http://127.0.0.1:8710/v1/bundles/b/",
    manifest: manifestOf(),
    onDamaged: () => assert.fail("nothing is damaged"),
    ask: async (message) => {
      sent.push(message);
      const reply =
        message.type === "towers.embedUser" ? { embedding: [0.5] } : { embeddings: [[0.25], [1]].map(encodeEmbedding) };
      return /** @type {any} */ (reply);
    },
  });
  assert.deepEqual(await towers.embedItems(["a", "b"]), [Float32Array.of(0.25), Float32Array.of(1)]);
  const history = { items: [Float32Array.of(0.5)], kinds: [1], agesDays: [2], weights: [3] };
  assert.deepEqual(await towers.embedUser(history), Float32Array.of(0.5));
  const bundleUrl = "http://127.0.0.1:8710/v1/bundles/b/";
  assert.deepEqual(sent, [
    { type: "towers.embedItems", bundleUrl, texts: ["a", "b"] },
    { type: "towers.embedUser", bundleUrl, items: [[0.5]], kinds: [1], agesDays: [2], weights: [3] },
  ]);
});

test("a user tower that is a rule asks nobody", async () => {
  const rule = { kindWeights: [1, 2], halfLifeDays: 1, halfLifeItems: 1000, repeatExponent: 0, maxDismissShare: 0.15 };
  const towers = createTowersClient({
    bundleUrl: "",
    manifest: { ...manifestOf({ pooling: rule }), dim: 2 },
    onDamaged: () => assert.fail("nothing is damaged"),
    ask: async () => assert.fail("the rule needs no towers"),
  });
  // The second is a day older, which halves it, and of a kind that counts twice: both weigh the same.
  const items = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
  const taste = await towers.embedUser({ items, kinds: [0, 1], agesDays: [0, 1], weights: [1, 1] });
  taste.forEach((value) => assert.ok(Math.abs(value - Math.SQRT1_2) < 1e-3, `${taste}`));
  const nothing = await towers.embedUser({ items: [], kinds: [], agesDays: [], weights: [] });
  assert.deepEqual([...nothing], [0, 0]);
});

for (const [code, isDamaged] of /** @type {[string, boolean][]} */ ([
  ["bundle_altered", true],
  ["bundle_missing", true],
  ["internal", false],
])) {
  test(`${code} ${isDamaged ? "is" : "is not"} reported as damage`, async () => {
    let reports = 0;
    const towers = createTowersClient({
      bundleUrl: "",
      manifest: manifestOf(),
      onDamaged: () => {
        reports += 1;
      },
      ask: async () => {
        throw new CarryoverError(code, "No.");
      },
    });
    await assert.rejects(towers.embedUser({ items: [], kinds: [], agesDays: [], weights: [] }), { code });
    assert.equal(reports, isDamaged ? 1 : 0);
  });
}
