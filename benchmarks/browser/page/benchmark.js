// A page that benchmarks/browser puts into a copy of the extension. It runs what the offscreen document runs.

/** Calls of the functions that make WebAssembly ready to run. */
let compilations = 0;
for (const name of ["compile", "compileStreaming", "instantiate", "instantiateStreaming"]) {
  const original = WebAssembly[name];
  WebAssembly[name] = (...given) => {
    compilations += 1;
    return original.apply(WebAssembly, given);
  };
}

const WASM = "/vendor/ort-wasm-simd-threaded.wasm";
let towers;
let files;
let opened;

const benchmark = {
  /** The address of the bundle inside the extension. */
  packaged: () => new URL("bundle/", location.href).href,

  /** Downloads a server's bundle as the extension's background does. */
  async download(baseUrl) {
    const { BUNDLE_CACHE, fetchBundle } = await import("./core/bundle.js");
    const { createServerClient } = await import("./core/server-client.js");
    // In the open: what is measured is the bundle, and the page has no profile.
    const ask = ({ method, path }) => fetch(baseUrl + path, { method, credentials: "omit" });
    const server = createServerClient({ baseUrl, ask });
    return (await fetchBundle({ server, cache: await caches.open(BUNDLE_CACHE) })).bundleUrl;
  },

  /** Milliseconds from nothing loaded to the first product's vector, with the bundle on this device. */
  async start(bundleUrl, text) {
    const begun = performance.now();
    const [{ BUNDLE_CACHE, downloadedFiles, openBundle, packagedFiles }, { createTowers }, { checkProbes }] =
      await Promise.all([import("./core/bundle.js"), import("./core/towers.js"), import("./core/bundle-probes.js")]);
    const loaded = performance.now();
    const isPackaged = bundleUrl.startsWith(location.origin);
    files = isPackaged ? packagedFiles(bundleUrl) : downloadedFiles(await caches.open(BUNDLE_CACHE), bundleUrl);
    opened = await openBundle(files);
    const read = performance.now();
    towers = await createTowers({ bundle: opened, wasmUrl: WASM });
    const made = performance.now();
    await checkProbes(opened, towers);
    const proven = performance.now();
    await towers.embedItems([text]);
    return {
      modulesMs: loaded - begun,
      openMs: read - loaded,
      towersMs: made - read,
      probesMs: proven - made,
      startMs: performance.now() - begun,
    };
  },

  /** Milliseconds for a product that comes alone, the mean of each group; browsers' clocks are too coarse for one. */
  async products(groups) {
    const means = [];
    for (const texts of groups) {
      const begun = performance.now();
      for (const text of texts) await towers.embedItems([text]);
      means.push((performance.now() - begun) / texts.length);
    }
    return means;
  },

  async vectors(texts) {
    return (await towers.embedItems(texts)).map((row) => Array.from(row));
  },

  /** Milliseconds for a taste vector, the mean of `repeats`. */
  async user(history, repeats) {
    const begun = performance.now();
    for (let i = 0; i < repeats; i += 1) await towers.embedUser(history);
    return (performance.now() - begun) / repeats;
  },

  compilations: () => compilations,

  /** Fills the profile, see seed.js. */
  seed: async (given) => (await import("./seed.js")).seed(given),

  /** The number of the tab that shows an address. Needs the permission "tabs". */
  async tab(url) {
    const tabs = await chrome.tabs.query({});
    return tabs.find((tab) => tab.url === url).id;
  },

  /** Whether a panel of a tab would show a list at once. */
  hasList: async (tab) => Object.hasOwn(await chrome.storage.session.get(`list ${tab}`), `list ${tab}`),

  /** Forgets the lists that panels showed. */
  forgetLists: () => chrome.storage.session.clear(),

  /** Closes the document that runs the towers, where there is one. */
  async closeTowers() {
    if (await chrome.offscreen?.hasDocument?.()) await chrome.offscreen.closeDocument();
  },

  /**
   * What the images of seen items cost, with the bundle's text towers open: milliseconds from nothing loaded to the image tower, with
   * its probes, and for each image to decode it, to bring it to the tower's size, and to run the tower.
   */
  async images(text, images) {
    const { readImageTower } = await import("./core/bundle.js");
    const { createSeenItems } = await import("./core/seen-items.js");
    const { decodeImage } = await import("./core/image-decoding.js");
    const { pixelsOf } = await import("./core/image-rule.js");
    const { checkImageProbes } = await import("./core/bundle-probes.js");
    const { manifest } = opened;
    const { rule } = manifest.lite.image;
    const bytes = await readImageTower(files, manifest);
    const begun = performance.now();
    const embedSeen = await createSeenItems({ manifest, bytes, towers, wasmUrl: WASM });
    const made = performance.now();
    await checkImageProbes(opened, { embedSeen, decode: decodeImage });
    const proven = performance.now();
    const times = [];
    const vectors = [];
    for (const file of images) {
      const raw = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
      const start = performance.now();
      const image = await decodeImage(raw);
      const decoded = performance.now();
      pixelsOf(image, rule);
      const resized = performance.now();
      vectors.push(Array.from(await embedSeen(text, image)));
      const ended = performance.now();
      // The whole includes the resizing once more.
      times.push([decoded - start, resized - decoded, ended - resized - (resized - decoded)]);
    }
    return { towerMs: made - begun, probesMs: proven - made, times, vectors };
  },
};

/** Runs one of the above and returns its answer, or the error as text: drivers word a rejected promise poorly. */
globalThis.benchmark = async (name, ...given) => {
  try {
    return { value: (await benchmark[name](...given)) ?? null };
  } catch (error) {
    return { error: `${error}` };
  }
};
