// @ts-check
import { createHash } from "node:crypto";

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

/** @param {Record<string, any>} [changes] @returns {Record<string, any>} a manifest that keeps contracts/bundle.schema.json */
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
  return {
    format: 1,
    name: "tiny",
    dim: 8,
    normalised: true,
    space: "a".repeat(64),
    createdBy: { version: "0" },
    files: Object.fromEntries(
      Object.entries(FILES).map(([name, bytes]) => [name, { sha256: sha256(bytes), bytes: bytes.length }]),
    ),
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
}
