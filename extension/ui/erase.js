// @ts-check
import { send } from "../messaging/messages.js";
import { askFirst } from "./question.js";
import { t } from "./texts.js";

/**
 * Ask the shopper, then erase the profile.
 * @param {(state: import("../generated/contract-types.js").State) => void} onErased
 * @param {(error: unknown) => void} onError
 */
export function askToErase(onErased, onError) {
  askFirst({ name: "erase", text: t("eraseAsk"), yes: t("eraseYes") }, () => {
    send({ type: "profile.erase" })
      .then(({ state }) => onErased(state))
      .catch(onError);
  });
}
