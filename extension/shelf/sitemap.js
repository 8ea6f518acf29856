// @ts-check
// Sitemaps (XML or plain text): the pages and further sitemaps that they name. The twin of scraper/crawl/sitemap.py;
// contracts/vectors/sitemaps.json holds the cases of both.
import { absoluteUrl } from "../extract/page.js";
import { feeds } from "../generated/contracts.js";
import { UrlError } from "../values/errors.js";
import { canonicalUrl } from "../values/identity.js";

const MAX_URLS = feeds.sitemap.maxUrls;
// A sitemap is a stranger's XML: only its addresses are looked for, so no entity is ever declared or opened.
const COMMENTS = /<!--[^]*?(?:-->|$)/g;
const ENTRY = /<((?:[\w.-]+:)?)(url|sitemap)(?:\s[^<>]*)?>([^]*?)(?=<\/?(?:[\w.-]+:)?(?:url|sitemap)[\s>]|$)/g;
const ADDRESS = /<((?:[\w.-]+:)?)loc(?:\s[^<>]*)?>([^<]*)<\//g;
const CDATA = /<!\[CDATA\[([^]*?)\]\]>/g;
const NAMED = /** @type {Record<string, string>} */ ({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" });
const REFERENCE = /&(?:#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6})|([a-z]{2,4}));/g;
const { links } = feeds;
const NO_PAGE = new RegExp(links.filePattern, "i");
const PRIVATE = new RegExp(links.privatePattern, "i");
const ACTION = new RegExp(links.actionPattern, "i");

/** @param {string} text of XML @returns {string} */
function unescaped(text) {
  return text.replace(REFERENCE, (reference, decimal, hex, name) => {
    if (name) return NAMED[name] ?? reference;
    const point = decimal ? Number(decimal) : parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : reference;
  });
}

/** @param {string[]} texts @param {string} base @returns {string[]} absolute addresses, each once */
function absolute(texts, base) {
  const found = texts.slice(0, MAX_URLS).map((text) => absoluteUrl(text, base));
  return [...new Set(found.filter((url) => url !== null))];
}

/**
 * Return the absolute addresses of a sitemap; a broken file gives those before the break.
 * @param {string} body @param {string} url of the sitemap @returns {{pages: string[], sitemaps: string[]}}
 */
export function parseSitemap(body, url) {
  const text = body.replace(/^[\ufeff \t\r\n]+/, "");
  if (!text.startsWith("<")) {
    const lines = text.split(/\r\n|\r|\n/).filter((line) => /^\s*https?:\/\//.test(line));
    return { pages: absolute(lines, url), sitemaps: [] };
  }
  /** @type {Record<string, string[]>} */
  const found = { url: [], sitemap: [] };
  for (const [, prefix, kind, content] of text.replace(COMMENTS, "").matchAll(ENTRY)) {
    // <image:loc> is the address of an image, in a sitemap whose own elements have no prefix.
    const own = [...content.replace(CDATA, "$1").matchAll(ADDRESS)].find((address) => address[1] === prefix);
    if (own && found[kind].length < MAX_URLS) found[kind].push(unescaped(own[2]));
  }
  return { pages: absolute(found.url, url), sitemaps: absolute(found.sitemap, url) };
}

/**
 * Return the canonical form of an address that may be a product's page, else null.
 * @param {string} url @param {string} origin of the shop @returns {string | null}
 */
export function followable(url, origin) {
  let canonical;
  try {
    canonical = canonicalUrl(url);
  } catch (error) {
    if (!(error instanceof UrlError)) throw error;
    return null;
  }
  const parts = new URL(canonical);
  if (parts.origin !== origin) return null;
  const isPage = !NO_PAGE.test(parts.pathname) && !PRIVATE.test(parts.pathname) && !ACTION.test(parts.search.slice(1));
  return isPage ? canonical : null;
}
