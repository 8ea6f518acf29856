// @ts-check
// The order of sources: the first that serves the shop answers, and one that fails is passed over.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRecommendations } from "../../../extension/background/recommendations.js";
import { CarryoverError, ServerError } from "../../../extension/values/errors.js";

/** @typedef {import("../../../extension/background/recommendations.js").Source} Source */

/** @param {any} mode @returns {Source} that serves every shop */
const serving =
  (mode) =>
  async ({ shop }) => ({ items: [], mode, basis: "taste", shop });
/** @type {Source} */
const passing = async () => null;
/** @param {Error} error @returns {Source} */
const failing = (error) => async () => {
  throw error;
};
const away = new ServerError("server_unreachable", "No answer.");
const full = new CarryoverError("storage_full", "The disk is full.");
/** @param {Source[]} sources */
const recommended = (...sources) =>
  createRecommendations({ sources })({ shop: "a.example", tabId: 7, choice: {}, isFaceted: false });

test("the first source that serves the shop answers", async () => {
  assert.equal((await recommended(passing, serving("own"), serving("page"))).mode, "own");
  assert.equal((await recommended(passing, passing, serving("page"))).mode, "page");
});

test("sources after the one that answers are not asked", async () => {
  const never = failing(new Error("was asked"));
  assert.equal((await recommended(serving("own"), never)).mode, "own");
});

test("a source that fails is passed over, and its problem is told", async () => {
  const { mode, problem } = await recommended(failing(away), serving("page"));
  assert.deepEqual([mode, problem], ["page", { code: "server_unreachable", message: "No answer." }]);
});

test("of several problems the first is told, also by a source that is not the last", async () => {
  const { mode, problem } = await recommended(failing(full), failing(away), serving("own"), serving("page"));
  assert.deepEqual([mode, problem?.code], ["own", "storage_full"]);
});

test("without a problem there is none in the answer", async () => {
  assert.ok(!("problem" in (await recommended(passing, serving("page")))));
});

test("the last source's failure is the answer", async () => {
  await assert.rejects(recommended(failing(away), failing(full)), full);
});

test("an unexpected error is not passed over", async () => {
  await assert.rejects(recommended(failing(new TypeError("x is undefined")), serving("page")), TypeError);
});
