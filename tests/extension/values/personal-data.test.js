// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasPersonalData, scrubText } from "../../../extension/values/personal-data.js";
import { vectors } from "../vectors.js";

const { personal, ordinary } = vectors("personal-data.json");

for (const { text, scrubbed } of personal) {
  test(`is removed: ${text}`, () => {
    assert.equal(scrubText(text), scrubbed);
    assert.ok(!scrubText(`Mug ${text} blue`).includes(text));
    assert.ok(hasPersonalData(text));
  });
}

for (const text of ordinary) {
  test(`stays: ${text}`, () => {
    assert.equal(scrubText(text), text);
    assert.ok(!hasPersonalData(text));
  });
}
