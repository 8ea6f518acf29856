// @ts-check
// What the profile knows, as elements: things, and clusters of them.
import { NO_SHOP } from "../core/importing.js";
import { element } from "./elements.js";
import { dayText, numberText, percentText, plural, t } from "./texts.js";

/**
 * @typedef {import("../generated/contract-types.js").TasteCluster} TasteCluster
 * @typedef {import("../generated/contract-types.js").TasteThing} TasteThing
 * @typedef {(things: TasteThing[], what: string) => void} OnRemove `what` names them, for the question
 */

/** @param {TasteThing} thing @returns {string} its shop in words */
const shopText = ({ shop }) => (shop === NO_SHOP ? t("fromFile") : shop);

/** @param {TasteThing} thing @returns {string} where and when it was seen, and what happened */
const storyOf = (thing) =>
  [shopText(thing), dayText(thing.time), ...thing.kinds.map((kind) => t(`kind_${kind}`))].join(" · ");

/** @param {TasteThing} thing @returns {HTMLElement} its title, a link where it has an address */
function titleOf({ shop, url, title }) {
  if (shop === NO_SHOP) return element("span", {}, title);
  return element("a", { href: url, target: "_blank", rel: "noreferrer" }, title);
}

/** @param {TasteThing} thing @returns {HTMLElement} */
function imageOf({ image }) {
  const frame = element("span", { class: "image" });
  const img = element("img", { alt: "", decoding: "async", referrerPolicy: "no-referrer" });
  img.addEventListener("error", () => img.remove());
  img.src = image ?? "";
  frame.append(img);
  return frame;
}

/**
 * Return the row of a thing.
 * @param {TasteThing} thing @param {OnRemove} onRemove @param {{hasImage?: boolean}} [how] whether its image is loaded from its shop
 * @returns {HTMLLIElement}
 */
export function thingRow(thing, onRemove, { hasImage = false } = {}) {
  return element(
    "li",
    { class: "thing" },
    hasImage && thing.image && imageOf(thing),
    element("div", {}, titleOf(thing), element("p", { class: "quiet" }, storyOf(thing))),
    element(
      "button",
      {
        class: "plain small",
        type: "button",
        "aria-label": t("removeFor", thing.title),
        onclick: () => onRemove([thing], thing.title),
      },
      t("remove"),
    ),
  );
}

/** @param {TasteCluster} cluster @returns {string} its name: category, brand and the words of its titles, else its first title */
export function nameOf({ words, brand, category, things }) {
  const parts = [category, brand, ...words].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(" · ") : things[0].title;
}

/** @param {number} share @returns {string} of the taste, in words */
const shareText = (share) => (share < 0.005 ? t("shareNone") : t("share", percentText(share)));

/**
 * Return the card of a cluster.
 * @param {TasteCluster} cluster
 * @param {OnRemove} onRemove
 * @param {{isOpen: boolean, hasImage: (thing: TasteThing) => boolean, showImages: (things: TasteThing[]) => Promise<void>}} how
 * @returns {HTMLElement}
 */
export function clusterCard(cluster, onRemove, { isOpen, hasImage, showImages }) {
  const { things, share } = cluster;
  const rows = () => things.map((thing) => thingRow(thing, onRemove, { hasImage: hasImage(thing) }));
  const list = element("ul", { class: "things" }, ...rows());
  const bar = element("span", {});
  bar.style.inlineSize = `${Math.round(share * 100)}%`;
  const imageRow = element(
    "div",
    { class: "row" },
    element(
      "button",
      {
        class: "plain small",
        type: "button",
        "data-action": "show-images",
        onclick: async () => {
          await showImages(things);
          list.replaceChildren(...rows());
          imageRow.remove();
        },
      },
      t("showImages"),
    ),
    element("p", { class: "quiet" }, t("showImagesHint")),
  );
  const name = nameOf(cluster);
  return element(
    "section",
    { class: "cluster", "aria-label": name },
    element(
      "div",
      { class: "head" },
      element("h3", {}, name),
      element(
        "button",
        {
          class: "plain small",
          type: "button",
          "data-action": "remove-cluster",
          "aria-label": t("removeAllOf", name),
          onclick: () => onRemove(things, name),
        },
        t("removeAll"),
      ),
    ),
    element("div", { class: "track", "aria-hidden": "true" }, bar),
    element("p", { class: "quiet" }, shareText(share)),
    element(
      "details",
      { open: isOpen },
      element("summary", {}, plural("things", things.length)),
      list,
      things.some((thing) => thing.image && !hasImage(thing)) && imageRow,
    ),
  );
}

/**
 * Return rows of things by what they have in common, such as their shop.
 * @param {TasteThing[]} things @param {(thing: TasteThing) => string} keyOf @param {(thing: TasteThing) => string} textOf
 * @param {OnRemove} onRemove
 * @returns {HTMLLIElement[]} in the order of their first thing
 */
function rowsBy(things, keyOf, textOf, onRemove) {
  /** @type {Map<string, TasteThing[]>} */
  const groups = new Map();
  for (const thing of things) groups.set(keyOf(thing), [...(groups.get(keyOf(thing)) ?? []), thing]);
  return [...groups.values()].map((group) => {
    const text = textOf(group[0]);
    return element(
      "li",
      {},
      element("span", {}, text, " ", element("span", { class: "quiet" }, numberText(group.length))),
      element(
        "button",
        {
          class: "plain small",
          type: "button",
          "aria-label": t("removeAllOf", text),
          onclick: () => onRemove(group, text),
        },
        t("removeAll"),
      ),
    );
  });
}

/** @param {TasteThing[]} things @param {OnRemove} onRemove @returns {HTMLLIElement[]} one a shop */
export function shopRows(things, onRemove) {
  return rowsBy(things, ({ shop }) => shop, shopText, onRemove);
}

/** @param {TasteThing[]} things most recent first @param {OnRemove} onRemove @returns {HTMLLIElement[]} one a day */
export function dayRows(things, onRemove) {
  const dayOf = (/** @type {TasteThing} */ { time }) => dayText(time);
  return rowsBy(things, dayOf, dayOf, onRemove);
}
