// @ts-check
// The copy that the shopper's browsers keep for each other on their paired server.
import { send } from "../messaging/messages.js";
import { byId, element } from "./elements.js";
import { plural, t, timeText } from "./texts.js";

/** @typedef {import("../generated/contract-types.js").SyncState} SyncState */

/** @param {SyncState} sync @returns {string} */
function stateText({ isOn, syncedAt }) {
  if (!isOn) return t("syncOff");
  return syncedAt ? t("syncOn", timeText(syncedAt)) : t("syncOnNever");
}

/** @param {string} name @param {string} label @param {() => void} onclick @returns {HTMLElement} */
const button = (name, label, onclick) =>
  element("button", { class: "plain", type: "button", "data-action": name, onclick }, label);

/** Hide the sync, and the code that may be shown. */
export function hideSync() {
  byId("sync").hidden = true;
  byId("sync-code").textContent = "";
}

/**
 * Show the sync, and what can be done with it.
 * @param {{isPaired: boolean, run: (action: () => Promise<string>) => void}} parts `run` does something and says its result, or shows its failure
 */
export async function showSync({ isPaired, run }) {
  if (!isPaired) {
    hideSync();
    return;
  }
  const { sync } = await send({ type: "sync.get" });
  /** @template {"sync.start" | "sync.now" | "sync.stop" | "sync.restore"} M @param {import("../messaging/messages.js").MessageOf<M>} message @param {string} said */
  const act = (message, said) => () =>
    run(async () => {
      await send(message);
      await showSync({ isPaired, run });
      return said;
    });

  async function showVersions() {
    const { versions } = await send({ type: "sync.versions" });
    const rows = versions.map(({ version, bytes, savedAt }) =>
      element(
        "li",
        {},
        element("span", {}, `${timeText(savedAt)} · ${plural("ledgerBytes", bytes)}`),
        button("sync-restore", t("syncRestore"), act({ type: "sync.restore", version }, t("syncRestored"))),
      ),
    );
    byId("sync-versions").replaceChildren(...rows);
    return "";
  }

  async function showCode() {
    byId("sync-code").textContent = (await send({ type: "sync.code" })).code;
    return t("syncCodeHint");
  }

  byId("sync-state").textContent = stateText(sync);
  byId("sync-join").hidden = sync.isOn;
  byId("sync-code").textContent = "";
  byId("sync-versions").replaceChildren();
  byId("sync-actions").replaceChildren(
    ...(sync.isOn
      ? [
          button("sync-now", t("syncNow"), act({ type: "sync.now" }, t("syncDone"))),
          button("sync-code", t("syncShow"), () => run(showCode)),
          button("sync-versions", t("syncEarlier"), () => run(showVersions)),
          button("sync-anew", t("syncAnew"), act({ type: "sync.start" }, t("syncDone"))),
          button("sync-stop", t("syncStop"), act({ type: "sync.stop", deletes: false }, t("saved"))),
          button("sync-delete", t("syncDelete"), act({ type: "sync.stop", deletes: true }, t("syncDeleted"))),
        ]
      : [button("sync-start", t("syncStart"), act({ type: "sync.start" }, t("syncDone")))]),
  );
  byId("sync").hidden = false;
}

/** Join the sync of another browser by its code. @param {string} code @returns {Promise<string>} */
export async function joinSync(code) {
  await send({ type: "sync.start", code });
  return t("syncDone");
}
