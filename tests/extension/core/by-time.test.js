// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { ByTime } from "../../../extension/core/by-time.js";

/** @param {string} id @param {number} hour */
const record = (id, hour) => ({ id, time: `2026-01-01T${String(hour).padStart(2, "0")}:00:00Z` });
/** @param {ByTime<any>} records */
const idsOf = (records) => records.newest().map(({ id }) => id);

test("records come newest first, those of one time by their ids, after every change", () => {
  const records = new ByTime();
  for (const one of [record("b", 1), record("c", 3), record("a", 1)]) records.set(one.id, one);
  assert.deepEqual(idsOf(records), ["c", "a", "b"]);
  records.set("b", record("b", 5));
  assert.deepEqual([idsOf(records), records.get("b")?.time], [["b", "c", "a"], record("b", 5).time]);
  records.delete("c");
  assert.deepEqual(idsOf(records), ["b", "a"]);
  records.clear();
  assert.deepEqual([idsOf(records), records.get("a")], [[], undefined]);
});

test("without a change the list is the same", () => {
  const records = new ByTime();
  records.set("a", record("a", 1));
  const before = records.newest();
  records.delete("unknown");
  assert.equal(records.newest(), before);
});
