// @ts-check
// Whether an address is a private page. `npm run contracts` also writes this function into the content script of pages, which decides on
// the address before it reads anything: the function imports nothing.

/**
 * @typedef {object} PrivateRules of contracts/privacy.json, folded
 * @property {string[]} words that are private anywhere in a path
 * @property {string[]} firstWords that are private where a path begins with them, after a locale
 * @property {string[]} hosts that are private as the first part of a host name
 * @property {string[]} routeParameters that hold a path of their own
 * @property {string[]} prefixes
 */

/**
 * Return the function that decides on addresses.
 * @param {PrivateRules} rules
 * @returns {(url: string) => boolean}
 */
export function createPrivateAddress({ words, firstWords, hosts, routeParameters, prefixes }) {
  const [anywhere, first, ownHosts] = [new Set(words), new Set(firstWords), new Set(hosts)];
  const MAX_PARTS = 6;
  const LOCALE = /^(?:[a-z]{2}|[a-z]{2}[-_][a-z]{2,4}|intl|shop|store|www)$/;

  /** @param {string} text @returns {string} */
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };

  /** @param {string} part of a path @returns {string} without case, accents, signs and the name of a program's file */
  const folded = (part) =>
    decoded(part)
      .toLowerCase()
      .normalize("NFD")
      .replace(/(?![\u3099\u309a])\p{M}/gu, "")
      .normalize("NFC")
      .replaceAll("ı", "i")
      .replaceAll("ł", "l")
      .replace(/\.(?:html?|php|aspx?|jsp|do|action)$/, "")
      .replace(/[^\p{L}\p{N}]/gu, "");

  /** @param {string} path @returns {boolean} */
  const isPrivate = (path) => {
    const written = path.split(/[/\\]/).filter(Boolean).slice(0, MAX_PARTS);
    const numLocales = written.findIndex((part) => !LOCALE.test(part.toLowerCase()));
    const parts = (numLocales < 0 ? [] : written.slice(numLocales)).map(folded);
    const joined = `/${parts.join("/")}/`;
    if (first.has(parts[0]) || prefixes.some((prefix) => joined.startsWith(`${prefix}/`))) return true;
    return parts.some((part) => anywhere.has(part));
  };

  return (url) => {
    const { hostname, pathname, hash, search } = new URL(url);
    const labels = hostname.split(".");
    if (labels.length > 2 && ownHosts.has(labels[0])) return true;
    const [route, ...query] = hash.replace(/^#!?/, "").split("?");
    const pairs = `${search.slice(1)}&${query.join("?")}`.split("&").map((pair) => pair.split("="));
    const routes = pairs
      .filter(([name]) => routeParameters.includes(name.toLowerCase()))
      .map(([, value = ""]) => value);
    return [pathname, route, ...routes.map(decoded)].some(isPrivate);
  };
}
