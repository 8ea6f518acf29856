// @ts-check
// What a list is made of: only where that changes is a new list worth the movement under the shopper's eyes.

/** @typedef {import("../../generated/contract-types.js").State} State */

/** @param {State} state @returns {string} how far the catalogue is that can be ranked, empty where the page is ranked */
function catalogueOf({ mode, shelf }) {
  if (mode === "page" || !shelf || shelf.numItems === 0) return "";
  return `${shelf.status} ${shelf.status === "reading" ? Math.floor(Math.log2(shelf.numItems) / 2) : shelf.numItems}`;
}

/**
 * Return a text that changes when the list can come from elsewhere, whatever the page shows: the shopper allowed the shop or chose another
 * mode, server or list of catalogues, or paired the server; the catalogue has four times as many products, or all.
 * @param {State} state
 * @returns {string}
 */
function sourceOf(state) {
  const { mode, serverUrl, serverIsMine, pairedKey = "", packListUrl = "", trustedKeys = [], tab } = state;
  const chosen = [mode, serverUrl, serverIsMine, pairedKey, packListUrl, trustedKeys, tab?.isConsented];
  return JSON.stringify([...chosen, catalogueOf(state)]);
}

/** @param {State} state @returns {string} that changes with the source, and where the page is ranked when it shows other products */
function stageOf(state) {
  const numChanges = catalogueOf(state) === "" ? (state.tab?.reading?.numChanges ?? 0) : 0;
  return `${sourceOf(state)} ${numChanges}`;
}

/** What the panel's list was made of. */
export function createStage() {
  let source = "";
  let stage = "";
  return {
    /** @param {State} state that a list is made of now */
    note(state) {
      source = sourceOf(state);
      stage = stageOf(state);
    },
    /** Return what shows that a list failed, perhaps because its page was still loading: it is made anew at the next chance. @param {(error: unknown) => void} show */
    failing: (show) => (/** @type {unknown} */ error) => {
      source = "";
      show(error);
    },
    /** @param {State} state @returns {boolean} whether a list would come from where the list came from */
    hasSource: (state) => sourceOf(state) === source,
    /** @param {State} state @returns {boolean} whether a list would be made of the same */
    is: (state) => stageOf(state) === stage,
  };
}
