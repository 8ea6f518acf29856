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
