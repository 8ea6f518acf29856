// @ts-check
// Which addresses the extension may ask: what is encrypted on its way, and what is on this device.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isReachable } from "../../../extension/core/reachable.js";

const ADDRESSES = /** @type {[string, boolean][]} */ ([
  ["https://shop.example/products.json", true],
  ["https://192.168.1.7:8710", true],
  ["http://127.0.0.1:8710", true],
  ["http://localhost:8710/", true],
  ["http://harbor.localhost:8801/", true],
  ["http://shop.example/", false],
  ["http://192.168.1.7:8710", false],
  ["http://nas.local:8710", false],
  // The policy's *.localhost is one label, and no form of it names ::1.
  ["http://a.b.localhost:1/", false],
  ["http://[::1]:8710", false],
  ["http://localhost.example/", false],
  ["http://evil-localhost/", false],
  ["http://127.0.0.1.example/", false],
  ["ftp://127.0.0.1/", false],
]);

for (const [url, expected] of ADDRESSES)
  test(`${url} is ${expected ? "" : "not "}asked`, () => assert.equal(isReachable(url), expected));
