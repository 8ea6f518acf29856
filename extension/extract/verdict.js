// @ts-check
// What kind of page this is, told before anything on it is believed. A browser has no HTTP status to go by.
import { visibleTexts } from "./page.js";
import { opensWith } from "../values/words.js";

// Less visible text than this on a page with scripts means that the scripts would have written it.
const MIN_VISIBLE_CHARS = 200;

/** @param {Document} document @returns {boolean} whether there is enough to read */
function hasText({ body }) {
  let total = 0;
  for (const { text } of body ? visibleTexts(body) : []) {
    total += text.replace(/\s+/g, "").length;
    if (total >= MIN_VISIBLE_CHARS) return true;
  }
  return false;
}

/** @param {import("./candidate.js").Candidate[]} candidates @param {import("./page.js").Page} page @returns {string} */
export function verdictOf(candidates, page) {
  const hasTitle = candidates.some(({ title }) => title);
  if (hasTitle && candidates.some(({ isProduct, syntax }) => isProduct && syntax !== "dom")) return "product";
  if (page.headings.some((text) => opensWith("blocked", text))) return "blocked";
  if (page.headings.some((text) => opensWith("notFound", text))) return "not_found";
  if (hasTitle && candidates.some(({ isProduct }) => isProduct)) return "product";
  if (candidates.some(({ numProducts }) => numProducts)) return "listing";
  return page.document.querySelector("script") && !hasText(page.document) ? "needs_js" : "empty";
}
