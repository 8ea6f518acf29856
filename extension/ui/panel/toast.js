// @ts-check
import { byId } from "../elements.js";
import { errorText } from "../texts.js";

/** How long the line and its way back stay, in milliseconds; longer while they have the focus or the pointer. It covers cards. */
export const UNDO_MS = 8_000;
/** How long it says what went wrong. */
const FAILURE_MS = 20_000;

/**
 * Return the line at the bottom of the panel, which says what happened and offers a way back. It is announced politely.
 * @returns {{say: (text: string) => void, fail: (error: unknown) => void, offer: (text: string, undo: () => Promise<void>, next: (() => HTMLElement | null) | null) => void}}
 */
export function createToast() {
  const [toast, status, button] = [byId("toast"), byId("status"), byId("undo")];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {{undo: () => Promise<void>, next: (() => HTMLElement | null) | null} | null} */
  let offered = null;

  /** @param {string} text @param {number} [forMs] */
  function say(text, forMs = UNDO_MS) {
    offered = null;
    button.hidden = true;
    status.textContent = text;
    clearTimeout(timer);
    if (text) closeAfter(forMs);
  }

  /** @param {unknown} error */
  function fail(error) {
    console.warn(error);
    say(errorText(error), FAILURE_MS);
  }

  /** Take the offer away. Focus that was on it goes where the shopper was. */
  function close() {
    const next = button === document.activeElement ? offered?.next?.() : null;
    say("");
    next?.focus();
  }

  /** @param {number} ms */
  function closeAfter(ms) {
    clearTimeout(timer);
    timer = setTimeout(close, ms);
  }

  for (const event of ["focusin", "pointerenter"]) toast.addEventListener(event, () => clearTimeout(timer));
  for (const event of ["focusout", "pointerleave"])
    toast.addEventListener(event, () => {
      if (status.textContent) closeAfter(UNDO_MS);
    });
  toast.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && offered) close();
  });
  button.addEventListener("click", () => {
    const taken = offered;
    say("");
    taken?.undo().catch(fail);
  });

  return {
    say,
    fail,
    offer(text, undo, next) {
      say(text);
      offered = { undo, next };
      button.hidden = false;
      // Who works with keys cannot tab past a whole list in time.
      if (next) button.focus();
    },
  };
}
