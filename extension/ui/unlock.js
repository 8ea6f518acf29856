// @ts-check
import { send } from "../messaging/messages.js";
import { element } from "./elements.js";
import { errorText, t } from "./texts.js";

/**
 * Return a field for a secret with its label.
 * @param {string} id @param {string} label @param {"current-password" | "new-password"} kind for password managers
 * @returns {{label: HTMLLabelElement, input: HTMLInputElement}}
 */
export function secretField(id, label, kind) {
  const input = element("input", { type: "password", id, autocomplete: kind, spellcheck: false, required: true });
  return { label: element("label", { for: id }, label), input };
}

/**
 * Return the form that unlocks the profile.
 * @param {(vault: import("../generated/contract-types.js").VaultState) => void} onUnlocked
 * @returns {HTMLFormElement}
 */
export function unlockForm(onUnlocked) {
  const { label, input } = secretField("unlock-secret", t("unlockLabel"), "current-password");
  const status = element("p", { class: "status", role: "status" });
  const button = element("button", { class: "primary", type: "submit" }, t("unlock"));
  /** @param {Event} event */
  async function onsubmit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      onUnlocked((await send({ type: "vault.unlock", secret: input.value })).vault);
    } catch (error) {
      status.textContent = errorText(error);
      input.select();
    } finally {
      button.disabled = false;
    }
  }
  const row = element("div", { class: "row" }, input, button);
  return element("form", { class: "unlock", onsubmit, "data-action": "unlock" }, label, row, status);
}
