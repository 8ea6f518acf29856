// @ts-check
import { byId } from "../elements.js";
import { errorText } from "../texts.js";

/** How long a way back is offered, in milliseconds; longer while it has the focus or the pointer. */
export const UNDO_MS = 8_000;

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

  /** @param {string} text */
  function say(text) {
    clearTimeout(timer);
    offered = null;
    button.hidden = true;
    status.textContent = text;
  }

  /** @param {unknown} error */
  function fail(error) {
    console.warn(error);
    say(errorText(error));
  }

  /** Take the offer away. Focus that was on it goes where the shopper was. */
  function close() {
    const next = button === document.activeElement ? offered?.next?.() : null;
    say("");
    next?.focus();
  }

  function closeLater() {
    clearTimeout(timer);
    timer = setTimeout(close, UNDO_MS);
  }

  for (const event of ["focusin", "pointerenter"]) toast.addEventListener(event, () => clearTimeout(timer));
  for (const event of ["focusout", "pointerleave"])
    toast.addEventListener(event, () => {
      if (offered) closeLater();
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
      else closeLater();
    },
  };
}
