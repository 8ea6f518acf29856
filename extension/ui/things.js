// @ts-check
// What the profile knows, as elements: things, and clusters of them.
import { element } from "./elements.js";
import { loadImage } from "./images.js";
import { dayText, numberText, percentText, plural, t } from "./texts.js";

/**
 * @typedef {import("../generated/contract-types.js").TasteCluster} TasteCluster
 * @typedef {import("../generated/contract-types.js").TasteThing} TasteThing
 * @typedef {import("../generated/contract-types.js").SavedThing} SavedThing
 * @typedef {{ids: string[], savedId?: string}} Removable a thing as a removal needs it
 * @typedef {import("../generated/contract-types.js").KnownShop} KnownShop
 * @typedef {(things: Removable[], question: string, more?: {note?: string, shop?: KnownShop}) => void} OnRemove `shop`: an allowed one, all of
 *   whose things go, so that it can be forgotten, too
 */

/** @param {{time: string}} a @param {{time: string}} b */
export const newestFirst = (a, b) => Number(a.time < b.time) - Number(a.time > b.time);

/** @param {TasteThing} thing @returns {string} its shop in words */
const shopText = ({ shop }) => shop ?? t("fromFile");

/** @param {string[]} parts @returns {HTMLElement} them in a line, each in a direction of its own */
const quietLine = (parts) =>
  element("p", { class: "quiet" }, ...parts.flatMap((part, i) => [i > 0 && " · ", element("bdi", {}, part)]));

/** @param {TasteThing} thing @returns {HTMLElement} where and when it was seen, and what happened */
function story(thing) {
  return quietLine([shopText(thing), dayText(thing.time), ...thing.kinds.map((kind) => t(`kind_${kind}`))]);
}

/** @param {{url?: string, title: string}} thing @returns {HTMLElement} its title, a link where it has an address */
function titleOf({ url, title }) {
  if (!url) return element("bdi", {}, title);
  return element("a", { href: url, target: "_blank", rel: "noreferrer", dir: "auto" }, title);
}

/** @param {{image: string, url?: string}} thing @returns {HTMLElement} */
function imageOf(thing) {
  const frame = element("span", { class: "image" });
  loadImage(frame, { ...thing, isNoted: true }, "eager");
  return frame;
}

/** @param {string} title @param {() => void} onclick @returns {HTMLButtonElement} */
const removeButton = (title, onclick) =>
  element(
    "button",
    { class: "plain small", type: "button", "aria-label": t("removeFor", title), onclick },
    t("remove"),
  );

/** @param {TasteThing[]} things @param {string} name of what they have in common @returns {string} */
const questionOf = (things, name) => plural("removeAsk", things.length, name);

/**
 * Return the row of a thing.
 * @param {TasteThing} thing @param {OnRemove} onRemove @param {{hasImage?: boolean}} [how] whether its image is loaded from its shop
 * @returns {HTMLLIElement}
 */
export function thingRow(thing, onRemove, { hasImage = false } = {}) {
  return element(
    "li",
    { class: "thing" },
    hasImage && thing.image && imageOf({ ...thing, image: thing.image }),
    element("div", {}, titleOf(thing), story(thing)),
    removeButton(thing.title, () => onRemove([thing], t("removeAskOne", thing.title))),
  );
}

/** @param {SavedThing[]} things @returns {{note: string}} what their removal does to the taste */
const savedNote = (things) => ({
  note: t(things.some(({ ids }) => ids.length > 0) ? "savedCounts" : "savedCountsNot"),
});

/** @param {SavedThing[]} things @param {OnRemove} onRemove removes all of them */
export function removeSaved(things, onRemove) {
  onRemove(things, t("removeSavedAsk", numberText(things.length)), savedNote(things));
}

/** Return the row of a thing that was saved for later. @param {SavedThing} thing @param {OnRemove} onRemove @returns {HTMLLIElement} */
export function savedRow(thing, onRemove) {
  const { shop, time, title } = thing;
  return element(
    "li",
    { class: "thing" },
    element("div", {}, titleOf(thing), quietLine([shop, t("savedOn", dayText(time))])),
    removeButton(title, () => onRemove([thing], t("removeSavedAskOne", title), savedNote([thing]))),
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
      element("h3", { dir: "auto" }, name),
      element(
        "button",
        {
          class: "plain small",
          type: "button",
          "data-action": "remove-cluster",
          "aria-label": t("removeAllOf", name),
          onclick: () => onRemove(things, questionOf(things, name)),
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

/** @template T @param {T[]} things @param {(thing: T) => string} textOf @returns {Map<string, T[]>} those with one text together, in the order of their first */
function groupsBy(things, textOf) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const thing of things) groups.set(textOf(thing), [...(groups.get(textOf(thing)) ?? []), thing]);
  return groups;
}

/**
 * Return the row of what things have in common, such as their shop.
 * @param {string} name of it @param {string[]} facts about it @param {() => void} onclick
 * @param {string} [action] what the button says @param {string} [label] what it says to who cannot see the row
 * @returns {HTMLLIElement}
 */
function groupRow(name, facts, onclick, action = t("removeAll"), label = t("removeAllOf", name)) {
  return element(
    "li",
    {},
    element("span", {}, element("bdi", {}, name), " ", element("span", { class: "quiet" }, facts.join(" · "))),
    element("button", { class: "plain small", type: "button", "aria-label": label, onclick }, action),
  );
}

/** @param {TasteThing[]} things @param {KnownShop[]} shops that are allowed @param {OnRemove} onRemove @returns {HTMLLIElement[]} one a shop */
export function shopRows(things, shops, onRemove) {
  const groups = groupsBy(things, shopText);
  for (const { shop } of shops) groups.set(shop, groups.get(shop) ?? []);
  return [...groups].map(([name, group]) => {
    const shop = shops.find((one) => one.shop === name);
    const facts = [
      group.length > 0 && plural("things", group.length),
      shop && t("mayBeRead"),
      shop && shop.numItems > 0 && t("shelfRead", numberText(shop.numItems)),
    ].flatMap((fact) => fact || []);
    if (group.length > 0) return groupRow(name, facts, () => onRemove(group, questionOf(group, name), { shop }));
    const forget = t("forgetYes");
    return groupRow(name, facts, () => onRemove(group, t("forgetAsk", name), { shop }), forget, `${forget}: ${name}`);
  });
}

/** @param {TasteThing} thing @returns {TasteThing[]} it once for each day, with what happened on that day alone */
function daysOf(thing) {
  /** @type {Map<string, TasteThing>} */
  const days = new Map();
  for (const [i, time] of thing.times.entries()) {
    const { ids, times } = days.get(dayText(time)) ?? { ids: [], times: [] };
    const day = { ids: [...ids, thing.ids[i]], times: [...times, time] };
    days.set(dayText(time), { ...thing, ...day, time: day.times[0] });
  }
  return [...days.values()];
}

/** @param {TasteThing[]} things @param {OnRemove} onRemove @returns {HTMLLIElement[]} one a day, the last one first */
export function dayRows(things, onRemove) {
  const days = groupsBy(things.flatMap(daysOf).sort(newestFirst), ({ time }) => dayText(time));
  return [...days].map(([day, group]) =>
    groupRow(day, [plural("things", group.length)], () =>
      onRemove(group, questionOf(group, day), { note: t("stayOtherDays") }),
    ),
  );
}
