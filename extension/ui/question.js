// @ts-check
import { element } from "./elements.js";
import { t } from "./texts.js";

/**
 * Ask the shopper, then act. The dialog is part of the page, because confirm() is not available in every side panel.
 * @param {{name: string, text: string, yes: string}} question `name` begins the names of its parts
 * @param {() => void} act
 */
export function askFirst({ name, text, yes }, act) {
  const onYes = () => {
    dialog.close();
    act();
  };
  const dialog = element(
    "dialog",
    { "aria-labelledby": `${name}-question`, onclose: () => dialog.remove() },
    element("p", { id: `${name}-question` }, text),
    element(
      "div",
      { class: "row" },
      element(
        "button",
        { class: "plain", type: "button", autofocus: true, onclick: () => dialog.close() },
        t("cancel"),
      ),
      element("button", { class: "danger", type: "button", "data-action": `${name}-yes`, onclick: onYes }, yes),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}
