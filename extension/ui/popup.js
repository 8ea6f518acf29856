// @ts-check
import { send } from "../messaging/messages.js";
import { byId, element, keepFocus } from "./elements.js";
import { consentCard, pauseSwitch } from "./shop-controls.js";
import { tabField } from "./tab.js";
import { errorText, knownText, localise, t } from "./texts.js";
import { unlockForm } from "./unlock.js";
import { CarryoverError } from "../values/errors.js";

/** Show an error in the status line. @param {unknown} error */
function showError(error) {
  console.warn(error);
  if (error instanceof CarryoverError && error.code === "locked") byId("main").replaceChildren(unlockForm(refresh));
  byId("status").textContent = errorText(error);
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
  keepFocus(() => byId("main").replaceChildren(...parts, pauseSwitch(state, show, showError)));
}

function refresh() {
  tabField()
    .then((field) => send({ type: "state.get", ...field }))
    .then(({ state }) => {
      show(state);
      if (state.tab?.shop) tellPanel();
    })
    .catch(showError);
}

/** The click on the icon let the extension see this tab. A panel that is open beside it may show nothing yet; none may be open. */
function tellPanel() {
  send({ type: "state.changed" }).catch(() => {});
}

localise();
// Also before anything is waited for: a background that has to start takes longer than some popups stay open.
tellPanel();
refresh();
