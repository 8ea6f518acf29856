// @ts-check

/** Characters that turn the text after them around or embed it. No language needs them on a page, and a shop could mirror a name with them. */
const OVERRIDES = /[\u202a-\u202e]/g;

/** @param {unknown} value @returns {unknown} a text without overrides of its direction */
const upright = (value) => (typeof value === "string" ? value.replace(OVERRIDES, "") : value);

/**
 * Build an element. Text stays text and never becomes markup, and is shown in the order in which it is written.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, unknown>} [properties] `class`, `aria-*`, `role`, `for` and `data-*` become attributes, onX listeners, the rest properties
 * @param {(Node | string | null | undefined | false)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, given] of Object.entries(properties)) {
    const value = key === "title" || key === "aria-label" ? upright(given) : given;
    if (value === undefined || value === null) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else if (/^(?:class|role|for|aria-.*|data-.*)$/.test(key)) node.setAttribute(key, String(value));
    else Object.assign(node, { [key]: value });
  }
  node.append(
    ...children
      .filter((child) => child !== null && child !== undefined && child !== false)
      .map((child) => /** @type {Node | string} */ (upright(child))),
  );
  return node;
}

/** Return the element with an id. @param {string} id @returns {HTMLElement} @throws {Error} where the page has none */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`No element #${id} on this page.`);
  return found;
}

/** @param {string} name @param {Blob} content */
function saveFile(name, content) {
  const url = URL.createObjectURL(content);
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Save a JSON value as a file that a person can read. @param {string} name @param {object} value */
export const saveJson = (name, value) =>
  saveFile(name, new Blob([JSON.stringify(value, null, 2)], { type: "application/json" }));

/** Save bytes as a file. @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
export const saveBytes = (name, bytes) => saveFile(name, new Blob([bytes], { type: "application/octet-stream" }));

/**
 * Run what builds elements anew, and give the focus back to the element that took the place of the focused one.
 * @param {() => void} render @param {string} [instead] selector of what gets the focus where nothing in sight took that place
 */
export function keepFocus(render, instead = "") {
  const before = document.activeElement;
  render();
  if (!(before instanceof HTMLElement) || before.isConnected) return;
  const name = before.id ? `#${before.id}` : `[data-action="${before.dataset.action}"]`;
  for (const selector of [name, instead]) {
    const place = selector === "" ? null : document.querySelector(selector);
    if (!(place instanceof HTMLElement)) continue;
    place.focus();
    if (document.activeElement === place) return;
  }
}
