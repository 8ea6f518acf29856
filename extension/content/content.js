// @ts-check
// Content script for the pages of allowed shops, and once, on a click, for a page whose products the shopper wants ranked. It
// only sends the page; the extension's own document reads it. So no file is open to web pages, and no shop can detect
// Carryover by a request for one.
(() => {
  /** @typedef {{cart: string[], wishlist: string[]}} ClickWords */
  const page = /** @type {typeof globalThis & {carryover?: boolean, carryoverClickWords: ClickWords}} */ (globalThis);
  if (page.carryover) return; // injected a second time
  page.carryover = true;

  const MAX_HTML_CHARS = 16 * 2 ** 20;
  // generated/click-words.js, which the browser runs before this script, holds the words of contracts/page-words.json.
  const { cart, wishlist } = page.carryoverClickWords;
  const CART = new RegExp(String.raw`\b(?:${cart.join("|")})\b`, "i");
  const WISHLIST = new RegExp(String.raw`\b(?:${wishlist.join("|")})\b`, "i");

  /** Return the page as it is now, and the positions of links that are not visible: a parsed copy has no layout. */
  function snapshot() {
    const hidden = [...document.querySelectorAll("a[href]")].flatMap((link, i) =>
      (link.checkVisibility?.() ?? true) ? [] : [i],
    );
    // eslint-disable-next-line no-restricted-properties -- read, never written
    return { html: document.documentElement.outerHTML.slice(0, MAX_HTML_CHARS), url: location.href, hidden };
  }

  /** @param {"view" | "cart" | "wishlist"} kind */
  function report(kind) {
    const { html, url } = snapshot();
    chrome.runtime.sendMessage({ type: "page.seen", html, url, kind }).then(
      (answer) => {
        // Failures must not disturb the shop's page; the panel reports the server's state to the shopper.
        if (!answer?.ok) console.debug("Carryover:", answer?.error?.message ?? "no answer");
      },
      (error) => console.debug("Carryover:", error),
    );
  }

  /** Resolve once the page is visible: a page in a background tab, or one that is preloaded, has not been seen. */
  function whenSeen() {
    return new Promise((resolve) => {
      const check = () => {
        if (document.visibilityState !== "visible") return;
        document.removeEventListener("visibilitychange", check);
        resolve(undefined);
      };
      document.addEventListener("visibilitychange", check);
      check();
    });
  }

  /** @param {Event} event */
  function onClick(event) {
    const target =
      event.target instanceof Element ? event.target.closest("button, a, input[type=submit], [role=button]") : null;
    if (!target || target.closest("nav, header, footer")) return;
    const words = [
      target.textContent,
      target.getAttribute("aria-label"),
      target.getAttribute("value"),
      target.getAttribute("title"),
    ].join(" ");
    if (words.length > 200) return;
    if (CART.test(words)) report("cart");
    else if (WISHLIST.test(words)) report("wishlist");
  }

  function watchNavigation() {
    // Shops built as one page change the address without loading; browsers without the Navigation API miss those views.
    /** @type {{navigation?: EventTarget}} */
    const { navigation } = globalThis;
    let last = location.href;
    navigation?.addEventListener("navigatesuccess", () => {
      if (location.href.split("#")[0] === last.split("#")[0]) return;
      last = location.href;
      report("view");
    });
  }

  chrome.runtime.onMessage.addListener((message, sender, respond) => {
    // contracts/messages.json: page.extract, from the background only, without fields.
    if (sender.id !== chrome.runtime.id || sender.tab || message?.type !== "page.extract") return;
    respond({ ok: true, ...snapshot() });
  });
  document.addEventListener("click", onClick, { capture: true, passive: true });
  watchNavigation();
  void whenSeen().then(() => report("view"));
})();
