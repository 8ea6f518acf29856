// @ts-check
// Content script before content.js: keeps what the shopper did until the background has answered, and offers it again until then. Each act has an
// id, by which the background writes it once. It lives in the page's memory, as a page that comes back from the browser's cache does; when
// the page goes away it is offered a last time, and the background holds it from then on. The page's own storage would show it to the shop, and the extension's
// would write it to the disk before anybody has checked it.
(() => {
  /**
   * @typedef {{ok: boolean, stored?: boolean, reason?: string, error?: {code?: string, message?: string}}} Answer
   * @typedef {Record<string, unknown>} Message
   * @typedef {{message: Message, numTries: number, settle: (answer: Answer | null) => void}} Act
   * @typedef {object} Way what the offers know of the browser and of time
   * @property {(message: Message) => Promise<Answer | undefined>} send
   * @property {(act: () => void, ms: number) => number} setTimer
   * @property {(timer: number) => void} clearTimer
   * @property {() => boolean} isAlive whether the extension is still the one that this script came with
   * @property {() => string} newId 16 hexadecimal digits
   * @property {(what: unknown) => void} log
   */
  const page = /** @type {typeof globalThis & {carryoverOffers?: typeof Offers}} */ (globalThis);
  if (page.carryoverOffers) return; // injected a second time

  /** When an act is offered again after nobody answered: at once, because a worker that was stopped tells its callers, and then less often. Seven minutes are longer than any worker is away. */
  const AGAIN_MS = [100, 700, 3000, 10_000, 30_000, 60_000, 120_000, 200_000];
  /** A worker that was stopped may leave its callers without an answer. One that works on an act answers whoever offers it again, too. */
  const ANSWER_MS = 20_000;
  /** So many acts wait at most, each with its page as it was. */
  const MAX_WAITING = 8;
  /** Codes of refusals that may be others at another time. */
  const PASSING = ["internal", "storage_full", "storage_lost", "store_changed"];

  /** The acts of one page, offered one after the other. */
  class Offers {
    /** The first one is on its way. @type {Act[]} */
    #waiting = [];
    /** Wakes the wait for the next offer. */
    #wake = () => {};
    #isRunning = false;
    #way;

    /** @param {Way} way */
    constructor(way) {
      this.#way = way;
    }

    /** Offer an act until it is answered. @param {Message} message @returns {Promise<Answer | null>} null where it is refused or given up */
    offer(message) {
      return new Promise((settle) => {
        this.#waiting.push({ message: { ...message, actId: this.#way.newId() }, numTries: 0, settle });
        // The oldest of those that are not on their way.
        if (this.#waiting.length > MAX_WAITING) this.#waiting.splice(1, 1)[0].settle(null);
        if (!this.#isRunning) void this.#run();
      });
    }

    async #run() {
      this.#isRunning = true;
      while (this.#waiting.length > 0) {
        const [act] = this.#waiting;
        const answer = await this.#tried(act);
        // It may have been forgotten meanwhile.
        if (this.#waiting[0] !== act) continue;
        if (answer === undefined && act.numTries <= AGAIN_MS.length) await this.#pause(AGAIN_MS[act.numTries - 1]);
        else this.#end(act, answer ?? null);
      }
      this.#isRunning = false;
    }

    /** @param {Act} act @param {Answer | null} answer */
    #end(act, answer) {
      this.#waiting = this.#waiting.filter((one) => one !== act);
      if (answer && !answer.ok) this.#way.log(answer.error?.message);
      act.settle(answer?.ok ? answer : null);
    }

    /** @param {Act} act @returns {Promise<Answer | null | undefined>} undefined where it is to be offered again, null where there is no other side any more */
    async #tried(act) {
      act.numTries += 1;
      /** @type {number | undefined} */
      let timer;
      const late = new Promise((resolve) => {
        timer = this.#way.setTimer(() => resolve(undefined), ANSWER_MS);
      });
      try {
        const answer = await Promise.race([this.#way.send(act.message), late]);
        return answer?.ok === false && PASSING.includes(answer.error?.code ?? "") ? undefined : answer;
      } catch (error) {
        this.#way.log(error);
        return this.#way.isAlive() ? undefined : null;
      } finally {
        if (timer !== undefined) this.#way.clearTimer(timer);
      }
    }

    /** @param {number} ms @returns {Promise<void>} */
    #pause(ms) {
      return new Promise((resolve) => {
        const timer = this.#way.setTimer(resolve, ms);
        this.#wake = () => {
          this.#way.clearTimer(timer);
          resolve();
        };
      });
    }

    /** The page goes away: offer everything a last time, without waiting for an answer. */
    leave() {
      for (const { message } of this.#waiting) this.#way.send(message).catch(this.#way.log);
    }

    /** The page came back: what waits is offered again at once. */
    comeBack() {
      this.#wake();
    }

    /** Forget what waits: everything is erased. */
    forget() {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const { settle } of waiting) settle(null);
      this.#wake();
    }
  }

  page.carryoverOffers = Offers;
})();
