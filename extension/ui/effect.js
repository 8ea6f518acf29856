// @ts-check
// The question before a removal: what is recommended now, and what without these things.
import { send } from "../messaging/messages.js";
import { element } from "./elements.js";
import { nameOf } from "./things.js";
import { errorText, numberText, percentText, t } from "./texts.js";

/**
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../generated/contract-types.js").Effect} Effect
 * @typedef {import("../generated/contract-types.js").KnownShop} KnownShop
 * @typedef {import("../generated/contract-types.js").Taste} Taste
 */

/** @param {string} title @param {Card[]} cards @param {Card[]} others @param {string} mark a class for what the others lack @param {string} note @returns {HTMLElement} */
function side(title, cards, others, mark, note) {
  const isGone = mark === "gone";
  const same = new Set(others.map(({ itemId }) => itemId));
  const rows = cards.map((card) =>
    same.has(card.itemId)
      ? element("li", {}, element("bdi", {}, card.title))
      : element(
          "li",
          { class: mark },
          element(isGone ? "s" : "bdi", { dir: "auto" }, card.title),
          " ",
          element("span", { class: "badge" }, note),
        ),
  );
  return element("div", {}, element("h3", {}, title), element("ol", {}, ...rows));
}

/** @param {NonNullable<Effect["products"]>} products @returns {HTMLElement[]} */
function productsOf({ shop, before, after }) {
  const isSame = before.every(({ itemId }, i) => itemId === after[i]?.itemId);
  return [
    element("p", { class: "quiet" }, t(isSame ? "effectSame" : "effectAt", shop)),
    element(
      "div",
      { class: "sides" },
      side(t("effectBefore"), before, after, "gone", t("effectGone")),
      side(t("effectAfter"), after, before, "new", t("effectNew")),
    ),
  ];
}

/** @param {Effect["shares"]} shares @param {Taste} taste @returns {HTMLElement[]} the shares of the clusters, where no catalogue is here to rank */
function sharesOf(shares, { clusters }) {
  const rows = shares.map(({ before, after }, i) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, nameOf(clusters[i])),
      element("td", {}, percentText(before)),
      element("td", {}, percentText(after)),
    ),
  );
  if (rows.length === 0) return [element("p", { class: "quiet" }, t("effectNone"))];
  const heads = [t("tasteTitle"), t("effectBefore"), t("effectAfter")];
  return [
    element("p", { class: "quiet" }, t("effectShares")),
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...rows),
    ),
  ];
}

/** @param {string[]} shops @param {(shop: string) => void} onChoose @returns {HTMLElement[]} empty where there is nothing to choose */
function shopChoice(shops, onChoose) {
  if (shops.length < 2) return [];
  const select = element(
    "select",
    { id: "effect-shop", onchange: () => onChoose(select.value) },
    ...shops.map((shop) => element("option", { value: shop }, shop)),
  );
  return [element("p", { class: "row" }, element("label", { for: "effect-shop" }, t("effectShop")), select)];
}

/**
 * Return what a removal changes, worked out when it is asked for.
 * @param {string[]} ids of interactions @param {{taste: Taste, shelves: string[]}} shown
 * @returns {{element: HTMLElement, show: (forgets?: string) => void}} forgets: a shop whose catalogue would go, too
 */
function effectPart(ids, { taste, shelves }) {
  const choice = element("div", {});
  const body = element("div", { "aria-live": "polite" });
  /** @param {{shop?: string, forgets?: string}} wanted */
  async function ask(wanted) {
    body.replaceChildren(element("p", { class: "quiet" }, t("effectLoading")));
    try {
      const { effect } = await send({ type: "taste.effect", ids, ...wanted });
      const { products, shares } = effect;
      body.replaceChildren(...(products ? productsOf(products) : sharesOf(shares, taste)));
    } catch (error) {
      console.warn(error);
      body.replaceChildren(element("p", { class: "quiet" }, errorText(error)));
    }
  }
  return {
    element: element("div", {}, choice, body),
    show(forgets) {
      // What has no interaction counts for nothing.
      if (ids.length === 0) return;
      const left = shelves.filter((shop) => shop !== forgets);
      const without = forgets === undefined ? {} : { forgets };
      choice.replaceChildren(...shopChoice(left, (shop) => void ask({ shop, ...without })));
      void ask(without);
    },
  };
}

/** @param {KnownShop} shop @param {HTMLElement | false} choice whether it is forgotten @returns {HTMLElement} what that means */
function forgetPart({ numItems }, choice) {
  return element(
    "div",
    { class: "forget" },
    choice,
    element("p", { class: "quiet" }, t("forgetHint")),
    numItems > 0 && element("p", { class: "quiet" }, t("forgetCatalogue", numberText(numItems))),
  );
}

/**
 * Show what a removal would change, and ask.
 * @param {{things: import("./things.js").Removable[], question: string, note?: string, shop?: KnownShop, taste: Taste, shelves: string[]}} removal
 *   shop: all things of this allowed one; where there are none, it is forgotten by the removal itself
 * @param {(forgets?: string) => void} onRemove
 */
export function askToRemove({ things, question, note, shop, taste, shelves }, onRemove) {
  const effect = effectPart(
    things.flatMap(({ ids }) => ids),
    { taste, shelves },
  );
  const box = element("input", {
    type: "checkbox",
    id: "forget",
    checked: things.length === 0,
    onchange: () => effect.show(forgets()),
  });
  const forgets = () => (box.checked ? shop?.shop : undefined);
  const choice =
    shop !== undefined &&
    things.length > 0 &&
    element("label", { class: "check", for: "forget" }, box, element("span", {}, t("forgetShop", shop.shop)));
  const dialog = element(
    "dialog",
    { class: "effect", "aria-labelledby": "effect-question", onclose: () => dialog.remove() },
    element("h2", { id: "effect-question" }, question),
    note && element("p", { class: "quiet" }, note),
    shop && forgetPart(shop, choice),
    effect.element,
    element(
      "div",
      { class: "row" },
      element("button", { class: "plain", type: "button", autofocus: true, onclick: () => dialog.close() }, t("keep")),
      element(
        "button",
        {
          class: "danger",
          type: "button",
          "data-action": "remove-yes",
          onclick: () => {
            dialog.close();
            onRemove(forgets());
          },
        },
        t(things.length > 0 ? "remove" : "forgetYes"),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  effect.show();
}
