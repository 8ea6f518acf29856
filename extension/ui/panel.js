// @ts-check
// The side panel: what fits at the shop in the tab in front, and what was saved for later.
import { keepLastList, lastList } from "../messaging/last-list.js";
import { createListener, send } from "../messaging/messages.js";
import { cardOf, forgetImages, skeletons } from "./cards.js";
import { byId, element, keepFocus } from "./elements.js";
import { askToErase } from "./erase.js";
import { icon } from "./icons.js";
import { createPicks, offersPicks } from "./panel/first-picks.js";
import { createFinder } from "./panel/finder.js";
import { showHeading } from "./panel/heading.js";
import { showCards } from "./panel/list.js";
import { emptyAnswer, failure, noShop, notKept, nothingSaved, without } from "./panel/messages.js";
import { noticesOf } from "./panel/notices.js";
import { originLine } from "./panel/origin.js";
import { createQuestions } from "./panel/questions.js";
import { createSaved, plainCard } from "./panel/saved.js";
import { createStage } from "./panel/stage.js";
import { createTelling } from "./panel/telling.js";
import { createToast } from "./panel/toast.js";
import { consentCard, pauseSwitch } from "./shop-controls.js";
import { isFixed, onTabChange, tabField } from "./tab.js";
import { knownText, localise, numberText, plural, t } from "./texts.js";

/**
 * @typedef {import("../generated/contract-types.js").State} State
 * @typedef {import("../generated/contract-types.js").Recommendations} Recommendations
 * @typedef {import("../generated/contract-types.js").RankedCard} RankedCard
 * @typedef {import("./panel/messages.js").Message} Message
 */

const SKELETONS = 6;
/** Number of requests for recommendations so far: an answer to an older one is dropped. */
let numRequests = 0;
let numTabChanges = 0;
let shownFor = "";
const stage = createStage();
/** @type {State | null} */
let current = null;
/** @type {Recommendations | null} */
let answer = null;
let isSavedShown = false;
let picks = createPicks(usePicks);
/** Shops at which the shopper said "Not now". It is forgotten with the panel, so that no list of visits comes to be. @type {Set<string>} */
const postponed = new Set();
const questions = createQuestions();
const toast = createToast();
const telling = createTelling();
const saved = createSaved({ onChange: showTabs, onBack: () => isSavedShown && showSaved() });
const finder = createFinder({
  onChange: () => void refreshList(),
  askFacets: questions.facets,
  onError: toast.fail,
});

/** Show a message in place of the list. @param {Message} message */
function showMessage({ name, title, text, actions = [] }) {
  byId("message").replaceChildren(element("h2", {}, title), element("p", {}, text), ...actions);
  byId("message").dataset.state = name;
  byId("said").textContent = `${title}. ${text}`;
  byId("message").hidden = false;
  byId("cards").replaceChildren();
  byId("cards").removeAttribute("aria-busy");
  byId("more").hidden = true;
}

/** @param {unknown} error */
function showError(error) {
  answer = null;
  showAround();
  // A list that failed out of sight is made again when the shopper comes back to it.
  if (!isSavedShown) showMessage(failure(error, () => void refreshList()));
}

/** Show which of the two lists is in sight. */
function showTabs() {
  const names = /** @type {const} */ (["tab-fits", "tab-saved"]);
  for (const [i, name] of names.entries()) {
    const isChosen = Boolean(i) === isSavedShown;
    byId(name).setAttribute("aria-selected", String(isChosen));
    byId(name).tabIndex = isChosen ? 0 : -1;
  }
  byId("list").setAttribute("aria-labelledby", names[Number(isSavedShown)]);
  const count = saved.numItems();
  byId("tab-saved").textContent = count > 0 ? t("savedCount", numberText(count)) : t("savedTitle");
  byId("find").hidden = isSavedShown;
}

/** @param {State} state @returns {boolean} whether the shopper has not said yet if the shop may be learned from */
const isUnanswered = ({ tab }) => Boolean(tab?.shop) && !tab?.isConsented && !postponed.has(tab?.shop ?? "");

/** @returns {boolean} whether the list offers first picks, which is one question after the other */
const isPicking = () => current !== null && answer !== null && !isUnanswered(current) && offersPicks(current, answer);

/** Show what stands around the list: consent, where it comes from, notices. */
function showAround() {
  const state = current;
  if (!state) return;
  const hasShop = Boolean(state.tab?.shop) && !isSavedShown;
  const isAsking = hasShop && isUnanswered(state);
  const later = () => {
    postponed.add(state.tab?.shop ?? "");
    if (answer) showRecommendations(answer);
    else showAround();
  };
  const around = { isOnline: window.navigator.onLine, isPicking: isPicking(), onResume: () => void resume() };
  keepFocus(() => {
    byId("consent").replaceChildren(...(isAsking ? [consentCard(state, showState, toast.fail, later)] : []));
    byId("origin").replaceChildren(
      ...(hasShop ? [originLine(state, answer, { onChange: showState, onError: toast.fail, isAsking })] : []),
    );
    byId("pause-place").replaceChildren(pauseSwitch(state, () => void refreshState().catch(toast.fail), toast.fail));
    byId("notices").replaceChildren(
      ...noticesOf(state, isSavedShown ? null : answer, around),
      ...(isPicking() && !isSavedShown ? [picks.card()] : []),
    );
  }, "[data-action=leaves]");
}

async function resume() {
  try {
    await send({ type: "pause.set", paused: false });
    await refreshState();
  } catch (error) {
    toast.fail(error);
  }
}

/** @param {State} state */
function showState(state) {
  current = state;
  byId("known").textContent = [
    knownText(state.numKnown),
    state.unreadable > 0 && plural("unreadable", state.unreadable),
  ]
    .filter(Boolean)
    .join(". ");
  showAround();
}

/** Fetch and show the state of this page's tab. */
async function refreshState() {
  const state = await questions.state();
  showState(state);
  return state;
}

function clearChoice() {
  finder.reset();
  void refreshList();
  byId("words").focus();
}

/** @param {Recommendations} recommendations */
function showRecommendations(recommendations) {
  answer = recommendations;
  showAround();
  showHeading(recommendations, { choice: finder.choice(), alike: finder.alike(), onClear: clearChoice });
  const { items } = recommendations;
  if (items.length === 0) {
    showMessage(
      emptyAnswer(recommendations, finder.choice(), { onClear: clearChoice, onRetry: () => void refresh(true) }),
    );
    return;
  }
  const actions = isPicking()
    ? { onPick: picks.toggle, isPicked: picks.isPicked }
    : { onDismiss, onSave, onAlike, onOpen: telling.opened, isSaved: saved.has };
  telling.begin(isPicking() ? null : recommendations);
  showCards(
    items.map((item) => () => cardOf(item, actions)),
    telling.shown,
  );
}

function showSaved() {
  byId("heading").hidden = true;
  byId("cards").removeAttribute("aria-busy");
  if (saved.numItems() === 0) showMessage(nothingSaved(saved.failed(), () => void saved.load().catch(toast.fail)));
  else showCards(saved.cards(current?.tab?.shop ?? "", onSave).map((card) => () => card));
}

async function recommend() {
  if (isSavedShown) return;
  numRequests += 1;
  const mine = numRequests;
  byId("message").hidden = true;
  byId("cards").setAttribute("aria-busy", "true");
  if (byId("cards").childElementCount === 0) {
    byId("cards").replaceChildren(...skeletons(SKELETONS));
    // What went wrong or can be undone stays in sight.
    if (byId("status").textContent === "") toast.say(t("loading"));
  }
  try {
    const recommendations = await questions.list(finder.choice());
    if (mine !== numRequests || isSavedShown) return;
    showRecommendations(recommendations);
    if (current && recommendations.basis !== "search") await keepLastList({ state: current, answer: recommendations });
  } catch (error) {
    if (mine === numRequests) throw error;
  } finally {
    if (mine === numRequests) {
      byId("cards").removeAttribute("aria-busy");
      if (byId("status").textContent === t("loading")) toast.say("");
    }
  }
}

/** Recommend again, and show what goes wrong. */
const refreshList = () => recommend().catch(stage.failing(showError));

/** @param {RankedCard} card @param {HTMLButtonElement} button @param {boolean} isByKey */
async function onDismiss(card, button, isByKey) {
  button.disabled = true;
  const next = button.closest("li")?.nextElementSibling?.getAttribute("data-item-id");
  // The focused button went away with its card: the card that took its place gets the focus, and the card itself where it is back.
  const place = (itemId = next) =>
    /** @type {HTMLElement | null} */ (
      document.querySelector(`[data-item-id="${itemId}"] .dismiss`) ?? document.querySelector(".dismiss")
    );
  const item = plainCard(card);
  try {
    const { stored, reason } = await send({ type: "item.dismiss", item });
    if (stored) telling.dismissed(card);
    await (stored ? recommend() : answer && showRecommendations(without(answer, card)));
    if (!stored || !isByKey) place()?.focus();
    const undo = async () => {
      await send({ type: "item.undismiss", item });
      await recommend();
      place(card.itemId)?.focus({ preventScroll: !isByKey });
      toast.say(t("undone"));
    };
    if (stored) toast.offer(t("dismissed"), undo, isByKey ? () => place() : null);
    else toast.say(notKept(reason));
  } catch (error) {
    button.disabled = false;
    toast.fail(error);
  }
}

/** Show what is like a card, from the top: its button went away with the list. @param {RankedCard} card */
async function onAlike(card) {
  finder.setAlike(card);
  await refreshList();
  document.documentElement.scrollTop = 0;
  byId("heading").querySelector("button")?.focus({ preventScroll: true });
}

/** @param {RankedCard} card @param {HTMLButtonElement} button */
async function onSave(card, button) {
  try {
    const happened = await saved.toggle(card);
    button.setAttribute("aria-pressed", String(happened !== "unsaved"));
    toast.say(t(happened));
  } catch (error) {
    toast.fail(error);
  }
}

/** @param {import("../generated/contract-types.js").Card[]} cards that the shopper picked */
async function usePicks(cards) {
  try {
    await send({ type: "items.pick", items: cards.map((card) => plainCard({ score: 0, why: [], ...card })) });
    picks = createPicks(usePicks);
    await refreshState();
    await refreshList();
  } catch (error) {
    toast.fail(error);
  }
}

/** Show the one list or the other. @param {boolean} isSaved */
function choose(isSaved) {
  isSavedShown = isSaved;
  showTabs();
  showAround();
  finder.fold();
  if (isSaved) showSaved();
  else void refresh(true);
}

/** Show the state, and recommend again where the shop or the list's source changed. @param {boolean} isForced recommend in any case */
async function update(isForced) {
  const state = await refreshState();
  const shop = state.tab?.shop ?? "";
  const isSame = shop === shownFor && shop !== "" && stage.hasSource(state);
  stage.note(state);
  if (isSavedShown || (!isForced && isSame)) return;
  if (shop !== shownFor) {
    finder.reset();
    picks = createPicks(usePicks);
  }
  const isKept = shop === shownFor && answer !== null;
  shownFor = shop;
  if (!isKept) {
    answer = null;
    byId("heading").hidden = true;
    byId("cards").replaceChildren();
  }
  if (shop) await recommend();
  else showMessage(noShop());
}

/** Show at once what was shown last, where there is such a list. */
async function showLast() {
  const last = await lastList((await tabField()).tabId);
  // A newer list may have been asked for meanwhile.
  if (!last || isSavedShown || numRequests > 0) return;
  showState(last.state);
  shownFor = last.state.tab?.shop ?? "";
  showRecommendations(last.answer);
  byId("cards").setAttribute("aria-busy", "true");
}

/** Update the page, and show what goes wrong. @param {boolean} isForced @returns {Promise<void>} */
async function refresh(isForced) {
  const before = numTabChanges;
  try {
    await update(isForced);
  } catch (error) {
    // A page that is loading has no address yet: what changes the tab next, or has meanwhile, is worth another try.
    shownFor = "";
    if (numTabChanges === before) showError(error);
    else await refresh(false);
  }
}

/** Show nothing more of a profile that was erased or locked, nor what is being made of it. The background tells every open page, the one that asked, too. */
async function forget() {
  shownFor = "";
  numRequests += 1;
  forgetImages();
  byId("cards").replaceChildren();
  saved.forget();
  await refresh(true);
  await saved.load().finally(() => isSavedShown && showSaved());
  toast.say(t("erased"));
}

/** Choose among the two lists by arrow keys, as tabs do. @param {KeyboardEvent} event */
function onTabKey({ key }) {
  if (key !== "ArrowLeft" && key !== "ArrowRight") return;
  choose(!isSavedShown);
  byId(isSavedShown ? "tab-saved" : "tab-fits").focus();
}

localise();
byId("refresh").append(icon("refresh"));
byId("menu-button").append(icon("menu"));
byId("refresh").addEventListener("click", () => void refresh(true));
for (const [name, isSaved] of /** @type {const} */ ([
  ["tab-fits", false],
  ["tab-saved", true],
])) {
  byId(name).addEventListener("click", () => choose(isSaved));
  byId(name).addEventListener("keydown", onTabKey);
}
byId("erase").addEventListener("click", () => {
  // The menu closes under the question, which gives the focus back to where it was.
  byId("menu-button").focus();
  askToErase(() => {}, toast.fail);
});
for (const event of ["online", "offline"]) window.addEventListener(event, showAround);
chrome.runtime.onMessage.addListener(
  createListener("ui", {
    async "state.changed"({ isErased }) {
      questions.renew();
      if (isErased) {
        forget().catch(toast.fail);
        return {};
      }
      const state = await refreshState();
      saved.load().catch(toast.fail);
      const shop = state.tab?.shop ?? "";
      const isOtherShop = shop !== shownFor;
      if (isSavedShown || (stage.is(state) && !isOtherShop)) return {};
      stage.note(state);
      // The browser tells no page when a click on the icon lets the extension see a tab: this is how the panel hears of its shop.
      void (isOtherShop || shop === "" ? refresh(false) : refreshList());
      return {};
    },
  }),
);
if (!isFixed) {
  onTabChange(() => {
    numTabChanges += 1;
    void refresh(false);
  });
}
void showLast()
  .catch(console.warn)
  .then(() => refresh(true));
saved.load().catch(toast.fail);
