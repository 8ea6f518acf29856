// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { graphProblem } from "../../../extension/core/onnx-graph.js";
import { vectors } from "../vectors.js";

const { tower, cases } = vectors("onnx-graphs.json");

for (const { name, onnx, precision, problem, tower: changes } of cases) {
  test(`graph, ${name}`, () => {
    assert.equal(graphProblem(Buffer.from(onnx, "base64"), { ...tower, precision, ...changes }), problem);
  });
}

test("every prefix of a file is refused without an exception", () => {
  const data = Buffer.from(cases[3].onnx, "base64");
  const problems = new Set(Array.from({ length: data.length }, (_, end) => graphProblem(data.subarray(0, end), tower)));
  assert.ok(problems.has("is not an ONNX file"));
  assert.equal(graphProblem(data, tower), null);
});
