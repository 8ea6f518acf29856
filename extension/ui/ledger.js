// @ts-check
// The privacy ledger: what each request was for in words, its bytes behind a click, by kind, and as a file.
import { send } from "../messaging/messages.js";
import { byId, element, saveJson } from "./elements.js";
import { numberText, plural, t, timeText } from "./texts.js";

/**
 * @typedef {import("../generated/contract-types.js").LedgerEntry} LedgerEntry
 * @typedef {"server" | "sync" | "catalogues" | "images" | "others"} Kind
 */

/** @type {Kind[]} */
const KINDS = ["server", "sync", "catalogues", "images", "others"];
/** @type {Record<NonNullable<LedgerEntry["purpose"]>, Kind>} */
const KIND_OF = {
  catalogue: "catalogues",
  pack: "catalogues",
  shared: "catalogues",
  compared: "images",
  shown: "images",
};

/** What is asked of the shopper's own server, by its path. @type {[RegExp, string][]} */
const SERVER_TEXTS = [
  [/^\/v1\/shops$/, "ledgerShops"],
  [/^\/v1\/bundles$/, "ledgerBundles"],
  [/^\/v1\/bundles\//, "ledgerBundleFile"],
  [/^\/v1\/shop-means$/, "ledgerMeans"],
  [/^\/v1\/events$/, "ledgerScreens"],
  [/^\/v1\/channel$/, "ledgerChannel"],
  [/^\/v1\/pairing/, "ledgerPairing"],
];

/** @param {string} body @returns {unknown} its JSON; null where it is none */
function jsonIn(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** Return which kind of request an entry is. @param {LedgerEntry} entry @returns {Kind} */
export function kindOf({ purpose, url }) {
  if (purpose) return KIND_OF[purpose];
  const { pathname } = new URL(url);
  if (/^\/v1\/sync\//.test(pathname)) return "sync";
  return pathname === "/v1/recommendations" || SERVER_TEXTS.some(([path]) => path.test(pathname)) ? "server" : "others";
}

/** @param {string} body of a request for recommendations @returns {string} */
function askedText(body) {
  const { k, shop, vector } = /** @type {Partial<import("../generated/contract-types.js").RecommendationRequest>} */ (
    jsonIn(body) ?? {}
  );
  if (typeof k !== "number" || typeof shop !== "string") return t("ledgerAsked");
  if (!Array.isArray(vector)) return t("ledgerAskedNothing", numberText(k), shop);
  return t("ledgerAskedTaste", numberText(k), shop, numberText(vector.length));
}

/** @param {string} method @param {string} pathname @returns {string} */
function syncText(method, pathname) {
  if (method === "PUT") return t("ledgerSyncWrite");
  if (method === "DELETE") return t("ledgerSyncDelete");
  return t(pathname.endsWith("/versions") ? "ledgerSyncList" : "ledgerSyncRead");
}

/** Return what a request was for, in words. @param {LedgerEntry} entry @returns {string} */
export function ledgerText({ method, url, body, purpose }) {
  const { host, pathname } = new URL(url);
  if (purpose === "shown") {
    const images = jsonIn(body);
    return Array.isArray(images) ? plural("ledgerShown", images.length, host) : t("ledgerShownCut", host);
  }
  if (purpose) return t(`ledger_${purpose}`, host);
  if (pathname === "/v1/recommendations") return askedText(body);
  if (/^\/v1\/sync\//.test(pathname)) return syncText(method, pathname);
  const [, text] = SERVER_TEXTS.find(([path]) => path.test(pathname)) ?? [];
  return text ? t(text) : t("ledgerOther", host);
}

/** @param {LedgerEntry} entry @returns {string} how many bytes left the device beside the address */
function sizeText({ body, sealed, isShortened }) {
  if (sealed) return t("ledgerSealed", plural("ledgerBytes", sealed.bytes));
  if (body) return plural("ledgerBytes", new TextEncoder().encode(body).length);
  return t(isShortened ? "ledgerShortened" : "ledgerNoBody");
}

/** Return the row of a request, which opens on its bytes. @param {LedgerEntry} entry */
function rowOf(entry) {
  const { time, method, url, body, sealed, isShortened } = entry;
  return element(
    "li",
    { "data-kind": kindOf(entry) },
    element(
      "details",
      {},
      element(
        "summary",
        {},
        element("span", { class: "told" }, ledgerText(entry)),
        " ",
        element("bdi", { class: "quiet" }, `${timeText(time)} · ${sizeText(entry)}`),
      ),
      element(
        "p",
        { class: "quiet" },
        element("span", { class: "method" }, method),
        " ",
        // The figures at an address's end would else mix with those of a date that runs the other way.
        element("bdi", { class: "address", dir: "ltr" }, url),
      ),
      sealed && element("p", { class: "quiet" }, t("ledgerSealedAs", sealed.url, sealed.sha256)),
      element("pre", { tabIndex: 0 }, body || t(isShortened ? "ledgerShortened" : "ledgerNoBody")),
    ),
  );
}

/** Show the entries of the kind that is chosen, and offer the kinds that there are. @param {LedgerEntry[]} entries */
function showEntries(entries) {
  const select = /** @type {HTMLSelectElement} */ (byId("ledger-kind"));
  const { value } = select;
  const present = new Set(["all", value, ...entries.map(kindOf)]);
  for (const option of select.options) option.hidden = !present.has(option.value);
  const shown = entries.filter((entry) => value === "all" || kindOf(entry) === value);
  const nothing = element("li", { class: "quiet" }, t(entries.length > 0 ? "ledgerNoneOfKind" : "ledgerNone"));
  byId("ledger").replaceChildren(...(shown.length > 0 ? shown.map(rowOf) : [nothing]));
}

/** Show the ledger. */
export async function showLedger() {
  showEntries((await send({ type: "ledger.get" })).entries);
}

/** Let a kind be chosen, and the ledger be saved. @param {(action: () => Promise<string>) => void} run does something and says its result */
export function listenToLedger(run) {
  const select = byId("ledger-kind");
  const kinds = /** @type {const} */ (["all", ...KINDS]);
  select.replaceChildren(...kinds.map((kind) => element("option", { value: kind }, t(`ledgerKind_${kind}`))));
  select.addEventListener("change", () =>
    run(async () => {
      await showLedger();
      return "";
    }),
  );
  byId("ledger-save").addEventListener("click", () =>
    run(async () => {
      const { entries } = await send({ type: "ledger.get" });
      saveJson("carryover-ledger.json", entries);
      return t("ledgerSaved");
    }),
  );
}
