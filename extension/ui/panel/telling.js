// @ts-check
import { send } from "../../messaging/messages.js";
import { plainCard } from "./saved.js";

/**
 * @typedef {import("../../generated/contract-types.js").RankedCard} RankedCard
 * @typedef {import("../../generated/contract-types.js").Recommendations} Recommendations
 */

/** Tells what is shown, opened and dismissed of a list, where the list says that it may be told of. Nothing waits for it. */
export function createTelling() {
  /** The list as it was ranked, which has the places. @type {Recommendations | null} */
  let list = null;
  /** What is left of it. @type {RankedCard[]} */
  let left = [];
  /** What was told of the list, so that nothing is told twice. @type {Set<string>} */
  let told = new Set();

  /** @param {"impression" | "click" | "dismiss"} kind @param {RankedCard[]} cards */
  function tell(kind, cards) {
    if (!list?.screen) return;
    const { shop, screen } = list;
    const items = list.items.flatMap((card, position) => {
      const isMeant = cards.some(({ itemId }) => itemId === card.itemId) && !told.has(`${kind} ${card.itemId}`);
      return isMeant ? [{ card: plainCard(card), position }] : [];
    });
    if (items.length === 0) return;
    for (const { card } of items) told.add(`${kind} ${card.itemId}`);
    // The shopper did not ask for anything that could fail.
    send({ type: "screen.tell", shop, screen, kind, items }).catch(console.warn);
  }

  return {
    /** Begin to tell of a list, or continue with one of which a card was taken. @param {Recommendations | null} shown null: nothing is told */
    begin(shown) {
      left = shown?.items ?? [];
      if (shown?.screen && shown.screen.id === list?.screen?.id) return;
      list = shown;
      told = new Set();
    },
    /** @param {number} first @param {number} end */
    shown: (first, end) => tell("impression", left.slice(first, end)),
    /** @param {RankedCard} card */
    opened: (card) => tell("click", [card]),
    /** @param {RankedCard} card */
    dismissed: (card) => tell("dismiss", [card]),
  };
}
