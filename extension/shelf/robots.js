// @ts-check
// robots.txt (RFC 9309): what a shop allows, how fast, and where its sitemaps are. contracts/vectors/robots.json holds the cases.
import { absoluteUrl } from "../extract/page.js";
import { feeds } from "../generated/contracts.js";

/**
 * @typedef {object} Robots the rules of one origin for this extension
 * @property {(url: string) => boolean} allows robots.txt itself may always be fetched
 * @property {number | null} crawlDelayS seconds between requests that the site asks for
 * @property {string[]} sitemaps absolute addresses
 * @typedef {{isAllowed: boolean, pattern: string}} Rule
 * @typedef {{agents: string[], rules: Rule[], crawlDelayS: number | null}} Group
 */

const TOKEN = feeds.robots.token.toLowerCase();
const LINE = /^\s*([A-Za-z -]+?)\s*:\s*(.*?)\s*$/;
const RULE_FIELDS = ["allow", "disallow", "crawl-delay"];
const NUMBER = /^[0-9]*\.?[0-9]+$/;

/**
 * Return a path or a pattern with every octet spelled in one way: letters, digits and "-._~" as themselves, what is not ASCII
 * percent-encoded, escapes in upper case (RFC 9309, 2.2.2).
 * @param {string} text @returns {string}
 */
function spelled(text) {
  const ascii = text.replace(/[^\x21-\x7e]+/gu, encodeURIComponent);
  return ascii.replace(/%([0-9A-Fa-f]{2})/g, (escape, hex) => {
    const character = String.fromCharCode(parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
  });
}

/**
 * Return whether a pattern of "*" and a final "$" matches the beginning of a path. Its parts between the stars are found from left
 * to right, so that no pattern takes more than linear time for each star.
 * @param {string} pattern @param {string} path both spelled in one way @returns {boolean}
 */
function matches(pattern, path) {
  const isWhole = pattern.endsWith("$");
  const parts = (isWhole ? pattern.slice(0, -1) : pattern).split("*");
  if (!path.startsWith(parts[0])) return false;
  let at = parts[0].length;
  for (const part of parts.slice(1, -1)) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  if (parts.length === 1) return !isWhole || at === path.length;
  const last = parts[parts.length - 1];
  return isWhole ? path.length - last.length >= at && path.endsWith(last) : path.indexOf(last, at) >= 0;
}

/** @param {Rule[]} rules @param {string} url @returns {boolean} by the longest rule that matches; of equals the one that allows */
function allowedBy(rules, url) {
  const { pathname, search } = new URL(url);
  if (pathname === "/robots.txt") return true;
  const path = spelled(pathname + search);
  /** @type {Rule | null} */
  let best = null;
  for (const rule of rules) {
    if (!matches(rule.pattern, path)) continue;
    const isBetter = !best || rule.pattern.length > best.pattern.length;
    if (isBetter || (rule.isAllowed && rule.pattern.length === best?.pattern.length)) best = rule;
  }
  return best?.isAllowed ?? true;
}

/** @param {string} text @returns {{groups: Group[], sitemaps: string[]}} */
function read(text) {
  /** @type {Group[]} */
  const groups = [];
  const sitemaps = [];
  let isNaming = false;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const match = LINE.exec(line.split("#", 1)[0]);
    if (!match) continue;
    const [field, value] = [match[1].toLowerCase(), match[2]];
    if (field === "sitemap") sitemaps.push(value);
    else if (field === "user-agent") {
      if (!isNaming) groups.push({ agents: [], rules: [], crawlDelayS: null });
      groups[groups.length - 1].agents.push(value.toLowerCase());
      isNaming = true;
    } else if (RULE_FIELDS.includes(field)) {
      isNaming = false;
      const group = groups[groups.length - 1];
      if (!group || !value) continue;
      if (field !== "crawl-delay") group.rules.push({ isAllowed: field === "allow", pattern: spelled(value) });
      else if (NUMBER.test(value)) group.crawlDelayS = Number(value);
    }
  }
  return { groups, sitemaps };
}

/**
 * Return the rules of a robots.txt for this extension: those of the groups that name it, else those for everybody. Only its first
 * 500 kB count.
 * @param {string} body @param {string} origin @returns {Robots}
 */
export function parseRobots(body, origin) {
  const cut = body.length > feeds.robots.maxBytes;
  const text = body.slice(0, feeds.robots.maxBytes);
  const { groups, sitemaps } = read((cut ? text.slice(0, text.lastIndexOf("\n")) : text).replace(/^\ufeff/, ""));
  const named = groups.filter(({ agents }) => agents.includes(TOKEN));
  const chosen = named.length > 0 ? named : groups.filter(({ agents }) => agents.includes("*"));
  const rules = chosen.flatMap((group) => group.rules);
  const delays = chosen.flatMap(({ crawlDelayS }) => crawlDelayS ?? []);
  const listed = sitemaps.slice(0, feeds.robots.maxSitemaps).map((address) => absoluteUrl(address, `${origin}/`));
  return {
    allows: (url) => allowedBy(rules, url),
    crawlDelayS: delays.length > 0 ? delays[delays.length - 1] : null,
    sitemaps: listed.filter((url) => url !== null),
  };
}
