// @ts-check
import { createListener, send } from "../messaging/messages.js";
import { originPatternOf } from "../messaging/origins.js";
import { askToRemove } from "./effect.js";
import { byId, element, keepFocus, saveJson } from "./elements.js";
import { askToErase } from "./erase.js";
import { forgetFilter, showFilter } from "./filter-card.js";
import { addedText, listenToFiles, showPages } from "./import-card.js";
import { saveEncrypted, showEncrypted } from "./transfer-card.js";
import { pauseSwitch } from "./shop-controls.js";
import { clusterCard, dayRows, newestFirst, removeSaved, savedRow, shopRows, thingRow } from "./things.js";
import { errorText, knownText, localise, plural, t } from "./texts.js";

/**
 * @typedef {import("../generated/contract-types.js").Removal} Removal
 * @typedef {import("../generated/contract-types.js").TasteThing} TasteThing
 */

/** How long a removal can be undone. What was removed is in this page's memory only, and goes with it. */
const UNDO_MS = 20_000;
/** @type {import("../messaging/messages.js").ReplyTo<"taste.get">} */
const NOTHING = { taste: { clusters: [], alone: [], dismissed: [] }, saved: [], shops: [], shelves: [] };
let shown = NOTHING;
let numRefreshes = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let undoTimer;
/** Returns what gets the focus after "Undo", best first. @type {() => (HTMLElement | undefined)[]} */
let placesOf = () => [];
/** Interactions of things whose images the shopper asked for. @type {Set<string>} */
const withImage = new Set();
/** What each card shows, so that it stays open while the clusters around it change. @type {WeakMap<Element, string[]>} */
const idsIn = new WeakMap();

/** @param {import("./things.js").Removable[]} things @returns {string[]} */
const idsOf = (things) => things.flatMap(({ ids }) => ids);

/** @returns {HTMLElement[]} */
const buttons = () => [...document.querySelectorAll("main button")].filter((one) => one instanceof HTMLElement);

/** Note the control with the focus, as that from which something is removed or added. */
function notePlace() {
  const { activeElement: at } = document;
  const number = buttons().findIndex((one) => one === at);
  const label = at?.getAttribute("aria-label") ?? "";
  placesOf = () => {
    const there = buttons()[number];
    const same = buttons().filter((one) => one.getAttribute("aria-label") === label);
    return [same.includes(there) ? there : same[0], there];
  };
}

/** Give the focus to where the shopper was, or to what is there now. The page stays as far down as it is. */
function focusPlace() {
  for (const place of [...placesOf(), byId("title")]) {
    place?.focus({ preventScroll: true });
    if (place && document.activeElement === place) return;
  }
}

/** Take the notice away, and with it what could be undone. */
function closeNotice() {
  clearTimeout(undoTimer);
  const hadFocus = byId("undo").contains(document.activeElement);
  byId("undo").replaceChildren();
  if (hadFocus) focusPlace();
}

/**
 * Say what happened, for a while with a way back.
 * @param {string} text @param {() => Promise<void>} [undo]
 */
function notice(text, undo) {
  clearTimeout(undoTimer);
  const button = element(
    "button",
    {
      class: "small",
      type: "button",
      "data-action": "undo",
      onclick: () => {
        closeNotice();
        undo?.().catch(showError);
      },
    },
    t("undo"),
  );
  byId("undo").replaceChildren(element("p", {}, element("span", {}, text), undo && button));
  if (undo) button.focus();
  undoTimer = setTimeout(closeNotice, UNDO_MS);
}

/** @param {unknown} error */
function showError(error) {
  console.warn(error);
  notice(errorText(error));
}

/** @type {import("./things.js").OnRemove} */
function onRemove(things, question, more) {
  const { taste, shelves } = shown;
  notePlace();
  askToRemove({ things, question, ...more, taste, shelves }, (forgets) => {
    const saved = things.flatMap(({ savedId }) => savedId ?? []);
    remove({ ids: idsOf(things), saved, forgets }).catch(showError);
  });
}

/** @param {Removal} removal */
async function putBack(removal) {
  const { shop = "" } = removal.forgotten ?? {};
  // Not after another wait: the browser asks within the click only.
  const asked = shop === "" ? undefined : chrome.permissions.request({ origins: [originPatternOf(shop)] });
  await asked?.catch(console.warn);
  const { isRestored, isShopBack = true } = await send({ type: "taste.restore", removal });
  await refresh();
  focusPlace();
  if (!isRestored) notice(t("notRestored"));
  else notice(isShopBack ? t("restored") : t("restoredNotShop", shop));
}

/** @param {{ids: string[], saved: string[], forgets?: string}} removed ids of interactions, and of what was saved for later; a shop */
async function remove({ ids, saved, forgets }) {
  const more = { ...(saved.length > 0 && { saved }), ...(forgets !== undefined && { forgets }) };
  const { removal } = await send({ type: "taste.remove", ids, ...more });
  await refresh();
  const count = removal.interactions.length + (removal.saved?.length ?? 0);
  const said = [count > 0 && plural("removed", count), removal.forgotten && t("forgotten", removal.forgotten.shop)];
  notice(said.filter(Boolean).join(" "), () => putBack(removal));
}

/** @param {string} id of a section @param {string} list in it @param {HTMLElement[]} rows */
function fill(id, list, rows) {
  byId(list).replaceChildren(...rows);
  byId(id).hidden = rows.length === 0;
}

/** @param {import("../generated/contract-types.js").TasteCluster} cluster @param {Set<string>} open of interactions @returns {HTMLElement} */
function cardOf(cluster, open) {
  const own = idsOf(cluster.things);
  const card = clusterCard(cluster, onRemove, {
    isOpen: own.some((id) => open.has(id)),
    hasImage: ({ ids }) => withImage.has(ids[0]),
    async showImages(things) {
      await send({ type: "taste.showImages", ids: idsOf(things) });
      for (const id of idsOf(things)) withImage.add(id);
    },
  });
  const details = card.querySelector("details");
  if (details) idsIn.set(details, own);
  return card;
}

/** Show what the profile knows. */
function render() {
  const { saved } = shown;
  const { clusters, alone, dismissed } = shown.taste;
  const liked = [...clusters.flatMap(({ things }) => things), ...alone];
  const all = [...liked, ...dismissed].sort(newestFirst);
  byId("known").textContent = knownText(liked.length);
  const open = new Set([...document.querySelectorAll("details[open]")].flatMap((one) => idsIn.get(one) ?? []));
  byId("clusters").replaceChildren(...clusters.map((cluster) => cardOf(cluster, open)));
  fill(
    "others",
    "alone",
    alone.map((thing) => thingRow(thing, onRemove)),
  );
  fill(
    "less",
    "dismissed",
    dismissed.map((thing) => thingRow(thing, onRemove)),
  );
  fill(
    "saved",
    "saved-things",
    saved.map((thing) => savedRow(thing, onRemove)),
  );
  byId("remove-saved").hidden = saved.length < 2;
  fill("origins", "by-shop", shopRows(all, shown.shops, onRemove));
  fill("days", "by-day", dayRows(all, onRemove));
}

/** Show nothing more of a profile that was erased or locked, nor let anything that was removed come back into it. */
function forget() {
  numRefreshes += 1;
  shown = NOTHING;
  withImage.clear();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  closeNotice();
  render();
  for (const id of ["known", "pause-place", "review"]) byId(id).replaceChildren();
  forgetFilter();
}

async function refresh() {
  numRefreshes += 1;
  const mine = numRefreshes;
  const [{ taste, saved, shops, shelves }, { state }] = await Promise.all([
    send({ type: "taste.get" }),
    send({ type: "state.get" }),
  ]);
  // A question that was asked later may have been answered sooner.
  if (mine !== numRefreshes) return;
  shown = { taste, saved, shops, shelves };
  byId("paused").textContent = t("pausedImport");
  byId("paused").hidden = !state.paused;
  keepFocus(() => {
    render();
    byId("pause-place").replaceChildren(pauseSwitch(state, () => refresh().catch(showError), showError));
  });
  // What was removed can be put back also where the filter's answer is late, or does not come.
  showFilter(showError).catch(showError);
}

/** @param {import("./import-card.js").Added} added */
function onAdded(added) {
  const { ids, savedIds } = added.added;
  placesOf = () => [byId("file")];
  const wayBack = ids.length + savedIds.length > 0 ? () => remove({ ids, saved: savedIds }) : undefined;
  refresh()
    .then(() => notice(addedText(added), wayBack))
    .catch(showError);
}

localise();
listenToFiles(onAdded);
byId("remove-saved").setAttribute("aria-label", t("removeAllOf", t("savedTitle")));
byId("remove-saved").addEventListener("click", () => removeSaved(shown.saved, onRemove));
byId("export").addEventListener("click", () => {
  send({ type: "profile.export" })
    .then(({ profile }) => {
      saveJson(`carryover-${profile.exportedAt.slice(0, 10)}.json`, profile);
      notice(t("exported"));
    })
    .catch(showError);
});
byId("export-encrypted").addEventListener("click", () => {
  saveEncrypted()
    .then((isSaved) => isSaved && notice(t("exportedEncrypted")))
    .catch(showError);
});
byId("show-codes").addEventListener("click", () => showEncrypted().catch(showError));
byId("erase").addEventListener("click", () =>
  askToErase(() => {
    // What was removed before must not come back into an erased profile, and is dropped here, too.
    closeNotice();
    refresh()
      .then(() => notice(t("erased")))
      .catch(showError);
  }, showError),
);
chrome.runtime.onMessage.addListener(
  createListener("ui", {
    async "state.changed"({ isErased }) {
      if (isErased) forget();
      if (!document.querySelector("dialog[open]")) refresh().catch(showError);
      return {};
    },
  }),
);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") showPages(onAdded).catch(showError);
});
refresh().catch(showError);
showPages(onAdded).catch(showError);
