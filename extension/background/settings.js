// @ts-check
import { isPublicKey } from "../core/bundle-signature.js";
import { isReachable } from "../core/reachable.js";
import { CarryoverError } from "../values/errors.js";

/** @param {string} text @returns {string} the origin of a server, empty where there is none @throws {CarryoverError} invalid_server */
function serverOrigin(text) {
  if (text === "") return "";
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new CarryoverError(
      "invalid_server",
      `Expected an address such as http://127.0.0.1:8710, got ${JSON.stringify(text)}.`,
    );
  }
  if (!isReachable(text)) {
    throw new CarryoverError(
      "invalid_server",
      `Expected an address that begins with https://, or one of this device such as http://127.0.0.1:8710, got ${JSON.stringify(text)}.`,
    );
  }
  return new URL(text).origin;
}

/** @param {string} text @returns {string} the address of a list of packs, empty where there is none @throws {CarryoverError} invalid_pack_list */
function packList(text) {
  if (text === "") return "";
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !isReachable(url.href) || url.username !== "") {
    throw new CarryoverError(
      "invalid_pack_list",
      `Expected an address such as https://example.org/list.json, encrypted or on this device, got ${JSON.stringify(text)}.`,
    );
  }
  url.hash = "";
  return url.href;
}

/** @param {string[]} keys @returns {string[]} @throws {CarryoverError} invalid_key */
function publicKeys(keys) {
  const wrong = keys.find((key) => !isPublicKey(key));
  if (wrong !== undefined) {
    throw new CarryoverError("invalid_key", `Expected an Ed25519 public key as base64, got ${JSON.stringify(wrong)}.`);
  }
  return keys;
}

/**
 * Return the settings that a settings.set message changes, checked.
 * @param {import("../generated/contract-types.js").Messages["settings.set"]["fields"]} fields
 * @returns {Partial<import("../core/profile.js").Settings>}
 * @throws {CarryoverError} invalid_server, invalid_mode, invalid_key or invalid_pack_list
 */
export function checkedSettings({
  serverUrl,
  serverIsMine,
  mode,
  compareImages,
  showsBadge,
  tellsScreens,
  trustedKeys,
  packListUrl,
}) {
  if (mode !== undefined && mode !== "auto" && mode !== "page") {
    throw new CarryoverError("invalid_mode", `Expected auto or page, got ${JSON.stringify(mode)}.`);
  }
  return {
    ...(serverUrl !== undefined && { serverUrl: serverOrigin(serverUrl) }),
    ...(serverIsMine !== undefined && { serverIsMine }),
    ...(mode !== undefined && { mode }),
    ...(compareImages !== undefined && { compareImages }),
    ...(showsBadge !== undefined && { showsBadge }),
    ...(tellsScreens !== undefined && { tellsScreens }),
    ...(trustedKeys !== undefined && { trustedKeys: publicKeys(trustedKeys) }),
    ...(packListUrl !== undefined && { packListUrl: packList(packListUrl) }),
  };
}
