// @ts-check
// Browsers of one person, each paired with the server that keeps their copy.
import { createPairings } from "../../../extension/background/pairing.js";
import { createServerSource } from "../../../extension/background/server.js";
import { createProfileStore } from "../../../extension/background/store.js";
import { createSync } from "../../../extension/background/sync.js";
import { randomId } from "../../../extension/core/profile-records.js";
import { savedIn } from "../../../extension/core/saved.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { encodeEmbedding } from "../../../extension/values/encoding.js";
import { canonicalUrl, itemIdOf } from "../../../extension/values/identity.js";
import { serverPatternOf } from "../../../extension/messaging/origins.js";
import { createBrowser } from "./browser.js";
import { makePaired } from "./paired.js";
import { createServer } from "./server.js";
import { SERVER } from "./shopper.js";
import { handTowers } from "./towers.js";

/** @typedef {Awaited<ReturnType<ReturnType<typeof createBrowsers>["browserOf"]>>} SyncedBrowser */

const NOON = Date.parse("2026-03-01T12:00:00Z");
/** @type {any} */
const model = {
  manifest: { space: "s1", dim: 3, lite: {}, text: { itemText: { fields: ["title"], separator: ". ", maxChars: 64 } } },
  towers: handTowers,
};

let databases = 0;

/** Browsers with one server and one clock, which a test moves. */
export function createBrowsers() {
  const world = { now: NOON, server: createServer(), browserOf, twoOf };
  globalThis.fetch = world.server.fetch;

  /** @returns a browser with the extension, paired with the server */
  async function browserOf() {
    const { state, context } = createBrowser();
    state.granted.add(serverPatternOf(SERVER));
    const vault = new Vault({ name: `sync-${(databases += 1)}` });
    const getProfile = createProfileStore({ vault, now: () => world.now });
    const profile = await getProfile();
    await makePaired(profile, world.server, SERVER);
    const browser = context("background.js");
    const pairings = createPairings({ browser, getProfile });
    const { getServer } = createServerSource({ browser, getProfile, pairings, now: () => world.now });
    const parts = {
      getProfile,
      getServer,
      model: /** @type {any} */ ({ getModel: async () => model }),
      announceChange: async () => {},
      now: () => world.now,
    };
    const sync = createSync(parts);
    return {
      vault,
      profile,
      sync,
      parts,
      /** @param {string} title @param {"view" | "dismiss"} [kind] */
      async see(title, kind = "view") {
        const url = canonicalUrl(`https://a.example/${title.replaceAll(" ", "-")}`);
        const product = { shop: "a.example", itemId: await itemIdOf(url), url, title };
        const [embedding] = await handTowers.embedItems([title]);
        await profile.addInteraction({ product, kind, space: "s1", embedding: encodeEmbedding(embedding) });
      },
      /** @param {string} title */
      async save(title) {
        const url = canonicalUrl(`https://a.example/${title.replaceAll(" ", "-")}`);
        const card = { shop: "a.example", itemId: await itemIdOf(url), url, title };
        const value = { id: randomId(), savedAt: new Date(world.now).toISOString(), shop: "a.example", card };
        await profile.changeOthers([{ kind: "saved", id: value.id, value }]);
      },
      /** @param {string} title */
      remove: (title) => profile.removeInteractions(({ product }) => product.title === title),
      known: () =>
        profile
          .interactions()
          .map(({ kind, time, weight, product, space, embedding }) => ({
            ...{ kind, time, weight, title: product.title, itemId: product.itemId, space, embedding },
          }))
          .sort((a, b) => (`${a.title} ${a.kind}` < `${b.title} ${b.kind}` ? -1 : 1)),
      titles: () =>
        profile
          .interactions()
          .map(({ product }) => product.title)
          .sort(),
      saved: () =>
        savedIn(profile)
          .map(({ card }) => card.title)
          .sort(),
    };
  }

  /** Two browsers with one sync. */
  async function twoOf() {
    const [first, second] = [await browserOf(), await browserOf()];
    await first.sync.start();
    await second.sync.start(await first.sync.code());
    return { first, second };
  }

  return world;
}

/** Take turns until nothing changes any more. @param {...SyncedBrowser} browsers */
export async function settle(...browsers) {
  for (const one of [...browsers, ...browsers]) await one.sync.sync();
}
