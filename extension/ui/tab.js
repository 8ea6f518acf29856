// @ts-check

/** Tab that this page is about, where it was opened as a tab of its own with ?tab=ID. */
const named = new URLSearchParams(location.search).get("tab");

/** Whether this page is about one tab, no matter which is in front. */
export const isFixed = named !== null;

/**
 * Return the field that names the tab in messages. Without it, a message is about the tab in front.
 * @returns {{tabId?: number}}
 */
export function tabField() {
  return named === null ? {} : { tabId: Number(named) };
}
