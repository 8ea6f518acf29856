// Fills the profile of the extension with a history, a ledger and a catalogue, as the background would have.
import { createContentScripts } from "./background/content-scripts.js";
import { createShelfOpener } from "./background/shelf-opener.js";
import { openBundle, packagedFiles, readMetric } from "./core/bundle.js";
import { Vault } from "./core/vault/vault.js";
import { Profile } from "./core/profile.js";
import { layoutOf, packed } from "./core/shelf-matrix.js";
import { createTowers } from "./core/towers.js";
import { encodePart } from "./shelf/parts.js";
import { encodeEmbedding } from "./values/encoding.js";
import { itemText } from "./values/item-text.js";

const PART = 250;
const HOUR_MS = 3_600_000;
const hex = (number) => number.toString(16).padStart(32, "0");

/** Returns the model inside the extension, without a document of its own for the towers. */
async function packagedModel() {
  const files = packagedFiles(new URL("bundle/", location.href).href);
  const bundle = await openBundle(files);
  const { manifest } = bundle;
  const towers = await createTowers({ bundle, wasmUrl: "" });
  return { manifest, metric: await readMetric(files, manifest), towers };
}

/** Keeps `seen` products as views, one an hour, in one transaction. */
async function keepHistory(profile, seen, { manifest, towers }) {
  const embeddings = await towers.embedItems(seen.map((product) => itemText(product, manifest.text.itemText)));
  const { profileId } = await profile.removeInteractions(() => false);
  const interactions = seen.map((product, i) => ({
    id: hex(i),
    kind: "view",
    time: new Date(Date.now() - i * HOUR_MS).toISOString(),
    weight: 1,
    space: manifest.space,
    embedding: encodeEmbedding(embeddings[i]),
    product,
  }));
  await profile.restore({ profileId, interactions, ledger: [] });
}

/** Keeps cards as the catalogue of a shop that was read to its end. */
async function keepShelf(profile, { shop, origin, cards }, model) {
  const { manifest, towers } = model;
  const embeddings = await towers.embedItems(cards.map((card) => itemText(card, manifest.text.itemText)));
  const parts = [];
  const puts = [];
  for (let start = 0; start < cards.length; start += PART) {
    const items = cards.slice(start, start + PART);
    const vectors = packed(embeddings.slice(start, start + PART), layoutOf(manifest));
    const id = hex(1_000_000 + start);
    parts.push({ id, numItems: items.length, round: 1 });
    puts.push({ id, bytes: encodePart({ items }, vectors) });
  }
  const now = new Date().toISOString();
  const read = { kind: "shopify", status: "read", round: 1, startedAt: now, readAt: now, next: "" };
  const shelf = { id: hex(2_000_000), shop, origin, space: manifest.space, ...read, numItems: cards.length, parts };
  await profile.keepShelf({ ...shelf, parts: [] });
  await profile.keepShelf(shelf, { puts });
  const opener = createShelfOpener({ getProfile: async () => profile, model: { getModel: async () => model } });
  await opener.settle(shelf);
}

/** Fills the profile. A background that runs already has read the profile before: end it, so that the next one sees this. */
export async function seed({ shop, origin, cards, seen, numRequests }) {
  const model = await packagedModel();
  const profile = await Profile.open(new Vault());
  await profile.setConsent(shop, true);
  await createContentScripts({ browser: chrome }).register(shop);
  for (let i = 0; i < numRequests; i += 1)
    await profile.addToLedger({ method: "GET", url: `${origin}/products.json?page=${i}`, body: "" });
  await keepHistory(profile, seen, model);
  await keepShelf(profile, { shop, origin, cards }, model);
}
