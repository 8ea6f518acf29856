// @ts-check
import { currencies, pageVocabulary } from "../generated/contracts.js";
import { collapse } from "./item-text.js";
import { cut } from "./text.js";

/** @typedef {{amount: string, currency?: string, amountText?: string}} Price as on the wire: the amount is decimal text */

const MAX_TEXT_LENGTH = 200;
const MAX_AMOUNT_TEXT = 100;
const MAX_WHOLE_DIGITS = 12;
// Signs before an amount whose cents are written apart or whose thousands are a letter.
const PREFIX_SIGNS = pageVocabulary.values.price.prefixSigns;
const MULTIPLIERS = /** @type {Record<string, bigint>} */ ({ k: 1000n, m: 1_000_000n });
// A run of digits joined by separators; a space joins only where exactly three digits follow it.
const NUMBER = /(?<![\d.,'])(?:\d+(?:[.,']\d+| \d{3}(?!\d))*|(?<![\p{L}\p{N}_])[.,]\d{1,2}(?!\d))/gu;
const MACHINE = /^\+?(\d{1,15}(?:\.\d{0,20})?|\.\d{1,20})$/;
// No shop writes a price with an exponent, and read as people read text "1e400" would be 1.
const NOT_A_PRICE = /^(?:-.*|\+?[\d.]+e[+-]?\d+)$/is;
const minorUnits = /** @type {Record<string, number>} */ (currencies.minorUnits);
const symbols = /** @type {{symbol: string, currency?: string, byRegion?: Record<string, string>}[]} */ (
  currencies.symbols
);
/** @typedef {string | null | undefined} Maybe */

/** @param {string} amount decimal text @returns {bigint} ten-thousandths, rounded half up */
export function unitsOf(amount) {
  const [whole, decimals = ""] = amount.split(".");
  const digits = decimals.padEnd(5, "0");
  return BigInt(whole || "0") * 10_000n + BigInt(digits.slice(0, 4)) + (digits[4] >= "5" ? 1n : 0n);
}

/** @param {bigint} units @returns {string} at most four decimals and no trailing zeros */
function wireAmount(units) {
  const decimals = String(units % 10_000n)
    .padStart(4, "0")
    .replace(/0+$/, "");
  return `${units / 10_000n}${decimals && `.${decimals}`}`;
}

/**
 * Return decimal text with the currency's own number of decimals: 49.90 EUR, 12800 JPY, 12.345 KWD. More are kept; without a
 * currency a whole amount has none and any other at least two. @param {string} amount @param {Maybe} currency
 */
function onTheWire(amount, currency) {
  const [whole, decimals = ""] = amount.split(".");
  const padded = decimals.padEnd(minorUnits[currency ?? ""] ?? (decimals ? 2 : 0), "0");
  return padded ? `${whole}.${padded}` : whole;
}

/** @param {string} amount @param {Maybe} currency @param {Maybe} [amountText] @returns {Price} */
function priceFrom(amount, currency, amountText) {
  return {
    amount: onTheWire(amount, currency),
    ...(currency && { currency }),
    ...(amountText && { amountText: cut(amountText, MAX_AMOUNT_TEXT) }),
  };
}

/** Folds widths, digits of other scripts, dashes and apostrophes into the few characters the grammar knows. @param {string} text */
function plainOf(text) {
  const digits = text.normalize("NFKC").replace(/\p{Nd}/gu, decimalDigit);
  return digits
    .replaceAll("٫", ".")
    .replaceAll("٬", ",")
    .replace(/[’`´‘]/g, "'")
    .replace(/[‒–—−]/g, "-")
    .replace(/\s+/g, " ");
}

/** @param {string} character of Unicode Nd: such digits form runs of ten that begin with the zero */
function decimalDigit(character) {
  if (character >= "0" && character <= "9") return character;
  let point = /** @type {number} */ (character.codePointAt(0));
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(point - 1))) {
    point -= 1;
    value += 1;
  }
  return String(value);
}

const LETTER = "\\p{L}\\p{M}";
/** @param {string} text */
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

/** @type {{symbol: string, source: string, flags: string}[]} */
const symbolPatterns = symbols.map(({ symbol }) => {
  const plain = plainOf(symbol);
  const isLetter = (/** @type {string} */ c) => /\p{L}/u.test(c);
  const left = isLetter(plain[0]) ? `(?<![${LETTER}])` : "";
  const right = isLetter(plain.at(-1) ?? "") ? `(?![${LETTER}])` : "";
  return { symbol, source: left + escaped(plain) + right, flags: plain.length > 1 ? "iu" : "u" };
});

/** Pattern before a number, after it, and the symbol (null for codes); codes first. @type {{before: RegExp, after: RegExp, symbol: string | null}[]} */
const markers = (() => {
  const words = new Set(currencies.words);
  const codes = Object.keys(minorUnits)
    .filter((code) => !words.has(code))
    .join("|");
  const code = `(?<![A-Za-z])(?:${codes})(?![A-Za-z])`;
  // A code may follow a symbol ("$ 12.50 USD"), or a dash for "no cents" ("12,- EUR").
  const gap = "\\s?(?:[.,]\\s?-{1,2}|-)?\\s?";
  const other = "[^\\p{L}\\p{N}_\\s]?";
  const rows = [
    {
      before: new RegExp(`(?<m>${code})[:\\s]{0,2}${other}\\s?$`, "u"),
      after: new RegExp(`^${gap}${other}\\s?(?<m>${code})`, "u"),
      symbol: /** @type {string | null} */ (null),
    },
  ];
  for (const { symbol, source, flags } of symbolPatterns) {
    rows.push({
      before: new RegExp(`(?<m>${source})[:.\\s]{0,2}$`, flags),
      after: new RegExp(`^${gap}(?<m>${source})`, flags),
      symbol,
    });
  }
  return rows;
})();

/** @param {string} symbol @param {Maybe} region @returns {string | null} */
function symbolCurrency(symbol, region) {
  const entry = symbols.find((one) => one.symbol === symbol);
  return (region && entry?.byRegion?.[region]) || entry?.currency || null;
}

/** @param {string} before @param {string} after @param {Maybe} region @returns {{isBeside: boolean, currency: string | null}} a written code wins over a symbol */
function currencyBeside(before, after, region) {
  const [near, next] = [before.slice(-16), after.slice(0, 16)];
  for (const marker of markers) {
    const match = marker.before.exec(near) ?? marker.after.exec(next);
    if (!match) continue;
    return {
      isBeside: true,
      currency: marker.symbol === null ? (match.groups?.m ?? null) : symbolCurrency(marker.symbol, region),
    };
  }
  return { isBeside: false, currency: null };
}

/** @param {string} number @param {number} digits of the currency's minor unit @returns {string | null} with "." as the only separator; null where the separators make no sense (a date) */
function withoutGrouping(number, digits) {
  const joined = number.replace(/[ ']/g, "");
  const separators = joined.replace(/[^.,]/g, "");
  if (!separators) return joined;
  const last = separators[separators.length - 1];
  const at = joined.lastIndexOf(last);
  const [whole, decimals] = [joined.slice(0, at), joined.slice(at + 1)];
  if (separators.split(last).length === 2) {
    const hasOther = separators.length > 1 || joined.length !== number.length;
    const isGrouping =
      !hasOther && decimals.length === 3 && digits !== 3 && whole.length <= 3 && whole !== "" && whole !== "0";
    return isGrouping ? whole + decimals : `${whole.replace(/[.,]/g, "") || "0"}.${decimals}`;
  }
  const groups = joined.split(last);
  const isRegular = groups.slice(1).every((group) => group.length === 2 || group.length === 3);
  return new Set(separators).size === 1 && groups[groups.length - 1].length === 3 && isRegular ? groups.join("") : null;
}

/** @param {string} text @param {number} end 1 for the last, 0 for the first character */
function isMoneySign(text, end) {
  const trimmed = end ? text.trimEnd().slice(-1) : text.trimStart().slice(0, 1);
  return trimmed !== "" && PREFIX_SIGNS.includes(trimmed);
}

/** @param {string} number @param {Maybe} currency @param {string} before @param {string} after @returns {string | null} */
function amountOf(number, currency, before, after) {
  const cents = /^(?: |\s?[^\p{L}\p{N}_\s.,'-]\s?)(\d{2})(?!\d|\s?%)/u.exec(after);
  if (/^\d{1,12}$/.test(number) && cents && (isMoneySign(before, 1) || isMoneySign(after, 0))) {
    // "$12 99" and "12€50": the cents are written apart, raised on the page.
    return wireAmount(unitsOf(`${number}.${cents[1]}`));
  }
  const plain = withoutGrouping(number, minorUnits[currency ?? ""] ?? 2);
  if (plain === null || plain.split(".")[0].length > MAX_WHOLE_DIGITS) return null;
  const multiplier = /^\s?([kKM])(?![\p{L}\p{M}])/u.exec(after);
  const factor = multiplier && isMoneySign(before, 1) ? MULTIPLIERS[multiplier[1].toLowerCase()] : 1n;
  const amount = wireAmount(unitsOf(plain) * factor);
  return amount.split(".")[0].length > MAX_WHOLE_DIGITS ? null : amount;
}

/**
 * The first price in visible text. A number beside a currency wins over a number without.
 * @param {string} text
 * @param {{currency?: Maybe, region?: Maybe}} [context] the currency that the page gives elsewhere for this text; the country that decides "$" and "kr"
 * @returns {Price | null}
 */
export function parsePrice(text, { currency = null, region = null } = {}) {
  const amountText = cut(collapse(cut(text, MAX_TEXT_LENGTH * 4)), MAX_TEXT_LENGTH);
  const plain = plainOf(amountText);
  if (currencies.free.includes(plain.toLowerCase())) return priceFrom("0", currency, amountText);
  /** @type {Price | null} */
  let best = null;
  for (const match of plain.matchAll(NUMBER)) {
    const [before, after] = [plain.slice(0, match.index), plain.slice(match.index + match[0].length)];
    const beside = currencyBeside(before, after, region);
    if (!beside.isBeside && (best || /^\s*(?:%|percent\b)/.test(after))) continue;
    const amount = amountOf(match[0], beside.currency ?? currency, before, after);
    if (amount === null) continue;
    if (beside.isBeside) return priceFrom(amount, currency ?? beside.currency, amountText);
    best ??= priceFrom(amount, currency, amountText);
  }
  return best;
}

/**
 * The price of a machine-readable value, where "." is always the decimal point.
 * @param {unknown} value
 * @param {unknown} [currency]
 * @param {{region?: Maybe}} [context]
 * @returns {Price | null}
 */
export function machinePrice(value, currency, { region = null } = {}) {
  const code = currencyCode(currency, region);
  if (typeof value === "number") {
    if (!Number.isFinite(value) || value < 0 || value >= 1e12) return null;
    // Very small numbers are written 1e-7, which is nothing in ten-thousandths.
    return priceFrom(wireAmount(unitsOf(String(value).includes("e") ? "0" : String(value))), code);
  }
  if (typeof value !== "string") return null;
  const text = cut(value, MAX_TEXT_LENGTH).trim();
  const match = MACHINE.exec(text);
  if (!match) return NOT_A_PRICE.test(text) ? null : parsePrice(text, { currency: code, region });
  const amount = wireAmount(unitsOf(match[1]));
  return amount.split(".")[0].length > MAX_WHOLE_DIGITS ? null : priceFrom(amount, code, text);
}

/** @param {unknown} value a code in any case, or a symbol @param {Maybe} [region] @returns {string | null} ISO 4217 */
export function currencyCode(value, region = null) {
  if (typeof value !== "string") return null;
  const text = value.trim();
  if (Object.hasOwn(minorUnits, text.toUpperCase())) return text.toUpperCase();
  const plain = plainOf(text);
  const found = symbolPatterns.find(({ source, flags }) => new RegExp(`^(?:${source})$`, flags).test(plain));
  return found ? symbolCurrency(found.symbol, region) : null;
}

/** @param {string} url @param {Maybe} language BCP 47 @returns {string | null} the country a page speaks to */
export function regionOf(url, language) {
  const domain = new URL(url).hostname.split(".").at(-1) ?? "";
  const { genericDomains } = currencies;
  /** @type {{topLevelDomains: Record<string, string>, languages: Record<string, string>}} */
  const { topLevelDomains, languages } = currencies;
  if (/^[a-z]{2}$/.test(domain) && !genericDomains.includes(domain))
    return topLevelDomains[domain] ?? domain.toUpperCase();
  if (!language) return null;
  const subtag = language
    .split("-")
    .slice(1)
    .find((tag) => /^[A-Z]{2}$/.test(tag));
  return subtag ?? languages[language] ?? languages[language.split("-")[0]] ?? null;
}
