// @ts-check
import { createHash } from "node:crypto";
import { spaceText } from "../../../extension/core/bundle-rules.js";

/** @param {Buffer} bytes */
export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** @param {string} role @param {string} [dtype] @param {unknown[]} [shape] of a tower's input or output */
export const tensor = (role, dtype = "float32", shape = ["N", 8]) => ({ name: role, role, dtype, shape });

/** The files of the tiny bundle: valid to whoever verifies it, not to whoever runs it. @type {Record<string, Buffer>} */
export const FILES = {
  "tokenizer.json": Buffer.from("{}"),
  "lite/text.onnx": Buffer.from("text tower"),
  "user.onnx": Buffer.from("user tower"),
  "item.onnx": Buffer.from("item tower"),
};

/** An image rule: part of what names a space. */
export const IMAGE = {
  size: 32,
  resize: 40,
  interpolation: "bilinear",
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
};

/** @param {Record<string, any>} [changes] @returns {Record<string, any>} a manifest that keeps every rule of a bundle but for the changes */
export function manifestOf(changes = {}) {
  const tower = (/** @type {string} */ file, /** @type {object[]} */ inputs) => ({
    file,
    precision: "float32",
    inputs,
    outputs: [tensor("embedding")],
  });
  const userTower = tower("user.onnx", [
    tensor("items"),
    tensor("kinds", "int64"),
    tensor("agesDays"),
    tensor("itemMask"),
  ]);
  const textToItem = tower("lite/text.onnx", [tensor("inputIds", "int64"), tensor("attentionMask", "int64")]);
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
    towers: { textEncoder: textToItem, itemTower: tower("item.onnx", [tensor("text")]), userTower },
    lite: { textToItem, userTower, downloadBytes: 10 },
    text: {
      tokenizer: { file: "tokenizer.json", type: "wordpiece", maxTokens: 16 },
      itemText: { fields: ["title"], separator: ". ", maxChars: 64 },
    },
    interactions: { kinds: ["view", "wishlist", "cart", "purchase", "rating", "dismiss"], maxItems: 4 },
    origin: [],
    parity: [],
    speed: [],
    metrics: {},
    ...changes,
  };
  return { space: sha256(Buffer.from(spaceText({ ...manifest, files }))), ...manifest };
}
