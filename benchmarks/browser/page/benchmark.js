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

const benchmark = {
  /** The address of the bundle inside the extension. */
  packaged: () => new URL("bundle/", location.href).href,

  /** Downloads a server's bundle as the extension's background does. */
  async download(baseUrl) {
    const { BUNDLE_CACHE, fetchBundle } = await import("./core/bundle.js");
    const { createServerClient } = await import("./core/server-client.js");
    const server = createServerClient({ baseUrl, onRequest: async () => {} });
    return (await fetchBundle({ server, cache: await caches.open(BUNDLE_CACHE) })).bundleUrl;
  },

  /** Milliseconds from nothing loaded to the first product's vector, with the bundle on this device. */
  async start(bundleUrl, text) {
    const begun = performance.now();
    const [{ BUNDLE_CACHE, downloadedFiles, openBundle, packagedFiles }, { createTowers }, { checkProbes }] =
      await Promise.all([import("./core/bundle.js"), import("./core/towers.js"), import("./core/bundle-probes.js")]);
    const loaded = performance.now();
    const isPackaged = bundleUrl.startsWith(location.origin);
    const files = isPackaged ? packagedFiles(bundleUrl) : downloadedFiles(await caches.open(BUNDLE_CACHE), bundleUrl);
    const bundle = await openBundle(files);
    const opened = performance.now();
    towers = await createTowers({ bundle, wasmUrl: WASM });
    const made = performance.now();
    await checkProbes(bundle, towers);
    const proven = performance.now();
    await towers.embedItems([text]);
    return {
      modulesMs: loaded - begun,
      openMs: opened - loaded,
      towersMs: made - opened,
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
};

/** Runs one of the above and returns its answer, or the error as text: drivers word a rejected promise poorly. */
globalThis.benchmark = async (name, ...given) => {
  try {
    return { value: (await benchmark[name](...given)) ?? null };
  } catch (error) {
    return { error: `${error}` };
  }
};
