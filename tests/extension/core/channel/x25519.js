// @ts-check
// The curve of the published implementations of Noise, with which ours are compared. The extension itself uses P-256.
import { createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { fromHex } from "../../../../extension/values/encoding.js";

const PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI = Buffer.from("302a300506032b656e032100", "hex");

/** @param {string} hex the private key @returns {Promise<import("../../../../extension/core/channel/noise.js").KeyPair>} */
export async function x25519Pair(hex) {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8, Buffer.from(hex, "hex")]),
    format: "der",
    type: "pkcs8",
  });
  const exported = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    publicKey: fromHex(exported.subarray(-32).toString("hex")),
    async sharedWith(other) {
      const publicKey = createPublicKey({ key: Buffer.concat([SPKI, other]), format: "der", type: "spki" });
      return fromHex(diffieHellman({ privateKey, publicKey }).toString("hex"));
    },
  };
}

/** @type {import("../../../../extension/core/channel/noise.js").Curve} */
export const X25519 = {
  name: "25519",
  publicBytes: 32,
  generate: () => Promise.reject(new Error("Vectors have fixed keys.")),
};
