// A page that benchmarks/browser puts beside the extension's own pages, as one of which the background hears it.

const messages = {
  /** The answer to a message. */
  ask: (message) => chrome.runtime.sendMessage(message),

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
