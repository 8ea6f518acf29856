// @ts-check
import { unlessDone } from "../core/acts.js";
import { checkedSettings } from "./settings.js";

/**
 * @typedef {import("./handlers.js").Handlers} Handlers
 * @typedef {import("./handlers.js").Settings} Settings
 */

/** Settings that go with a server. */
const LEFT = { serverBundleUrl: "", signedBy: "", pairedKey: "" };

/**
 * Return a function that forgets what was asked and downloaded before the settings changed.
 * @param {import("./handlers.js").Parts} parts
 * @returns {(before: Settings) => Promise<void>}
 */
export function createForgetting({ getProfile, server, pairings, model, packs }) {
  return async (before) => {
    server.forget();
    model.reset();
    const { settings } = await getProfile();
    const { serverUrl, packListUrl = "" } = settings;
    const others = { shops: Object.keys(before.consents), used: [serverUrl, packListUrl] };
    if (serverUrl !== before.serverUrl) {
      await pairings.drop();
      await model.dropDownloads();
      await server.giveBack(before.serverUrl, others);
    }
    // Packs are of one list, and of who may sign them.
    if (packListUrl !== (before.packListUrl ?? "") || settings.trustedKeys?.join() !== before.trustedKeys?.join()) {
      await packs.drop();
      await server.giveBack(before.packListUrl ?? "", others);
    }
  };
}

/**
 * Return the handlers that change settings.
 * @param {import("./handlers.js").Parts} parts
 * @returns {Pick<Handlers, "settings.set" | "pairing.make">}
 */
export function createSettingsHandlers(parts) {
  const { getProfile, pairings, packs, stateOf, badge, announceChange } = parts;
  const forgetServer = createForgetting(parts);
  return {
    async "settings.set"({ actId, ...fields }) {
      const profile = await getProfile();
      const before = profile.settings;
      const changes = checkedSettings(fields);
      const isLeft = changes.serverUrl !== undefined && changes.serverUrl !== before.serverUrl;
      await unlessDone(profile.changeSettings({ ...changes, ...(isLeft && LEFT) }, actId));
      await forgetServer(before);
      if (changes.packListUrl !== undefined) await packs.askAgain();
      if (changes.showsBadge === false) await badge.clear();
      await announceChange();
      return { state: await stateOf() };
    },

    async "pairing.make"({ serverUrl: typed, serverIsMine, code }) {
      const profile = await getProfile();
      const before = profile.settings;
      const { serverUrl = "" } = checkedSettings({ serverUrl: typed });
      await pairings.pair({ serverUrl, serverIsMine, code });
      if (serverUrl !== before.serverUrl) await profile.changeSettings({ serverBundleUrl: "", signedBy: "" });
      await forgetServer(before);
      await announceChange();
      return { state: await stateOf() };
    },
  };
}
