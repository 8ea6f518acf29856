// @ts-check
// A background worker that can be stopped before and after each thing that it waits for: its disk, its session storage, its model.
import "fake-indexeddb/auto";
import { readFileSync } from "node:fs";
import vm from "node:vm";
import { createActs } from "../../../extension/background/acts.js";
import { createHeldActs } from "../../../extension/background/held-acts.js";
import { createItemHandlers } from "../../../extension/background/item-handlers.js";
import { createHolding, createPageHandlers } from "../../../extension/background/page-handlers.js";
import { createPageLearner } from "../../../extension/background/page-learner.js";
import { createProfileStore } from "../../../extension/background/store.js";
import { unlessDone } from "../../../extension/core/acts.js";
import { createDatabase } from "../../../extension/core/vault/database.js";
import { noteInMemory } from "../../../extension/core/vault/marker.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { createOffers } from "../../../extension/messaging/offers.js";
import { refusal } from "../../../extension/messaging/messages.js";
import { itemIdOf, shopOf } from "../../../extension/values/identity.js";
import { manifestOf } from "./bundle.js";
import { ID, ORIGIN } from "./browser.js";
import { handTowers } from "./towers.js";

const OFFERS = readFileSync(new URL("../../../extension/content/offers.js", import.meta.url), "utf8");
const never = () => new Promise(() => {});
/** How much faster time goes: a wait of seven minutes takes half a second. */
const FASTER = 1000;
/** How long an answer is waited for. */
const ANSWER_MS = 20_000;

/** Timers that go off when a life ends, too, by their numbers: what each does. @type {Map<number, () => void>} */
const timers = new Map();
let numTimers = 0;
let numDevices = 0;

/**
 * Start a timer. Who waits for an answer waits as long as the worker lives that may give it, however slow the machine is.
 * @param {() => void} act @param {number} ms @param {Life | undefined} life @returns {number}
 */
function startTimer(act, ms, life) {
  numTimers += 1;
  const timer = numTimers;
  timers.set(timer, act);
  const begin = () =>
    void setTimeout(() => {
      timers.get(timer)?.();
      timers.delete(timer);
    }, ms / FASTER);
  if (ms === ANSWER_MS && life && !life.isOver) life.onEnd.push(begin);
  else begin();
  return timer;
}

/** @param {Record<string, any>} values @returns {any} chrome.storage.session over them */
const sessionOver = (values) => ({
  get: async (/** @type {string | null} */ key) =>
    key === null ? structuredClone(values) : key in values ? { [key]: structuredClone(values[key]) } : {},
  set: async (/** @type {any} */ more) => void Object.assign(values, structuredClone(more)),
  remove: async (/** @type {string | string[]} */ keys) => {
    for (const key of [keys].flat()) delete values[key];
  },
});

/** One life of a worker: it ends at a step. */
class Life {
  isOver = false;
  numSteps = 0;
  /** How much is worked on. */
  numWorking = 0;
  /** @type {(() => void)[]} */
  onEnd = [];

  /** @param {number} endsAt the step at which it ends */
  constructor(endsAt) {
    this.endsAt = endsAt;
  }

  /** @returns {Promise<unknown>} */
  async step() {
    if (this.isOver) return never();
    this.numSteps += 1;
    if (this.numSteps !== this.endsAt) return undefined;
    this.isOver = true;
    for (const act of this.onEnd) act();
    return never();
  }

  /** @template T @param {Promise<T>} work @returns {Promise<T>} */
  working(work) {
    this.numWorking += 1;
    return work.finally(() => {
      this.numWorking -= 1;
    });
  }

  /** Return an object whose functions can be the last that this life asks for, done or not. @template {object} T @param {T} parts @returns {T} */
  over(parts) {
    const mortal = Object.entries(parts).map(([name, call]) => [
      name,
      async (/** @type {any[]} */ ...values) => {
        await this.step();
        const result = await call(...values);
        await this.step();
        return result;
      },
    ]);
    return Object.fromEntries(mortal);
  }
}

/** @param {Life} life @param {{name: string, note: import("../../../extension/core/vault/marker.js").Note, session: any, now: () => number}} world */
function workerOf(life, { name, note, session, now }) {
  const vault = new Vault({ database: life.over(createDatabase(name)), note: life.over(note) });
  const getProfile = createProfileStore({ vault, now });
  /** @type {any} */
  const browser = { storage: { session: life.over(session) }, tabs: { TAB_ID_NONE: -1 } };
  /** @type {any} */
  const model = life.over({ getModel: async () => ({ towers: handTowers, manifest: manifestOf() }) });
  const ask = async (/** @type {any} */ { html, url }) => {
    await life.step();
    const product = { shop: shopOf(url), itemId: await itemIdOf(url), url, title: html };
    return { product: { ...product, verdict: "product", provenance: { url: "url" } }, confidence: 1, listing: [] };
  };
  /** @type {any} */
  const nothing = { note: async () => {}, readImage: async () => "", noteChange: async () => {} };
  const announceChange = async () => {};
  const pageLearner = createPageLearner({ model, tabs: nothing, ask: /** @type {any} */ (ask) });
  const acts = createActs(createHeldActs({ browser, mayHold: createHolding({ getProfile }), now }));
  /** @type {any} */
  const handlers = acts.wrap(
    /** @type {any} */ ({
      ...createPageHandlers({ getProfile, pageLearner, readings: nothing, announceChange }),
      ...createItemHandlers({ getProfile, model, announceChange }),
      "pause.set": async (/** @type {any} */ { paused, actId }) => {
        await unlessDone((await getProfile()).changeSettings({ paused }, actId));
        return {};
      },
    }),
  );
  void life.working(acts.resume());
  return handlers;
}

/**
 * A device whose worker is stopped at given steps, one number a life; later lives do not end by themselves.
 * @param {{endsAt?: number[], isAnsweredAtEnd?: () => boolean, now?: () => number}} [how] `isAnsweredAtEnd`: whether callers hear that the worker ended
 */
export function createMortalDevice({ endsAt = [], isAnsweredAtEnd = () => true, now = () => Date.now() } = {}) {
  const name = `mortal-${(numDevices += 1)}`;
  const note = noteInMemory();
  /** @type {Record<string, any>} */
  const values = {};
  const session = sessionOver(values);
  /** @type {Life[]} */
  const lives = [];
  /** @type {any} */
  let handlers;

  function wake() {
    const last = lives.at(-1);
    if (last && !last.isOver) return last;
    const life = new Life(endsAt[lives.length] ?? Infinity);
    lives.push(life);
    handlers = workerOf(life, { name, note, session, now });
    return life;
  }

  /** @param {any} message @param {any} sender @returns {Promise<any>} the answer */
  function deliver(message, sender) {
    const life = wake();
    const { type, ...fields } = structuredClone(message);
    return new Promise((resolve, reject) => {
      if (isAnsweredAtEnd()) life.onEnd.push(() => reject(new Error("The message port closed.")));
      const answered = life
        .working(handlers[type](fields, sender))
        .then((/** @type {object} */ reply) => ({ ok: true, ...reply }), refusal);
      void answered.then((/** @type {any} */ answer) => {
        if (!life.isOver) resolve(answer);
      });
    });
  }

  return {
    /** @returns {Vault} another's look at what is on the disk */
    disk: () => new Vault({ name, note }),
    lives,
    session: values,
    wake,
    /** Wait until the worker has nothing to do any more, or has ended. */
    async settle() {
      const life = wake();
      const isBusy = () => life.numWorking > 0 || Object.keys(values).length > 0;
      while (!life.isOver && isBusy())
        await new Promise((resolve) => {
          setTimeout(resolve, 1);
        });
    },
    /** Open a page of a shop: its offers, and what makes it go away. @param {string} url */
    openPage(url) {
      let isOpen = true;
      /** @type {any} */
      const world = vm.createContext({});
      vm.runInContext(OFFERS, world);
      const offers = vm.runInContext(
        "(way) => new globalThis.carryoverOffers(way)",
        world,
      )({
        send: (/** @type {any} */ message) => deliver(message, { id: ID, url, tab: { id: 7, url, incognito: false } }),
        setTimer: (/** @type {() => void} */ act, /** @type {number} */ ms) =>
          startTimer(() => isOpen && act(), ms, lives.at(-1)),
        clearTimer: (/** @type {number} */ timer) => timers.delete(timer),
        isAlive: () => true,
        newId: () => crypto.randomUUID().replaceAll("-", "").slice(0, 16),
        log: () => {},
      });
      const leave = () => {
        offers.leave();
        isOpen = false;
      };
      return { offer: (/** @type {any} */ message) => offers.offer(message), leave };
    },
    /** What a page of the extension sends acts with, in a window of its own. */
    openUi: () =>
      createOffers({
        browser: () =>
          /** @type {any} */ ({
            runtime: {
              sendMessage: (/** @type {any} */ one) => deliver(one, { id: ID, url: `${ORIGIN}/ui/panel.html` }),
            },
            storage: { session },
          }),
        wait: (ms) =>
          new Promise((resolve) => {
            startTimer(() => resolve(undefined), ms, lives.at(-1));
          }),
      }),
  };
}
