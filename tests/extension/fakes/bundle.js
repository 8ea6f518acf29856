// @ts-check
import { createHash } from "node:crypto";
import { spaceText } from "../../../extension/core/bundle-rules.js";

/** @param {Buffer} bytes */
export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** @param {string} role @param {string} [dtype] @param {(string | number)[]} [shape] of a tower's input or output */
export const tensor = (role, dtype = "float32", shape = ["N", 8]) => ({ name: role, role, dtype, shape });

const ELEMENT_TYPES = /** @type {Record<string, number>} */ ({ float32: 1, int64: 7 });

/** A protobuf field of bytes shorter than 16 kB. @param {number} number @param {Buffer | string} value */
function bytesField(number, value) {
  const bytes = Buffer.from(value);
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
}

/** @param {ReturnType<typeof tensor>} tensor @returns {Buffer} its ValueInfoProto */
function valueInfo({ name, dtype, shape }) {
  const sizes = shape.map((size) =>
    bytesField(1, typeof size === "string" ? bytesField(2, size) : Buffer.from([8, size])),
  );
  const type = Buffer.concat([Buffer.from([8, ELEMENT_TYPES[dtype]]), bytesField(2, Buffer.concat(sizes))]);
  return Buffer.concat([bytesField(1, name), bytesField(2, bytesField(1, type))]);
}

/**
 * An ONNX file with these inputs and output, valid to whoever checks it, not to whoever runs it.
 * @param {ReturnType<typeof tensor>[]} inputs
 */
const onnx = (inputs) =>
  bytesField(
    7,
    Buffer.concat([
      bytesField(1, bytesField(4, "Identity")),
      ...inputs.map((input) => bytesField(11, valueInfo(input))),
      bytesField(12, valueInfo(tensor("embedding"))),
    ]),
  );

const TEXT = [tensor("inputIds", "int64"), tensor("attentionMask", "int64")];
const HISTORY = [
  tensor("items", "float32", ["N", "L", 8]),
  tensor("kinds", "int64"),
  tensor("agesDays"),
  tensor("itemMask"),
];
const FEATURES = [tensor("text"), tensor("modalityMask", "float32", ["N", 2])];

/** The files of the tiny bundle. @type {Record<string, Buffer>} */
export const FILES = {
  "tokenizer.json": Buffer.from("{}"),
  "lite/text.onnx": onnx(TEXT),
  "user.onnx": onnx(HISTORY),
  "item.onnx": onnx(FEATURES),
  "probes.json": Buffer.from("{}"),
};
const DOWNLOADED = ["tokenizer.json", "lite/text.onnx", "user.onnx", "probes.json"];

/** @param {Record<string, any>} [changes] @returns {Record<string, any>} a manifest that keeps every rule of a bundle but for the changes */
export function manifestOf(changes = {}) {
  const tower = (/** @type {string} */ file, /** @type {object[]} */ inputs) => ({
    file,
    precision: "float32",
    inputs,
    outputs: [tensor("embedding")],
  });
  const userTower = tower("user.onnx", HISTORY);
  const textToItem = tower("lite/text.onnx", TEXT);
  const files = Object.fromEntries(
    Object.entries(FILES).map(([name, bytes]) => [name, { sha256: sha256(bytes), bytes: bytes.length }]),
  );
  /** @type {any} a test may break it */
  const manifest = {
    format: 2,
    name: "tiny",
    dim: 8,
    normalised: true,
    createdBy: { version: "0" },
    files,
    towers: { textEncoder: textToItem, itemTower: tower("item.onnx", FEATURES), userTower },
    lite: { textToItem, userTower, downloadBytes: DOWNLOADED.reduce((sum, name) => sum + FILES[name].length, 0) },
    text: {
      tokenizer: { file: "tokenizer.json", type: "wordpiece", maxTokens: 16 },
      itemText: { fields: ["title"], separator: ". ", maxChars: 64 },
    },
    probes: { file: "probes.json" },
    interactions: { kinds: ["view", "wishlist", "cart", "purchase", "rating", "dismiss"], maxItems: 4 },
    origin: [],
    parity: [],
    speed: [],
    metrics: {},
    ...changes,
  };
  return { space: sha256(Buffer.from(spaceText({ ...manifest, files }))), ...manifest };
}

/**
 * The files of a bundle as the browser reads them out of the extension's package.
 * @param {Record<string, any>} [manifest]
 * @param {Record<string, Buffer>} [files]
 * @returns {(url: any) => Promise<Response>} rejects for a file that is not there, as browsers do
 */
export function packageOf(manifest = manifestOf({ name: "packaged" }), files = FILES) {
  return async (url) => {
    const name = String(url).split("/bundle/")[1];
    if (name === "manifest.json") return new Response(JSON.stringify(manifest));
    if (!(name in files)) throw new TypeError("Failed to fetch");
    return new Response(new Uint8Array(files[name]));
  };
}

/** Changes of a manifest that give it another space: another length of item texts. @returns {Record<string, any>} */
export function ofOtherSpace() {
  const { text } = manifestOf();
  return { text: { ...text, itemText: { ...text.itemText, maxChars: 65 } } };
}

const PIXELS = tensor("pixels", "float32", ["N", 3, 16, 16]);

/**
 * A bundle whose texts a table reads and whose browser part reads images, too.
 * @returns {{manifest: Record<string, any>, files: Record<string, Buffer>}}
 */
export function imageBundle() {
  const rule = { size: 16, resize: 16, interpolation: "bicubic", mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
  const files = {
    "tokens.bin": Buffer.from("tokens"),
    "user.onnx": FILES["user.onnx"],
    "item.onnx": FILES["item.onnx"],
    "image.onnx": onnx([PIXELS]),
    "lite/image.onnx": onnx([PIXELS]),
    "probes.json": Buffer.from("{}"),
  };
  const reader = (/** @type {string} */ file) => ({
    file,
    precision: "float32",
    inputs: [PIXELS],
    outputs: [tensor("embedding")],
  });
  const plain = manifestOf();
  const { itemTower, userTower } = plain.towers;
  const image = tensor("image");
  const downloaded = /** @type {const} */ (["tokens.bin", "user.onnx", "probes.json"]);
  const manifest = {
    ...plain,
    filler: 7,
    files: Object.fromEntries(
      Object.entries(files).map(([name, bytes]) => [name, { sha256: sha256(bytes), bytes: bytes.length }]),
    ),
    towers: {
      imageEncoder: reader("image.onnx"),
      itemTower: { ...itemTower, inputs: [tensor("text", "float32", ["N", 5]), ...itemTower.inputs.slice(1), image] },
      userTower,
    },
    lite: {
      textBlock: { start: 0, share: 0.5 },
      image: { toItem: reader("lite/image.onnx"), rule, downloadBytes: files["lite/image.onnx"].length },
      userTower,
      downloadBytes: downloaded.reduce((sum, name) => sum + files[name].length, 0),
    },
    text: { table: { file: "tokens.bin", dim: 5 }, itemText: plain.text.itemText },
    image: rule,
  };
  return { manifest: { ...manifest, space: sha256(Buffer.from(spaceText(/** @type {any} */ (manifest)))) }, files };
}
