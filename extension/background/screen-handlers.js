// @ts-check
import { begin } from "../core/door.js";
import { eventOf, mayTell } from "../core/screens.js";
import { CarryoverError } from "../values/errors.js";

/** @typedef {import("../core/screens.js").ScreenEvent["kind"]} Kind */

/** @type {readonly Kind[]} */
const KINDS = ["impression", "click", "dismiss"];

/** @param {string} name @returns {Kind} @throws {CarryoverError} invalid_message */
function kindOf(name) {
  const kind = KINDS.find((one) => one === name);
  if (!kind) throw new CarryoverError("invalid_message", `Expected kind to be one of ${KINDS.join(", ")}.`);
  return kind;
}

/**
 * Return the handler of what the panel tells of a list. It is told once: what does not reach the server is not offered again.
 * @param {{getProfile: import("./store.js").GetProfile, server: import("./server.js").ServerSource}} parts
 * @returns {Pick<import("../messaging/messages.js").Handlers<"background">, "screen.tell">}
 */
export function createScreenHandlers({ getProfile, server }) {
  return {
    async "screen.tell"({ shop, screen, kind, items }, sender) {
      const profile = await getProfile();
      const act = begin(profile, { isPrivate: sender.tab?.incognito === true });
      if (!mayTell(profile, shop)) return { isTold: false };
      const event = await eventOf({ shop, screen, kind: kindOf(kind), items }, act);
      if (!event) return { isTold: false };
      const client = await server.getServer();
      // The shopper may have changed their mind meanwhile.
      if (!mayTell(profile, shop) || profile.settings.serverUrl !== client.baseUrl) return { isTold: false };
      await client.addEvent(event);
      return { isTold: true };
    },
  };
}
