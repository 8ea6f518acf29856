// @ts-check
// Whose published catalogue it is, in words.
import { t } from "./texts.js";

/** @param {string} keyId @returns {string} in groups of four, as it is compared with another */
const fingerprint = (keyId) => keyId.match(/.{1,4}/g)?.join(" ") ?? "";

/**
 * Return who signed a published catalogue, and on whose list it is.
 * @param {import("../generated/contract-types.js").PackOrigin} pack @returns {string}
 */
export function signerText({ host, signedBy, isTrusted }) {
  if (!signedBy) return t("packUnsigned", host);
  return t(isTrusted ? "packTrusted" : "packSigned", host, fingerprint(signedBy));
}
