// @ts-check
import { isOnSale, isSoldOut } from "../core/choice.js";
import { element } from "./elements.js";
import { icon } from "./icons.js";
import { loadImage } from "./images.js";
import { around, priceText, t } from "./texts.js";

export { forgetImages } from "./images.js";

/**
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../generated/contract-types.js").RankedCard} RankedCard
 * @typedef {object} Actions what can be done with a card; what is absent is not offered
 * @property {(card: RankedCard, button: HTMLButtonElement, isByKey: boolean) => void} [onDismiss]
 * @property {(card: RankedCard, button: HTMLButtonElement) => void} [onSave] also takes it back
 * @property {(card: RankedCard) => void} [onAlike]
 * @property {(card: RankedCard) => void} [onOpen] its page is opened
 * @property {(card: RankedCard, button: HTMLButtonElement) => void} [onPick]
 * @property {(card: Card) => boolean} [isSaved]
 * @property {(card: Card) => boolean} [isPicked]
 * @property {boolean} [isElsewhere] the card is of another shop than the one in front: its image is not loaded, which would tell that shop
 */

/** Return the sentence that names one or two reasons. @param {string[]} why @returns {string} */
function reason([first, second]) {
  return second ? t("becauseTwo", first, second) : t("because", first);
}

/**
 * Return the parts of a one-line text with a title, of which the end is cut where the line is too short, in whichever direction it runs.
 * @param {string} key of a text with the title as its only value @param {string} title @returns {HTMLElement[]}
 */
export function cutTitle(key, title) {
  const [before, after] = around(key);
  const parts = [element("span", {}, before), element("bdi", { class: "cut" }, title), element("span", {}, after)];
  return parts.filter(({ textContent }) => textContent !== "");
}

/**
 * Return the frame of an item's image, with its first letter where no image can be shown, and with what it is not to be had.
 * @param {Card} card @param {boolean} isElsewhere @returns {HTMLElement}
 */
function imageFrame(card, isElsewhere) {
  const { image, title, url } = card;
  const letter = [...title.trim()][0]?.toUpperCase() ?? "";
  const badge = isSoldOut(card) && element("span", { class: "badge" }, t("soldOut"));
  const frame = element("span", { class: "image", "data-letter": letter }, badge);
  if (image && !isElsewhere) loadImage(frame, { image, url }, "lazy");
  return frame;
}

/** Return price and regular price of an item. @param {Card} card @returns {HTMLElement | null} */
function priceLine(card) {
  const { price, regularPrice } = card;
  if (!price) return null;
  const regular = regularPrice && isOnSale(card) && priceText(regularPrice);
  return element(
    "span",
    { class: isOnSale(card) ? "price reduced" : "price" },
    element("span", {}, priceText(price)),
    regular && " ",
    regular &&
      element(
        "s",
        {},
        element("span", { class: "unseen" }, t("regularPrice", regular)),
        element("span", { "aria-hidden": true }, regular),
      ),
  );
}

/**
 * Return a button on a card.
 * @param {{action: string, drawing: Parameters<typeof icon>[0], label: string, title: string, isPressed?: boolean}} of
 * @param {(button: HTMLButtonElement, isByKey: boolean) => void} onClick
 */
function cardButton({ action, drawing, label, title, isPressed }, onClick) {
  const button = element(
    "button",
    {
      class: action,
      type: "button",
      title,
      "aria-label": label,
      "aria-pressed": isPressed,
      "data-action": action,
      // A key gives a click without a position.
      onclick: (/** @type {MouseEvent} */ { detail }) => onClick(button, detail === 0),
    },
    icon(drawing),
  );
  return button;
}

/** @param {RankedCard} card @param {Actions} actions @returns {HTMLElement[]} */
function buttonsOf(card, { onDismiss, onSave, onAlike, onPick, isSaved, isPicked }) {
  const { title } = card;
  const found = [];
  if (onPick) {
    const of = { action: "pick", drawing: /** @type {const} */ ("tick"), label: t("pickFor", title), title: t("pick") };
    found.push(cardButton({ ...of, isPressed: isPicked?.(card) ?? false }, (button) => onPick(card, button)));
  }
  if (onSave) {
    const of = {
      action: "save",
      drawing: /** @type {const} */ ("heart"),
      label: t("saveFor", title),
      title: t("saveForLater"),
    };
    found.push(cardButton({ ...of, isPressed: isSaved?.(card) ?? false }, (button) => onSave(card, button)));
  }
  if (onAlike) {
    const of = {
      action: "alike",
      drawing: /** @type {const} */ ("alike"),
      label: t("moreLike", title),
      title: t("moreLikeThis"),
    };
    found.push(cardButton(of, () => onAlike(card)));
  }
  if (onDismiss) {
    const of = {
      action: "dismiss",
      drawing: /** @type {const} */ ("less"),
      label: t("lessLikeThisFor", title),
      title: t("lessLikeThis"),
    };
    found.push(cardButton(of, (button, isByKey) => onDismiss(card, button, isByKey)));
  }
  return found;
}

/**
 * Return the card of an item. The whole card is one link; its buttons lie beside the link, not in it.
 * @param {RankedCard} card
 * @param {Actions} actions
 * @param {string} [shop] named where the list holds several shops
 * @returns {HTMLLIElement}
 */
export function cardOf(card, actions, shop) {
  const { url, brand, title, why } = card;
  const isWeb = /^https?:\/\//.test(url);
  const opened = () => actions.onOpen?.(card);
  // The middle button opens, the right one does not.
  const openedAside = (/** @type {MouseEvent} */ { button }) => button === 1 && opened();
  return element(
    "li",
    { class: isSoldOut(card) ? "card gone" : "card", "data-item-id": card.itemId },
    element(
      "a",
      { href: isWeb ? url : "", target: "_blank", rel: "noreferrer", onclick: opened, onauxclick: openedAside },
      imageFrame(card, actions.isElsewhere ?? false),
      " ",
      element(
        "span",
        { class: "words" },
        element(
          "span",
          { class: "named", dir: "auto", title },
          // Many shops begin a title with the brand.
          brand && !title.startsWith(brand) && element("span", { class: "brand" }, brand),
          " ",
          element("span", { class: "title" }, title),
        ),
        priceLine(card),
        why.length > 0 && element("span", { class: "why of-title", title: reason(why) }, ...cutTitle("like", why[0])),
        shop && element("span", { class: "why", dir: "ltr" }, shop),
      ),
    ),
    element("span", { class: "buttons" }, ...buttonsOf(card, actions)),
  );
}

/** Return placeholders for cards that are being loaded. @param {number} count @returns {HTMLLIElement[]} */
export function skeletons(count) {
  return Array.from({ length: count }, () =>
    element(
      "li",
      { class: "card skeleton", "aria-hidden": "true" },
      element("span", { class: "image" }),
      element("span", { class: "words" }, element("span", {}), element("span", {})),
    ),
  );
}
