// @ts-check
// Controls for consent and pause, in the popup and in the panel.
import { originPatternOf } from "../messaging/origins.js";
import { send } from "../messaging/messages.js";
import { element } from "./elements.js";
import { t } from "./texts.js";

/**
 * @typedef {import("../generated/contract-types.js").State} State
 * @typedef {NonNullable<State["tab"]> & {shop: string}} ShopTab
 */

/**
 * Return what a click does: give consent for the tab's shop, or withdraw it.
 * @param {State} state whose tab shows a shop
 * @param {boolean} allowed
 * @param {(state: State) => void} onChange
 * @param {(error: unknown) => void} onError
 * @returns {() => Promise<void>}
 */
function consentSetter(state, allowed, onChange, onError) {
  const { shop, tabId } = /** @type {ShopTab} */ (state.tab);
  return async () => {
    try {
      // Not awaited: the browser accepts its question only within the click. The question closes the popup, so nothing after
      // it runs there; the background records the answer.
      const noted = allowed ? send({ type: "consent.ask", shop, tabId }) : undefined;
      if (allowed && !(await chrome.permissions.request({ origins: [originPatternOf(shop)] }))) return;
      await noted;
      const answer = await send({ type: "consent.set", shop, allowed, tabId });
      onChange(answer.state);
    } catch (error) {
      onError(error);
    }
  };
}

/** @param {State} state @param {boolean} isMain @param {(state: State) => void} onChange @param {(error: unknown) => void} onError @returns {HTMLElement} */
function consentButton(state, isMain, onChange, onError) {
  const isOn = /** @type {ShopTab} */ (state.tab).isConsented;
  return element(
    "button",
    {
      class: isMain && !isOn ? "primary" : "plain",
      type: "button",
      id: "consent-button",
      onclick: consentSetter(state, !isOn, onChange, onError),
      "data-action": isOn ? "stop" : "allow",
    },
    t(isOn ? "stop" : "allow"),
  );
}

/**
 * Return the section that asks for consent, or withdraws it.
 * @param {State} state whose tab shows a shop
 * @param {(state: State) => void} onChange
 * @param {(error: unknown) => void} onError
 * @param {() => void} [onLater] "Not now"
 * @returns {HTMLElement}
 */
export function consentCard(state, onChange, onError, onLater) {
  const isOn = /** @type {ShopTab} */ (state.tab).isConsented;
  return element(
    "section",
    { class: "consent", "data-on": isOn },
    element(
      "div",
      {},
      element("h2", {}, t(isOn ? "learnOn" : "learnTitle")),
      element("p", { class: "quiet" }, isOn ? t("learnHint") : `${t("learnHint")} ${t("browserAsks")}`),
    ),
    element(
      "div",
      { class: "row" },
      consentButton(state, true, onChange, onError),
      onLater &&
        element("button", { class: "link", type: "button", onclick: onLater, "data-action": "later" }, t("notNow")),
    ),
  );
}

/**
 * Return the line that says whether this shop is learned from, with the button that changes it.
 * @param {State} state whose tab shows a shop
 * @param {(state: State) => void} onChange
 * @param {(error: unknown) => void} onError
 * @returns {HTMLElement}
 */
export function consentLine(state, onChange, onError) {
  const isOn = /** @type {ShopTab} */ (state.tab).isConsented;
  return element(
    "div",
    { class: "line" },
    element("span", {}, t(isOn ? "learnOn" : "learnOff")),
    consentButton(state, false, onChange, onError),
  );
}

/**
 * Return the switch that pauses learning.
 * @param {State} state
 * @param {(state: State) => void} onChange
 * @param {(error: unknown) => void} onError
 * @returns {HTMLElement}
 */
export function pauseSwitch(state, onChange, onError) {
  const input = element("input", {
    type: "checkbox",
    role: "switch",
    id: "pause",
    checked: state.paused,
    onchange: async () => {
      try {
        onChange((await send({ type: "pause.set", paused: input.checked })).state);
      } catch (error) {
        onError(error);
      }
    },
  });
  return element("label", { class: "switch", for: "pause" }, input, element("span", {}, t("pause")));
}
