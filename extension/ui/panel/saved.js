// @ts-check
// The list of what the shopper saved for later, of all shops.
import { send } from "../../messaging/messages.js";
import { cardOf } from "../cards.js";

/**
 * @typedef {import("../../generated/contract-types.js").Card} Card
 * @typedef {import("../../generated/contract-types.js").RankedCard} RankedCard
 * @typedef {import("../../generated/contract-types.js").SavedItem} SavedItem
 */

/** @param {RankedCard} card @returns {Card} as it is sent: how it was ranked is of no use later */
export function plainCard({ why, score, ...card }) {
  return card;
}

/** What is saved, as the panel knows it. @param {{onChange: () => void, onBack: () => void}} parts `onBack` is told when it is there after it could not be loaded */
export function createSaved({ onChange, onBack }) {
  /** @type {SavedItem[]} */
  let items = [];
  /** @type {unknown} */
  let failed = null;

  return {
    numItems: () => items.length,
    /** @returns {unknown} why it could not be loaded the last time; null where it could */
    failed: () => failed,
    /** @param {Card} card */
    has: ({ url }) => items.some(({ card }) => card.url === url),
    async load() {
      const before = failed;
      try {
        ({ items } = await send({ type: "saved.get" }));
        failed = null;
      } catch (error) {
        failed = error;
        throw error;
      }
      onChange();
      if (before !== null) onBack();
    },
    /** Forget what was saved, until it is loaded anew. */
    forget() {
      items = [];
      onChange();
    },
    /**
     * Save a card, or take it back.
     * @param {RankedCard} card @returns {Promise<"saved" | "savedLearned" | "unsaved">} what happened, as a text's key
     */
    async toggle(card) {
      const item = plainCard(card);
      if (this.has(item)) {
        await send({ type: "item.unsave", item });
        await this.load();
        return "unsaved";
      }
      const { isLearned } = await send({ type: "item.save", item });
      await this.load();
      return isLearned ? "savedLearned" : "saved";
    },
    /**
     * Return the cards of what is saved.
     * @param {string} shopInFront the images of other shops are not loaded
     * @param {(card: RankedCard, button: HTMLButtonElement) => void} onSave
     * @returns {HTMLLIElement[]}
     */
    cards: (shopInFront, onSave) =>
      items.map(({ shop, card }) => {
        const ranked = { ...card, score: 0, why: [] };
        return cardOf(ranked, { onSave, isSaved: () => true, isElsewhere: shop !== shopInFront }, shop);
      }),
  };
}
