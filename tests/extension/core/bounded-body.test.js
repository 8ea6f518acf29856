// @ts-check
// A body up to a limit, and not a byte beyond it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { boundedBody } from "../../../extension/core/bounded-body.js";

/** @param {number[]} sizes of the chunks that come @param {() => void} [onCancel] @returns {Response} */
function chunked(sizes, onCancel) {
  const chunks = sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
  return new Response(
    new ReadableStream({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
      cancel: onCancel,
    }),
  );
}

test("a body of the limit comes whole, chunk by chunk in order", async () => {
  assert.deepEqual(Array.from((await boundedBody(chunked([2, 1]), 3)) ?? []), [1, 1, 2]);
});

test("a body of one byte more is refused", async () => {
  assert.equal(await boundedBody(chunked([2, 2]), 3), null);
});

test("what comes after the limit is not asked for", async () => {
  let numCancelled = 0;
  const onCancel = () => {
    numCancelled += 1;
  };
  assert.equal(await boundedBody(chunked([2, 2, 2, 2, 2], onCancel), 3), null);
  assert.equal(numCancelled, 1);
});

test("a response without a body is empty", async () => {
  assert.deepEqual(await boundedBody(new Response(null), 3), new Uint8Array(0));
});
