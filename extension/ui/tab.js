// @ts-check

/** A page opened as a tab of its own (tests, and people who like it large) names the tab it speaks about: ?tab=ID. */
const named = new URLSearchParams(location.search).get("tab");

/** Whether this page speaks about one tab, whichever is in front. */
export const isFixed = named !== null;

/** @returns {{tabId?: number}} the field for messages; without it the tab in front is meant */
export function tabField() {
  return named === null ? {} : { tabId: Number(named) };
}
