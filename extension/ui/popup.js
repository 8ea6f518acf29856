// @ts-check
import { send } from "../messaging/messages.js";
import { byId, element, knownText, localise, t } from "./elements.js";
import { consentCard, pauseSwitch } from "./shop-controls.js";
import { tabField } from "./tab.js";

/** Show an error in the status line. @param {unknown} error */
function showError(error) {
  byId("status").textContent = error instanceof Error ? error.message : String(error);
}

async function openPanel() {
  // Firefox only: Chromium has no sidebarAction.
  const { browser } = /** @type {typeof globalThis & {browser?: {sidebarAction: {open: () => Promise<void>}}}} */ (
    globalThis
  );
  const { sidePanel } = chrome;
  if (sidePanel) {
    const { id } = await chrome.windows.getCurrent();
    await sidePanel.open({ windowId: /** @type {number} */ (id) });
  } else await browser?.sidebarAction.open();
  window.close();
}

/** Show the state of the tab in front. @param {import("../generated/contract-types.js").State} state */
function show(state) {
  const { tab } = state;
  byId("shop").textContent = tab?.shop ?? "";
  byId("known").textContent = knownText(state.numKnown);
  byId("status").textContent = state.paused ? t("paused") : "";
  const parts = tab?.shop
    ? [
        element(
          "button",
          { class: "primary wide", type: "button", "data-action": "open", onclick: () => openPanel().catch(showError) },
          t("open"),
        ),
        consentCard(state, show, showError),
      ]
    : [element("p", {}, t("noShop"))];
  byId("main").replaceChildren(...parts, pauseSwitch(state, show, showError));
}

localise();
send({ type: "state.get", ...tabField() })
  .then(({ state }) => show(state))
  .catch(showError);
