// @ts-check
// Content script for the pages of allowed shops, and once, on a click, for a page whose products the shopper wants ranked. It
// only sends the page; the extension's own document reads it. So no file is open to web pages, and no shop can detect
// Carryover by a request for one.
(() => {
  /**
   * @typedef {import("../generated/contract-types.js").ShownProduct} ShownProduct
   * @typedef {{stored: boolean, reason?: string, product?: ShownProduct}} Answer
   * @typedef {{control: Element, kind: string, card: string | null}} Use
   * @typedef {{read: (event: Event) => Use | null, wayOf: (use: Use, when: {isLast: boolean}) => "add" | "remove" | "none" | null}} Clicks
   * @typedef {{html: string, url: string}} Snapshot
   * @typedef {{address: () => string, face: () => string, heading: () => string, numLinks: () => number, note: () => void, snapshot: () => Snapshot, hiddenLinks: () => number[]}} PageState
   * @typedef {{offer: (message: Record<string, unknown>) => Promise<Answer | null>, leave: () => void, comeBack: () => void, forget: () => void}} Offers
   * @typedef {{start: () => void, mutated: () => void, navigated: () => void, cameBack: () => void, visibilityChanged: () => void, chose: () => void, before: ShownProduct | undefined, isForeign: boolean}} Reader
   */
  const page =
    /** @type {typeof globalThis & {carryover?: Reader, carryoverForget?: () => void, carryoverIsAgain?: boolean, carryoverClicks: Clicks, carryoverOffers: new (way: object) => Offers, carryoverPageState: () => PageState, carryoverIsPrivate: (url: string) => boolean, carryoverReader: new (page: object) => Reader, navigation?: EventTarget}} */ (
      globalThis
    );
  if (page.carryover) {
    // Injected a second time: the shopper may have allowed the shop meanwhile, and what was done before is not meant.
    page.carryoverForget?.();
    page.carryover.cameBack();
    return;
  }

  /** When the answer of the page to a click is looked at. */
  const ANSWER_MS = [60, 300, 900, 1800];
  /** A control that is used twice within this time was used once. */
  const DOUBLE_CLICK_MS = 800;

  const state = page.carryoverPageState();
  /** Of a private page nothing is read: not its markup, not its heading, not a control that is used. @returns {boolean} */
  const isPrivate = () => page.carryoverIsPrivate(location.href);
  /** @template T @param {() => T} read @param {T} blank @returns {() => T} */
  const unlessPrivate = (read, blank) => () => (isPrivate() ? blank : read());
  const NOT_READ = { stored: false, reason: "private_path" };
  const REFUSED = {
    code: "private_page",
    message: "Expected a page that may be read, got the address of a cart, an order, an account or a login.",
  };
  const clicks = page.carryoverClicks;
  const wait = (/** @type {number} */ ms) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms);
    });

  const log = (/** @type {unknown} */ what) => console.debug("Carryover:", what);
  const isAlive = () => Boolean(chrome.runtime?.id);
  /** Ends what this script listens to: the extension was updated, and this script has no other side any more. A newer one reads the page on. */
  const ended = new AbortController();

  /** @param {Record<string, unknown>} message @returns {Promise<Answer & {ok: boolean} | undefined>} */
  async function send(message) {
    try {
      return await chrome.runtime.sendMessage(message);
    } finally {
      if (!isAlive()) end();
    }
  }

  const offers = new page.carryoverOffers({
    send,
    isAlive,
    log,
    setTimer: (/** @type {() => void} */ act, /** @type {number} */ ms) => setTimeout(act, ms),
    clearTimer: (/** @type {number} */ timer) => clearTimeout(timer),
    newId: () =>
      Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  });
  page.carryoverForget = () => offers.forget();

  /** Hand the page over. One that was read before, as by a script of an earlier version, was looked at once. @param {object} how @returns {Promise<Answer | null>} */
  async function see(how) {
    const again = page.carryoverIsAgain === true && { isAgain: true };
    page.carryoverIsAgain = false;
    return offers.offer({ type: "page.seen", kind: "view", ...state.snapshot(), ...how, ...again });
  }

  const reader = new page.carryoverReader({
    now: () => performance.now(),
    setTimer: (/** @type {() => void} */ act, /** @type {number} */ ms) => setTimeout(act, ms),
    clearTimer: (/** @type {number} */ timer) => clearTimeout(timer),
    isVisible: () => document.visibilityState === "visible",
    address: state.address,
    face: unlessPrivate(state.face, ""),
    heading: unlessPrivate(state.heading, ""),
    numLinks: unlessPrivate(state.numLinks, 0),
    note: unlessPrivate(() => state.note(), undefined),
    see: (/** @type {object} */ how) => (isPrivate() ? Promise.resolve(NOT_READ) : see(how)),
    stay: (/** @type {string} */ itemId) => void offers.offer({ type: "page.stayed", itemId }),
    change: () => void (isPrivate() || send({ type: "page.changed", url: location.href }).catch(log)),
  });
  page.carryover = reader;

  /** @type {{control: Element | null, at: number}} */
  let last = { control: null, at: -Infinity };

  /** Tell of a control that was used, once it can be told which way it went. @param {Use} use @param {Snapshot} seen the page when it was used */
  async function follow(use, seen) {
    const before = reader.before;
    const said = {
      type: "page.seen",
      kind: use.kind,
      ...(use.card && { card: use.card }),
      ...(before && { before }),
      ...seen,
    };
    const wasPrivate = isPrivate();
    let isOver = false;
    const finish = (/** @type {boolean} */ isLast) => {
      const way = isOver ? null : clicks.wayOf(use, { isLast });
      if (way === null) return;
      isOver = true;
      removeEventListener("pagehide", onHide);
      const mayTell = wasPrivate ? way === "remove" && use.card !== null : way !== "none";
      if (mayTell) void offers.offer({ ...said, ...(way === "remove" && { isRemoved: true }) });
    };
    const onHide = () => {
      finish(true);
      offers.leave();
    };
    addEventListener("pagehide", onHide, { signal: ended.signal });
    if (/** @type {{way?: string, pressed?: boolean | null}} */ (use).pressed === null) finish(false);
    for (const ms of ANSWER_MS) {
      if (isOver) return;
      await wait(ms);
      finish(ms === ANSWER_MS.at(-1));
    }
  }

  /** @param {Event} event */
  function onClick(event) {
    reader.navigated();
    if (!isPrivate()) reader.chose();
    // A shop's script that clicks for the shopper counts only as part of what the shopper does.
    if (!event.isTrusted && navigator.userActivation && !navigator.userActivation.isActive) return;
    const use = clicks.read(event);
    if (!use || (use.card === null && reader.isForeign)) return;
    if (use.control === last.control && performance.now() - last.at < DOUBLE_CLICK_MS) return;
    last = { control: use.control, at: performance.now() };
    // In a cart only what is taken out counts: it is forgotten by its link, and the page is not handed over.
    void follow(use, isPrivate() ? { html: "", url: location.href } : state.snapshot());
  }

  chrome.runtime.onMessage.addListener((message, sender, respond) => {
    // contracts/messages.json: page.extract and page.forget, from the background only, without fields.
    if (sender.id !== chrome.runtime.id || sender.tab) return;
    if (message?.type === "page.forget") {
      offers.forget();
      respond({ ok: true });
    }
    if (message?.type !== "page.extract") return;
    // Also where the shopper asks for the page: it may show more of them than they think of.
    if (isPrivate()) respond({ ok: false, error: REFUSED });
    else respond({ ok: true, ...state.snapshot(), hidden: state.hiddenLinks() });
  });
  const { signal } = ended;
  const early = { capture: true, passive: true, signal };
  document.addEventListener("click", onClick, early);
  document.addEventListener("change", () => reader.chose(), early);
  document.addEventListener("visibilitychange", () => reader.visibilityChanged(), { signal });
  // Shops built as one page change the address without loading. Their scripts' calls cannot be seen from here; what follows can: an
  // event of the browser, or a change of the page.
  for (const type of ["popstate", "hashchange"]) addEventListener(type, () => reader.navigated(), { signal });
  page.navigation?.addEventListener("navigatesuccess", () => reader.navigated(), { signal });
  addEventListener("pagehide", () => offers.leave(), { signal });
  addEventListener(
    "pageshow",
    (event) => {
      if (!event.persisted) return;
      offers.comeBack();
      reader.cameBack();
    },
    { signal },
  );
  const observer = new MutationObserver(() => reader.mutated());
  observer.observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributeFilter: ["src", "content"],
  });
  function end() {
    ended.abort();
    observer.disconnect();
  }
  reader.start();
})();
