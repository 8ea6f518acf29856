// @ts-check
// The ledger in words, by kind and as a file.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, openPage, stateOf } from "../fakes/page.js";

const SERVER = "http://127.0.0.1:8710";
const sealed = { url: `${SERVER}/v1/channel/request`, bytes: 16442, sha256: "ab".repeat(32) };
const vector = Array.from({ length: 256 }, () => 0.0625);
/** @param {object} entry @param {number} i @returns {any} */
const entryOf = (entry, i) => ({
  ...{ id: String(i), time: "2026-03-01T12:00:00Z", method: "GET", url: `${SERVER}/`, body: "" },
  ...entry,
});
const asked = (/** @type {object} */ more) => JSON.stringify({ mode: "own", shop: "linden.example", k: 30, ...more });
/** What is noted, how it is told, and its kind. @type {[object, string, string][]} */
const CASES = [
  [
    { method: "POST", url: `${SERVER}/v1/recommendations`, body: asked({ vector }), sealed },
    "Asked your server for 30 products of linden.example; sent 256 numbers that stand for your taste.",
    "server",
  ],
  [
    { method: "POST", url: `${SERVER}/v1/recommendations`, body: asked({}), sealed },
    "Asked your server for 30 products of linden.example; sent nothing about you.",
    "server",
  ],
  [
    { method: "POST", url: `${SERVER}/v1/recommendations`, isShortened: true },
    "Asked your server for products.",
    "server",
  ],
  [{ url: `${SERVER}/v1/shops`, sealed }, "Asked your server which shops it knows.", "server"],
  [{ url: `${SERVER}/v1/bundles`, sealed }, "Asked your server which model it has.", "server"],
  [{ url: `${SERVER}/v1/bundles/ab/user.onnx`, sealed }, "Downloaded a part of your server’s model.", "server"],
  [{ url: `${SERVER}/v1/shop-means`, sealed }, "Asked your server for the averages of all its shops.", "server"],
  [
    { method: "POST", url: `${SERVER}/v1/channel`, sealed },
    "Had your server prove that it is the one you paired.",
    "server",
  ],
  [
    { method: "POST", url: `${SERVER}/v1/events`, body: "{}", sealed },
    "Told your server what was shown, opened or dismissed of one of its lists.",
    "server",
  ],
  [{ method: "POST", url: `${SERVER}/v1/pairing/finish`, sealed }, "Asked a server to pair by its code.", "server"],
  [{ url: `${SERVER}/v1/sync/ab`, sealed }, "Read the copy of your other browsers from your server.", "sync"],
  [
    { method: "PUT", url: `${SERVER}/v1/sync/ab`, sealed },
    "Sent your server a copy for your other browsers, which it cannot read.",
    "sync",
  ],
  [
    { method: "DELETE", url: `${SERVER}/v1/sync/ab`, sealed },
    "Had your server delete the copy of your browsers.",
    "sync",
  ],
  [{ url: `${SERVER}/v1/sync/ab/versions`, sealed }, "Asked your server which earlier copies it keeps.", "sync"],
  [
    { url: "https://a.example/products.json", purpose: "catalogue" },
    "Read a part of the public catalogue of a.example.",
    "catalogues",
  ],
  [
    { url: "https://p.example/list.json", purpose: "pack" },
    "Downloaded a part of the published catalogues of p.example.",
    "catalogues",
  ],
  [
    { url: "https://a.example/1.jpg", purpose: "compared" },
    "Had a shop’s page read an image of a.example once more, to compare it.",
    "images",
  ],
  [
    {
      url: "https://cdn.example/",
      body: '["https://cdn.example/1.jpg","https://cdn.example/2.jpg"]',
      purpose: "shown",
    },
    "Loaded 2 images from cdn.example to show them.",
    "images",
  ],
  [
    { url: "https://cdn.example/", purpose: "shown", isShortened: true },
    "Loaded images from cdn.example to show them.",
    "images",
  ],
  [{ url: "https://old.example/x" }, "Asked old.example.", "others"],
];
const entries = CASES.map(([entry], i) => entryOf(entry, i));

const open = () =>
  openPage("options", {
    handlers: {
      "state.get": () => ({ state: stateOf() }),
      "ledger.get": () => ({ entries }),
    },
  });

test("each request is told in words", async () => {
  const { textsOf } = await open();
  await eventually(() => assert.equal(textsOf("#ledger .told").length, CASES.length));
  assert.deepEqual(
    textsOf("#ledger .told"),
    CASES.map(([, told]) => told),
  );
});

test("the bytes are behind a click, with how they left the device", async () => {
  const { document, textsOf } = await open();
  await eventually(() => assert.equal(textsOf("#ledger details").length, CASES.length));
  assert.equal(document.querySelectorAll("#ledger details[open]").length, 0);
  const [first] = textsOf("#ledger details");
  assert.match(first, /16,442 bytes, encrypted/);
  assert.match(first, /POST http:\/\/127\.0\.0\.1:8710\/v1\/recommendations/);
  assert.match(first, /On its way: POST http:\/\/127\.0\.0\.1:8710\/v1\/channel\/request, SHA-256 abab/);
  assert.ok(first.includes('"vector":[0.0625,'));
});

test("one kind is shown alone, and a kind without requests says so", async () => {
  const { one, textsOf, window, document } = await open();
  await eventually(() => assert.equal(textsOf("#ledger .told").length, CASES.length));
  assert.deepEqual(
    [...document.querySelectorAll("#ledger-kind option")].map((option) => /** @type {any} */ (option).value),
    ["all", "server", "sync", "catalogues", "images", "others"],
  );
  for (const kind of ["server", "sync", "catalogues", "images", "others"]) {
    one("#ledger-kind").value = kind;
    one("#ledger-kind").dispatchEvent(new window.Event("change"));
    const wanted = CASES.filter(([, , of]) => of === kind).map(([, told]) => told);
    await eventually(() => assert.deepEqual(textsOf("#ledger .told"), wanted));
  }
  const kept = entries.splice(0);
  entries.push(entryOf({ url: "https://old.example/x" }, 1));
  one("#ledger-kind").value = "sync";
  one("#ledger-kind").dispatchEvent(new window.Event("change"));
  await eventually(() => assert.deepEqual(textsOf("#ledger li"), ["No request of this kind is recorded."]));
  entries.splice(0, 1, ...kept);
});

test("the ledger is saved whole, as it is kept", async (context) => {
  /** @type {Blob[]} */
  const blobs = [];
  context.mock.method(URL, "createObjectURL", (/** @type {Blob} */ blob) => {
    blobs.push(blob);
    return "blob:ledger";
  });
  const { one } = await open();
  one("#ledger-save").click();
  await eventually(() => assert.equal(one("#status").textContent, "The ledger is saved."));
  assert.deepEqual(JSON.parse(await blobs[0].text()), entries);
});
