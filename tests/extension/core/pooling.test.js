// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { interactionSchema } from "../../../extension/generated/contracts.js";
import { pool, poolingWeights } from "../../../extension/core/pooling.js";
import { vectors } from "../vectors.js";

const { cases, constants, tolerance } = vectors("user-tower.json");
const { kindWeights, ...numbers } = constants;
const ofKinds = interactionSchema.properties.kind.enum.map((kind) => kindWeights[kind]);
/** @type {import("../../../extension/core/pooling.js").PoolingRule} */
const rule = { ...numbers, kindWeights: ofKinds, filler: 3 };

for (const { items, kinds, agesDays, itemMask, weights, embedding, name } of cases) {
  test(name, () => {
    const kept = (/** @type {any[] | undefined} */ list) => list?.filter((_, i) => itemMask[i]);
    const history = /** @type {any} */ ({
      items: kept(items),
      kinds: kept(kinds),
      agesDays: kept(agesDays),
      weights: kept(weights),
    });
    const got = pool(history, rule, 4);
    got.forEach((value, i) =>
      assert.ok(Math.abs(value - embedding[i]) <= tolerance, `${i}: ${value}, not ${embedding[i]}`),
    );
  });
}

test("a history in another order has the same taste", () => {
  const items = [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ];
  const history = { items, kinds: [0, 3, 5], agesDays: [0, 40, 2], weights: [3, 1, 1] };
  const reversed = {
    items: items.toReversed(),
    kinds: history.kinds.toReversed(),
    agesDays: history.agesDays.toReversed(),
    weights: history.weights.toReversed(),
  };
  assert.deepEqual(pool(history, rule, 4), pool(reversed, rule, 4));
});

test("without a filler every coordinate counts", () => {
  const { filler: _, ...without } = rule;
  const history = { items: [[0, 0, 0, 1]], kinds: [0], agesDays: [0] };
  assert.deepEqual(pool(history, without, 4), Float32Array.of(0, 0, 0, 1));
});

test("the weights of a thousand liked items sum to one", () => {
  const kinds = Array.from({ length: 1000 }, (_, i) => i % 5);
  const weights = poolingWeights({ kinds, agesDays: kinds.map((_, i) => i / 10) }, rule);
  assert.ok(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-9);
});
