// @ts-check
import { createListener, send } from "../messaging/messages.js";
import { CarryoverError } from "../values/errors.js";
import { card, skeletons } from "./cards.js";
import { byId, element, keepFocus } from "./elements.js";
import { askToErase } from "./erase.js";
import { shelfCard } from "./shelf-card.js";
import { consentCard, pauseSwitch } from "./shop-controls.js";
import { isFixed, tabField } from "./tab.js";
import { errorText, knownText, localise, plural, t } from "./texts.js";

/**
 * @typedef {import("../generated/contract-types.js").State} State
 * @typedef {import("../generated/contract-types.js").Recommendations} Recommendations
 * @typedef {import("../generated/contract-types.js").RankedCard} RankedCard
 */

const SHOWN = 10;
/** Number of requests for recommendations so far: an answer to an older one is dropped. */
let numRequests = 0;
let shownFor = "";
/** How far the catalogue was read that the list was made of. */
let shownStage = "";

/** @param {State} state @returns {string} that changes when a new list is worth its movement: at four times as many products, and at the end */
function stageOf({ shelf }) {
  if (!shelf || shelf.numItems === 0) return "";
  return `${shelf.status} ${shelf.status === "reading" ? Math.floor(Math.log2(shelf.numItems) / 2) : shelf.numItems}`;
}

/** @param {string} title @param {string} text @param {Node[]} [actions] */
function showMessage(title, text, actions = []) {
  byId("message").replaceChildren(element("h2", {}, title), element("p", {}, text), ...actions);
  byId("message").hidden = false;
  byId("cards").replaceChildren();
  byId("more").hidden = true;
  byId("note").hidden = true;
}

/** Return what programmers say of an error, folded away. @param {unknown} error @returns {HTMLElement} */
function details(error) {
  const words = error instanceof Error ? error.message : String(error);
  const summary = element("summary", {}, t("errorDetails"));
  return element("details", {}, summary, element("pre", { lang: "en", dir: "ltr" }, words));
}

/** @param {unknown} error */
function showError(error) {
  const code = error instanceof CarryoverError ? error.code : "";
  const retry = element(
    "button",
    { class: "primary", type: "button", onclick: () => recommend().catch(showError) },
    t("retry"),
  );
  if (code === "no_shop" || code === "page_not_visible") showMessage(t("noShopTitle"), t("noShop"), [retry]);
  else showMessage(t("errorTitle"), errorText(error), [retry, details(error)]);
}

/** @param {State} state */
function showState(state) {
  const { tab } = state;
  byId("shop").textContent = tab?.shop ? t("atShop", tab.shop) : "";
  byId("known").textContent = [
    knownText(state.numKnown),
    state.unreadable > 0 && plural("unreadable", state.unreadable),
  ]
    .filter(Boolean)
    .join(". ");
  const controls = tab?.shop
    ? [consentCard(state, showState, showStatus), ...shelfCard(state, showState, showStatus)]
    : [];
  keepFocus(() => {
    byId("consent").replaceChildren(...controls);
    byId("pause-place").replaceChildren(pauseSwitch(state, () => refreshState().catch(showStatus), showStatus));
  });
  byId("status").textContent = state.paused ? `${t("paused")}. ${t("pausedHint")}` : "";
}

/** Fetch and show the state of this page's tab. Answers to other messages describe the tab in front, which may be another. */
async function refreshState() {
  const { state } = await send({ type: "state.get", ...tabField() });
  showState(state);
  return state;
}

/** Show an error below the list, which stays. @param {unknown} error */
function showStatus(error) {
  console.warn(error);
  byId("status").textContent = errorText(error);
}

/** @param {Recommendations} recommendations @returns {string} */
function noteFor({ mode, basis, problem }) {
  if (problem) {
    const { code, message } = problem;
    return code === "server_unreachable" ? t("rankedWithout") : errorText(new CarryoverError(code, message));
  }
  if (basis === "first_screen") return t("firstScreen");
  if (basis === "page_order") return t("pageOrder");
  return t(`${mode}Mode`);
}

/** @param {Recommendations} recommendations */
function showRecommendations(recommendations) {
  const { items, mode } = recommendations;
  if (items.length === 0) {
    showMessage(t("emptyTitle"), t(mode === "page" ? "empty" : "allSeen"));
    return;
  }
  byId("message").hidden = true;
  byId("note").textContent = noteFor(recommendations);
  byId("note").hidden = false;
  const cards = items.map((item) => card(item, onDismiss));
  byId("cards").replaceChildren(...cards.slice(0, SHOWN));
  byId("more").hidden = cards.length <= SHOWN;
  byId("more").onclick = () => {
    byId("cards").append(...cards.slice(SHOWN));
    byId("more").hidden = true;
    cards[SHOWN].querySelector("a")?.focus();
  };
}

async function recommend() {
  numRequests += 1;
  const mine = numRequests;
  byId("message").hidden = true;
  byId("cards").setAttribute("aria-busy", "true");
  if (byId("cards").childElementCount === 0) {
    byId("cards").replaceChildren(...skeletons(4));
    byId("note").textContent = t("loading");
    byId("note").hidden = false;
  }
  try {
    const { recommendations } = await send({ type: "recommend", ...tabField() });
    if (mine === numRequests) showRecommendations(recommendations);
  } finally {
    if (mine === numRequests) byId("cards").removeAttribute("aria-busy");
  }
}

/** @param {RankedCard} item @param {HTMLButtonElement} button */
async function onDismiss(item, button) {
  button.disabled = true;
  const next = button.closest("li")?.nextElementSibling?.getAttribute("data-item-id");
  try {
    const { why, score, ...plain } = item;
    await send({ type: "item.dismiss", item: plain });
    await recommend();
    byId("status").textContent = t("dismissed");
    // The focused button went away with its card: the card that took its place gets the focus.
    const place = document.querySelector(`[data-item-id="${next}"] .dismiss`) ?? document.querySelector(".dismiss");
    if (place instanceof HTMLElement) place.focus();
  } catch (error) {
    button.disabled = false;
    showStatus(error);
  }
}

/** Show the state, and recommend again where the shop changed. @param {boolean} isForced recommend in any case */
async function update(isForced) {
  const state = await refreshState();
  const shop = state.tab?.shop ?? "";
  shownStage = stageOf(state);
  if (!isForced && shop === shownFor && shop !== "") return;
  shownFor = shop;
  byId("cards").replaceChildren();
  if (shop) await recommend();
  else showMessage(t("noShopTitle"), t("noShop"));
}

/** Update the page, and show what goes wrong. @param {boolean} isForced */
const refresh = (isForced) => update(isForced).catch(showError);

localise();
byId("refresh").addEventListener("click", () => refresh(true));
byId("erase").addEventListener("click", () =>
  askToErase(() => {
    void refresh(true).then(() => {
      byId("status").textContent = t("erased");
    });
  }, showStatus),
);
chrome.runtime.onMessage.addListener(
  createListener("ui", {
    async "state.changed"() {
      const state = await refreshState();
      const stage = stageOf(state);
      if (stage === shownStage || state.tab?.shop !== shownFor) return {};
      shownStage = stage;
      recommend().catch(showError);
      return {};
    },
  }),
);
if (!isFixed) {
  chrome.tabs.onActivated.addListener(() => refresh(false));
  chrome.tabs.onUpdated.addListener((_, { status, url }) => {
    if (status === "complete" || url) void refresh(false);
  });
}
void refresh(true);
