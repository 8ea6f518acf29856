// @ts-check
// What the clock may take away: no single reading of it is believed.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Profile } from "../../../extension/core/profile.js";
import { LEAST_GAP_MS, MOST_GAP_MS, clockAfter } from "../../../extension/core/retention.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { privacy } from "../../../extension/generated/contracts.js";
import { NOTHING, onDisk } from "./vault/disk.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const NOON = Date.parse("2026-03-01T12:00:00Z");
const JUMPS = [DAY, 2 * DAY, 7 * DAY, 30 * DAY, YEAR, 2 * YEAR, 10 * YEAR].flatMap((ms) => [ms, -ms]);
const inDays = (/** @type {number} */ ms) => `${ms > 0 ? "+" : ""}${ms / DAY} days`;

let databases = 0;
/** A profile whose clock the test sets, opened anew for each reading. */
function deviceOf() {
  const name = `retention-${(databases += 1)}`;
  let now = NOON;
  const open = () => Profile.open(new Vault({ name }), { now: () => now });
  return {
    onDisk: () => onDisk(name),
    open,
    /** @param {number} at @returns {Promise<Profile>} */
    at(at) {
      now = at;
      return open();
    },
    /** A profile that was used for ten days, with one thing in it of noon. @returns {Promise<Profile>} */
    async used() {
      await (await this.at(NOON - 10 * DAY)).changeSettings({ paused: false });
      const profile = await this.live(NOON - 10 * DAY, 20);
      now = NOON;
      await profile.addInteraction(seen("before"));
      return profile;
    },
    /** Open the profile each half day. @param {number} from @param {number} num @returns {Promise<Profile>} the last one */
    async live(from, num) {
      for (let i = 0; i < num; i += 1) await this.at(from + i * 12 * HOUR);
      return open();
    },
  };
}
/** @param {string} title */
const seen = (title) => ({
  product: { shop: "a.example", itemId: title, url: `https://a.example/${title}`, title },
  kind: /** @type {const} */ ("view"),
  space: "s",
  embedding: "AACAPw==",
});
/** @param {Profile} profile */
const titlesIn = (profile) => profile.interactions().map(({ product }) => product.title);

test("what is older than a year goes, once its age is confirmed", async () => {
  const device = deviceOf();
  const profile = await device.at(NOON);
  await profile.setConsent("a.example", true);
  await profile.addInteraction(seen("mug"));
  await profile.addToLedger({ method: "GET", url: "https://a.example/", body: "" });
  const shelf = {
    id: "5".repeat(32),
    shop: "a.example",
    origin: "https://a.example",
    kind: "shopify",
    round: 1,
    next: "",
  };
  await profile.keepShelf(
    /** @type {any} */ ({
      ...shelf,
      status: "read",
      space: "s",
      numItems: 0,
      parts: [],
      startedAt: new Date(NOON).toISOString(),
    }),
  );
  const later = NOON + privacy.retentionDays * DAY + HOUR;
  const first = await device.live(later, 3);
  assert.deepEqual([first.interactions().length, first.ledger().length, first.shelves().length], [1, 1, 1]);
  const confirmed = await device.live(later, 4);
  assert.deepEqual([confirmed.interactions().length, confirmed.ledger().length, confirmed.shelves().length], [0, 0, 0]);
  const { records } = await device.onDisk();
  assert.deepEqual(records.map((/** @type {any} */ { kind }) => kind).sort(), ["clock", "settings"]);
});

for (const jump of JUMPS)
  test(`a clock that is wrong by ${inDays(jump)} for a moment deletes nothing, and is forgotten`, async () => {
    const device = deviceOf();
    await device.used();
    const wrong = await device.at(NOON + jump);
    assert.deepEqual(titlesIn(wrong), ["before"]);
    await wrong.addInteraction(seen("meanwhile"));
    await wrong.addToLedger({ method: "GET", url: "https://a.example/", body: "" });
    const right = await device.live(NOON + HOUR, 8);
    assert.deepEqual(titlesIn(right).sort(), ["before", "meanwhile"]);
    const times = right.interactions().map(({ time }) => Date.parse(time));
    assert.ok(Math.min(...times) >= NOON - 3 * DAY, "nothing is dated before what is known");
    assert.ok(Math.max(...times) <= NOON + 5 * DAY, "what was dated ahead is dated back");
    // And it goes when a year has passed.
    const gone = await device.live(NOON + 5 * DAY + YEAR, 4);
    assert.deepEqual(titlesIn(gone), []);
  });

for (const jump of JUMPS.filter((ms) => ms > 0))
  test(`a clock that is ahead by ${inDays(jump)} for many openings at once deletes nothing`, async () => {
    const device = deviceOf();
    await device.used();
    for (let i = 0; i < 50; i += 1) assert.equal((await device.at(NOON + jump + i * 60_000)).interactions().length, 1);
    // Leaps from reading to reading confirm nothing, either.
    for (let i = 1; i <= 5; i += 1) {
      const leap = Math.max(jump, MOST_GAP_MS + DAY);
      assert.equal((await device.at(NOON + i * leap)).interactions().length, 1, `leap ${i}`);
    }
    assert.deepEqual(titlesIn(await device.live(NOON + HOUR, 8)), ["before"]);
  });

test("a clock that was set back for good deletes nothing and dates nothing before what is known", async () => {
  const device = deviceOf();
  await device.used();
  const back = await device.live(NOON - 10 * YEAR, 20);
  await back.addInteraction(seen("after"));
  assert.deepEqual(titlesIn(back).sort(), ["after", "before"]);
  const { time } = /** @type {any} */ (back.interactions().find(({ product }) => product.title === "after"));
  assert.ok(Date.parse(time) >= NOON - 3 * DAY);
  await back.setConsent("a.example", true);
  assert.ok(Date.parse(back.settings.consents["a.example"]) >= NOON - 3 * DAY);
});

test("the trusted time never goes back, and no reading moves it past one that three later ones confirm", () => {
  let state = 1;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  for (let run = 0; run < 300; run += 1) {
    /** @type {import("../../../extension/core/retention.js").KeptClock} */
    let clock = { trusted: "", readings: [] };
    let real = NOON;
    /** @type {number[]} */
    const read = [];
    for (let i = 0; i < 60; i += 1) {
      real += random() * DAY;
      const isWrong = random() < 0.2;
      const now = isWrong ? real + (random() - 0.5) * 20 * YEAR : real;
      read.push(now);
      const next = clockAfter(clock, now);
      assert.ok(next.trusted >= clock.trusted);
      assert.deepEqual([...next.readings].sort(), next.readings);
      if (next.trusted > clock.trusted) {
        const trusted = Date.parse(next.trusted);
        const confirming = read.filter((one) => one >= trusted + LEAST_GAP_MS - 1);
        assert.ok(confirming.length >= 3, `${confirming.length} readings confirm it`);
      }
      clock = next;
    }
  }
});

test("a reading beyond what dates can say is no error", () => {
  for (const now of [-1, 0, 8.64e15, Number.MAX_SAFE_INTEGER])
    assert.ok(clockAfter({ trusted: "", readings: [] }, now).readings[0].length === 24, String(now));
});

test("a profile that nothing was written to gets no record of the clock", async () => {
  const device = deviceOf();
  await device.live(NOON, 5);
  assert.deepEqual(await device.onDisk(), NOTHING);
});
