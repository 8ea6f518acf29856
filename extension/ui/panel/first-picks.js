// @ts-check
// "New here? Pick three": a first taste, said by the shopper, who also says when it is to be kept.
import { element } from "../elements.js";
import { numberText, t } from "../texts.js";

/**
 * @typedef {import("../../generated/contract-types.js").Card} Card
 * @typedef {import("../../generated/contract-types.js").State} State
 * @typedef {import("../../generated/contract-types.js").Recommendations} Recommendations
 */

const WANTED = 3;
/** From so few items nothing can be picked that says much. */
const LEAST_ITEMS = 6;

/**
 * Return whether a list offers first picks: nothing is known, and it is not a search.
 * @param {State} state @param {Recommendations} answer @returns {boolean}
 */
export function offersPicks({ numKnown, paused }, { basis, items }) {
  return numKnown === 0 && !paused && items.length >= LEAST_ITEMS && ["first_screen", "page_order"].includes(basis);
}

/**
 * Return the picks of a list.
 * @param {(cards: Card[]) => Promise<void>} onUse
 */
export function createPicks(onUse) {
  /** By item id. @type {Map<string, Card>} */
  const picked = new Map();
  const use = element(
    "button",
    {
      class: "primary",
      type: "button",
      "data-action": "use-picks",
      disabled: true,
      async onclick() {
        // Each time that it is kept it counts more.
        use.disabled = true;
        await onUse([...picked.values()]);
        showCount();
      },
    },
    t("usePicks"),
  );
  const count = element("span", { class: "quiet" });
  const showCount = () => {
    count.textContent = t("picksOf", numberText(picked.size), numberText(Math.max(WANTED, picked.size)));
    use.disabled = picked.size === 0;
  };
  showCount();

  return {
    /** @returns {HTMLElement} the question above the list */
    card: () =>
      element(
        "section",
        { class: "consent picks" },
        element("h2", {}, t("pickTitle")),
        element("p", { class: "quiet" }, t("pickHint")),
        element("div", { class: "line" }, count, use),
      ),
    isPicked: (/** @type {Card} */ { itemId }) => picked.has(itemId),
    /** @param {Card} card @param {HTMLButtonElement} button */
    toggle(card, button) {
      if (!picked.delete(card.itemId)) picked.set(card.itemId, card);
      button.setAttribute("aria-pressed", String(picked.has(card.itemId)));
      showCount();
    },
  };
}
