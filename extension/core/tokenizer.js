// @ts-check
import { BundleError } from "../values/errors.js";

/**
 * BERT WordPiece tokenizer of a Hugging Face tokenizer.json. Its tokens equal those of the `tokenizers` library.
 * @typedef {{encode: (text: string) => number[], padId: number, maxTokens: number}} Tokenizer
 * @typedef {{type: string, clean_text?: boolean, handle_chinese_chars?: boolean, strip_accents?: boolean | null, lowercase?: boolean}} Normalizer
 * @typedef {object} WordPiece
 * @property {string} type
 * @property {Record<string, number>} vocab
 * @property {string} unk_token
 * @property {number} max_input_chars_per_word
 * @property {string} continuing_subword_prefix
 * @typedef {object} AddedToken
 * @property {string} content
 * @property {number} id
 * @property {boolean} [lstrip]
 * @property {boolean} [rstrip]
 * @property {boolean} [single_word]
 * @property {boolean} [normalized]
 * @typedef {{model: WordPiece, normalizer: Normalizer, pre_tokenizer: {type: string}, added_tokens: AddedToken[]}} TokenizerFile
 */

// Rust's char::is_whitespace (Unicode White_Space).
const WHITE_SPACE = /\p{White_Space}/u;
// "Other" of Unicode without Cn: unassigned code points are kept, as in the original.
const CONTROL = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u;
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/u;
const CJK = [
  [0x4e00, 0x9fff],
  [0x3400, 0x4dbf],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b920, 0x2ceaf],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
];

/** @param {string} character */
function isCjk(character) {
  const point = character.codePointAt(0) ?? 0;
  return CJK.some(([low, high]) => point >= low && point <= high);
}

/** @param {string} text */
function clean(text) {
  let out = "";
  for (const character of text) {
    if (character === "\t" || character === "\n" || character === "\r") out += " ";
    else if (character === "\0" || character === "\ufffd" || CONTROL.test(character)) continue;
    else out += WHITE_SPACE.test(character) ? " " : character;
  }
  return out;
}

/** @param {Normalizer} options @param {string} text */
function normalise(options, text) {
  let out = options.clean_text ? clean(text) : text;
  if (options.handle_chinese_chars) out = Array.from(out, (c) => (isCjk(c) ? ` ${c} ` : c)).join("");
  if (options.strip_accents ?? options.lowercase) out = out.normalize("NFD").replace(/\p{Mn}/gu, "");
  // One character at a time: JavaScript's own lower case of a whole word turns a final Σ into ς, the original does not.
  if (options.lowercase) out = Array.from(out, (c) => c.toLowerCase()).join("");
  return out;
}

/** @param {string} text @returns {string[]} words and single punctuation marks */
function words(text) {
  const found = [];
  let word = "";
  for (const character of text) {
    const isSpace = WHITE_SPACE.test(character);
    if (!isSpace && !PUNCTUATION.test(character)) {
      word += character;
      continue;
    }
    if (word) found.push(word);
    word = "";
    if (!isSpace) found.push(character);
  }
  if (word) found.push(word);
  return found;
}

/** @param {WordPiece} model @param {string} word @returns {number[]} */
function pieces(model, word) {
  const characters = Array.from(word);
  const unknown = [model.vocab[model.unk_token]];
  if (characters.length > model.max_input_chars_per_word) return unknown;
  const ids = [];
  let start = 0;
  while (start < characters.length) {
    let end = characters.length;
    let id;
    for (; end > start; end -= 1) {
      const piece = (start > 0 ? model.continuing_subword_prefix : "") + characters.slice(start, end).join("");
      if (Object.hasOwn(model.vocab, piece)) {
        id = model.vocab[piece];
        break;
      }
    }
    if (id === undefined) return unknown;
    ids.push(id);
    start = end;
  }
  return ids;
}

/** @param {TokenizerFile} json */
function assertSupported(json) {
  const kinds = [json.model?.type, json.normalizer?.type, json.pre_tokenizer?.type].join(", ");
  if (kinds !== "WordPiece, BertNormalizer, BertPreTokenizer") {
    throw new BundleError(
      "bundle_invalid",
      `tokenizer.json: expected WordPiece, BertNormalizer, BertPreTokenizer, got ${kinds}.`,
    );
  }
  const odd = json.added_tokens.find((token) => token.lstrip || token.rstrip || token.single_word || token.normalized);
  if (odd)
    throw new BundleError(
      "bundle_invalid",
      `tokenizer.json: added token ${odd.content} needs a rule that is not supported.`,
    );
}

/**
 * Return the tokenizer of a parsed tokenizer.json.
 * @param {TokenizerFile} json
 * @param {{maxTokens: number}} options
 * @returns {Tokenizer}
 */
export function createTokenizer(json, { maxTokens }) {
  assertSupported(json);
  /** @type {Map<string, number>} */
  const special = new Map(json.added_tokens.map((token) => [token.content, token.id]));
  const escaped = [...special.keys()].map((content) => content.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  // A title may hold "[SEP]". The original reads it as the special token, and so does this one.
  const splitter = new RegExp(`(${escaped.join("|")})`);
  const [first, last] = ["[CLS]", "[SEP]"].map((token) => /** @type {number} */ (special.get(token)));
  return {
    maxTokens,
    padId: special.get("[PAD]") ?? 0,
    encode(text) {
      const ids = text.split(splitter).flatMap((part) => {
        const id = special.get(part);
        if (id !== undefined) return [id];
        return words(normalise(json.normalizer, part)).flatMap((word) => pieces(json.model, word));
      });
      return [first, ...ids.slice(0, maxTokens - 2), last];
    },
  };
}
