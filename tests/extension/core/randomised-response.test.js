// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { EPSILON, drawReport, reportedCluster, truthThreshold } from "../../../extension/core/randomised-response.js";
import { fromHex } from "../../../extension/values/encoding.js";
import { vectors } from "../vectors.js";

const { cases, thresholds, epsilon } = vectors("randomised-response.json");
const NUM_SAMPLES = 200_000;
const COUNT = 16;

for (const { name, cluster, count, random, reported } of cases) {
  test(name, () => assert.equal(reportedCluster(cluster, count, fromHex(random)), reported));
}

test("thresholds are those of fifty digits", () => {
  assert.equal(EPSILON, epsilon);
  for (const { count, threshold } of thresholds) assert.equal(truthThreshold(count), threshold, `${count}`);
});

test("bytes that lie inside a larger buffer are read from their own beginning", () => {
  const buffer = new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0]);
  assert.equal(reportedCluster(5, 16, buffer.subarray(4)), 5);
});

/** @param {number} cluster @returns {number[]} how often each cluster was reported */
function frequencies(cluster) {
  const found = new Array(COUNT).fill(0);
  for (let i = 0; i < NUM_SAMPLES; i += 1) found[drawReport(cluster, COUNT)] += 1;
  return found;
}

test("the real epsilon of 200,000 samples is within six standard errors of what is stated", () => {
  const [one, other] = [frequencies(3), frequencies(11)];
  for (let report = 0; report < COUNT; report += 1) {
    const ratio = Math.abs(Math.log(one[report] / other[report]));
    const slack = 6 * Math.sqrt(1 / one[report] + 1 / other[report]);
    assert.ok(ratio <= EPSILON + slack, `report ${report}: ${ratio}`);
    if (report === 3 || report === 11) assert.ok(ratio >= EPSILON - slack, `report ${report}: ${ratio}`);
  }
  const lies = one.filter((_, report) => report !== 3);
  const mean = lies.reduce((sum, count) => sum + count, 0) / lies.length;
  for (const count of lies) assert.ok(Math.abs(count - mean) < 6 * Math.sqrt(mean), `${count}, not about ${mean}`);
});

test("a report is drawn by the browser's cryptographic source alone", () => {
  const { random } = Math;
  Math.random = () => assert.fail("Math.random was asked");
  try {
    for (let i = 0; i < 100; i += 1) drawReport(3, COUNT);
  } finally {
    Math.random = random;
  }
});
