// @ts-check
// Imports: a file or an open page of a shop, shown before anything is added.
import { isTransferFile } from "../core/transfer/file.js";
import { send } from "../messaging/messages.js";
import { textOfFile } from "../imports/text-file.js";
import { privacy } from "../generated/contracts.js";
import { MAX_TITLE } from "../values/imports.js";
import { cut } from "../values/text.js";
import { createCodeReader } from "./codes-read.js";
import { byId, element } from "./elements.js";
import { textOfTransfer } from "./transfer-card.js";
import { errorText, numberText, plural, t } from "./texts.js";

/**
 * @typedef {import("../generated/contract-types.js").ImportReport} ImportReport
 * @typedef {import("../generated/contract-types.js").ImportRow} ImportRow
 * @typedef {import("../generated/contract-types.js").ImportSaved} ImportSaved
 * @typedef {import("../generated/contract-types.js").OpenPage} OpenPage
 * @typedef {{added: ImportReport, numLeftOut: number}} Added
 */

/** How many rows of a file are shown before they are added. */
const SHOWN = 8;
/** How many shops are named. */
const NAMED = 6;

const kindChosen = () => /** @type {ImportRow["kind"]} */ (/** @type {HTMLSelectElement} */ (byId("kind")).value);

/** @param {string[]} shops @returns {string} the first of them by name */
function namedIn(shops) {
  const named = shops.slice(0, NAMED).join(", ");
  return shops.length > NAMED ? `${named}, …` : named;
}

/** @param {number} num of rows @param {number} room @returns {HTMLElement[]} how many can be added, where not all can */
function roomLine(num, room) {
  if (num <= room) return [];
  const text = t("importRoom", numberText(room), numberText(privacy.maxInteractions));
  return [element("p", { "data-room": room }, text)];
}

/** @param {string} name @param {HTMLElement[]} content @param {{onAdd: () => void, onCancel: () => void}} answers */
function showReview(name, content, { onAdd, onCancel }) {
  const review = element(
    "div",
    { class: "review", role: "group", "aria-label": name },
    ...content,
    element(
      "div",
      { class: "row" },
      element(
        "button",
        { class: "primary", type: "button", "data-action": "import-yes", onclick: onAdd },
        t("importYes"),
      ),
      element("button", { class: "plain", type: "button", onclick: onCancel }, t("cancel")),
    ),
  );
  byId("review").replaceChildren(review);
  byId("review").focus();
}

function closeReview() {
  const hadFocus = byId("review").contains(document.activeElement);
  byId("review").replaceChildren();
  if (hadFocus) byId("file").focus({ preventScroll: true });
}

/** @param {unknown} error */
function showProblem(error) {
  console.warn(error);
  byId("review").replaceChildren(element("p", { class: "review", role: "alert" }, errorText(error)));
}

/** @param {{rows: ImportRow[], saved?: ImportSaved[]}} read @param {boolean} isFile @param {number} numLeftOut @param {(added: Added) => void} onAdded */
async function add({ rows, saved = [] }, isFile, numLeftOut, onAdded) {
  closeReview();
  try {
    const { report } = await send({ type: "import.add", rows, ...(saved.length > 0 && { saved }), isFile });
    onAdded({ added: report, numLeftOut });
  } catch (error) {
    showProblem(error);
  }
}

/** @param {File} file @param {(added: Added) => void} onAdded */
async function reviewFile(file, onAdded) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = isTransferFile(bytes) ? await textOfTransfer(bytes) : textOfFile(bytes);
  if (text === null) return;
  const { rows, saved, shops, numLeftOut, room } = await send({ type: "import.readFile", text, kind: kindChosen() });
  if (rows.length + saved.length === 0) {
    byId("review").replaceChildren(element("p", { class: "review", role: "alert" }, t("importEmpty")));
    return;
  }
  const first = rows
    .slice(0, SHOWN)
    .map(({ title, url = "" }) => element("li", { dir: "auto" }, cut(title || url, MAX_TITLE)));
  showReview(
    file.name,
    [
      element("p", {}, plural("importRows", rows.length + numLeftOut, file.name)),
      element("ul", { class: "quiet" }, ...first, rows.length > SHOWN && element("li", {}, "…")),
      saved.length > 0 && element("p", {}, t("countSaved", numberText(saved.length))),
      shops.length > 0 && element("p", { class: "quiet" }, t("importShops", namedIn(shops))),
      ...roomLine(rows.length, room),
      element("p", { class: "quiet" }, t("importConsent")),
    ].filter((part) => part !== false),
    { onAdd: () => void add({ rows, saved }, true, numLeftOut, onAdded), onCancel: closeReview },
  );
}

/** @param {OpenPage} page @param {(added: Added) => void} onAdded */
async function reviewPage({ tabId, shop, isConsented }, onAdded) {
  if (!isConsented) {
    byId("review").replaceChildren(element("p", { class: "review", role: "alert" }, t("importAllow", shop)));
    return;
  }
  const { cards, room } = await send({ type: "import.readPage", tabId });
  if (cards.length === 0) {
    byId("review").replaceChildren(element("p", { class: "review", role: "alert" }, t("importNoCards")));
    return;
  }
  const boxes = cards.map((card) => ({ card, box: element("input", { type: "checkbox", checked: true }) }));
  const all = element("input", {
    type: "checkbox",
    checked: true,
    onchange: () => {
      for (const { box } of boxes) box.checked = all.checked;
    },
  });
  const chosen = () =>
    boxes.flatMap(({ card: { title, url, image, price }, box }) =>
      box.checked
        ? [{ kind: kindChosen(), title, url, ...(image && { images: [image] }), ...(price && { price }) }]
        : [],
    );
  showReview(
    shop,
    [
      element("p", {}, t("importChoose", shop)),
      element("label", { class: "check" }, all, element("span", {}, t("importAll"))),
      element(
        "div",
        { class: "scroll", tabIndex: 0, role: "group", "aria-label": shop },
        ...boxes.map(({ card, box }) =>
          element("label", { class: "check" }, box, element("span", { dir: "auto" }, card.title)),
        ),
      ),
      ...roomLine(cards.length, room),
    ],
    { onAdd: () => void add({ rows: chosen() }, false, 0, onAdded), onCancel: closeReview },
  );
}

/** Show the open pages of shops, of which one can be read. @param {(added: Added) => void} onAdded */
export async function showPages(onAdded) {
  const { pages } = await send({ type: "import.pages" });
  if (pages.length === 0) {
    byId("pages").replaceChildren(element("p", { class: "quiet" }, t("importNoPages")));
    return;
  }
  const options = pages.map(({ shop, title }, i) => element("option", { value: String(i) }, `${shop} · ${title}`));
  const select = element("select", { id: "page" }, ...options);
  const read = () => reviewPage(pages[Number(select.value)], onAdded).catch(showProblem);
  byId("pages").replaceChildren(
    element("label", { for: "page" }, t("importPage")),
    select,
    element("button", { class: "plain", type: "button", "data-action": "read-page", onclick: read }, t("importRead")),
  );
}

/** @param {Added} added @returns {string} what became of the rows, in words */
export function addedText({ added: { ids, savedIds, refused }, numLeftOut }) {
  const left = numLeftOut > 0 ? [...refused, { reason: /** @type {const} */ ("beyond"), count: numLeftOut }] : refused;
  return [
    plural("imported", ids.length),
    ...(savedIds.length > 0 ? [t("countSaved", numberText(savedIds.length))] : []),
    ...left.map(({ reason, count }) => t(`refused_${reason}`, numberText(count))),
  ].join(" ");
}

/** Read files that the shopper chooses, and those that another browser shows as codes. @param {(added: Added) => void} onAdded */
export function listenToFiles(onAdded) {
  const input = /** @type {HTMLInputElement} */ (byId("file"));
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (!file) return;
    reviewFile(file, onAdded)
      .catch(showProblem)
      .finally(() => {
        // So that the same file can be chosen again.
        input.value = "";
      });
  });
  const readCodes = createCodeReader();
  byId("read-codes").addEventListener("click", () => {
    readCodes()
      .then((bytes) => bytes && reviewFile(new File([bytes], t("importCodesName")), onAdded))
      .catch(showProblem);
  });
}
