// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { textBlock } from "../../../extension/core/text-block.js";
import { vectors } from "../vectors.js";

const { cases, tolerance } = vectors("text-block.json");

for (const { name, features, rule, dim, filler, embedding } of cases) {
  test(name, () => {
    const got = textBlock(Float32Array.from(features), rule, { dim, filler });
    assert.equal(got.length, dim);
    got.forEach((value, i) =>
      assert.ok(Math.abs(value - embedding[i]) <= tolerance, `${i}: ${value}, not ${embedding[i]}`),
    );
  });
}
