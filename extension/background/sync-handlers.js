// @ts-check

/** @param {chrome.runtime.MessageSender} sender */
const howOf = ({ tab }) => ({ isPrivate: tab?.incognito === true });

/**
 * Return the handlers of the sync between the shopper's browsers.
 * @param {{sync: import("./sync.js").Sync}} parts
 * @returns {Pick<import("./handlers.js").Handlers, "sync.get" | "sync.code" | "sync.start" | "sync.now" | "sync.stop" | "sync.versions" | "sync.restore">}
 */
export function createSyncHandlers({ sync }) {
  return {
    "sync.get": async () => ({ sync: await sync.state() }),
    "sync.code": async () => ({ code: await sync.code() }),
    "sync.start": async ({ code }, sender) => ({ sync: await sync.start(code, howOf(sender)) }),
    "sync.now": async (_, sender) => ({ sync: await sync.sync(howOf(sender)) }),
    "sync.stop": async ({ deletes }) => ({ sync: await sync.stop(deletes) }),
    "sync.versions": async () => ({ versions: await sync.versions() }),
    "sync.restore": async ({ version }, sender) => ({ sync: await sync.restore(version, howOf(sender)) }),
  };
}
