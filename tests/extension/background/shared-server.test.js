// @ts-check
// A shared server: what it is told, byte for byte, and what becomes of its answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPublicFetch } from "../../../extension/background/public-fetch.js";
import { createSharedServer } from "../../../extension/background/shared-server.js";
import { manifestOf } from "../fakes/bundle.js";
import { publish } from "../fakes/pack.js";
import { paddedTowers } from "../fakes/towers.js";

const SERVER = "https://shared.example";
const SHOP = "a.example";
const MODEL = /** @type {any} */ ({ manifest: manifestOf({ name: "packaged" }), towers: paddedTowers });
const { space } = MODEL.manifest;
const ITEMS = ["night lamp", "sea mug", "oak bowl"].map((title) => ({ title }));

/** @param {unknown} answer @param {{status?: number, isAllowed?: boolean}} [how] */
function serverOf(answer, { status = 200, isAllowed = true } = {}) {
  /** @type {any[]} */
  const events = [];
  const profile = { addToLedger: async (/** @type {any} */ entry) => void events.push({ ledger: entry }) };
  const fetch = async (/** @type {any} */ url, /** @type {any} */ { signal: _, ...init }) => {
    events.push({ url, ...init });
    return new Response(JSON.stringify(answer), { status });
  };
  const publicFetch = createPublicFetch({
    getProfile: /** @type {any} */ (async () => profile),
    fetch: /** @type {any} */ (fetch),
  });
  const browser = /** @type {any} */ ({ permissions: { contains: async () => isAllowed } });
  return { server: createSharedServer({ browser, publicFetch, now: () => Date.parse("2026-11-30") }), events };
}

/** @param {Parameters<typeof publish>[0]} content @returns {Promise<import("../../../extension/generated/contract-types.js").Candidates>} */
async function answerWith(content) {
  const { manifest, files } = await publish(content);
  const encoded = Object.entries(files).map(([name, bytes]) => [name, bytes.toString("base64")]);
  return { mode: "clusters", manifest, files: Object.fromEntries(encoded) };
}

test("a report is told with the shop and a fixed number, and nothing else", async () => {
  const { server, events } = serverOf(await answerWith({ items: ITEMS, space }));
  await server.ofCluster(SERVER, { shop: SHOP, of: "aa".repeat(32), cluster: 7 });
  const body = JSON.stringify({ mode: "clusters", shop: SHOP, k: 15_000, of: "aa".repeat(32), cluster: 7 });
  const url = `${SERVER}/v1/candidates`;
  assert.deepEqual(events, [
    { ledger: { method: "POST", url, body, purpose: "shared" } },
    {
      url,
      method: "POST",
      body,
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      redirect: "manual",
      headers: { "Content-Type": "application/json" },
    },
  ]);
});

test("in mode context the product on screen is told", async () => {
  const { server, events } = serverOf(await answerWith({ items: ITEMS, space }));
  await server.ofItem(SERVER, { shop: SHOP, itemId: "0123456789abcdef" });
  assert.deepEqual(JSON.parse(events[0].ledger.body), {
    mode: "context",
    shop: SHOP,
    k: 1000,
    itemId: "0123456789abcdef",
  });
});

test("candidates are a shelf that is ranked here", async () => {
  const answer = await answerWith({ items: ITEMS, space, firstPart: 2 });
  const shelf = await serverOf(answer).server.shelfOf(answer, { shop: SHOP, serverUrl: SERVER, model: MODEL });
  assert.deepEqual(
    shelf.cards
      .all()
      .map(({ title }) => title)
      .sort(),
    ["night lamp", "oak bowl", "sea mug"],
  );
  const [taste] = await paddedTowers.embedItems(["sea mug"]);
  const scores = [...shelf.ranker.scores(Float32Array.from(taste))];
  assert.equal(shelf.cards.at(scores.indexOf(Math.max(...scores))).title, "sea mug");
});

for (const [name, change, code] of /** @type {[string, (answer: any) => void, string][]} */ ([
  [
    "a file that is missing",
    (answer) => delete answer.files[Object.keys(answer.files).find((one) => one.endsWith(".bin")) ?? ""],
    "pack_damaged",
  ],
  [
    "a file that was altered",
    (answer) => Object.assign(answer.files, { [answer.manifest]: btoa("{}") }),
    "pack_damaged",
  ],
])) {
  test(`candidates are refused: ${name}`, async () => {
    const answer = await answerWith({ items: ITEMS, space });
    change(answer);
    const { server } = serverOf(answer);
    await assert.rejects(server.shelfOf(answer, { shop: SHOP, serverUrl: SERVER, model: MODEL }), { code });
  });
}

test("candidates of another shop, or made with another model, are refused", async () => {
  for (const content of [
    { items: ITEMS, space, shop: "b.example" },
    { items: ITEMS, space: "cd".repeat(32) },
  ]) {
    const answer = await answerWith(content);
    const { server } = serverOf(answer);
    await assert.rejects(server.shelfOf(answer, { shop: SHOP, serverUrl: SERVER, model: MODEL }), {
      code: "pack_foreign",
    });
  }
});

test("images of other hosts than the shop's are not shown: nobody vouches for a shared server", async () => {
  const items = [{ title: "sea mug", image: "https://spy.example/1.jpg" }];
  const answer = await answerWith({ items, space });
  const shelf = await serverOf(answer).server.shelfOf(answer, { shop: SHOP, serverUrl: SERVER, model: MODEL });
  assert.equal(shelf.cards.all()[0].image, undefined);
});

test("without the browser's permission nothing is asked", async () => {
  const { server, events } = serverOf({}, { isAllowed: false });
  await assert.rejects(server.clusters(SERVER, MODEL), { code: "server_not_allowed" });
  assert.deepEqual(events, []);
});

test("the server's own words are told, and an answer that is none is a problem", async () => {
  const problem = { code: "no_clusters", detail: "this server has none" };
  await assert.rejects(serverOf(problem, { status: 404 }).server.clusters(SERVER, MODEL), {
    code: "no_clusters",
    message: problem.detail,
  });
  for (const answer of [null, [], { manifest: 1 }, { manifest: "x", files: { x: 1 } }])
    await assert.rejects(serverOf(answer).server.ofItem(SERVER, { shop: SHOP, itemId: "0" }), { code: "server_error" });
});
