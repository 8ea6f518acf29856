// @ts-check
import { collapse } from "../values/item-text.js";
import { UrlError } from "../values/errors.js";
import { canonicalUrl, shopOf } from "../values/identity.js";
import { regionOf } from "../values/price.js";
import { pageVocabulary } from "../generated/contracts.js";

const vocabulary = pageVocabulary.page;

/** @typedef {{text: string, element: Element, node: Text}} VisibleText one run of text, the element around it, its first node */

/**
 * One page, prepared once for all extractors.
 * @typedef {object} Page
 * @property {string} url its address
 * @property {Document} document
 * @property {Map<string, string[]>} meta every <meta> value by lower-case property, name or http-equiv, in document order
 * @property {Map<string, string>} languages BCP 47, by the syntax that names it
 * @property {string | null} region the country that the page addresses
 * @property {{url: string, namedBy: "url" | "meta"}} item the canonical address and the syntax that names it
 * @property {Set<string | null>} addresses every absolute URL of this page
 * @property {string[]} headings the page's names for itself: its <h1>s, then `titles`
 * @property {string[]} titles og:title, and <title> whole and in parts
 * @property {VisibleText[]} texts the visible texts of the body, each in one line and not empty, in document order
 * @property {(reference: unknown) => string | null} absolute
 */

const MAX_URL_LENGTH = 2048;
const MAX_HEADINGS = 20;
const MAX_TEXTS = 50_000;
// Elements whose text nobody reads.
export const UNSEEN = new Set(vocabulary.unseenTags);
const COMMENT = 8; // Node.COMMENT_NODE
const [FILTER_ACCEPT, FILTER_REJECT] = [1, 2]; // NodeFilter's
const SHOW_ELEMENTS_AND_TEXTS = 5;

/** @param {string} reference @param {string} baseUrl @returns {string | null} absolute http(s), without a fragment */
export function absoluteUrl(reference, baseUrl) {
  const text = reference.trim();
  if (!text || text.startsWith("#") || !URL.canParse(text, baseUrl)) return null;
  const url = new URL(text, baseUrl);
  url.hash = "";
  if (url.search === "") url.search = ""; // drops a lone "?"
  return /^https?:$/.test(url.protocol) && url.href.length <= MAX_URL_LENGTH ? url.href : null;
}

/** @param {Document} document @param {string} url */
function baseOf(document, url) {
  const href = document.querySelector("base[href]")?.getAttribute("href");
  return (href && absoluteUrl(href, url)) || url;
}

/** @param {Document} document @returns {Map<string, string[]>} */
function metaOf(document) {
  const found = new Map();
  for (const element of document.querySelectorAll("meta")) {
    const name = element.getAttribute("property") || element.getAttribute("name") || element.getAttribute("http-equiv");
    const content = element.getAttribute("content")?.trim();
    if (!name || !content) continue;
    const key = name.trim().toLowerCase();
    found.set(key, [...(found.get(key) ?? []), content]);
  }
  return found;
}

/** @param {string | null | undefined} value @returns {string | null} BCP 47 in its usual case: en_us becomes en-US */
export function languageTag(value) {
  const match = /^([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)$/.exec((value ?? "").split(",")[0].split(".")[0].trim());
  if (!match) return null;
  const parts = match[2]
    .split(/[-_]/)
    .filter(Boolean)
    .map((part) => (part.length === 2 ? part.toUpperCase() : part[0].toUpperCase() + part.slice(1).toLowerCase()));
  return [match[1].toLowerCase(), ...parts].join("-");
}

/** @param {Document} document @param {Map<string, string[]>} meta @returns {Map<string, string>} */
function languagesOf(document, meta) {
  const named = {
    dom: document.documentElement?.getAttribute("lang") || document.documentElement?.getAttribute("xml:lang"),
    opengraph: meta.get(vocabulary.localeMeta)?.[0],
    meta: meta.get(vocabulary.languageMeta)?.[0],
  };
  const pairs = Object.entries(named).map(([syntax, value]) => [syntax, languageTag(value)]);
  return new Map(/** @type {[string, string][]} */ (pairs.filter(([, tag]) => tag)));
}

/**
 * Return the canonical address. `<link rel=canonical>` is ignored where it names another shop, the home page from a page further
 * down, or nothing of the route in the page's own address.
 * @param {string} url @param {string | null} linked @returns {Page["item"]}
 */
function itemOf(url, linked) {
  const own = canonicalUrl(url);
  let named = own;
  try {
    if (linked) named = canonicalUrl(linked);
  } catch (error) {
    if (!(error instanceof UrlError)) throw error;
  }
  const isHome = new URL(named).pathname === "/" && new URL(own).pathname !== "/";
  const hasNoRoute = own.includes("#") && !named.includes("#");
  return named === own || isHome || hasNoRoute || shopOf(named) !== shopOf(own)
    ? { url: own, namedBy: "url" }
    : { url: named, namedBy: "meta" };
}

/** @param {Document} document @param {Map<string, string[]>} meta @returns {string[]} */
function titlesOf(document, meta) {
  const title = collapse(document.querySelector("title")?.textContent ?? "");
  return [...(meta.get(vocabulary.titleMeta) ?? []), title, ...title.split(/\s+[|–—·:-]\s+/)].filter(Boolean);
}

/** @param {Document} document @returns {string[]} */
function headingsOf(document) {
  const headings = [...document.querySelectorAll("h1")].slice(0, MAX_HEADINGS);
  return headings.map((element) => collapse(element.textContent ?? "")).filter(Boolean);
}

/** @param {Text} node @param {Text | undefined} last @returns {boolean} whether only comments are between the two, as frameworks write them */
function continues(node, last) {
  let before = node.previousSibling;
  while (before?.nodeType === COMMENT) before = before.previousSibling;
  return last !== undefined && before === last;
}

/**
 * Yield the visible texts of an element, in document order; white space is kept.
 * @param {Element} root @returns {Generator<VisibleText>}
 */
export function* visibleTexts(root) {
  const walker = root.ownerDocument.createTreeWalker(root, SHOW_ELEMENTS_AND_TEXTS, (node) =>
    UNSEEN.has(/** @type {Element} */ (node).localName) ? FILTER_REJECT : FILTER_ACCEPT,
  );
  /** @type {VisibleText | null} */
  let run = null;
  /** @type {Text | undefined} */
  let last;
  for (let next = walker.nextNode(); next; next = walker.nextNode()) {
    if (next.nodeType !== 3 /* Node.TEXT_NODE */) continue;
    const node = /** @type {Text} */ (next);
    if (run && continues(node, last)) {
      run.text += node.data;
    } else {
      if (run) yield run;
      run = { text: node.data, element: /** @type {Element} */ (node.parentElement), node };
    }
    last = node;
  }
  if (run) yield run;
}

/** @param {Document} document @returns {VisibleText[]} */
function textsOf({ body }) {
  const found = [];
  for (const run of body ? visibleTexts(body) : []) {
    const text = collapse(run.text);
    if (text && found.push({ ...run, text }) >= MAX_TEXTS) break;
  }
  return found;
}

/** @param {Document} document @param {string} base @returns {string | null} */
function canonicalLink(document, base) {
  for (const element of document.querySelectorAll("link[rel][href]")) {
    if (!(element.getAttribute("rel") ?? "").toLowerCase().split(/\s+/).includes("canonical")) continue;
    const target = absoluteUrl(element.getAttribute("href") ?? "", base);
    if (target) return target;
  }
  return null;
}

/** @param {Document} document @param {string} url @returns {Page} @throws {UrlError} */
export function createPage(document, url) {
  const base = baseOf(document, url);
  const meta = metaOf(document);
  const languages = languagesOf(document, meta);
  const item = itemOf(url, canonicalLink(document, base));
  const titles = titlesOf(document, meta);
  /** @type {VisibleText[] | null} */
  let texts = null;
  return {
    url,
    document,
    meta,
    languages,
    item,
    region: regionOf(url, [...languages.values()][0]),
    addresses: new Set([url.split("#")[0], canonicalUrl(url), item.url]),
    titles,
    headings: [...headingsOf(document), ...titles],
    get texts() {
      texts ??= textsOf(document);
      return texts;
    },
    absolute: (reference) =>
      typeof reference === "string" ? absoluteUrl(reference.replaceAll("&amp;", "&"), base) : null,
  };
}
