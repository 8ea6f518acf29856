// @ts-check
// Verdict on a page: its kind, decided before any of its fields are used. A browser has no HTTP status for it.
import { visibleTexts } from "./page.js";
import { opensWith } from "../values/words.js";

// With less visible text than this, a page with scripts is one that its scripts would have filled.
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
