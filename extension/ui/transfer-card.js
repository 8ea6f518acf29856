// @ts-check
// The encrypted file that takes a profile to another browser.
import { openedFile, sealedFile } from "../core/transfer/file.js";
import { send } from "../messaging/messages.js";
import { argon2id } from "../vendor/argon2.mjs";
import { CarryoverError } from "../values/errors.js";
import { showCodes } from "./codes-show.js";
import { element, saveBytes } from "./elements.js";
import { errorText, t } from "./texts.js";

/** @typedef {import("../values/encoding.js").Bytes} Bytes */

/** @param {string} label @param {string} autocomplete @returns {{field: HTMLElement, input: HTMLInputElement}} */
function passphraseField(label, autocomplete) {
  const input = element("input", { type: "password", autocomplete, spellcheck: false });
  return { field: element("label", {}, element("span", {}, label), input), input };
}

/** @param {string} text @param {{inputs: HTMLElement[], problem: HTMLElement, yes: string, onYes: () => void, onNo: () => void}} parts */
function showQuestion(text, { inputs, problem, yes, onYes, onNo }) {
  const dialog = element(
    "dialog",
    { "aria-labelledby": "passphrase-question", onclose: onNo },
    element(
      "form",
      {
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          onYes();
        },
      },
      element("p", { id: "passphrase-question" }, text),
      ...inputs,
      problem,
      element(
        "div",
        { class: "row" },
        element("button", { class: "plain", type: "button", onclick: () => dialog.close() }, t("cancel")),
        element("button", { class: "primary", type: "submit", "data-action": "passphrase-yes" }, yes),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Ask for a passphrase until what is done with it succeeds.
 * @template T
 * @param {{isNew: boolean, act: (passphrase: string) => Promise<T>}} wanted
 * @returns {Promise<T | null>} null where the shopper left the question
 */
function withPassphrase({ isNew, act }) {
  return new Promise((resolve, reject) => {
    const first = passphraseField(t("passphrase"), isNew ? "new-password" : "current-password");
    const second = passphraseField(t("passphraseAgain"), "new-password");
    const problem = element("p", { role: "alert" });
    /** @type {T | null} */
    let result = null;
    async function tryIt() {
      if (isNew && first.input.value !== second.input.value) {
        problem.textContent = t("passphraseDiffer");
        return;
      }
      problem.textContent = t("passphraseWait");
      try {
        result = await act(first.input.value);
        dialog.close();
      } catch (error) {
        if (!(error instanceof CarryoverError)) reject(error);
        problem.textContent = errorText(error);
      }
    }
    const dialog = showQuestion(t(isNew ? "transferPassphrase" : "passphraseOpen"), {
      inputs: isNew ? [first.field, second.field] : [first.field],
      problem,
      yes: t(isNew ? "save" : "transferOpen"),
      onYes: () => void tryIt(),
      onNo: () => {
        dialog.remove();
        resolve(result);
      },
    });
  });
}

/** Encrypt what is known with a new passphrase. @returns {Promise<{file: Bytes, day: string} | null>} null where the shopper left the question */
async function sealedCopy() {
  const { profile } = await send({ type: "profile.export" });
  const { format, exportedAt, interactions, saved } = profile;
  const text = JSON.stringify({ format, exportedAt, interactions, ...(saved && { saved }) });
  const file = await withPassphrase({
    isNew: true,
    act: (passphrase) => sealedFile(text, passphrase, argon2id),
  });
  return file && { file, day: exportedAt.slice(0, 10) };
}

/** Save what is known as an encrypted file. @returns {Promise<boolean>} whether it was saved */
export async function saveEncrypted() {
  const copy = await sealedCopy();
  if (copy) saveBytes(`${copy.day}.carryover`, copy.file);
  return copy !== null;
}

/** Show what is known as QR codes, encrypted. @returns {Promise<void>} when the shopper has closed them */
export async function showEncrypted() {
  const copy = await sealedCopy();
  if (copy) await showCodes(copy.file);
}

/** Return what an encrypted file holds. @param {Bytes} file @returns {Promise<string | null>} null where the shopper left the question */
export const textOfTransfer = (file) =>
  withPassphrase({
    isNew: false,
    act: (passphrase) => openedFile(file, passphrase, argon2id),
  });
