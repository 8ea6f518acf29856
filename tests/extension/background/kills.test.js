// @ts-check
// The worker is stopped at every step of an act's way to the disk, and at random ones: what was acknowledged is there once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Profile } from "../../../extension/core/profile.js";
import { savedIn } from "../../../extension/core/saved.js";
import { createMortalDevice } from "../fakes/mortal.js";
import { randomOf } from "../fakes/random.js";

const SHOP = "a.example";
console.debug = () => {};
const NUM_RUNS = Number(process.env.CARRYOVER_KILL_RUNS ?? 60);
const urlOf = (/** @type {string} */ title) => `https://${SHOP}/${title.replaceAll(" ", "-")}`;
const seen = (/** @type {string} */ title, kind = "view") => ({
  type: "page.seen",
  kind,
  html: title,
  url: urlOf(title),
});
const card = (/** @type {string} */ title) => ({ itemId: "", url: urlOf(title), title });

/** @param {Parameters<typeof createMortalDevice>[0]} [how] @returns a device at which the shop is allowed */
async function deviceOf(how) {
  const device = createMortalDevice(how);
  const profile = await Profile.open(device.disk());
  await profile.setConsent(SHOP, true);
  return device;
}

/** @param {ReturnType<typeof createMortalDevice>} device @returns {Promise<{kept: string[], saved: string[], paused: boolean}>} what the disk holds */
async function onDisk(device) {
  const profile = await Profile.open(device.disk());
  assert.equal(profile.unreadable, 0);
  return {
    kept: profile
      .interactions()
      .map(({ kind, product, weight }) => `${kind} ${product.title} ${weight}`)
      .sort(),
    saved: savedIn(profile).map((one) => one.card.title),
    paused: profile.settings.paused,
  };
}

/** Acts, each with what the disk holds after it alone. @type {[string, (device: ReturnType<typeof createMortalDevice>) => Promise<any>, object][]} */
const ACTS = [
  ["a look", (device) => device.openPage(urlOf("sea mug")).offer(seen("sea mug")), { kept: ["view sea mug 1"] }],
  [
    "a click",
    (device) => device.openPage(urlOf("sea mug")).offer(seen("sea mug", "cart")),
    { kept: ["cart sea mug 1"] },
  ],
  [
    "a dismissal",
    (device) => device.openUi()({ type: "item.dismiss", item: card("sea mug") }),
    { kept: ["dismiss sea mug 1"] },
  ],
  [
    "a save",
    (device) => device.openUi()({ type: "item.save", item: card("sea mug") }),
    { kept: ["wishlist sea mug 1"], saved: ["sea mug"] },
  ],
  [
    "picks",
    (device) => device.openUi()({ type: "items.pick", items: [card("sea mug"), card("sea cup"), card("sea mug")] }),
    { kept: ["wishlist sea cup 1", "wishlist sea mug 2"] },
  ],
  ["a setting", (device) => device.openUi()({ type: "pause.set", paused: true }), { paused: true }],
];

for (const [name, act, expected] of ACTS) {
  for (const isHeard of [true, false])
    test(`${name} survives a stop at every step, ${isHeard ? "heard" : "unheard"} by its page`, async () => {
      const whole = await deviceOf();
      assert.equal((await act(whole)).ok, true);
      const { numSteps } = whole.lives[0];
      assert.ok(numSteps > 5, `${numSteps} steps`);
      for (let step = 1; step <= numSteps + 1; step += 1) {
        // The second life ends, too, early in its own way.
        const device = await deviceOf({ endsAt: [step, (step % 7) + 1], isAnsweredAtEnd: () => isHeard });
        const answer = await act(device);
        assert.equal(answer?.ok, true, `stopped at step ${step}: not acknowledged`);
        assert.deepEqual(
          await onDisk(device),
          { kept: [], saved: [], paused: false, ...expected },
          `stopped at step ${step} of ${numSteps}`,
        );
        assert.deepEqual(Object.keys(device.session), [], "nothing is held any longer than needed");
      }
    });
}

test("a page that went away: what the worker held is kept by the next one", async () => {
  const whole = await deviceOf();
  await whole.openPage(urlOf("sea mug")).offer(seen("sea mug"));
  const { numSteps } = whole.lives[0];
  /** @type {number[]} */
  const lost = [];
  for (let step = 1; step <= numSteps; step += 1) {
    const device = await deviceOf({ endsAt: [step] });
    const page = device.openPage(urlOf("sea mug"));
    void page.offer(seen("sea mug"));
    page.leave();
    await device.settle();
    const isHeld = Object.keys(device.session).length > 0;
    const { kept: before } = await onDisk(device);
    await device.settle();
    const { kept } = await onDisk(device);
    assert.deepEqual(kept, isHeld || before.length > 0 ? ["view sea mug 1"] : [], `stopped at step ${step}`);
    if (kept.length === 0) lost.push(step);
  }
  // Before it may be held the profile is read, which says whether the shop is allowed: marker, store, and what the reading of the clock changes.
  assert.ok(lost.every((step) => step <= 11) && numSteps >= 20, `lost at ${lost} of ${numSteps} steps`);
});

test("an act that stops its worker each time is given up", async () => {
  const device = await deviceOf({ endsAt: [9, 9, 9, 9, 9, 9] });
  const page = device.openPage(urlOf("sea mug"));
  void page.offer(seen("sea mug"));
  page.leave();
  for (let i = 0; i < 6; i += 1) await device.settle();
  assert.deepEqual(device.session, {});
  assert.deepEqual((await onDisk(device)).kept, []);
});

test(`${NUM_RUNS} evenings with two windows and random stops: lost 0, doubled 0`, async () => {
  const titles = ["sea mug", "night lamp", "sea cup", "oak bowl", "sea rug"];
  for (let seed = 1; seed <= NUM_RUNS; seed += 1) {
    const random = randomOf(seed);
    const upTo = (/** @type {number} */ most) => 1 + Math.floor(random() * most);
    const device = await deviceOf({
      endsAt: Array.from({ length: 3 }, () => upTo(60)),
      isAnsweredAtEnd: () => random() < 0.5,
    });
    /** @type {Map<string, number>} */
    const expected = new Map();
    const add = (/** @type {string} */ what) => expected.set(what, (expected.get(what) ?? 0) + 1);
    const page = device.openPage(urlOf("sea mug"));
    const windows = [device.openUi(), device.openUi()];
    /** @type {Promise<any>[]} */
    const answers = [];
    for (let i = 0; i < 6; i += 1) {
      const title = titles[upTo(titles.length) - 1];
      const kind = ["view", "cart", "dismiss"][upTo(3) - 1];
      add(`${kind} ${title}`);
      answers.push(
        kind === "dismiss"
          ? windows[i % 2]({ type: "item.dismiss", item: card(title) })
          : page.offer(seen(title, kind)),
      );
      if (random() < 0.5) await answers.at(-1);
    }
    for (const answer of await Promise.all(answers)) assert.equal(answer?.ok, true, `seed ${seed}: not acknowledged`);
    const weights = [...expected].map(([what, num]) => `${what} ${Math.min(5, num)}`).sort();
    assert.deepEqual((await onDisk(device)).kept, weights, `seed ${seed}`);
  }
});
