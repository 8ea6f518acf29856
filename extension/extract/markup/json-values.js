// @ts-check
// Parser of JSON in pages: valid text is read unchanged, other text is repaired by json-repair.js.
import { repair } from "./json-repair.js";
import { unescapeHtml } from "../../values/text.js";

export const MAX_REPAIR_CHARS = 2 ** 19;
const MAX_BLOCK_CHARS = 4 * 2 ** 20;
const MAX_SCANNED_CHARS = 32 * 2 ** 20;
const LOOKS_LIKE_JSON = /\{\s*["}]|\[\s*[[{"\]\-\dtfn]|"/y;
// Each failed start may read the rest of the block, so their number is bounded.
const MAX_FAILURES = 50;
const WRAPS =
  /^\s*(?:<!--|\/\/\s*<!\[CDATA\[|\/\*\s*<!\[CDATA\[\s*\*\/|<!\[CDATA\[|\ufeff)+|(?:-->|\/\/\s*-->|\/\/\s*\]\]>|\/\*\s*\]\]>\s*\*\/|\]\]>|;)+\s*$/g;
const HIDDEN_QUOTE = /^(?:&quot;|&#0?34;|&#x22;|&#0?39;|&apos;)/;

/** @param {string} text @returns {{value: any} | null} also where strings hold raw control characters */
export function parseJson(text) {
  for (const attempt of [() => text, () => withEscapedControls(text)]) {
    try {
      return { value: JSON.parse(attempt()) };
    } catch (error) {
      if (!(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error;
    }
  }
  return null;
}

/** @param {string} text */
function withEscapedControls(text) {
  return text.replace(/"(?:[^"\\]|\\[^])*"/g, (string) =>
    string.replace(/\\[^]|[\x00-\x1f]/g, (c) =>
      c.length > 1 ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
}

/** @param {string} text @param {number} start of a bracket or a double quote @returns {number} after its closing counterpart, or -1 */
function endOfValue(text, start) {
  let depth = 0;
  let isInString = false;
  for (let i = start; i < text.length; i += 1) {
    const character = text[i];
    if (isInString) {
      if (character === "\\") i += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    if (depth === 0 && !isInString) return i + 1;
  }
  return -1;
}

/** Return a decoder with one budget for all scans, so that hostile text takes linear time. @param {number} [maxChars] @returns {(text: string, start: number) => {value: any, end: number} | null} */
export function createDecoder(maxChars = MAX_SCANNED_CHARS) {
  let left = maxChars;
  return (text, start) => {
    LOOKS_LIKE_JSON.lastIndex = start;
    if (left <= 0 || !LOOKS_LIKE_JSON.test(text)) return null;
    const end = endOfValue(text, start);
    left -= (end < 0 ? text.length : end) - start;
    const parsed = end < 0 ? null : parseJson(text.slice(start, end));
    return parsed && { value: parsed.value, end };
  };
}

/** Return the values that follow one another; separators and noise between them are skipped. @param {string} text @returns {any[]} */
function parseAll(text) {
  const decode = createDecoder();
  const values = [];
  const opening = /[[{]/g;
  for (let numFailures = 0; numFailures < MAX_FAILURES;) {
    const start = opening.exec(text)?.index;
    if (start === undefined) break;
    const decoded = decode(text, start);
    if (decoded) values.push(decoded.value);
    else numFailures += 1;
    opening.lastIndex = decoded?.end ?? start + 1;
  }
  return values;
}

/** @param {string} raw @returns {string} without marks around it, entities and escapes undone where they hide it all */
function unwrapped(raw) {
  let text = raw;
  for (let i = 0; i < 3; i += 1) text = text.replace(WRAPS, "").trim();
  const start = text.slice(0, 60).replace(/^[[{ \n\r\t]+/, "");
  if (HIDDEN_QUOTE.test(start)) return unescapeHtml(text);
  return start.startsWith('\\"') ? (parseJson(`"${text}"`)?.value ?? text) : text;
}

/** @param {string} block of a script @param {number} [maxRepairChars] @returns {any[]} its values; unreadable ones are left out */
export function parseBlock(block, maxRepairChars = MAX_REPAIR_CHARS) {
  let text = block.slice(0, MAX_BLOCK_CHARS).trim();
  if (!text) return [];
  let parsed = parseJson(text);
  if (!parsed) {
    text = unwrapped(text);
    parsed = parseJson(text);
  }
  if (!parsed) return parseAll(repair(text.slice(0, Math.min(maxRepairChars, MAX_REPAIR_CHARS))));
  // JSON kept as a JSON string is JSON written twice.
  const isTwice = typeof parsed.value === "string" && /^\s*[{[]/.test(parsed.value.slice(0, 200));
  return isTwice ? parseBlock(parsed.value, maxRepairChars) : [parsed.value];
}
