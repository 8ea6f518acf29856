// @ts-check
// A browser at its edge: what chrome.* does, as far as the extension uses it, with the extension's own code on both sides.
import { existsSync } from "node:fs";

/**
 * @typedef {{id: number, url?: string, incognito?: boolean, active?: boolean, windowId?: number}} FakeTab
 * @typedef {(message: any, sender: any, respond: (answer: any) => void) => boolean | void} Listener
 */

export const ID = "abcdef";
export const ORIGIN = `chrome-extension://${ID}`;
const EXTENSION = new URL("../../../extension/", import.meta.url);

/** An event of chrome.*: `fire` calls its listeners as the browser would. */
export function fakeEvent() {
  /** @type {((...values: any[]) => any)[]} */
  const listeners = [];
  return {
    listeners,
    addListener: (/** @type {(...values: any[]) => any} */ listener) => void listeners.push(listener),
    fire: (/** @type {any[]} */ ...values) => listeners.map((listener) => listener(...values)),
  };
}

/** Messages are JSON between contexts in Chromium: typed arrays and undefined do not survive. @param {any} value */
const crossed = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/** @param {Listener[]} listeners @param {any} message @param {any} sender @returns {Promise<any>} the first answer */
function delivered(listeners, message, sender) {
  return new Promise((resolve, reject) => {
    let isAwaited = false;
    for (const listener of listeners) {
      const isLater = listener(crossed(message), sender, (answer) => resolve(crossed(answer)));
      isAwaited ||= isLater === true;
    }
    if (listeners.length === 0) reject(new Error("Could not establish connection. Receiving end does not exist."));
    else if (!isAwaited) resolve(undefined);
  });
}

/** What the shopper and the browser keep; the same for all contexts of the extension. */
class BrowserState {
  /** Match patterns the shopper has granted. @type {Set<string>} */
  granted = new Set();
  /** Host permissions of the manifest. @type {string[]} */
  required = [];
  /** Registered content scripts. @type {Map<string, any>} */
  scripts = new Map();
  /** chrome.storage.session. @type {Record<string, any>} */
  session = {};
  /** chrome.storage.local. @type {Record<string, any>} */
  local = {};
  /** Alarms by name, with their delay in minutes. @type {Map<string, number>} */
  alarms = new Map();
  /** @type {FakeTab[]} */
  tabs = [];
  /** What page.extract answers, by tab; a tab without an entry does not answer. @type {Map<number, any>} */
  pages = new Map();
  /** What page.image answers, by tab. @type {Map<number, (message: any) => string>} */
  images = new Map();
  /** Tabs whose pages the extension may not see. @type {Set<number>} */
  hiddenTabs = new Set();
  /** Tabs the content script ran in. @type {number[]} */
  injected = [];
  /** Tabs in which a function ran. @type {number[]} */
  marked = [];
  /** Questions put to the shopper, and the answer. @type {string[][]} */
  questions = [];
  isGranting = true;
  /** What the icon says, by tab. @type {Map<number, string>} */
  badges = new Map();
  /** Number of offscreen documents that were created. */
  offscreenOpened = 0;
  /** @type {{url: string, onMessage: ReturnType<typeof fakeEvent>}[]} */
  contexts = [];
}

/** @param {BrowserState} state */
function permissionsApi(state) {
  return {
    onAdded: fakeEvent(),
    onRemoved: fakeEvent(),
    contains: async (/** @type {{origins: string[]}} */ { origins }) => origins.every((one) => state.granted.has(one)),
    getAll: async () => ({ permissions: [], origins: [...state.granted] }),
    async request(/** @type {{origins: string[]}} */ { origins }) {
      state.questions.push(origins);
      if (state.isGranting) for (const one of origins) state.granted.add(one);
      return state.isGranting;
    },
    async remove(/** @type {{origins: string[]}} */ { origins }) {
      for (const one of origins) state.granted.delete(one);
      return true;
    },
  };
}

/** @param {BrowserState} state */
function scriptingApi(state) {
  return {
    getRegisteredContentScripts: async (/** @type {{ids?: string[]}} */ { ids = [...state.scripts.keys()] } = {}) =>
      ids.filter((id) => state.scripts.has(id)).map((id) => state.scripts.get(id)),
    async registerContentScripts(/** @type {any[]} */ scripts) {
      for (const script of scripts) {
        if (state.scripts.has(script.id)) throw new Error(`Duplicate script ID '${script.id}'`);
        state.scripts.set(script.id, script);
      }
    },
    async updateContentScripts(/** @type {any[]} */ scripts) {
      for (const script of scripts) {
        if (!state.scripts.has(script.id)) throw new Error(`Nonexistent script ID '${script.id}'`);
        state.scripts.set(script.id, { ...state.scripts.get(script.id), ...script });
      }
    },
    async unregisterContentScripts(/** @type {{ids: string[]}} */ { ids }) {
      for (const id of ids) {
        if (!state.scripts.delete(id)) throw new Error(`Nonexistent script ID '${id}'`);
      }
    },
    async executeScript(/** @type {any} */ { target, files, func }) {
      if (state.hiddenTabs.has(target.tabId)) throw new Error("Cannot access contents of the page.");
      if (func) {
        state.marked.push(target.tabId);
        return;
      }
      for (const file of files) {
        if (!existsSync(new URL(file, EXTENSION))) throw new Error(`Could not load file: '${file}'`);
      }
      state.injected.push(target.tabId);
    },
  };
}

/** @param {BrowserState} state @param {"session" | "local"} name of the area */
const storageArea = (state, name) => ({
  get: async (/** @type {string | null} */ key) => {
    if (key === null) return crossed(state[name]);
    return key in state[name] ? { [key]: state[name][key] } : {};
  },
  set: async (/** @type {any} */ values) => void Object.assign(state[name], crossed(values)),
  async remove(/** @type {string | string[]} */ keys) {
    for (const key of [keys].flat()) delete state[name][key];
  },
  clear: async () => void (state[name] = {}),
});

/** @param {BrowserState} state */
const alarmsApi = (state) => ({
  onAlarm: fakeEvent(),
  create: async (/** @type {string} */ name, /** @type {{delayInMinutes: number}} */ { delayInMinutes }) =>
    void state.alarms.set(name, delayInMinutes),
});

/** @param {BrowserState} state */
function tabsApi(state) {
  return {
    onActivated: fakeEvent(),
    onUpdated: fakeEvent(),
    query: async (/** @type {{active?: boolean, windowId?: number}} */ { active, windowId }) =>
      state.tabs.filter(
        (tab) => (!active || tab.active) && (windowId === undefined || (tab.windowId ?? 1) === windowId),
      ),
    async get(/** @type {number} */ tabId) {
      const tab = state.tabs.find(({ id }) => id === tabId);
      if (!tab) throw new Error(`No tab with id: ${tabId}.`);
      return tab;
    },
    async sendMessage(/** @type {number} */ tabId, /** @type {any} */ message) {
      const image = message.type === "page.image" && state.images.get(tabId);
      if (image) return { ok: true, image: image(crossed(message)) };
      // A page answers once a content script runs in it.
      const isAnswered = state.pages.has(tabId) && state.injected.includes(tabId);
      if (!isAnswered || message.type !== "page.extract")
        throw new Error("Could not establish connection. Receiving end does not exist.");
      return crossed(state.pages.get(tabId));
    },
  };
}

/**
 * @param {BrowserState} state
 * @param {string} url of the context's document or worker
 * @param {{tab?: FakeTab, windowId?: number, onOffscreen?: (() => void) | null}} options
 */
function contextOf(state, url, { tab, windowId = 1, onOffscreen }) {
  const onMessage = fakeEvent();
  state.contexts.push({ url, onMessage });
  const sender = { id: ID, url, ...(tab && { tab }) };
  const runtime = {
    id: ID,
    ContextType: { OFFSCREEN_DOCUMENT: "OFFSCREEN_DOCUMENT" },
    getURL: (/** @type {string} */ path) => `${ORIGIN}/${path}`,
    getManifest: () => ({ host_permissions: state.required }),
    getContexts: async () => state.contexts.filter((one) => one.url.endsWith("/offscreen.html")),
    sendMessage: (/** @type {any} */ message) =>
      delivered(
        state.contexts.flatMap((one) => (one.onMessage === onMessage ? [] : one.onMessage.listeners)),
        message,
        sender,
      ),
    onMessage,
    onInstalled: fakeEvent(),
    onStartup: fakeEvent(),
  };
  const offscreen = {
    Reason: { WORKERS: "WORKERS" },
    async createDocument() {
      state.offscreenOpened += 1;
      onOffscreen?.();
    },
  };
  return {
    runtime,
    ...(onOffscreen !== null && { offscreen }),
    permissions: permissionsApi(state),
    scripting: scriptingApi(state),
    storage: { session: storageArea(state, "session"), local: storageArea(state, "local") },
    alarms: alarmsApi(state),
    tabs: tabsApi(state),
    windows: { getCurrent: async () => ({ id: windowId }) },
    action: {
      setBadgeText: async (/** @type {{tabId: number, text: string}} */ { tabId, text }) =>
        void state.badges.set(tabId, text),
    },
    i18n: { getUILanguage: () => "en-GB", getMessage: () => "" },
  };
}

/** @returns a browser that has the extension installed and no page of it open */
export function createBrowser() {
  const state = new BrowserState();
  return {
    state,
    /**
     * Return the chrome.* of one of the extension's contexts. Without `onOffscreen: null` it is Chromium, with it Firefox.
     * @param {string} path inside the extension, such as ui/panel.html, or the address of a shop's page
     * @param {{tab?: FakeTab, windowId?: number, onOffscreen?: (() => void) | null}} [options] onOffscreen runs when the offscreen document opens
     * @returns {any}
     */
    context: (path, options = {}) => contextOf(state, /^https?:/.test(path) ? path : `${ORIGIN}/${path}`, options),
    /** Close a context: it hears and answers nothing from now on. @param {any} context */
    close(context) {
      state.contexts = state.contexts.filter(({ onMessage }) => onMessage !== context.runtime.onMessage);
    },
  };
}
