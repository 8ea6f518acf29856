// @ts-check
// Reports of interest clusters: drawn once, told again, and bounded by the year's budget.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { KEPT_MS, MOST_EPSILON, createReports } from "../../../extension/background/interest-reports.js";

const DAY = 24 * 60 * 60_000;
const CLUSTERS = { sha256: "aa".repeat(32), centroids: Array.from({ length: 16 }, () => new Float32Array(2)) };
const OTHERS = { ...CLUSTERS, sha256: "bb".repeat(32) };
/** @type {any[]} records, as a profile keeps them */
let records = [];
let now = 0;
/** @type {number[]} true clusters that a report was drawn for */
let drawn = [];
/** @type {Promise<unknown>} */
let turn = Promise.resolve();

const profile = {
  today: () => now,
  others: (/** @type {string} */ kind) => records.filter((one) => one.kind === kind).map(({ value }) => value),
  changeOthers(/** @type {() => any[]} */ entries) {
    turn = turn.then(() => {
      for (const entry of entries()) records = [...records.filter(({ id }) => id !== entry.id), entry];
    });
    return turn;
  },
};

/** @returns {ReturnType<typeof createReports>} with a mechanism that tells the next number */
const reportsOf = () =>
  createReports({
    getProfile: /** @type {any} */ (async () => profile),
    draw: (cluster) => {
      drawn.push(cluster);
      return drawn.length % 16;
    },
  });

beforeEach(() => {
  [records, drawn, now] = [[], [], Date.parse("2026-11-30T00:00:00Z")];
});

test("a report is told again whatever the taste is by then", async () => {
  const reports = reportsOf();
  assert.equal(await reports.reportOf(3, CLUSTERS), 1);
  now += 20 * DAY;
  assert.equal(await reports.reportOf(9, CLUSTERS), 1);
  assert.deepEqual(drawn, [3]);
});

test("a worker that starts anew tells the kept report", async () => {
  await reportsOf().reportOf(3, CLUSTERS);
  assert.equal(await reportsOf().reportOf(3, CLUSTERS), 1);
  assert.deepEqual(drawn, [3]);
});

test("what is kept names no true cluster", async () => {
  await reportsOf().reportOf(3, CLUSTERS);
  assert.deepEqual(records[0].value, {
    reports: [{ of: CLUSTERS.sha256, reported: 1, at: "2026-11-30T00:00:00.000Z" }],
  });
});

test("a month later time alone has it drawn anew, for the taste of then", async () => {
  const reports = reportsOf();
  await reports.reportOf(3, CLUSTERS);
  now += KEPT_MS - 1;
  await reports.reportOf(9, CLUSTERS);
  assert.deepEqual(drawn, [3]);
  now += 1;
  assert.equal(await reports.reportOf(9, CLUSTERS), 2);
  assert.deepEqual(drawn, [3, 9]);
});

test("other clusters get no report before a year is over", async () => {
  const reports = reportsOf();
  await reports.reportOf(3, CLUSTERS);
  for (const days of [0, 1, 200, 163]) {
    now += days * DAY;
    assert.equal(await reports.reportOf(3, OTHERS), null);
  }
  now += DAY;
  assert.equal(await reports.reportOf(3, OTHERS), 2);
});

test("a clock that was set back draws nothing anew", async () => {
  const reports = reportsOf();
  await reports.reportOf(3, CLUSTERS);
  now -= 400 * DAY;
  assert.equal(await reports.reportOf(9, CLUSTERS), 1);
  assert.deepEqual(drawn, [3]);
});

test("once the year's budget is spent the last report is told again, and a year later there is room", async () => {
  const reports = reportsOf();
  for (let i = 0; i < 8; i += 1) {
    await reports.reportOf(i, CLUSTERS);
    now += KEPT_MS;
  }
  assert.deepEqual(await reports.budget(), { spent: MOST_EPSILON, most: MOST_EPSILON });
  assert.deepEqual(drawn, [0, 1, 2, 3]);
  assert.equal(await reports.reportOf(9, CLUSTERS), 4);
  now += 365 * DAY;
  assert.deepEqual(await reports.budget(), { spent: 0, most: MOST_EPSILON });
  assert.equal(await reports.reportOf(9, CLUSTERS), 5);
});

test("two panels that ask at once draw one report", async () => {
  const reports = reportsOf();
  const told = await Promise.all([reports.reportOf(3, CLUSTERS), reports.reportOf(4, CLUSTERS)]);
  assert.deepEqual(told, [1, 1]);
  assert.deepEqual(drawn, [3]);
});

test("a report that cannot be kept is not told", async () => {
  const reports = createReports({
    getProfile: /** @type {any} */ (
      async () => ({
        ...profile,
        changeOthers: async (/** @type {() => any[]} */ entries) => {
          entries();
          throw new Error("the disk is full");
        },
      })
    ),
    draw: () => 5,
  });
  await assert.rejects(reports.reportOf(3, CLUSTERS), /disk is full/);
});
