// @ts-check
// Content script before content.js: decides when the page is read, for every way in which a page comes to show a product. It
// touches neither the page nor the browser: content.js hands both in, and tests hand in others.
(() => {
  /**
   * @typedef {import("../generated/contract-types.js").ShownProduct} ShownProduct
   * @typedef {{stored: boolean, reason?: string, product?: ShownProduct}} Answer
   * @typedef {object} Page what the reader knows of the page and of time
   * @property {() => number} now milliseconds
   * @property {(act: () => void, ms: number) => number} setTimer
   * @property {(timer: number) => void} clearTimer
   * @property {() => boolean} isVisible
   * @property {() => string} address what tells pages of the shop apart
   * @property {() => string} face what changes when the page shows another product
   * @property {() => string} heading what changes only when the page shows another product
   * @property {() => number} numLinks
   * @property {() => void} note take note of the page's data: it belongs to this address
   * @property {(how: {before?: ShownProduct, isSettling: boolean}) => Promise<Answer | null>} see hand the page over; null without an answer
   * @property {(itemId: string) => void} stay
   * @property {() => void} change tell that the page shows other products
   */
  const page = /** @type {typeof globalThis & {carryoverReader?: typeof Reader}} */ (globalThis);
  if (page.carryoverReader) return; // injected a second time

  /** The page is still when nothing in it has changed for this long. */
  const QUIET_MS = 350;
  /** A page that never is still is read after this time all the same. */
  const MAX_BUSY_MS = 2500;
  /** A product must be on the screen within this time after the address changed, hidden time not counted; else nothing is learned. */
  const SETTLE_MS = 15_000;
  /** Who looks at a product for this long, hidden time not counted, counts as having looked at it once more. */
  const STAY_MS = 30_000;
  /** Readings of one address while it settles, and because of choices. */
  const MAX_READINGS = 5;
  const MAX_CHOICES = 6;
  /** What a choice changes, changes within this time. */
  const CHOICE_MS = 5000;
  /** A list has grown when it has this many links more. */
  const GROWN_BY = 3;
  /** Answers after which an address is not read again. */
  const FINAL = ["no_consent", "paused", "incognito", "private_path", "personal_url", "unclear"];

  /** Return what is known of the product on the screen when there is none. */
  const nothing = () => ({ itemId: "", ms: 0, isCounted: false });

  /** Return what is known of an address that the page has just come to. @param {string} address @param {string} heading */
  const arrival = (address, heading) => ({
    address,
    arrivalHeading: heading,
    visibleMs: 0,
    isSettled: false,
    numReadings: 0,
    numChoices: 0,
    /** The page's face when it was read last. @type {string | null} */
    readFace: null,
    /** @type {string | null} */
    readHeading: null,
    /** The heading that came with this address, or last under it, as long as nothing was learned of it. @type {string | null} */
    lastHeading: null,
  });

  /** The reader of one document, for as long as it lives. */
  class Reader {
    /** The last product that this document showed. @type {ShownProduct | undefined} */
    before;
    /** The product on the screen, and for how long. */
    #looked = nothing();
    /** What is being read, until the answer comes. @type {ReturnType<typeof arrival> | null} */
    #reading = null;
    #changedAt = -Infinity;
    #busySince = Infinity;
    #choiceAt = -Infinity;
    #numLinks = 0;
    /** @type {number | undefined} */
    #timer;
    #env;
    #showing;
    #tickedAt;
    #wasVisible;
    /** What came under an address before and was not read there: it says nothing of this address. @type {{heading: string, address: string} | null} */
    #foreign = null;

    /** @param {Page} env */
    constructor(env) {
      this.#env = env;
      this.#showing = arrival(env.address(), env.heading());
      this.#tickedAt = env.now();
      this.#wasVisible = env.isVisible();
    }

    /** Read the page that was loaded, once it is seen: a page in a background tab, or one that is preloaded, has not been. */
    start() {
      this.#arrive(true);
      // A page that the shop's server has drawn is read at once.
      this.#changedAt = -Infinity;
      if (this.#env.isVisible()) this.#onTimer();
    }

    /** Something in the page, its address included, has changed. */
    mutated() {
      const isElsewhere = this.#env.address() !== this.#showing.address;
      if (isElsewhere) this.#arrive(false);
      this.#changedAt = this.#env.now();
      if (!isElsewhere) this.#noteHeading();
      // While the page is busy the timer is kept, and waits again when it goes off.
      if (!isElsewhere && this.#busySince !== Infinity && this.#timer !== undefined) return;
      this.#busySince = Math.min(this.#busySince, this.#changedAt);
      this.#plan();
    }

    /** The address may have changed. */
    navigated() {
      if (this.#env.address() === this.#showing.address) return;
      this.#arrive(false);
      this.#plan();
    }

    /** The page came back as it was, from the browser's cache of pages: that is another look. */
    cameBack() {
      this.#showNothing();
      this.#arrive(false);
      this.#plan();
    }

    /** The page was hidden or shown. */
    visibilityChanged() {
      this.#tick();
      this.#plan();
    }

    /** The shopper chose something on the page: what it shows may become another variant. */
    chose() {
      this.#choiceAt = this.#env.now();
    }

    /** @returns {boolean} whether the page may still show a product of the address before, which nobody has read to its end */
    get isForeign() {
      const foreign = this.#foreign;
      if (this.#reading !== null && this.#reading !== this.#showing) return true;
      return foreign !== null && foreign.address !== this.#showing.address && foreign.heading === this.#env.heading();
    }

    /** Note what a page that was not learned shows: the shopper may leave it before it is still. */
    #noteHeading() {
      const showing = this.#showing;
      if (showing.isSettled) return;
      const heading = this.#env.heading();
      if (heading !== showing.arrivalHeading) showing.lastHeading = heading;
    }

    /** Count the time since the last tick, if the page was visible. */
    #tick() {
      const passed = this.#wasVisible ? this.#env.now() - this.#tickedAt : 0;
      [this.#tickedAt, this.#wasVisible] = [this.#env.now(), this.#env.isVisible()];
      this.#showing.visibleMs += passed;
      const looked = this.#looked;
      if (!this.#showing.isSettled || !looked.itemId || looked.isCounted) return;
      looked.ms += passed;
      if (looked.ms < STAY_MS) return;
      looked.isCounted = true;
      this.#env.stay(looked.itemId);
    }

    /** @returns {number} when the page counts as still */
    get #stillAt() {
      return Math.min(this.#changedAt + QUIET_MS, this.#busySince + MAX_BUSY_MS);
    }

    /** Wait for the next moment at which there is something to do. */
    #plan() {
      if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
      this.#timer = undefined;
      if (!this.#env.isVisible()) return;
      const isWaiting = this.#busySince !== Infinity && this.#reading === null;
      const isLooking = this.#showing.isSettled && this.#looked.itemId !== "" && !this.#looked.isCounted;
      const stillIn = isWaiting ? this.#stillAt - this.#env.now() : Infinity;
      const next = Math.max(0, Math.min(stillIn, isLooking ? STAY_MS - this.#looked.ms : Infinity));
      if (next !== Infinity) this.#timer = this.#env.setTimer(() => this.#onTimer(), next);
    }

    #onTimer() {
      this.#timer = undefined;
      this.#tick();
      const isWaiting = this.#busySince !== Infinity && this.#reading === null && this.#env.isVisible();
      if (isWaiting && this.#env.now() >= this.#stillAt) this.#onStill();
      this.#plan();
    }

    /** Look at a page that has stopped changing. */
    #onStill() {
      if (this.#env.address() !== this.#showing.address) {
        this.#arrive(false);
        return;
      }
      const [env, showing] = [this.#env, this.#showing];
      this.#busySince = Infinity;
      env.note();
      const isChosen = env.now() - this.#choiceAt <= CHOICE_MS && showing.numChoices < MAX_CHOICES;
      const mayRead = showing.visibleMs < SETTLE_MS && showing.numReadings < MAX_READINGS;
      const isNew = showing.readFace === null || showing.readFace !== env.face();
      if (showing.isSettled && isChosen) {
        showing.numChoices += 1;
        this.#choiceAt = -Infinity;
        void this.#read();
      } else if (mayRead && isNew && !this.isForeign) {
        showing.numReadings += 1;
        void this.#read();
      } else if (env.numLinks() >= this.#numLinks + GROWN_BY) {
        this.#numLinks = env.numLinks();
        env.change();
      }
    }

    async #read() {
      const [env, showing] = [this.#env, this.#showing];
      const isFirst = showing.readFace === null;
      this.#reading = showing;
      showing.readFace = env.face();
      showing.readHeading = env.heading();
      this.#numLinks = env.numLinks();
      const isSettling = showing.visibleMs < SETTLE_MS;
      const answer = await env.see({ ...(this.before && { before: this.before }), isSettling });
      this.#reading = null;
      this.#tick();
      if (answer) this.#heard(answer, showing);
      if (isFirst && answer) env.change();
      this.#plan();
    }

    /** @param {Answer} answer @param {ReturnType<typeof arrival>} showing what was read */
    #heard({ reason = "", product }, showing) {
      if (product) {
        this.before = product;
        if (showing !== this.#showing) return;
        showing.isSettled = true;
        if (this.#looked.itemId !== product.itemId) this.#looked = { ...nothing(), itemId: product.itemId };
      } else if (FINAL.includes(reason)) {
        showing.isSettled = true;
        showing.numChoices = MAX_CHOICES;
        this.#looked = nothing();
      } else if (reason !== "unchanged" && showing === this.#showing) {
        this.#showNothing();
      }
    }

    /** The page shows no product: what comes next is not what was there before. */
    #showNothing() {
      this.before = undefined;
      this.#looked = nothing();
    }

    /** @param {boolean} isFirst whether the document was loaded with this address */
    #arrive(isFirst) {
      this.#tick();
      const { address, isSettled, arrivalHeading, readHeading, lastHeading } = this.#showing;
      if (isSettled) this.#foreign = null;
      else if (lastHeading !== null && lastHeading !== readHeading) this.#foreign = { heading: lastHeading, address };
      const heading = this.#env.heading();
      this.#showing = arrival(this.#env.address(), heading);
      // What was there when the document was loaded, and what changed together with the address, came with it.
      if (isFirst || heading !== (lastHeading ?? readHeading ?? arrivalHeading)) this.#showing.lastHeading = heading;
      this.#choiceAt = -Infinity;
      this.#changedAt = this.#env.now();
      this.#busySince = this.#changedAt;
    }
  }

  page.carryoverReader = Reader;
})();
