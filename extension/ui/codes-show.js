// @ts-check
// The encrypted copy as a series of QR codes, for the camera of another browser.
import { partsOf } from "../core/transfer/parts.js";
import { element } from "./elements.js";
import { numberText, t } from "./texts.js";

/**
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {typeof import("../vendor/qr.mjs").encodeQR} EncodeQr
 */

const SVG = "http://www.w3.org/2000/svg";
/** White modules around a code, as its standard asks for. */
const BORDER = 4;
/**
 * How long a code stays, in milliseconds. A module that changes with each code then flashes at most 2.5 times a second: WCAG 2.3.1 allows three.
 */
const SHOWN_MS = 200;

/** @param {boolean[][]} modules dark or not, in rows @returns {string} a path of the dark ones */
const pathOf = (modules) =>
  modules
    .flatMap((row, y) =>
      row.map((isDark, x) => {
        if (!isDark || row[x - 1]) return "";
        const end = row.indexOf(false, x);
        return `M${x} ${y}h${(end < 0 ? row.length : end) - x}v1H${x}z`;
      }),
    )
    .join("");

/** Return an image of a QR code. @param {boolean[][]} modules with their border @param {string} label @returns {SVGElement} */
function imageOf(modules, label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${modules.length} ${modules.length}`);
  svg.setAttribute("class", "code");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", pathOf(modules));
  svg.append(path);
  return svg;
}

/**
 * Return the numbers that a shopper typed, as the other browser names them.
 * @param {string} typed such as "3, 17–20", counted from 1 @param {number} count
 * @returns {number[]} from 0, in their order; all where none was typed that is there
 */
export function numbersIn(typed, count) {
  const ranges = [...typed.matchAll(/(\d+)(?:\s*[-–]\s*(\d+))?/g)].map(([, from, to = from]) => [+from, +to]);
  const all = Array.from({ length: count }, (_, i) => i);
  const chosen = all.filter((i) => ranges.some(([from, to]) => i + 1 >= from && i + 1 <= to));
  return chosen.length > 0 ? chosen : all;
}

/** @returns {boolean} whether the shopper asked their device for less motion */
const wantsStill = () => globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;

/** @param {string} name @param {string} text @param {() => void} onclick */
const button = (name, text, onclick) =>
  element("button", { class: "plain", type: "button", "data-action": name, onclick }, text);

/**
 * Return the code in sight, which changes by itself or by steps.
 * @param {string[]} parts the texts of the codes @param {EncodeQr} encodeQR
 */
function createCarousel(parts, encodeQR) {
  const place = element("div", { dir: "ltr" });
  const said = element("p", { class: "quiet" });
  let numbers = numbersIn("", parts.length);
  let at = 0;
  let isMoving = !wantsStill() && parts.length > 1;
  function show() {
    const modules = encodeQR(parts[numbers[at]], "raw", { ecc: "low", encoding: "alphanumeric", border: BORDER });
    const label = t("codeNumber", numberText(numbers[at] + 1), numberText(parts.length));
    place.replaceChildren(imageOf(modules, label));
    said.textContent = label;
  }
  /** @param {number} by */
  function turn(by) {
    at = (at + by + numbers.length) % numbers.length;
    show();
  }
  const timer = setInterval(() => isMoving && turn(1), SHOWN_MS);
  const label = () => t(isMoving ? "codesPause" : "codesPlay");
  const pause = button("codes-pause", label(), () => {
    isMoving = !isMoving;
    pause.textContent = label();
  });
  /** @param {number} by */
  function step(by) {
    if (isMoving) pause.click();
    turn(by);
  }
  show();
  return {
    content: [place, said],
    buttons: [
      button("codes-back", t("codesBack"), () => step(-1)),
      pause,
      button("codes-next", t("codesNext"), () => step(1)),
    ],
    /** @param {string} typed which codes are shown from now on */
    showOnly(typed) {
      numbers = numbersIn(typed, parts.length);
      at = 0;
      show();
    },
    end: () => clearInterval(timer),
  };
}

/**
 * Show a series of codes in a dialog, one after the other, until it is closed.
 * @param {string[]} parts the texts of the codes @param {EncodeQr} encodeQR
 * @returns {Promise<void>} when it is closed
 */
function shown(parts, encodeQR) {
  const carousel = createCarousel(parts, encodeQR);
  const only = element("input", {
    type: "text",
    dir: "ltr",
    autocomplete: "off",
    onchange: () => carousel.showOnly(only.value),
  });
  return new Promise((resolve) => {
    const dialog = element(
      "dialog",
      {
        class: "codes",
        "aria-labelledby": "codes-hint",
        onclose: () => {
          carousel.end();
          dialog.remove();
          resolve();
        },
      },
      element("p", { id: "codes-hint" }, t("codesHint")),
      ...carousel.content,
      element("div", { class: "row" }, ...carousel.buttons),
      element("label", {}, element("span", {}, t("codesOnly")), only),
      element(
        "button",
        { class: "primary", type: "button", "data-action": "codes-close", onclick: () => dialog.close() },
        t("codesClose"),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Show an encrypted file as QR codes.
 * @param {Bytes} file
 * @returns {Promise<void>} when the shopper closes them @throws {import("../values/errors.js").CarryoverError} transfer_too_large
 */
export async function showCodes(file) {
  const [parts, { encodeQR }] = await Promise.all([partsOf(file), import("../vendor/qr.mjs")]);
  await shown(parts, encodeQR);
}
