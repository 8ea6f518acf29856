// A page that benchmarks/browser puts beside the extension's own pages, as one of which the background hears it.

const messages = {
  /** The answer to a message. */
  ask: (message) => chrome.runtime.sendMessage(message),

  /** Begins an act of the shopper, as the extension's own pages do, and does not wait for its answer: that asks for an address. */
  act(message, answered) {
    const sent = import("../messaging/messages.js").then(({ send }) => send(message));
    sent.then(() => fetch(answered, { mode: "no-cors", keepalive: true })).catch(console.error);
  },

  /** Whether the content script in a tab has heard that its view is kept. */
  async isAcknowledged(tabId) {
    const func = () => globalThis.carryover?.before !== undefined;
    const [{ result }] = await chrome.scripting.executeScript({ target: { tabId }, func });
    return result;
  },

  /** The number of the tab that shows an address. Needs the permission "tabs". */
  async tab(url) {
    const tabs = await chrome.tabs.query({});
    return tabs.find((tab) => tab.url === url).id;
  },
};

/** Runs one of the above and returns its answer, or the error as text: drivers word a rejected promise poorly. */
globalThis.benchmark = async (name, ...given) => {
  try {
    return { value: (await messages[name](...given)) ?? null };
  } catch (error) {
    return { error: `${error}` };
  }
};
