// @ts-check

/**
 * Return the handlers of the sync between the shopper's browsers.
 * @param {{sync: import("./sync.js").Sync}} parts
 * @returns {Pick<import("./handlers.js").Handlers, "sync.get" | "sync.code" | "sync.start" | "sync.now" | "sync.stop" | "sync.versions" | "sync.restore">}
 */
export function createSyncHandlers({ sync }) {
  return {
    "sync.get": async () => ({ sync: await sync.state() }),
    "sync.code": async () => ({ code: await sync.code() }),
    "sync.start": async ({ code }) => ({ sync: await sync.start(code) }),
    "sync.now": async () => ({ sync: await sync.sync() }),
    "sync.stop": async ({ deletes }) => ({ sync: await sync.stop(deletes) }),
    "sync.versions": async () => ({ versions: await sync.versions() }),
    "sync.restore": async ({ version }) => ({ sync: await sync.restore(version) }),
  };
}
