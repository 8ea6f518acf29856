// @ts-check
// What the filter of sensitive products left out, by count and reason, and what the shopper changes of it for themselves.
import { send } from "../messaging/messages.js";
import { byId, element, keepFocus } from "./elements.js";
import { numberText, t } from "./texts.js";

/**
 * @typedef {import("../generated/contract-types.js").FilterState} FilterState
 * @typedef {import("../generated/contract-types.js").FilterRules} FilterRules
 */

/** Number of questions so far: an answer to one that was asked earlier than the last is not shown. */
let numAsked = 0;

/** @param {Promise<{filter: FilterState}>} answer @param {(error: unknown) => void} onError @returns {Promise<void>} */
async function showAnswer(answer, onError) {
  numAsked += 1;
  const mine = numAsked;
  const { filter } = await answer;
  if (mine === numAsked) keepFocus(() => render(filter, onError));
}

/** @param {FilterRules} changes @param {(error: unknown) => void} onError */
function change(changes, onError) {
  showAnswer(send({ type: "filter.set", ...changes }), onError).catch(onError);
}

/** @param {string[]} list @param {string} one @param {boolean} isIn @returns {string[]} with it, or without */
const changedList = (list, one, isIn) => (isIn ? [...list, one] : list.filter((other) => other !== one));

/**
 * @param {string} label @param {string} name @param {boolean} isOn @param {(isOn: boolean) => void} onChange
 * @returns {HTMLLIElement} a switch
 */
function switchRow(label, name, isOn, onChange) {
  const id = `filter-${name}`;
  const input = element("input", {
    type: "checkbox",
    id,
    onchange: (/** @type {Event} */ { target }) => onChange(/** @type {HTMLInputElement} */ (target).checked),
  });
  input.checked = isOn;
  return element("li", {}, element("label", { class: "check", for: id }, input, element("bdi", {}, label)));
}

/** @param {FilterState["dropped"]} counts @returns {HTMLElement[]} */
const countRows = (counts) =>
  counts.map(({ reason, count }) => element("li", {}, `${t(`dropped_${reason}`)}: ${numberText(count)}`));

/** @param {FilterState} filter @param {(error: unknown) => void} onError */
function render({ dropped, removed, categories, rules, shops }, onError) {
  const { shops: allowedShops = [], categories: allowed = [], ownWords = [] } = rules;
  byId("dropped-none").hidden = dropped.length > 0;
  byId("dropped").replaceChildren(...countRows(dropped));
  byId("removed-box").hidden = removed.length === 0;
  byId("removed").replaceChildren(...countRows(removed));
  byId("filter-categories").replaceChildren(
    ...categories.map((name) =>
      switchRow(t(`dropped_${name}`), name, allowed.includes(name), (isOn) =>
        change({ categories: changedList(allowed, name, isOn) }, onError),
      ),
    ),
  );
  byId("filter-shops-box").hidden = shops.length === 0;
  byId("filter-shops").replaceChildren(
    ...shops.map((shop) =>
      switchRow(shop, shop, allowedShops.includes(shop), (isOn) =>
        change({ shops: changedList(allowedShops, shop, isOn) }, onError),
      ),
    ),
  );
  byId("own-words").replaceChildren(
    ...ownWords.map((word) =>
      element(
        "li",
        {},
        element("bdi", {}, word),
        element(
          "button",
          {
            class: "plain small",
            type: "button",
            "aria-label": t("removeFor", word),
            onclick: () => change({ ownWords: changedList(ownWords, word, false) }, onError),
          },
          t("remove"),
        ),
      ),
    ),
  );
  const form = /** @type {HTMLFormElement} */ (byId("own-word-form"));
  form.onsubmit = (event) => {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (byId("own-word"));
    if (input.value.trim() === "") return;
    change({ ownWords: [...ownWords, input.value] }, onError);
    input.value = "";
  };
}

/** Show the filter's counts and rules. @param {(error: unknown) => void} onError @returns {Promise<void>} */
export const showFilter = (onError) => showAnswer(send({ type: "filter.get" }), onError);

/** Show no count and no rule. */
export function forgetFilter() {
  numAsked += 1;
  render({ dropped: [], removed: [], categories: [], rules: {}, shops: [] }, console.warn);
  // Without the rules that hold, a word would be kept in place of all others.
  byId("own-word-form").onsubmit = (event) => event.preventDefault();
}
