// @ts-check
// The number on the icon, where the shopper changes their mind while it is worked out.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createBadge } from "../../../extension/background/badge.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { Profile } from "../../../extension/core/profile.js";
import { createBrowser } from "../fakes/browser.js";

const SHOP = "a.example";

for (const [what, change] of /** @type {[string, (profile: Profile) => Promise<unknown>][]} */ ([
  ["turned off", (profile) => profile.changeSettings({ showsBadge: false })],
  ["of a shop that is not allowed any more", (profile) => profile.setConsent(SHOP, false)],
  ["of a profile that was erased", (profile) => profile.erase()],
])) {
  test(`a number ${what} while it was worked out is not shown`, async () => {
    const profile = await Profile.open(new Vault({ name: `badge ${what}` }));
    await profile.changeSettings({ showsBadge: true });
    await profile.setConsent(SHOP, true);
    const { state, context } = createBrowser();
    const badge = createBadge({
      browser: context("background.js"),
      getProfile: async () => profile,
      async recommendations() {
        await change(profile);
        return /** @type {any} */ ({ basis: "taste", items: [{ why: ["sea towel"] }] });
      },
    });
    await badge.show(SHOP, 7);
    assert.deepEqual([...state.badges], []);
  });
}
