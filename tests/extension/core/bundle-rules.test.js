// @ts-check
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { problemOf, spaceText } from "../../../extension/core/bundle-rules.js";
import { manifestOf } from "../fakes/bundle.js";
import { vectors } from "../vectors.js";

const { cases } = vectors("bundle-space.json");

for (const { name, manifest, canonical, space } of cases) {
  test(`space, ${name}`, () => {
    assert.equal(spaceText(manifest), canonical);
    assert.equal(createHash("sha256").update(spaceText(manifest)).digest("hex"), space);
  });
}

test("a manifest that keeps every rule has no problem", async () => {
  assert.equal(await problemOf(manifestOf()), null);
});

for (const value of [null, [], "x", 1]) {
  test(`${JSON.stringify(value)} is not a manifest`, async () => {
    assert.match((await problemOf(value)) ?? "", /Instance type/);
  });
}

/** @param {any} whole @param {{at: (string | number)[], value?: unknown}} change */
function changed(whole, change) {
  const manifest = structuredClone(whole);
  const last = /** @type {string | number} */ (change.at.at(-1));
  const around = change.at.slice(0, -1).reduce((inside, step) => inside[step], manifest);
  if ("value" in change) around[last] = change.value;
  else delete around[last];
  return manifest;
}

/** @param {(string | number)[]} place */
const pointer = (place) => place.map((step) => `/${String(step).replaceAll("/", "~1")}`).join("");

for (const { manifest: whole, changes } of [vectors("bundle-changes.json"), vectors("bundle-changes-table.json")]) {
  test(`the manifest ${whole.name} keeps every rule before its changes`, async () => {
    assert.equal(await problemOf(whole), null);
  });

  for (const change of changes) {
    test(`${whole.name}: ${pointer(change.at)} as ${JSON.stringify(change.value)} is refused at its place`, async () => {
      const problem = (await problemOf(changed(whole, change))) ?? "accepted";
      assert.ok(problem.startsWith(pointer(change.place) + (change.says === null ? "" : `: ${change.says}`)), problem);
    });
  }
}
