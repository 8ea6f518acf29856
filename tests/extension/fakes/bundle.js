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
