// @ts-check
import { canCheckSignatures } from "../core/bundle-signature.js";
import { createListener, send } from "../messaging/messages.js";
import { permissionFor } from "../messaging/origins.js";
import { byId, element, keepFocus, saveJson } from "./elements.js";
import { askToErase } from "./erase.js";
import { createStoreCard } from "./store-card.js";
import { hideSync, joinSync, showSync } from "./sync-card.js";
import { listenToLedger, showLedger } from "./ledger.js";
import { pauseSwitch } from "./shop-controls.js";
import { dayText, errorText, fingerprint, knownText, localise, signerText, t } from "./texts.js";

/** @typedef {import("../generated/contract-types.js").State} State */

/** How long the status line stays in sight, in milliseconds. */
const STATUS_MS = 8_000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let statusTimer;

/** Show a text in the status line for STATUS_MS. @param {string} text */
function say(text) {
  clearTimeout(statusTimer);
  byId("status").textContent = text;
  statusTimer = setTimeout(() => {
    byId("status").textContent = "";
  }, STATUS_MS);
}

/** Show an error in the status line, until something else is said. @param {unknown} error */
function showError(error) {
  console.warn(error);
  clearTimeout(statusTimer);
  byId("status").textContent = errorText(error);
}

/**
 * Return a listener that runs an action and shows its failure.
 * @param {() => Promise<void>} action
 * @returns {(event?: Event) => void}
 */
const guarded = (action) => (event) => {
  event?.preventDefault();
  action().catch(showError);
};

const serverUrl = /** @type {HTMLInputElement} */ (byId("server-url"));
const serverMine = /** @type {HTMLInputElement} */ (byId("server-mine"));

const pairCode = /** @type {HTMLInputElement} */ (byId("pair-code"));
const packListUrl = /** @type {HTMLInputElement} */ (byId("pack-list-url"));
const compareImages = /** @type {HTMLInputElement} */ (byId("compare-images"));
const showsBadge = /** @type {HTMLInputElement} */ (byId("shows-badge"));
const tellsScreens = /** @type {HTMLInputElement} */ (byId("tells-screens"));
const trustedKeys = /** @type {HTMLTextAreaElement} */ (byId("trusted-keys"));

/** Return the list of shops with consent. @param {State} state */
function shopList({ consents }) {
  if (consents.length === 0) return [element("li", { class: "quiet" }, t("shopsNone"))];
  return consents.map(({ shop, since }) =>
    element(
      "li",
      {},
      element("span", {}, shop, " ", element("span", { class: "quiet" }, t("since", dayText(since)))),
      element(
        "button",
        {
          class: "plain",
          type: "button",
          "aria-label": t("stopFor", shop),
          "data-action": "stop",
          onclick: guarded(async () => show((await send({ type: "consent.set", shop, allowed: false })).state)),
        },
        t("stop"),
      ),
    ),
  );
}

/** @param {State} state @returns {HTMLElement[]} the published catalogues on this device, with who signed them */
const packRows = ({ packs }) =>
  packs.map((pack) =>
    element("li", {}, element("span", {}, pack.shop, " ", element("span", { class: "quiet" }, signerText(pack)))),
  );

/** Return whether the server is paired, in words. @param {State} state @returns {string} empty where none is named */
function pairedText({ serverUrl: url, pairedKey }) {
  if (!url) return "";
  return pairedKey ? t("paired", fingerprint(pairedKey)) : t("pairedNot", url);
}

/** Show a text in a field, unless something unsaved was entered there. @param {HTMLInputElement | HTMLTextAreaElement} field @param {string} text */
function fill(field, text) {
  const isUntouched = field.value === field.defaultValue;
  field.defaultValue = text;
  if (isUntouched) field.value = text;
}

/** Show a choice in a box, unless another one was made there that is unsaved. @param {HTMLInputElement} box @param {boolean} isChecked */
function tick(box, isChecked) {
  const isUntouched = box.checked === box.defaultChecked;
  box.defaultChecked = isChecked;
  if (isUntouched) box.checked = isChecked;
}

/** Show what holds of what is chosen by a click. */
function showChoices() {
  for (const input of document.querySelectorAll("input[name=mode]")) {
    if (input instanceof HTMLInputElement) input.checked = input.value === shown?.mode;
  }
  compareImages.checked = shown?.compareImages ?? false;
  showsBadge.checked = shown?.showsBadge ?? false;
  tellsScreens.checked = shown?.tellsScreens ?? false;
}

/** What the page shows; null where it shows nothing of the profile. @type {State | null} */
let shown = null;

/** Show the state in every control of the page, but not over what is being entered. @param {State} state */
function show(state) {
  showAround(state);
  showSync({ isPaired: Boolean(state.pairedKey), run }).catch(showError);
}

/** Show the state without the sync, whose code may be shown. @param {State} state */
function showAround(state) {
  shown = state;
  fill(serverUrl, state.serverUrl);
  tick(serverMine, state.serverIsMine);
  byId("paired").textContent = pairedText(state);
  fill(packListUrl, state.packListUrl ?? "");
  byId("pack-signers").replaceChildren(...packRows(state));
  fill(trustedKeys, (state.trustedKeys ?? []).join("\n"));
  byId("signed-by").textContent = state.signedBy ? t("signedByKey", state.signedBy) : "";
  showChoices();
  byId("known").textContent = knownText(state.numKnown);
  keepFocus(() => {
    byId("shops").replaceChildren(...shopList(state));
    byId("pause-place").replaceChildren(pauseSwitch(state, show, showError));
  }, "#shops-title");
}

/** Show nothing more of a profile that was erased, or is locked. */
function forget() {
  shown = null;
  hideSync();
  for (const id of ["shops", "pack-signers", "ledger", "pause-place", "known", "paired", "signed-by"])
    byId(id).replaceChildren();
  for (const form of ["server", "packs", "trust"]) formOf(form).reset();
  for (const field of [serverUrl, packListUrl, trustedKeys]) fill(field, "");
  showChoices();
}

/** Do something, say its result, and show what left the device for it. @param {() => Promise<string>} action */
function run(action) {
  action().then(say, showError).then(showLedger).catch(showError);
}

/** @param {string} id @returns {HTMLFormElement} */
const formOf = (id) => /** @type {HTMLFormElement} */ (byId(id));

/** Save settings, and show them in their form in place of what was entered. @param {string} form @param {Omit<import("../messaging/messages.js").MessageOf<"settings.set">, "type">} fields */
async function save(form, fields) {
  const { state } = await send({ type: "settings.set", ...fields });
  formOf(form).reset();
  show(state);
  say(t("saved"));
}

/** Save what was chosen by a click; where that is refused, show again what holds. @param {Omit<import("../messaging/messages.js").MessageOf<"settings.set">, "type">} fields */
async function choose(fields) {
  try {
    show((await send({ type: "settings.set", ...fields })).state);
  } catch (error) {
    showChoices();
    throw error;
  }
  say(t("saved"));
}

/**
 * Save an address once the browser allows it.
 * @param {string} form that holds it
 * @param {HTMLInputElement} input an empty one means none
 * @param {(address: string) => Omit<import("../messaging/messages.js").MessageOf<"settings.set">, "type">} fieldsOf what is saved
 */
async function saveAddress(form, input, fieldsOf) {
  const address = input.value.trim();
  // The browser asks within the click only, so the request comes before every other wait. It does not ask for what is then refused.
  const permission = permissionFor(address);
  if (permission && !(await chrome.permissions.request(permission))) {
    say(t("serverNotAllowed"));
    return;
  }
  await save(form, fieldsOf(address));
}

const saveServer = () =>
  saveAddress("server", serverUrl, (url) => ({ serverUrl: url, serverIsMine: serverMine.checked }));
const savePackList = () => saveAddress("packs", packListUrl, (url) => ({ packListUrl: url }));

/** Pair with the server at the address, whose code was typed. */
async function pair() {
  const address = serverUrl.value.trim();
  const permission = permissionFor(address);
  if (permission && !(await chrome.permissions.request(permission))) {
    say(t("serverNotAllowed"));
    return;
  }
  const fields = { serverUrl: address, serverIsMine: serverMine.checked, code: pairCode.value };
  try {
    const { state } = await send({ type: "pairing.make", ...fields });
    for (const form of ["server", "pair"]) formOf(form).reset();
    show(state);
    say(t("pairedNow"));
  } finally {
    await showLedger();
  }
}

/** Save the keys. A name after a key, as in bundle-key.pub, is for people. */
async function saveTrust() {
  const keys = trustedKeys.value.split("\n").map((line) => line.trim().split(/\s/)[0]);
  await save("trust", { trustedKeys: keys.filter((key) => key !== "") });
}

async function exportProfile() {
  const { profile } = await send({ type: "profile.export" });
  saveJson(`carryover-${profile.exportedAt.slice(0, 10)}.json`, profile);
  say(t("exported"));
}

async function showAll() {
  // Until it is known that the profile is open: a lock hides the code of the sync, too.
  hideSync();
  show((await send({ type: "state.get" })).state);
  await showLedger();
}
const store = createStoreCard(byId("store"), { onChanged: guarded(showAll), say, onError: showError });

const refreshAll = async () => void (await Promise.all([store.refresh(), showAll()]));

localise();
byId("server").addEventListener("submit", guarded(saveServer));
listenToLedger(run);
byId("pair").addEventListener("submit", guarded(pair));
byId("sync-join").addEventListener("submit", (event) => {
  event.preventDefault();
  run(async () => {
    const said = await joinSync(/** @type {HTMLInputElement} */ (byId("sync-typed")).value);
    await showSync({ isPaired: true, run });
    return said;
  });
});
byId("packs").addEventListener("submit", guarded(savePackList));
byId("trust").addEventListener("submit", guarded(saveTrust));
byId("mode").addEventListener(
  "change",
  guarded(async () => {
    const chosen = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=mode]:checked"));
    await choose({ mode: chosen?.value });
  }),
);
compareImages.addEventListener(
  "change",
  guarded(() => choose({ compareImages: compareImages.checked })),
);
showsBadge.addEventListener(
  "change",
  guarded(() => choose({ showsBadge: showsBadge.checked })),
);
tellsScreens.addEventListener(
  "change",
  guarded(() => choose({ tellsScreens: tellsScreens.checked })),
);
byId("export").addEventListener("click", guarded(exportProfile));
byId("erase").addEventListener("click", () =>
  askToErase((state) => {
    for (const form of ["server", "packs", "trust"]) formOf(form).reset();
    show(state);
    Promise.all([showLedger(), store.refresh()])
      .then(() => say(t("erased")))
      .catch(showError);
  }, showError),
);
chrome.runtime.onMessage.addListener(
  createListener("ui", {
    async "state.changed"({ isErased }) {
      if (isErased) forget();
      // Where the profile is shown already, codes that are being written down stay as they are.
      const showing = shown ? send({ type: "state.get" }).then(({ state }) => showAround(state)) : refreshAll();
      showing.catch(showError);
      return {};
    },
  }),
);
guarded(async () => {
  byId("cannot-check").hidden = await canCheckSignatures();
})();
guarded(store.refresh)();
guarded(showAll)();
