// @ts-check
// Repair of JSON: JavaScript's syntax (single quotes, bare keys, comments) and common mistakes of people (inner quotes,
// missing commas, cut ends). One pass over bounded text; no code of a page is ever run.
import { pageVocabulary } from "../../generated/contracts.js";

const MAX_NESTING = 200;
// Limit of the text that arguments add in place of bare words: one long text may be named often.
const MAX_NAMED_CHARS = 4 * 2 ** 20;
const vocabulary = pageVocabulary.markup.jsonRepair;
/** @type {Record<string, string>} */
const LITERALS = vocabulary.literals;
// The closing quotes of each opening one.
/** @type {Record<string, string>} */
const QUOTES = vocabulary.quotes;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const GROUPED_NUMBER = /-?\d{1,12}(?:,\d{2,3})+(?:\.\d+)?(?=\s*[,}\]\n])/y;
const WORD = /[^\s,:;{}[\]"'“”]+/y;
// A value in an object may hold spaces and colons (`price: 12.50 USD`, `url: https://…`); it ends with its line.
const BARE_VALUE = /[^,;{}[\]"'\n\r]{1,2000}/y;
const KEY_FOLLOWS =
  /^[\s,]*(?:"(?:[^"\\]|\\.){0,200}(?:"\s*(?::|$)|$)|'[^'\n]{0,60}'\s*:|[“”„][^“”\n]{0,60}[“”]\s*:|[\p{L}\p{N}_$@.-]{1,60}\s*:|[}\]]|\/\/|\/\*|<\/?[A-Za-z]|$)/u;
const VALUE_FOLLOWS = /^\s*(?:["'“”{[\]}0-9-]|void\b|new\b|[\p{L}\p{N}_$.!]{1,40}\s*(?:[,\]]|$)|\/\/|\/\*|$)/u;
const NEXT_KEY = /["'“”][@\p{L}\p{N}_-]{1,60}["'“”]\s*:/uy;
const NO_VALUE = /void\s+[\p{L}\p{N}_]{1,10}|new\s+[\p{L}\p{N}_]{1,40}\([^()"']{0,100}\)/uy;
const FUNCTION =
  /(?:async\s+)?(?:function\b[^{}]{0,200}|\([\p{L}\p{N}_$,\s]{0,100}\)\s*=>\s*|[\p{L}\p{N}_$]{1,40}\s*=>\s*)\{/uy;
const TAG = /<\/?[A-Za-z][^<>"']{0,40}>/y;

/** @param {RegExp} pattern sticky @param {string} text @param {number} at @returns {string | null} */
function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** @param {string} text @param {number} start @returns {number} where `void 0`, `new Date(1)` or a function that begins there ends, else 0 */
function endOfNoValue(text, start) {
  const nothing = matchAt(NO_VALUE, text, start);
  if (nothing) return start + nothing.length;
  const head = matchAt(FUNCTION, text, start);
  if (!head) return 0;
  let position = start + head.length;
  const brace = /[{}]/g;
  for (let numOpen = 1; numOpen > 0;) {
    brace.lastIndex = position;
    const match = brace.exec(text);
    if (!match) return text.length;
    numOpen += match[0] === "{" ? 1 : -1;
    position = brace.lastIndex;
  }
  return position;
}

/** @param {string} text @param {number} start @returns {number} */
function afterComment(text, start) {
  const isLine = text.startsWith("//", start);
  const end = text.indexOf(isLine ? "\n" : "*/", start + 2);
  return end < 0 ? text.length : end + (isLine ? 1 : 2);
}

/** Return whether a quote just before the position closes its string: a delimiter that fits must follow. @param {string} text @param {number} from @param {boolean} isInObject @param {boolean} isKey */
function endsString(text, from, isInObject, isKey) {
  let position = from;
  while (position < text.length && /\s/.test(text[position])) position += 1;
  if (position >= text.length) return true;
  const character = text[position];
  if (isKey) return ":}".includes(character);
  if (character === ",")
    return (isInObject ? KEY_FOLLOWS : VALUE_FOLLOWS).test(text.slice(position + 1, position + 400));
  if ("}]);".includes(character) || text.startsWith("//", position) || text.startsWith("/*", position)) return true;
  return isInObject && matchAt(NEXT_KEY, text, position) !== null;
}

/** Return whether the quote opens the next key: `"sku":"12,"name":…` lacks the quote before its comma. @param {string} text @param {number} quote */
function lostItsEnd(text, quote) {
  if (matchAt(NEXT_KEY, text, quote) === null) return false;
  let before = quote - 1;
  while (before >= 0 && quote - before < 100 && /\s/.test(text[before])) before -= 1;
  return text[before] === ",";
}

/** @param {string} text @param {number} position just after a backslash @returns {[string, number]} the escape as JSON allows it, and where it ends */
function escapeAt(text, position) {
  const following = text.charAt(position);
  const hex = /^(?:x([0-9a-fA-F]{2})|u[0-9a-fA-F]{4})/.exec(text.slice(position, position + 5));
  if (hex?.[1]) return [`\\u00${hex[1]}`, position + 3];
  if (following === "u" && !hex) return ["\\\\u", position + 1];
  if (following && '"\\/bfnrtu'.includes(following)) return [`\\${following}`, position + 1];
  return ["'", "`", "\n"].includes(following) ? [following, position + 1] : [`\\\\${following}`, position + 1];
}

/** @param {string} text @param {number} start of the quote @param {boolean} isInObject @param {boolean} isKey @returns {[string, number]} the JSON string and where it ends */
function readString(text, start, isInObject, isKey) {
  const closing = QUOTES[text[start]];
  const stops = new RegExp(`[\\\\"${closing}]`, "g");
  const pieces = [];
  let position = start + 1;
  for (;;) {
    stops.lastIndex = position;
    const stop = stops.exec(text);
    if (!stop) break;
    pieces.push(text.slice(position, stop.index));
    position = stop.index + 1;
    if (stop[0] === "\\") {
      const [escape, end] = escapeAt(text, position);
      pieces.push(escape);
      position = end;
    } else if (!closing.includes(stop[0])) pieces.push('\\"');
    else if (endsString(text, position, isInObject, isKey)) return [`"${pieces.join("")}"`, position];
    else if (isInObject && !isKey && lostItsEnd(text, position - 1))
      return [`"${pieces.join("").trimEnd().replace(/,$/, "")}"`, position - 1];
    else pieces.push(stop[0] === '"' ? '\\"' : stop[0]);
  }
  pieces.push(text.slice(position));
  return [`"${pieces.join("")}"`, text.length];
}

/** @param {string} text @param {number} start of a quote @param {number} maxChars @returns {{json: string, end: number}} the string literal there, as JSON */
export function mendString(text, start, maxChars) {
  const [json, end] = readString(text.slice(start, start + maxChars), 0, false, false);
  return { json, end: start + end };
}

/** One pass over the text; `out` holds JSON tokens, a space where a top-level value has ended. */
class Mender {
  /** @param {string} text @param {Map<string, string>} names the JSON of bare words that name a value */
  constructor(text, names) {
    this.text = text;
    this.names = names;
    this.at = 0;
    /** @type {string[]} */
    this.out = [];
    /** @type {string[]} */
    this.stack = [];
    /** @type {Record<string, number>} */
    this.numOpen = { "}": 0, "]": 0 };
    this.numNamedChars = 0;
  }

  /** @param {boolean} isOne @returns {{json: string, end: number}} */
  mended(isOne) {
    const { text, stack } = this;
    while (this.at < text.length && stack.length <= MAX_NESTING) {
      const character = text[this.at];
      if (Object.hasOwn(QUOTES, character)) this.string();
      else if (character === "{" || character === "[") this.open(character === "{" ? "}" : "]", character);
      else if (character === "}" || character === "]") {
        this.at += 1;
        this.close(character);
        if (isOne && stack.length === 0) break;
      } else this.between(character);
    }
    while (stack.length > 0) this.close(stack[stack.length - 1]);
    return { json: this.out.join(""), end: this.at };
  }

  /** @param {string} closing @param {string} bracket */
  open(closing, bracket) {
    this.separate();
    this.stack.push(closing);
    this.numOpen[closing] += 1;
    this.out.push(bracket);
    this.at += 1;
  }

  /** Read the text between strings and brackets. @param {string} character */
  between(character) {
    const { text, out } = this;
    const tag = character === "<" ? matchAt(TAG, text, this.at) : null;
    if (text.startsWith("//", this.at) || text.startsWith("/*", this.at)) this.at = afterComment(text, this.at);
    else if (tag) this.at += tag.length;
    else if (/[,:;\s]/.test(character)) {
      this.at += 1;
      if (character === ":") out.push(":");
      if (character !== ",") return;
      if (out.at(-1) === ":") out.push("null");
      if (out.length > 0 && !["{", "[", ",", " "].includes(out[out.length - 1]) && this.stack.length > 0) out.push(",");
    } else this.word();
  }

  /** Add the comma that is missing between two values. */
  separate() {
    const last = this.out.at(-1);
    if (last !== undefined && !["{", "[", ",", ":", " "].includes(last)) this.out.push(",");
  }

  /** @param {string} bracket */
  close(bracket) {
    const { out, stack, numOpen } = this;
    if (!numOpen[bracket]) return;
    while (stack.length > 0) {
      while (out.at(-1) === ",") out.pop();
      if (out.at(-1) === ":") out.push("null");
      const expected = /** @type {string} */ (stack.pop());
      numOpen[expected] -= 1;
      const isKeyAlone = out.length >= 2 && out[out.length - 1].startsWith('"') && "{,".includes(out[out.length - 2]);
      if (expected === "}" && isKeyAlone) out.push(":null");
      out.push(expected);
      if (expected === bracket) break;
    }
    if (stack.length === 0) out.push(" ");
  }

  /** Read a bare key or value: a number, a literal, a name, or text that lost its quotes. */
  word() {
    const { text, at } = this;
    const isMemberValue = this.out.at(-1) === ":";
    const end = endOfNoValue(text, at);
    if (end > 0) {
      this.at = end;
      this.separate();
      this.out.push("null");
      return;
    }
    let token = isMemberValue ? matchAt(GROUPED_NUMBER, text, at) : null;
    if (!token && isMemberValue) token = (matchAt(BARE_VALUE, text, at) ?? "").split(/\s(?:\/\/|\/\*)/)[0].trimEnd();
    token ||= matchAt(WORD, text, at) ?? text[at];
    this.at = at + token.length;
    this.separate();
    const isKey = this.stack.at(-1) === "}" && !isMemberValue;
    this.out.push(isKey ? JSON.stringify(token) : this.bare(token));
  }

  /** @param {string} token */
  bare(token) {
    const named = this.names.get(token);
    if (named !== undefined) {
      this.numNamedChars += named.length;
      return this.numNamedChars <= MAX_NAMED_CHARS ? named : "null";
    }
    if (Object.hasOwn(LITERALS, token)) return LITERALS[token];
    return ["true", "false", "null"].includes(token) || NUMBER.test(token) ? token : JSON.stringify(token);
  }

  /** Read a string from its quote; the text after a quote shows whether it is an inner one. */
  string() {
    const isInObject = this.stack.at(-1) === "}";
    const [string, end] = readString(this.text, this.at, isInObject, isInObject && this.out.at(-1) !== ":");
    this.at = end;
    this.separate();
    this.out.push(string);
  }
}

/** @param {string} text @returns {string} as JSON: strings closed, keys quoted, commas mended, brackets balanced */
export function repair(text) {
  return new Mender(text, new Map()).mended(false).json;
}

/** @param {string} text @param {number} start of a bracket @param {number} maxChars @param {Map<string, string>} [names] the JSON of bare words: a function's arguments @returns {{json: string, end: number}} the literal that begins there */
export function mendValue(text, start, maxChars, names = new Map()) {
  const { json, end } = new Mender(text.slice(start, start + maxChars), names).mended(true);
  return { json, end: start + end };
}
