// @ts-check
// Settings of earlier versions, and which server may be asked.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DEFAULT_SETTINGS,
  currentSettings,
  hasOwnServer,
  isUnpaired,
  mayAskServer,
} from "../../../extension/core/settings.js";

const FORMER = "http://127.0.0.1:8710";
const bundleAt = (/** @type {string} */ server) => `${server}/v1/bundles/${"a".repeat(64)}/`;
/** @param {object} changes @returns {any} settings as an earlier version stored them */
const earlier = (changes = {}) => ({
  serverUrl: FORMER,
  serverIsMine: false,
  mode: "auto",
  paused: true,
  consents: { "a.example": "2026-03-01T12:00:00Z" },
  bundleUrl: "",
  ...changes,
});

test("a new profile has no server", () => {
  assert.deepEqual([DEFAULT_SETTINGS.serverUrl, hasOwnServer(DEFAULT_SETTINGS)], ["", false]);
});

for (const [name, changes, serverUrl, serverBundleUrl] of /** @type {[string, object, string, string][]} */ ([
  ["the former default, where no server ever answered", {}, "", ""],
  ["the former default, where one answered", { bundleUrl: bundleAt(FORMER) }, FORMER, bundleAt(FORMER)],
  ["the former default, after another one answered", { bundleUrl: bundleAt("https://my.example") }, "", ""],
  ["an address that the shopper typed", { serverUrl: "https://my.example" }, "https://my.example", ""],
  [
    "an address that begins like another",
    { serverUrl: "http://127.0.0.1:871", bundleUrl: bundleAt(FORMER) },
    "http://127.0.0.1:871",
    "",
  ],
])) {
  test(`of an earlier version, ${name}, becomes ${JSON.stringify(serverUrl)}`, () => {
    const { consents, paused, ...settings } = currentSettings(earlier(changes));
    assert.deepEqual([settings.serverUrl, settings.serverBundleUrl], [serverUrl, serverBundleUrl]);
    assert.ok(!("bundleUrl" in settings));
    assert.deepEqual([paused, Object.keys(consents)], [true, ["a.example"]], "everything else stays");
  });
}

test("an address saved by this version stays, though nothing was downloaded from there", () => {
  const saved = { ...DEFAULT_SETTINGS, serverUrl: FORMER };
  assert.deepEqual(currentSettings(saved), saved);
});

test("settings that are missing have their defaults", () => {
  assert.deepEqual(currentSettings({ paused: true }), { ...DEFAULT_SETTINGS, paused: true });
});

for (const [serverUrl, serverIsMine, isOwn] of /** @type {[string, boolean, boolean][]} */ ([
  ["", false, false],
  ["", true, false],
  [FORMER, false, true],
  ["https://shared.example", false, false],
  ["https://shared.example", true, true],
  ["http://nas.example:8710", true, false],
])) {
  test(`${JSON.stringify(serverUrl)}, ${serverIsMine ? "" : "not "}marked, is ${isOwn ? "" : "not "}an own server`, () => {
    const settings = { ...DEFAULT_SETTINGS, serverUrl, serverIsMine };
    assert.equal(hasOwnServer(settings), isOwn);
    assert.deepEqual([isUnpaired(settings), mayAskServer(settings)], [isOwn, false], "before it is paired");
    const paired = { ...settings, pairedKey: "0123456789abcdef" };
    assert.deepEqual([isUnpaired(paired), mayAskServer(paired)], [false, isOwn]);
    assert.equal(mayAskServer({ ...paired, mode: "page" }), false);
    assert.equal(isUnpaired({ ...settings, mode: "page" }), false);
  });
}
