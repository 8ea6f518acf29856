// @ts-check

/** Tab that this page is about, where it was opened as a tab of its own with ?tab=ID. */
const named = new URLSearchParams(location.search).get("tab");

/** Whether this page is about one tab, no matter which is in front. */
export const isFixed = named !== null;

/**
 * Return the field that names the tab in messages: the one in front in the window that holds this page. Another window may be in front
 * of this one, with another shop.
 * @returns {Promise<{tabId?: number}>} empty where the window has no tab
 */
export async function tabField() {
  if (named !== null) return { tabId: Number(named) };
  const { id: windowId } = await chrome.windows.getCurrent();
  const [tab] = await chrome.tabs.query({ active: true, windowId });
  return tab?.id === undefined ? {} : { tabId: tab.id };
}

/**
 * Call a listener when the tab in front of this page's window is another one, or shows another page.
 * @param {() => void} onChange
 */
export function onTabChange(onChange) {
  /** @param {number | undefined} windowId */
  const ifHere = async (windowId) => {
    if ((await chrome.windows.getCurrent()).id === windowId) onChange();
  };
  chrome.tabs.onActivated.addListener(({ windowId }) => void ifHere(windowId));
  chrome.tabs.onUpdated.addListener((_, { status, url }, { active, windowId }) => {
    if (active && (status === "complete" || url)) void ifHere(windowId);
  });
}
