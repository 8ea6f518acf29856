// @ts-check
// Acts of the extension's own pages: kept and offered again until the background has answered, one after the other.
import { newActId } from "../core/acts.js";

/**
 * @typedef {import("./messages.js").Answer} Answer
 * @typedef {Record<string, unknown> & {type: string}} Message
 */

/** Keys of acts in storage.session, which outlives the page and the worker, and never comes to the disk: a popup closes with the click. */
export const HELD = "act ";
/** When an act is offered again. Waking a worker takes a quarter of a second. */
const AGAIN_MS = [300, 1000, 3000, 8000];
/** A worker that was stopped may leave its callers without an answer. One that works on an act answers whoever offers it again, too. */
const ANSWER_MS = 20_000;

/**
 * Return a function that offers acts.
 * @param {object} parts
 * @param {() => typeof chrome} parts.browser the browser's extension APIs
 * @param {(ms: number) => Promise<void>} [parts.wait]
 */
export function createOffers({ browser, wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }) {
  /** @type {Promise<unknown>} */
  let queue = Promise.resolve();

  /** @param {Message} message @returns {Promise<Answer | undefined>} of one try; undefined where nobody answered */
  async function tried(message) {
    const answered = browser().runtime.sendMessage(message);
    try {
      return await Promise.race([answered, wait(ANSWER_MS)]);
    } catch (error) {
      console.debug("Carryover:", error);
      return undefined;
    }
  }

  /** @param {Message} message @returns {Promise<Answer | undefined>} */
  async function offered(message) {
    const actId = newActId();
    const { type, ...fields } = message;
    const { session } = browser().storage;
    const key = `${HELD}${actId}`;
    await session.set({ [key]: { type, fields: { ...fields, actId }, at: Date.now() } }).catch(console.warn);
    let answer = await tried({ ...message, actId });
    for (const ms of AGAIN_MS) {
      if (answer) break;
      await wait(ms);
      answer = await tried({ ...message, actId });
    }
    // What is given up must not happen later by itself: the shopper is told that it did not.
    await session.remove(key);
    return answer;
  }

  /** Offer an act, after those before it. @param {Message} message @returns {Promise<Answer | undefined>} undefined where it was given up */
  return (message) => {
    const next = queue.then(() => offered(message));
    queue = next.catch(() => undefined);
    return next;
  };
}
