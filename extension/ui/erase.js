// @ts-check
import { send } from "../messaging/messages.js";
import { element } from "./elements.js";
import { t } from "./texts.js";

/**
 * Ask the shopper, then erase the profile. The dialog is part of the page, because confirm() is not available in every side panel.
 * @param {(state: import("../generated/contract-types.js").State) => void} onErased
 * @param {(error: unknown) => void} onError
 */
export function askToErase(onErased, onError) {
  const erase = async () => {
    dialog.close();
    try {
      onErased((await send({ type: "profile.erase" })).state);
    } catch (error) {
      onError(error);
    }
  };
  const dialog = element(
    "dialog",
    { "aria-labelledby": "erase-question", onclose: () => dialog.remove() },
    element("p", { id: "erase-question" }, t("eraseAsk")),
    element(
      "div",
      { class: "row" },
      element(
        "button",
        { class: "plain", type: "button", autofocus: true, onclick: () => dialog.close() },
        t("cancel"),
      ),
      element("button", { class: "danger", type: "button", "data-action": "erase-yes", onclick: erase }, t("eraseYes")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}
