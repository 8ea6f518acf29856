// @ts-check
import { HELD } from "../messaging/offers.js";

/**
 * @typedef {import("../messaging/messages.js").Message} Message
 * @typedef {chrome.runtime.MessageSender} Sender
 * @typedef {{type: string, fields: Record<string, unknown>, sender?: Sender, at: number, numTries?: number}} Held
 * @typedef {ReturnType<typeof createHeldActs>} HeldActs
 */

/** @param {string} id of an act */
const keyOf = (id) => `${HELD}${id}`;

/**
 * Acts that are worked on, in storage.session: the worker may be stopped before an act is on the disk, and the page that told it be gone by then.
 * storage.session is the browser's memory: no page of a shop sees it, it outlives the worker, and it never comes to the disk.
 * @param {object} parts
 * @param {typeof chrome} parts.browser the browser's extension APIs
 * @param {(act: Message, sender: Sender) => Promise<boolean>} parts.mayHold whether an act of a page may be held
 * @param {() => number} parts.now milliseconds since 1970
 */
export function createHeldActs({ browser, mayHold, now }) {
  const { session } = browser.storage;
  return {
    /** @returns {Promise<[string, Held][]>} what is held, with the acts' ids, the oldest first */
    async all() {
      const all = Object.entries(await session.get(null)).filter(([key]) => key.startsWith(HELD));
      const acts = /** @type {[string, Held][]} */ (all.map(([key, held]) => [key.slice(HELD.length), held]));
      return acts.sort(([, a], [, b]) => a.at - b.at);
    },

    /** Hold an act of a page. The extension's own pages hold theirs themselves. @param {string} id @param {Message} act @param {Sender} sender */
    async add(id, { type, ...fields }, sender) {
      // Where the profile cannot be opened, whoever works on the act says so.
      if (!(await mayHold({ type, ...fields }, sender).catch(() => false))) return;
      // The page may show something else by the time it is worked on again: what is held is of no tab.
      const tab = sender.tab && { ...sender.tab, id: browser.tabs.TAB_ID_NONE ?? -1 };
      const held = { type, fields, sender: { id: sender.id, url: sender.url, tab }, at: now() };
      // Without room there the page alone offers the act again.
      await session.set({ [keyOf(id)]: held }).catch(console.warn);
    },

    /** @param {string} id @returns {Promise<boolean>} whether it is held still: its page may have had its answer meanwhile */
    has: async (id) => keyOf(id) in (await session.get(keyOf(id))),

    /** Count a try. @param {string} id @param {Held} held */
    note: (id, held) => session.set({ [keyOf(id)]: { ...held, numTries: (held.numTries ?? 0) + 1 } }),

    /** @param {string[]} ids */
    remove: (ids) => session.remove(ids.map(keyOf)),
  };
}
