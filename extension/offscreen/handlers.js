// @ts-check
import { BUNDLE_CACHE, PACKAGED, downloadedFiles, openBundle, packagedFiles, readImageTower } from "../core/bundle.js";
import { checkImageProbes, checkProbes } from "../core/bundle-probes.js";
import { createTowers } from "../core/towers.js";
import { packed } from "../core/shelf-matrix.js";
import { readProduct } from "../extract/extract.js";
import { extractCard, extractListing } from "../extract/visible/listing.js";
import { itemsOf } from "../shelf/items.js";
import { encodeEmbedding, fromBase64, toBase64 } from "../values/encoding.js";
import { BundleError } from "../values/errors.js";

/**
 * @typedef {import("../core/towers.js").Towers} Towers
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {import("../messaging/messages.js").Handlers<"towers">} ByType
 * @typedef {{[M in keyof ByType]: (fields: Parameters<ByType[M]>[0]) => ReturnType<ByType[M]>}} TowersHandlers need no sender
 */

/**
 * Return the towers of a bundle, which is verified again and proves itself by its probes. What embeds images is loaded with the
 * first image.
 * @param {string} bundleUrl @returns {Promise<Towers>}
 */
async function loadTowers(bundleUrl) {
  const isPackaged = bundleUrl === chrome.runtime.getURL(PACKAGED);
  const files = isPackaged ? packagedFiles(bundleUrl) : downloadedFiles(await caches.open(BUNDLE_CACHE), bundleUrl);
  const bundle = await openBundle(files);
  const wasmUrl = chrome.runtime.getURL("vendor/ort-wasm-simd-threaded.wasm");
  const towers = await createTowers({ bundle, wasmUrl });
  await checkProbes(bundle, towers);

  async function loadImages() {
    const [{ createSeenItems }, { decodeImage: decode }, bytes] = await Promise.all([
      import("../core/seen-items.js"),
      import("../core/image-decoding.js"),
      readImageTower(files, bundle.manifest),
    ]);
    const embedSeen = await createSeenItems({ manifest: bundle.manifest, bytes, towers, wasmUrl });
    await checkImageProbes(bundle, { embedSeen, decode });
    return { embedSeen, decode };
  }
  /** @type {ReturnType<typeof loadImages> | undefined} */
  let loading;
  return {
    ...towers,
    async embedSeen(text, image) {
      loading ??= loadImages().catch((error) => {
        loading = undefined;
        throw error;
      });
      const { embedSeen, decode } = await loading;
      return embedSeen(text, await decode(fromBase64(image)));
    },
  };
}

/**
 * Parse a page that was handed over. A parsed document runs no script and loads nothing; the shop's own scripts ran before. Shadow trees
 * come as templates, and take the place of these, so that a reader finds what a shopper sees.
 * @param {string} html @returns {Document}
 */
function parsed(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (let found = shadowTrees(page); found.length > 0; found = shadowTrees(page))
    for (const template of found) template.replaceWith(template.content);
  return page;
}

/** @param {Document} page @returns {HTMLTemplateElement[]} */
const shadowTrees = (page) =>
  [...page.querySelectorAll("template")].filter((one) => one.hasAttribute("shadowrootmode"));

/**
 * Return the handlers of every message to the towers' zone (contracts/messages.json): parse pages, run ONNX.
 * @param {object} [parts]
 * @param {(bundleUrl: string) => Promise<Towers>} [parts.load]
 * @returns {TowersHandlers}
 */
export function createTowersHandlers({ load = loadTowers } = {}) {
  /** @type {{bundleUrl: string, towers: Promise<Towers>} | undefined} one bundle at a time is kept in memory */
  let loaded;

  /** @param {string} bundleUrl */
  function towersOf(bundleUrl) {
    if (loaded?.bundleUrl === bundleUrl) return loaded.towers;
    const entry = { bundleUrl, towers: load(bundleUrl) };
    loaded = entry;
    // A failed load is not remembered, so that a bundle that was downloaded again can be used.
    entry.towers.catch(() => {
      if (loaded === entry) loaded = undefined;
    });
    return entry.towers;
  }

  return {
    async "page.read"({ html, url, hidden, card: target }) {
      const page = parsed(html);
      const { product, confidence } = await readProduct(page, url, { isRendered: true });
      const card = target === undefined ? null : await extractCard(page, url, target);
      return {
        product: /** @type {Product} */ (product),
        confidence,
        listing: await extractListing(page, url, hidden),
        ...(card && { card }),
      };
    },
    async "shelf.readAnswers"({ bundleUrl, answers, itemText, layout }) {
      const read = [];
      for (const answer of answers) read.push(await itemsOf(answer, itemText));
      const items = read.flat();
      const embeddings = await (await towersOf(bundleUrl)).embedItems(items.map(({ text }) => text));
      return {
        items: items.map(({ card }) => card),
        counts: read.map(({ length }) => length),
        vectors: toBase64(packed(embeddings, layout)),
      };
    },
    async "towers.embedItems"({ bundleUrl, texts }) {
      const embeddings = await (await towersOf(bundleUrl)).embedItems(texts);
      return { embeddings: embeddings.map(encodeEmbedding) };
    },
    async "towers.embedSeen"({ bundleUrl, text, image }) {
      const { embedSeen } = await towersOf(bundleUrl);
      if (!embedSeen) throw new BundleError("bundle_missing", "These towers read no images.");
      return { embedding: Array.from(await embedSeen(text, image)) };
    },
    async "towers.embedUser"({ bundleUrl, items, kinds, agesDays, weights }) {
      const embedding = await (await towersOf(bundleUrl)).embedUser({ items, kinds, agesDays, weights });
      return { embedding: Array.from(embedding) };
    },
  };
}
