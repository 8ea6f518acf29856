// @ts-check
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { deflateSync } from "node:zlib";
import { handTowers } from "./towers.js";

/**
 * @typedef {{title: string, url?: string, image?: string}} Item
 * @typedef {{items: Item[], space: string, created?: string, shop?: string, previous?: Published, removed?: string[], changed?: Item[], firstPart?: number}} Content
 * @typedef {{manifest: string, signature?: string, files: Record<string, Buffer>}} Published
 */

export const LIST_URL = "https://packs.example/shops/list.json";
const DIM = 8;
const NOW = "2026-01-01T00:00:00Z";

/** @param {Buffer | string} bytes */
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** The vector of a text by the towers worked out by hand, as long as the fake bundle's. @param {string} title */
async function vectorOf(title) {
  const [vector] = await handTowers.embedItems([title]);
  return Array.from({ length: DIM }, (_, i) => vector[i] ?? 0);
}

/** @param {number[]} vector @returns {string} as a probe has it */
const probed = (vector) =>
  Buffer.from(Int16Array.from(vector, (value) => Math.round(value * 32767)).buffer).toString("base64");

/** @param {Record<string, Buffer>} files @param {Buffer} content */
function file(files, content) {
  const packed = deflateSync(content);
  files[`${sha256(packed)}.bin`] = packed;
  return { sha256: sha256(packed), bytes: packed.length, unpackedBytes: content.length };
}

/** @param {Record<string, Buffer>} files @param {Item[]} items @param {string} shop */
async function partOf(files, items, shop) {
  const columns = {
    url: items.map(({ title, url }) => url ?? `https://${shop}/${title.replaceAll(" ", "-")}`),
    title: items.map(({ title }) => title),
    image: items.map(({ image }) => image ?? ""),
  };
  const vectors = await Promise.all(items.map(({ title }) => vectorOf(title)));
  // All numbers are 0 or 1: a code of 255, and 127 levels of 127.
  const values = Array.from({ length: DIM }, (_, j) => vectors.map((vector) => vector[j] * 127)).flat();
  const rows = Buffer.concat([Buffer.alloc(items.length, 255), Buffer.from(Int8Array.from(values).buffer)]);
  return {
    numItems: items.length,
    cards: file(files, Buffer.from(JSON.stringify(columns))),
    vectors: file(files, rows),
  };
}

/**
 * Publish a pack of a shop, as `python -m server pack` does.
 * @param {Content} content
 * @param {(manifest: any) => void} [change] of the manifest, before it gets its name
 * @returns {Promise<Published>}
 */
export async function publish({ items, space, shop = "a.example", firstPart = 1000, ...more }, change = () => {}) {
  /** @type {Record<string, Buffer>} */
  const files = {};
  const groups = [items.slice(0, firstPart), items.slice(firstPart)].filter((group) => group.length > 0);
  const parts = [];
  for (const group of groups) parts.push(await partOf(files, group, shop));
  const vector = probed(await vectorOf(items[0].title));
  const manifest = {
    format: 1,
    shop,
    space,
    created: more.created ?? NOW,
    numItems: items.length,
    vectors: { dim: DIM, blocks: [{ start: 0, length: DIM, bits: 8 }] },
    parts,
    probes: [{ row: 0, text: items[0].title, textVector: vector, vector }],
    ...(more.previous && {
      delta: {
        previous: more.previous.manifest.split(".")[0],
        removed: (more.removed ?? []).map((url) => sha256(url).slice(0, 16)),
        parts: more.changed ? [await partOf(files, more.changed, shop)] : [],
      },
    }),
  };
  change(manifest);
  const bytes = Buffer.from(JSON.stringify(manifest));
  const name = `${sha256(bytes)}.json`;
  return { manifest: name, files: { ...more.previous?.files, ...files, [name]: bytes } };
}

/**
 * Sign a pack with a fresh key, as `python -m server pack --key` does.
 * @param {Published} pack
 * @returns {{pack: Published, publicKey: string, keyId: string}} the key as base64
 */
export function signed(pack) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const keyId = sha256(raw).slice(0, 16);
  const signature = sign(null, pack.files[pack.manifest], privateKey).toString("base64");
  const bytes = Buffer.from(JSON.stringify({ keyId, publicKey: raw.toString("base64"), signature }));
  const name = `${sha256(bytes)}.sig`;
  const files = { ...pack.files, [name]: bytes };
  return { pack: { ...pack, signature: name, files }, publicKey: raw.toString("base64"), keyId };
}

/** A static host of packs, for the `shop` of a device. */
export function createPackHost() {
  const host = {
    /** @type {string[]} */
    paths: [],
    /** @type {Record<string, Buffer | string>} */
    files: {},
    isUp: true,
    /** What the answer of a file waits for. @type {Map<string, Promise<unknown>>} */
    waits: new Map(),
    /** Put packs in place of those before. @param {Published[]} packs @param {string} [shop] */
    show(packs, shop = "a.example") {
      host.files = {
        "list.json": JSON.stringify(packs.slice(-1).map(({ manifest, signature }) => ({ shop, manifest, signature }))),
      };
      for (const { files } of packs) Object.assign(host.files, files);
    },
    /** @param {string} url @returns {Promise<any>} */
    async fetchAnswer(url) {
      const name = url.split("/shops/")[1];
      if (!host.isUp || !url.startsWith("https://packs.example/")) return null;
      host.paths.push(name);
      await host.waits.get(name);
      const body = host.files[name];
      return { status: body === undefined ? 404 : 200, headers: {}, body: body ?? "" };
    },
  };
  return host;
}
