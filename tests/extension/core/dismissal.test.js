// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  PENALTY_BEGINS,
  PENALTY_IS_WHOLE,
  dismissalPenalty,
  meanOfNearest,
} from "../../../extension/core/dismissal.js";
import { vectors } from "../vectors.js";

const { cases, constants, tolerance } = vectors("dismissal.json");
/** @param {number[][]} rows */
const asItems = (rows) => rows.map((embedding) => ({ embedding }));

for (const { name, candidate, liked, dismissed, filler, penalty } of cases) {
  test(name, () => {
    const got = dismissalPenalty(candidate, { liked: asItems(liked), dismissed: asItems(dismissed) }, filler);
    assert.ok(Math.abs(got - penalty) <= tolerance, `${got}, not ${penalty}`);
  });
}

test("the contract's vectors hold the penalty's numbers", () => {
  assert.deepEqual([PENALTY_BEGINS, PENALTY_IS_WHOLE], [constants.begins, constants.isWhole]);
});

test("the mean of nothing is 0, and of two is of two", () => {
  assert.equal(meanOfNearest([1, 0], [], undefined), 0);
  const two = [
    [1, 0],
    [0, 1],
  ];
  assert.equal(meanOfNearest([1, 0], asItems(two), undefined), 0.5);
});
