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
   * @typedef {{start: () => void, mutated: () => void, navigated: () => void, cameBack: () => void, visibilityChanged: () => void, chose: () => void, before: ShownProduct | undefined, isForeign: boolean}} Reader
   */
  const page =
    /** @type {typeof globalThis & {carryover?: Reader, carryoverClicks: Clicks, carryoverPageState: () => PageState, carryoverIsPrivate: (url: string) => boolean, carryoverReader: new (page: object) => Reader, navigation?: EventTarget}} */ (
      globalThis
    );
  if (page.carryover) {
    // Injected a second time: the shopper may have allowed the shop meanwhile.
    page.carryover.cameBack();
    return;
  }

  /** A worker that is stopped while it answers loses the message, which is sent again after this time. */
  const RESEND_MS = [700, 3000];
  /** When the answer of the page to a click is looked at. */
  const ANSWER_MS = [60, 300, 900, 1800];
  /** A control that is used twice within this time was used once. */
  const DOUBLE_CLICK_MS = 800;

  const state = page.carryoverPageState();
  /** Of a private page nothing is read by itself: not its markup, not its heading, not a control that is used. @returns {boolean} */
  const isPrivate = () => page.carryoverIsPrivate(location.href);
  /** @template T @param {() => T} read @param {T} blank @returns {() => T} */
  const unlessPrivate = (read, blank) => () => (isPrivate() ? blank : read());
  const NOT_READ = { stored: false, reason: "private_path" };
  const clicks = page.carryoverClicks;
  const wait = (/** @type {number} */ ms) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms);
    });

  /**
   * Tell the background. Failures must not disturb the shop's page.
   * @param {Record<string, unknown>} message
   * @param {number[]} [again] when it is sent again, where nobody answers
   * @returns {Promise<Answer | null>}
   */
  async function tell(message, again = []) {
    for (const [i, ms] of [0, ...again].entries()) {
      if (ms > 0) await wait(ms);
      try {
        const answer = await chrome.runtime.sendMessage({ ...message, ...(i > 0 && { isResent: true }) });
        if (answer?.ok) return answer;
        if (answer) {
          console.debug("Carryover:", answer.error?.message);
          return null;
        }
      } catch (error) {
        console.debug("Carryover:", error);
        if (!chrome.runtime?.id) return null; // the extension was updated: this script has no other side any more
      }
    }
    return null;
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
    note: unlessPrivate(state.note, undefined),
    see: (/** @type {object} */ how) =>
      isPrivate()
        ? Promise.resolve(NOT_READ)
        : tell({ type: "page.seen", kind: "view", ...state.snapshot(), ...how }, RESEND_MS),
    stay: (/** @type {string} */ itemId) => void tell({ type: "page.stayed", itemId }),
    change: () => void (isPrivate() || tell({ type: "page.changed", url: location.href })),
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
      if (mayTell) void tell({ ...said, ...(way === "remove" && { isRemoved: true }) }, RESEND_MS);
    };
    const onHide = () => finish(true);
    addEventListener("pagehide", onHide);
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
    // contracts/messages.json: page.extract, from the background only, without fields.
    if (sender.id !== chrome.runtime.id || sender.tab || message?.type !== "page.extract") return;
    respond({ ok: true, ...state.snapshot(), hidden: state.hiddenLinks() });
  });
  document.addEventListener("click", onClick, { capture: true, passive: true });
  document.addEventListener("change", () => reader.chose(), { capture: true, passive: true });
  document.addEventListener("visibilitychange", () => reader.visibilityChanged());
  // Shops built as one page change the address without loading. Their scripts' calls cannot be seen from here; what follows can: an
  // event of the browser, or a change of the page.
  for (const type of ["popstate", "hashchange"]) addEventListener(type, () => reader.navigated());
  page.navigation?.addEventListener("navigatesuccess", () => reader.navigated());
  addEventListener("pageshow", (event) => {
    if (event.persisted) reader.cameBack();
  });
  new MutationObserver(() => reader.mutated()).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributeFilter: ["src", "content"],
  });
  reader.start();
})();
