// @ts-check
// Verdict on a page: its kind, decided before any of its fields are used. A browser has no HTTP status for it.
import { visibleTexts } from "./page.js";
import { keyOf } from "../values/text.js";
import { opensWith } from "../values/words.js";

/** How sure the other verdicts are. A page that says so itself is surer than one that merely has nothing to read. @type {Record<string, number>} */
const CONFIDENCE_OF_OTHERS = { blocked: 0.9, not_found: 0.9, listing: 0.9, empty: 0.8, needs_js: 0.5 };

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

/**
 * What each witness for a product leaves of the doubt. On typed real pages, one that only shows a heading and a price was a product
 * once in four, one that only calls itself a product in Open Graph every other time; of those with two witnesses nearly all were.
 */
const DOUBTS = { markup: 0.35, openGraph: 0.55, state: 0.55, button: 0.45, visible: 0.7, price: 0.85, name: 0.95 };

/**
 * Return how sure a verdict is, from 0 to 1: independent witnesses are surer together than each of them alone.
 * @param {string} verdict
 * @param {import("./candidate.js").Candidate[]} candidates
 * @param {{page: import("./page.js").Page, title?: string}} found the title is the product's
 */
export function confidenceOf(verdict, candidates, { page, title }) {
  if (verdict !== "product") return CONFIDENCE_OF_OTHERS[verdict] ?? 0.5;
  const says = (/** @type {string[]} */ ...syntaxes) =>
    candidates.some(({ isProduct, syntax }) => isProduct && syntaxes.includes(syntax));
  const isBuyable = candidates.some(
    ({ isProduct, syntax, availability }) => isProduct && syntax === "dom" && availability,
  );
  const doubts = [
    says("json-ld", "microdata", "rdfa") && DOUBTS.markup,
    says("opengraph") && DOUBTS.openGraph,
    says("state") && DOUBTS.state,
    says("dom") && (isBuyable ? DOUBTS.button : DOUBTS.visible),
    candidates.some(({ price }) => price) && DOUBTS.price,
    page.headings.some((heading) => keyOf(heading) === keyOf(title)) && DOUBTS.name,
  ].filter((doubt) => doubt !== false);
  return Math.round(100 * (1 - doubts.reduce((product, doubt) => product * doubt, 1))) / 100;
}
