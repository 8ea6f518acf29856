// Reads a pack as the extension does, from a folder.
import { readFileSync } from "node:fs";
import path from "node:path";
import { textPrecisions } from "../../extension/core/bundle-probes.js";
import { cardsOf } from "../../extension/core/catalogue-cards.js";
import { layoutOf, matrixOf, packed } from "../../extension/core/shelf-matrix.js";
import { createRanker } from "../../extension/core/shelf-ranking.js";
import { fileName } from "../../extension/packs/files.js";
import { readList, readManifest } from "../../extension/packs/manifest.js";
import { keptItems, readPart } from "../../extension/packs/part.js";
import { checkRows, checkTexts } from "../../extension/packs/probes.js";
import { embedTexts } from "../../extension/packs/texts.js";

/** Return a shop's catalogue out of its pack, every check passed, ready to rank. */
export async function openPack(folder, shop, { manifest: bundle, metric, towers }) {
  const read = (name) => new Uint8Array(readFileSync(path.join(folder, name)));
  const entry = readList(read("list.json")).find((one) => one.shop === shop);
  const expected = { shop, space: bundle.space, now: new Date().toISOString(), notBefore: null, trusted: null };
  const { manifest } = await readManifest(entry, { manifest: read(entry.manifest), signature: null }, expected);
  const [items, pieces] = [[], []];
  for (const [i, part] of manifest.parts.entries()) {
    const files = { cards: read(fileName(part.cards)), vectors: read(fileName(part.vectors)) };
    const rows = await readPart(part, files, manifest.vectors);
    if (i === 0) await checkTexts(manifest, towers, textPrecisions(bundle));
    await embedTexts(rows, manifest.vectors, { manifest: bundle, towers });
    if (i === 0) checkRows(manifest, rows, textPrecisions(bundle));
    const kept = await keptItems(rows, shop, false);
    items.push(...kept.items);
    pieces.push(packed(kept.vectors, layoutOf(bundle)));
  }
  return { cards: cardsOf(items), ranker: createRanker(matrixOf(pieces, layoutOf(bundle)), metric) };
}
