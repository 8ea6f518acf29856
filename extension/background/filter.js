// @ts-check
import { unlessDone } from "../core/acts.js";
import { droppedIn } from "../core/dropped.js";
import { removedIn } from "../core/rules-update.js";
import { SENSITIVE_CATEGORIES } from "../core/sensitive-products.js";
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("../generated/contract-types.js").FilterRules} FilterRules
 * @typedef {import("../core/profile.js").Profile} Profile
 */

const MAX_WORDS = 200;
const MAX_WORD_CHARS = 60;
const LETTER = /[\p{L}\p{N}]/u;

/** @param {Profile} profile @returns {import("../generated/contract-types.js").FilterState} */
const stateOf = (profile) => ({
  dropped: droppedIn(profile),
  removed: removedIn(profile),
  categories: SENSITIVE_CATEGORIES,
  rules: profile.settings.filter ?? {},
  shops: Object.keys(profile.settings.consents).sort(),
});

/** @param {string[]} words @returns {string[]} each once, without empty ones @throws {CarryoverError} invalid_words */
function checkedWords(words) {
  const plain = words.map((word) => word.replace(/\s+/gu, " ").trim()).filter(Boolean);
  if (plain.length > MAX_WORDS || plain.some((word) => word.length > MAX_WORD_CHARS || !LETTER.test(word)))
    throw new CarryoverError(
      "invalid_words",
      `Expected at most ${MAX_WORDS} words of at most ${MAX_WORD_CHARS} characters with a letter or a digit.`,
    );
  return [...new Set(plain)];
}

/**
 * Return the handlers of the filter of sensitive products: what it left out, and what the shopper changes of it.
 * @param {{getProfile: import("./store.js").GetProfile, announceChange: () => Promise<void>}} parts
 * @returns {Pick<Handlers, "filter.get" | "filter.set">}
 */
export function createFilterHandlers({ getProfile, announceChange }) {
  return {
    async "filter.get"() {
      return { filter: stateOf(await getProfile()) };
    },
    async "filter.set"({ shops, categories, ownWords, actId }) {
      const profile = await getProfile();
      const { consents, filter = {} } = profile.settings;
      const changed = {
        ...filter,
        ...(shops && { shops: shops.filter((shop) => Object.hasOwn(consents, shop)) }),
        ...(categories && { categories: categories.filter((name) => SENSITIVE_CATEGORIES.includes(name)) }),
        ...(ownWords && { ownWords: checkedWords(ownWords) }),
      };
      await unlessDone(profile.changeSettings({ filter: changed }, actId));
      await announceChange();
      return { filter: stateOf(profile) };
    },
  };
}
