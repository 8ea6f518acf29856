// Builds the page's cards and entries. Only text nodes and attributes: nothing from a shop is ever read as HTML.
import { copyOf } from "./addresses.js";

/** @param {string} tag @param {Record<string, string>} attributes @param {...(Node | string)} children @returns {HTMLElement} */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** @param {{amount: string, currency?: string} | undefined} price @returns {string} */
export function priceText(price) {
  if (!price) return "";
  if (!price.currency) return price.amount;
  return new Intl.NumberFormat(navigator.language, { style: "currency", currency: price.currency }).format(
    Number(price.amount),
  );
}

/** @param {any} item @param {{why?: string[], button?: HTMLElement}} [extra] @returns {HTMLElement} */
export function card(item, { why = [], button } = {}) {
  const text = element(
    "div",
    { class: "text" },
    element("div", { class: "title" }, item.title),
    element("p", { class: "price" }, priceText(item.price)),
  );
  if (why.length > 0) text.append(element("p", { class: "why" }, `Because you liked ${why.join(" and ")}`));
  if (button) text.append(button);
  const made = element("li", { class: "card" });
  made.append(
    item.image
      ? element("img", { src: copyOf(item.image), alt: "", width: "400", height: "400", loading: "lazy" })
      : element("div", { class: "blank" }, "No image"),
  );
  made.append(text);
  return made;
}

/** @param {string} group @param {[string, string][]} options value and name @param {string} chosen @returns {HTMLElement[]} */
export function radios(group, options, chosen) {
  return options.map(([value, name]) => {
    const input = element("input", { type: "radio", name: group, value, ...(value === chosen ? { checked: "" } : {}) });
    return element("label", {}, input, element("span", {}, name));
  });
}

/** @param {{time: string, method: string, url: string, body: string}} entry @returns {HTMLElement} */
export function ledgerEntry({ time, method, url, body }) {
  const size = new TextEncoder().encode(body).length;
  const summary = element(
    "summary",
    {},
    `${new Date(time).toLocaleTimeString()}  ${method} ${url}  (${size === 0 ? "no body" : `body of ${size.toLocaleString()} bytes`})`,
  );
  const note = element("p", { class: "muted" }, "A public file, the same for everybody:");
  const details = element(
    "details",
    {},
    summary,
    note,
    element("pre", { tabindex: "0" }, body || "This request had no body."),
  );
  return element("li", {}, details);
}
