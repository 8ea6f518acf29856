// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasImage, textBlock, withText } from "../../../extension/core/text-block.js";
import { vectors } from "../vectors.js";

const { cases, imageCases, tolerance } = vectors("text-block.json");

for (const { name, features, rule, dim, filler, embedding } of cases) {
  test(name, () => {
    const got = textBlock(Float32Array.from(features), rule, { dim, filler });
    assert.equal(got.length, dim);
    got.forEach((value, i) =>
      assert.ok(Math.abs(value - embedding[i]) <= tolerance, `${i}: ${value}, not ${embedding[i]}`),
    );
  });
}

for (const { name, block, filler, image, text, embedding } of imageCases) {
  test(name, () => {
    const place = { ...block, filler };
    const got = withText(Float32Array.from(image), Float32Array.from(text), place);
    assert.deepEqual([hasImage(got, place), hasImage(Float32Array.from(text), place)], [true, false]);
    got.forEach((value, i) =>
      assert.ok(Math.abs(value - embedding[i]) <= tolerance, `${i}: ${value}, not ${embedding[i]}`),
    );
  });
}
