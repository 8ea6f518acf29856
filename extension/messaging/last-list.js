// @ts-check
// The list that a tab's panel showed last, or would show, in the browser's memory only: it is shown at once while a new one is made. It names
// nothing that was looked at, and goes with the consent, the profile and the browser's session.

/**
 * @typedef {import("../generated/contract-types.js").State} State
 * @typedef {import("../generated/contract-types.js").Recommendations} Recommendations
 * @typedef {{state: State, answer: Recommendations}} LastList
 */

/** @param {number} tabId @returns {string} */
const keyOf = (tabId) => `list ${tabId}`;

/** Keep what a tab's panel shows. @param {LastList} shown without a search @param {typeof chrome} [browser] the browser's extension APIs */
export async function keepLastList({ state, answer }, browser = chrome) {
  if (!state.tab) return;
  // Its screen is not kept: what is shown again is another list, of which nothing is told.
  const { screen, ...plain } = answer;
  const items = answer.items.map((card) => ({ ...card, score: 0, why: [] }));
  await browser.storage.session.set({ [keyOf(state.tab.tabId)]: { state, answer: { ...plain, items } } });
}

/**
 * Return what a tab's panel showed last, if it still fits: the same page, or for a list out of the whole shop the same site.
 * @param {number | undefined} tabId
 * @param {typeof chrome} [browser] the browser's extension APIs
 * @returns {Promise<LastList | null>}
 */
export async function lastList(tabId, browser = chrome) {
  if (tabId === undefined) return null;
  const key = keyOf(tabId);
  /** @type {{[key: string]: LastList | undefined}} */
  const { [key]: kept } = await browser.storage.session.get(key);
  const before = kept?.state.tab?.url;
  const { url } = kept ? await browser.tabs.get(tabId) : {};
  if (!kept || !before || !url) return null;
  const isSame = kept.answer.mode === "page" ? url === before : new URL(url).origin === new URL(before).origin;
  return isSame ? kept : null;
}
