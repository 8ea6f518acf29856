// @ts-check
// The encrypted store on the options page: passphrase, lock, backup, and what to do where it may not be used.
import { send } from "../messaging/messages.js";
import { CarryoverError } from "../values/errors.js";
import { element, keepFocus } from "./elements.js";
import { askFirst } from "./question.js";
import { errorText, plural, t, timeText } from "./texts.js";
import { secretField, unlockForm } from "./unlock.js";

/**
 * @typedef {import("../generated/contract-types.js").VaultState} VaultState
 * @typedef {{onChanged: () => void, say: (text: string) => void, onError: (error: unknown) => void}} Around
 */

/** What the parts of the card are made with. @typedef {Around & {show: (vault: VaultState, code?: string) => void}} Card */

/** @param {Card} card @param {string} name of the text @param {string} kind class @param {() => Promise<unknown>} act @returns {HTMLButtonElement} */
const button = ({ onError }, name, kind, act) =>
  element("button", { class: kind, type: "button", onclick: () => act().catch(onError), "data-action": name }, t(name));

/** @param {Card} card @param {VaultState} vault @returns {HTMLElement[]} where something cannot be used */
function troubles(card, { problem, unreadable, backupAt, isBackupForeign }) {
  if (!problem && unreadable === 0 && !isBackupForeign) return [];
  const recover = (/** @type {string} */ way) => async () => {
    const { vault } = await send({ type: "vault.recover", way });
    card.show(vault);
    card.say(way.startsWith("restore") ? t("restored") : t("saved"));
    card.onChanged();
  };
  /** What cannot be undone is asked first. @param {"restoreOther" | "replaceBackup"} way */
  const asked = (way) => async () => {
    const question = { name: "replace", text: t("replaceAsk"), yes: t(way) };
    askFirst(question, () => void recover(way)().catch(card.onError));
  };
  const texts = [
    problem && errorText(new CarryoverError(problem, problem)),
    unreadable > 0 && plural("unreadable", unreadable),
    isBackupForeign && t("backupForeign"),
  ].filter((text) => typeof text === "string" && text !== "");
  const ways = [
    backupAt && !isBackupForeign && button(card, "restoreBackup", "primary", recover("restore")),
    // First: where store and backup are of one profile, and the marker alone is not, the store is the newer one.
    ["store_older", "store_foreign"].includes(problem ?? "") && button(card, "useOlder", "plain", recover("accept")),
    isBackupForeign && button(card, "restoreOther", "plain", asked("restoreOther")),
    isBackupForeign && !problem && button(card, "replaceBackup", "plain", asked("replaceBackup")),
    unreadable > 0 && button(card, "dropUnreadable", "plain", recover("drop")),
  ];
  const notes = texts.map((text) => element("p", { class: "note", role: "alert" }, text));
  return [...notes, element("div", { class: "row" }, ...ways)];
}

/** @param {Card} card @param {VaultState} vault @returns {HTMLElement[]} */
function passphraseForm(card, { hasPassphrase }) {
  const current = secretField("passphrase-current", t("passphraseCurrent"), "current-password");
  const next = secretField("passphrase-next", t("passphraseNew"), "new-password");
  let isBusy = false;
  /** Do one thing at a time: a key is made slowly, and a second click would count as a wrong passphrase. @param {() => Promise<void>} act */
  const once = async (act) => {
    if (isBusy) return;
    isBusy = true;
    card.say(t("passphraseWait"));
    await act().finally(() => {
      isBusy = false;
    });
    card.say(t("saved"));
  };
  const set = (/** @type {Event} */ event) => {
    event.preventDefault();
    return once(async () => {
      const fields = { passphrase: next.input.value, ...(hasPassphrase && { current: current.input.value }) };
      const { code, vault } = await send({ type: "vault.setPassphrase", ...fields });
      card.show(vault, code);
    });
  };
  const remove = () =>
    once(async () => {
      card.show((await send({ type: "vault.removePassphrase", current: current.input.value })).vault);
    });
  const lock = async () => {
    card.show((await send({ type: "vault.lock" })).vault);
    card.onChanged();
  };
  const buttons = hasPassphrase
    ? [button(card, "passphraseRemove", "plain", remove), button(card, "lockNow", "plain", lock)]
    : [];
  const form = element(
    "form",
    { id: "passphrase", onsubmit: (/** @type {Event} */ event) => set(event).catch(card.onError) },
    ...(hasPassphrase ? [current.label, current.input] : []),
    next.label,
    next.input,
    element(
      "div",
      { class: "row" },
      element("button", { class: "primary", type: "submit" }, t(hasPassphrase ? "passphraseChange" : "passphraseSet")),
      ...buttons,
    ),
  );
  return [element("p", { class: "quiet" }, t(hasPassphrase ? "lockHint" : "passphraseHint")), form];
}

/** @param {string} code the recovery code, shown this once @returns {HTMLElement} */
const codeNote = (code) =>
  element("p", { class: "note", role: "alert" }, t("recoveryCode"), " ", element("code", { dir: "ltr" }, code));

/**
 * Show the store, and what a shopper can do with it.
 * @param {HTMLElement} place @param {Around} around `onChanged` is told when another profile may be there
 * @returns {{refresh: () => Promise<void>}}
 */
export function createStoreCard(place, around) {
  const card = { ...around, show };
  const unlocked = (/** @type {VaultState} */ vault) => {
    show(vault);
    // That it is locked, which is said until something else is.
    around.say("");
    around.onChanged();
  };

  /** @param {VaultState} vault @param {string} [code] the recovery code */
  function show(vault, code = "") {
    const { isLocked, problem, backupAt } = vault;
    const parts = [
      ...troubles(card, vault),
      ...(isLocked ? [element("p", {}, t("unlockHint")), unlockForm(unlocked)] : []),
      ...(code ? [codeNote(code)] : []),
      ...(isLocked || problem ? [] : passphraseForm(card, vault)),
      element("p", { class: "quiet" }, backupAt ? t("backupAt", timeText(backupAt)) : t("backupNone")),
    ];
    keepFocus(() => place.replaceChildren(...parts), "#store-title");
  }

  return {
    async refresh() {
      show((await send({ type: "vault.get" })).vault);
    },
  };
}
