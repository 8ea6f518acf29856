// @ts-check
// JSON as pages really hold it. Valid text is never changed; the rest is mended where its meaning is plain.
import { unescapeHtml } from "./text.js";

const MAX_BLOCK_CHARS = 4 * 2 ** 20;
const MAX_SCANNED_CHARS = 32 * 2 ** 20;
// Each failed start may read the rest of the block, so their number is bounded.
const MAX_FAILURES = 50;
const WRAPS = /^\s*(?:<!--|\/\/\s*<!\[CDATA\[|\/\*\s*<!\[CDATA\[\s*\*\/|<!\[CDATA\[|\ufeff)+|(?:-->|\/\/\s*-->|\/\/\s*\]\]>|\/\*\s*\]\]>\s*\*\/|\]\]>)+\s*;?\s*$/g;
const ESCAPES = new Set('"\\/bfnrtu');
/** @type {Record<string, string>} */
const LITERALS = { undefined: "null", NaN: "null", Infinity: "null", True: "true", False: "false", None: "null" };
const OPENERS = new Set(["{", "[", ",", ":"]);

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
    string.replace(/[\x00-\x1f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`));
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

/** A decoder with one budget for all its failures, so that hostile text stays linear. @returns {(text: string, start: number) => {value: any, end: number} | null} */
export function createDecoder() {
  let left = MAX_SCANNED_CHARS;
  return (text, start) => {
    if (left <= 0 || !/[{["]/.test(text[start] ?? "")) return null;
    const end = endOfValue(text, start);
    left -= (end < 0 ? text.length : end) - start;
    const parsed = end < 0 ? null : parseJson(text.slice(start, end));
    return parsed && { value: parsed.value, end };
  };
}

/** Values that follow one another; separators and noise between them are skipped. @param {string} text @returns {any[]} */
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

/** @param {string} block of a script @returns {any[]} its values; what cannot be read is left out */
export function parseBlock(block) {
  let text = block.slice(0, MAX_BLOCK_CHARS).trim();
  if (!text) return [];
  const parsed = parseJson(text);
  if (parsed) return [parsed.value];
  for (let i = 0; i < 3; i += 1) text = text.replace(WRAPS, "").trim();
  if (text.slice(0, 30).replace(/^[[{ \n\r\t]+/, "").startsWith("&quot;")) text = unescapeHtml(text);
  return parseAll(repair(text));
}

/** @param {string[]} out puts the comma that is missing between two values */
function separate(out) {
  const last = out.at(-1);
  if (last !== undefined && !OPENERS.has(last) && last !== " ") out.push(",");
}

/** @param {string[]} out @param {string[]} stack a comma after a key means that its value is missing */
function separateAtComma(out, stack) {
  if (out.at(-1) === ":") out.push("null");
  if (out.length > 0 && !OPENERS.has(out[out.length - 1]) && stack.length > 0) out.push(",");
}

/** @param {string[]} out @param {string[]} stack @param {string} bracket */
function close(out, stack, bracket) {
  if (!stack.includes(bracket)) return;
  while (stack.length > 0) {
    while (out.at(-1) === ",") out.pop();
    if (out.at(-1) === ":") out.push("null");
    const expected = /** @type {string} */ (stack.pop());
    const isKeyAlone = out.length >= 2 && out[out.length - 1].startsWith('"') && "{,".includes(out[out.length - 2]);
    if (expected === "}" && isKeyAlone) out.push(":null");
    out.push(expected);
    if (expected === bracket) break;
  }
  if (stack.length === 0) out.push(" ");
}

/** @param {string} token */
function bare(token) {
  if (Object.hasOwn(LITERALS, token)) return LITERALS[token];
  const isJson = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(token);
  return isJson ? token : JSON.stringify(token);
}

/** @param {string} text @param {number} start @returns {number} */
function afterComment(text, start) {
  const isLine = text.startsWith("//", start);
  const end = text.indexOf(isLine ? "\n" : "*/", start + 2);
  return end < 0 ? text.length : end + (isLine ? 1 : 2);
}

/** Whether a quote just before the position closes its string: a delimiter that fits must follow. @param {string} text @param {number} from */
function endsString(text, from) {
  let position = from;
  while (position < text.length && /\s/.test(text[position])) position += 1;
  if (position >= text.length || ":}];".includes(text[position])) return true;
  if (text[position] === ",") {
    const rest = text.slice(position + 1, position + 200).trimStart();
    return rest === "" || "\"'{[}]-0123456789/".includes(rest[0]) || /^(?:true|false|null|[\p{L}\p{N}_$@]+\s*:)/u.test(rest);
  }
  return text[position] === '"' && /^"[@\p{L}\p{N}_]+"\s*:/u.test(text.slice(position, position + 100));
}

/** @param {string} text @param {number} at of a backslash @param {string} quote @returns {string} the escape as JSON allows it */
function escapeAt(text, at, quote) {
  const following = text[at + 1];
  const isValid = ESCAPES.has(following) && (following !== "u" || /^[0-9a-fA-F]{4}/.test(text.slice(at + 2, at + 6)));
  if (isValid) return `\\${following}`;
  return following === quote ? following : `\\\\${following}`;
}

/** @param {string} text @param {number} start of the quote @returns {[string, number]} the JSON string and where it ends */
function readString(text, start) {
  const quote = text[start];
  const characters = [];
  let position = start + 1;
  while (position < text.length) {
    const character = text[position];
    if (character === "\\" && position + 1 < text.length) {
      characters.push(escapeAt(text, position, quote));
      position += 2;
      continue;
    }
    position += 1;
    if (character === quote && endsString(text, position)) return [`"${characters.join("")}"`, position];
    characters.push(character === '"' ? '\\"' : character);
  }
  return [`"${characters.join("")}"`, position];
}

/** @param {string} text @returns {string} as JSON: strings closed, keys quoted, commas mended, brackets balanced; one pass */
export function repair(text) {
  /** @type {string[]} */
  const out = [];
  /** @type {string[]} */
  const stack = [];
  const word = /[^\s,:;{}[\]"']+/y;
  let position = 0;
  while (position < text.length) {
    const character = text[position];
    if ("\"'`".includes(character)) {
      const [string, end] = readString(text, position);
      separate(out);
      out.push(string);
      position = end;
    } else if (character === "{" || character === "[") {
      separate(out);
      stack.push(character === "{" ? "}" : "]");
      out.push(character);
      position += 1;
    } else if (text.startsWith("//", position) || text.startsWith("/*", position)) {
      position = afterComment(text, position);
    } else if (/[\s;:,}\]]/.test(character)) {
      if (character === "}" || character === "]") close(out, stack, character);
      else if (character === ":") out.push(":");
      else if (character === ",") separateAtComma(out, stack);
      position += 1;
    } else {
      word.lastIndex = position;
      const token = word.exec(text)?.[0] ?? character;
      separate(out);
      out.push(bare(token));
      position += token.length;
    }
  }
  while (stack.length > 0) close(out, stack, stack[stack.length - 1]);
  return out.join("");
}
