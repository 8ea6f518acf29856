// @ts-check
import { isActId } from "../core/acts.js";
import { isPassing } from "../messaging/messages.js";
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("../messaging/messages.js").Message} Message
 * @typedef {chrome.runtime.MessageSender} Sender
 * @typedef {Record<string, unknown>} Fields
 * @typedef {(fields: Fields, sender: Sender) => Promise<object>} Handle
 * @typedef {ReturnType<typeof createActs>} Acts
 */

/** An act that ends its worker each time is given up. */
const MOST_TRIES = 3;
/** So many acts are remembered as begun: an erase refuses them afterwards. */
const MAX_BEGUN = 500;
/** Acts that change what others set before, so that their order counts. */
const ORDERED = ["consent.set", "pause.set", "settings.set"];

/** @param {Set<string>} ids @param {string[]} more @returns {Set<string>} the last ones of both */
const lastOf = (ids, more) => new Set([...ids, ...more].slice(-MAX_BEGUN));

/**
 * Acts of the shopper. Their senders offer each until it is answered, with an id; it is worked on once.
 * @param {import("./held-acts.js").HeldActs} held
 */
export function createActs(held) {
  /** What is worked on, by the act's id: who offers it again meanwhile waits for the same answer. @type {Map<string, Promise<object>>} */
  const running = new Map();
  /** @type {Set<string>} */
  let begun = new Set();
  /** @type {Set<string>} */
  let stale = new Set();
  /** @type {Record<string, Handle>} */
  let handlers = {};
  /** @type {Promise<void> | undefined} */
  let resumed;

  /** @param {Message} act @param {Sender} sender @param {string} id @returns {Promise<object>} */
  async function perform(act, sender, id) {
    await held.add(id, act, sender);
    const { type, ...fields } = act;
    try {
      const reply = await handlers[type](fields, sender);
      await held.remove([id]);
      return reply;
    } catch (error) {
      if (!isPassing(error)) await held.remove([id]);
      throw error;
    }
  }

  /**
   * @param {Message} act @param {Sender} sender @returns {Promise<object>}
   * @throws {CarryoverError} erased, where everything was erased since it was offered first
   */
  async function run(act, sender) {
    const id = act.actId;
    if (!isActId(id)) throw new CarryoverError("invalid_message", `${act.type}: actId must be 16 hexadecimal digits.`);
    if (stale.has(id)) throw new CarryoverError("erased", "Everything was erased after this was offered.");
    begun = lastOf(begun, [id]);
    const reply = running.get(id) ?? perform(act, sender, id).finally(() => running.delete(id));
    running.set(id, reply);
    return reply;
  }

  async function resumeAll() {
    for (const [id, one] of await held.all()) {
      const { type, fields, sender = {}, numTries = 0 } = one;
      if (numTries >= MOST_TRIES || !handlers[type]) await held.remove([id]);
      else if (await held.has(id)) {
        await held.note(id, one);
        const done = run({ type, ...fields }, sender).catch(console.warn);
        if (ORDERED.includes(type)) await done;
      }
    }
  }

  return {
    /** Return handlers that work on each act once. @param {Handlers} given @returns {Handlers} */
    wrap(given) {
      handlers = /** @type {Record<string, Handle>} */ (/** @type {unknown} */ (given));
      const wrapped = Object.entries(handlers).map(([type, handle]) => [
        type,
        async (/** @type {Fields} */ fields, /** @type {Sender} */ sender) => {
          if (fields.actId === undefined) return handle(fields, sender);
          if (ORDERED.includes(type)) await resumed;
          return run({ type, ...fields }, sender);
        },
      ]);
      return Object.fromEntries(wrapped);
    },

    /** Work on what a worker before this one was stopped at, in the order in which it was offered. @returns {Promise<void>} */
    resume: () => (resumed ??= resumeAll()),

    /** Refuse from now on what was offered until now: an erase has begun. */
    async forget() {
      const ids = (await held.all()).map(([id]) => id);
      stale = lastOf(stale, [...begun, ...ids]);
      await held.remove(ids);
    },
  };
}
