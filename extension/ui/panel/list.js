// @ts-check
import { byId } from "../elements.js";

const SHOWN = 10;

/**
 * Show cards: the first ones are made and shown, and the others on request.
 * @param {(() => HTMLLIElement)[]} cards
 * @param {(first: number, end: number) => void} [onShown] is told which are in the list now, from `first` to before `end`
 */
export function showCards(cards, onShown = () => {}) {
  byId("message").hidden = true;
  byId("cards").replaceChildren(...cards.slice(0, SHOWN).map((make) => make()));
  performance.mark("cards");
  onShown(0, Math.min(SHOWN, cards.length));
  byId("more").hidden = cards.length <= SHOWN;
  byId("more").onclick = () => {
    const others = cards.slice(SHOWN).map((make) => make());
    byId("cards").append(...others);
    byId("more").hidden = true;
    onShown(SHOWN, cards.length);
    others[0].querySelector("a")?.focus();
  };
}
