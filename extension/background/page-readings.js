// @ts-check

/**
 * @typedef {import("../generated/contract-types.js").PageReading} PageReading
 * @typedef {Omit<PageReading, "numChanges">} Outcome
 * @typedef {{url: string, outcome: Outcome | null, numChanges: number}} Noted
 * @typedef {ReturnType<typeof createPageReadings>} PageReadings
 */

const KEY = "readings";
const MAX_TABS = 50;

/**
 * What came of reading the pages that tabs show. It lives in storage.session: in memory, and kept when the worker dies meanwhile.
 * Nothing is noted of a private window.
 * @param {{browser: typeof chrome}} parts the browser's extension APIs
 */
export function createPageReadings({ browser }) {
  /** @type {Promise<unknown>} */
  let queue = Promise.resolve();

  /** @returns {Promise<Record<string, Noted>>} by tab */
  async function all() {
    const { [KEY]: noted } = await browser.storage.session.get(KEY);
    return /** @type {Record<string, Noted> | undefined} */ (noted) ?? {};
  }

  /**
   * Change what is noted of a tab, after all earlier changes.
   * @param {chrome.tabs.Tab} tab @param {(before: Noted | undefined) => Noted} change
   * @returns {Promise<void>}
   */
  function update({ id, incognito }, change) {
    const next = queue.then(async () => {
      if (id === undefined || id < 0 || incognito) return;
      const { [id]: before, ...others } = await all();
      const kept = Object.entries(others).slice(-(MAX_TABS - 1));
      await browser.storage.session.set({ [KEY]: { ...Object.fromEntries(kept), [id]: change(before) } });
    });
    queue = next.catch(() => undefined);
    return next;
  }

  return {
    /** Note what came of reading a page. @param {chrome.tabs.Tab} tab @param {string} url @param {Outcome} outcome */
    note: (tab, url, outcome) => update(tab, (before) => ({ url, outcome, numChanges: before?.numChanges ?? 0 })),

    /** Note that a page shows other products than before. @param {chrome.tabs.Tab} tab @param {string} url */
    noteChange: (tab, url) =>
      update(tab, (before) => ({
        url,
        outcome: before?.url === url ? before.outcome : null,
        numChanges: (before?.numChanges ?? 0) + 1,
      })),

    /** @param {number} tabId @param {string | null} url what the tab shows now @returns {Promise<PageReading | null>} */
    async of(tabId, url) {
      const noted = (await all())[tabId];
      if (!noted || noted.url !== url) return null;
      return { isLearned: false, ...noted.outcome, numChanges: noted.numChanges };
    },
  };
}
