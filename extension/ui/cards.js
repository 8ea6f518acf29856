// @ts-check
import { element } from "./elements.js";
import { priceText, t } from "./texts.js";

/** @typedef {import("../generated/contract-types.js").RankedCard} RankedCard */

const SOLD_OUT = ["OutOfStock", "SoldOut", "Discontinued"];

/** Return the sentence that names one or two reasons. @param {string[]} why @returns {string} */
function reason([first, second]) {
  return second ? t("becauseTwo", first, second) : t("because", first);
}

/** Return the frame of an item's image, empty where there is none. @param {RankedCard} item @returns {HTMLElement} */
function imageFrame({ image }) {
  const frame = element("span", { class: "image" });
  if (!image) return frame;
  // Loaded from the shop in the tab, without a referrer: the shop need not know who shows its image.
  const img = element("img", { alt: "", loading: "lazy", decoding: "async", referrerPolicy: "no-referrer" });
  img.addEventListener("error", () => img.remove());
  img.src = image;
  frame.append(img);
  return frame;
}

/** Return price, regular price and stock of an item. @param {RankedCard} item @returns {HTMLElement | null} */
function priceLine({ price, regularPrice, availability }) {
  const isSoldOut = SOLD_OUT.includes(availability ?? "");
  if (!price && !isSoldOut) return null;
  return element(
    "span",
    { class: "price" },
    price && priceText(price),
    regularPrice && element("s", { "aria-label": t("regularPrice", priceText(regularPrice)) }, priceText(regularPrice)),
    isSoldOut && element("span", { class: "badge" }, t("soldOut")),
  );
}

/**
 * Return the card of an item.
 * @param {RankedCard} item
 * @param {(item: RankedCard, button: HTMLButtonElement) => void} onDismiss
 * @returns {HTMLLIElement}
 */
export function card(item, onDismiss) {
  const isWeb = /^https?:\/\//.test(item.url);
  const dismiss = element(
    "button",
    {
      class: "dismiss",
      type: "button",
      title: t("lessLikeThis"),
      "aria-label": t("lessLikeThisFor", item.title),
      "data-action": "dismiss",
      onclick: () => onDismiss(item, dismiss),
    },
    "×",
  );
  return element(
    "li",
    { class: "card", "data-item-id": item.itemId },
    element(
      "a",
      { href: isWeb ? item.url : "", target: "_blank", rel: "noreferrer" },
      imageFrame(item),
      element(
        "span",
        { class: "words" },
        // Many shops begin a title with the brand.
        item.brand && !item.title.startsWith(item.brand) && element("span", { class: "brand" }, item.brand),
        element("span", { class: "title" }, item.title),
        priceLine(item),
        item.why.length > 0 && element("span", { class: "why" }, reason(item.why)),
      ),
    ),
    dismiss,
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
