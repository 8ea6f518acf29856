// @ts-check
import { admit } from "./door.js";
import { productOfCard } from "./recommender.js";
import { mayAskServer } from "./settings.js";

/**
 * What the shopper's own server is told of a list that it ranked: only where the shopper wants that.
 * @typedef {import("../generated/contract-types.js").Screen} Screen
 * @typedef {import("../generated/contract-types.js").ScreenEvent} ScreenEvent
 * @typedef {import("../generated/contract-types.js").ShownItem} ShownItem
 * @typedef {import("./profile.js").Profile} Profile
 */

/**
 * Return whether the server may be told of lists of a shop: the shopper wants it, allowed the shop, and learning is not paused.
 * @param {Profile} profile @param {string} shop @returns {boolean}
 */
export function mayTell(profile, shop) {
  const { settings, isClosed } = profile;
  return (
    settings.tellsScreens === true &&
    !settings.paused &&
    !isClosed &&
    profile.isConsented(shop) &&
    mayAskServer(settings)
  );
}

/**
 * Return what the server is told. An item that the privacy filter would not let into the profile is not named.
 * @param {{shop: string, screen: Screen, kind: ScreenEvent["kind"], items: ShownItem[]}} happened
 * @param {import("./door.js").Act} act
 * @returns {Promise<ScreenEvent | null>} null where there is nothing to tell
 */
export async function eventOf({ shop, screen, kind, items }, act) {
  /** @type {ScreenEvent["items"]} */
  const told = [];
  for (const { card, position } of items) {
    const { admitted } = await admit(await productOfCard(card), "click", act);
    if (admitted) told.push({ itemId: card.itemId, position });
  }
  if (told.length === 0) return null;
  const { id, space, arm } = screen;
  return { screen: id, shop, mode: "own", space, ...(arm && { arm }), kind, items: told };
}
