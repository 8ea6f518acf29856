// @ts-check
import { isReachable } from "./reachable.js";
import { isLoopback } from "./server-client.js";

/** @typedef {import("../generated/contract-types.js").Settings} Settings */

/** @type {Settings} */
export const DEFAULT_SETTINGS = Object.freeze({
  serverUrl: "",
  serverIsMine: false,
  mode: "auto",
  paused: false,
  consents: {},
  serverBundleUrl: "",
});

/** The address that every profile had, before the extension came with a model of its own. */
const FORMER_SERVER = "http://127.0.0.1:8710";

/**
 * Return settings as they are kept now. Earlier ones name a server even where there never was one: that address goes, unless the
 * server answered there once, which the bundle downloaded from it shows.
 * @param {Partial<Settings> & {bundleUrl?: string}} stored by this version or an earlier one
 * @returns {Settings}
 */
export function currentSettings({ bundleUrl, ...stored }) {
  const settings = { ...DEFAULT_SETTINGS, ...stored };
  if (bundleUrl === undefined) return settings;
  const serverUrl = stored.serverUrl ?? FORMER_SERVER;
  if (bundleUrl.startsWith(`${serverUrl}/`)) return { ...settings, serverUrl, serverBundleUrl: bundleUrl };
  return serverUrl === FORMER_SERVER ? { ...settings, serverUrl: "" } : settings;
}

/** Return whether the shopper named a server of their own, which can be paired. @param {Settings} settings */
export function hasOwnServer({ serverUrl, serverIsMine }) {
  return serverUrl !== "" && isReachable(serverUrl) && (serverIsMine || isLoopback(serverUrl));
}

/** Return whether the shopper's own server waits to be paired: it is asked nothing until then. @param {Settings} settings */
export function isUnpaired(settings) {
  return settings.mode !== "page" && hasOwnServer(settings) && !settings.pairedKey;
}

/** Return whether the shopper's own server may be asked at all. Any other server gets no request. @param {Settings} settings */
export function mayAskServer(settings) {
  return settings.mode !== "page" && hasOwnServer(settings) && Boolean(settings.pairedKey);
}
