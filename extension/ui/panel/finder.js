// @ts-check
// What the shopper looks for and how it is sorted and filtered. Nothing of it is kept or sent anywhere.
import { byId, element } from "../elements.js";
import { icon } from "../icons.js";
import { numberText, t } from "../texts.js";

/**
 * @typedef {import("../../generated/contract-types.js").Card} Card
 * @typedef {import("../../generated/contract-types.js").Choice} Choice
 * @typedef {import("../../generated/contract-types.js").Facets} Facets
 */

const TYPING_MS = 250;
const SORTS = /** @type {const} */ (["fit", "price_up", "price_down"]);
const VALUES = /** @type {const} */ (["brand", "category", "size", "color"]);

/** @param {string} label @param {HTMLElement} control @returns {HTMLElement} */
const labelled = (label, control) => element("label", { class: "field" }, element("span", {}, label), control);

/** @param {string} name @param {string} chosen @param {[string, string][]} options value and text @returns {HTMLElement} */
const select = (name, chosen, options) =>
  element(
    "select",
    { name },
    ...options.map(([value, text]) => element("option", { value, selected: value === chosen }, text)),
  );

/** @param {Facets} facets @param {Choice} choice @returns {HTMLElement[]} */
function priceFields({ price }, { priceFrom, priceTo }) {
  if (!price) return [];
  const field = (/** @type {string} */ name, /** @type {string} */ label, /** @type {number | undefined} */ value) =>
    labelled(
      price.currency ? `${label} (${price.currency})` : label,
      element("input", { type: "number", name, min: "0", step: "any", inputMode: "decimal", value: value ?? "" }),
    );
  return [field("priceFrom", t("priceFrom"), priceFrom), field("priceTo", t("priceTo"), priceTo)];
}

/** @param {string} name @param {boolean | undefined} checked @param {string} text @returns {HTMLElement} */
const box = (name, checked, text) =>
  element(
    "label",
    { class: "check" },
    element("input", { type: "checkbox", name, checked: checked ?? false }),
    element("span", {}, text),
  );

/** @param {Facets} facets @param {Choice} choice @returns {HTMLElement[]} what would offer no choice is left out */
function fieldsOf(facets, choice) {
  const sorts = /** @type {[string, string][]} */ (SORTS.map((sort) => [sort, t(`sort_${sort}`)]));
  const lists = VALUES.filter((name) => facets[name].length > 0 || choice[name]).map((name) => {
    const values = facets[name].map(({ value, count }) => [value, `${value} (${numberText(count)})`]);
    const options = /** @type {[string, string][]} */ ([["", t("any")], ...values]);
    return labelled(t(`by_${name}`), select(name, choice[name] ?? "", options));
  });
  return [
    ...(facets.price ? [labelled(t("sort"), select("sort", choice.sort ?? "fit", sorts))] : []),
    ...priceFields(facets, choice),
    ...(facets.inStock || choice.inStock ? [box("inStock", choice.inStock, t("inStock"))] : []),
    ...(facets.onSale || choice.onSale ? [box("onSale", choice.onSale, t("onSale"))] : []),
    ...lists,
  ];
}

/** @param {HTMLFormElement} form @returns {Choice} what its fields say */
function choiceIn(form) {
  /** @type {Record<string, string | number | boolean>} */
  const choice = {};
  for (const field of form.querySelectorAll("select, input")) {
    const { name, value, type, checked } = /** @type {HTMLInputElement} */ (field);
    if (type === "checkbox") {
      if (checked) choice[name] = true;
    } else if (value !== "" && value !== "fit") choice[name] = type === "number" ? Number(value) : value;
  }
  return choice;
}

/** The foldable form of the filters. @param {{askFacets: () => Promise<Facets | undefined>, onError: (error: unknown) => void}} parts */
function createFilters({ askFacets, onError }) {
  const form = /** @type {HTMLFormElement} */ (byId("filters"));
  const button = byId("filter-button");
  /** @type {Choice} */
  let chosen = {};
  let numAsked = 0;

  /** @param {boolean} isFolded */
  function fold(isFolded) {
    // Filters that were asked for before belong to what was in sight then.
    numAsked += 1;
    form.hidden = isFolded;
    button.setAttribute("aria-expanded", String(!isFolded));
  }

  function showCount() {
    const count = Object.keys(chosen).length;
    button.replaceChildren(icon("filter"), count > 0 ? t("filterCount", numberText(count)) : t("filter"));
  }

  async function toggle() {
    if (form.hidden) {
      const mine = (numAsked += 1);
      const facets = await askFacets();
      if (mine !== numAsked) return;
      const fields = facets ? fieldsOf(facets, chosen) : [];
      form.replaceChildren(...(fields.length > 0 ? fields : [element("p", { class: "quiet" }, t("filterNone"))]));
    }
    fold(!form.hidden);
  }

  button.addEventListener("click", () => void toggle().catch(onError));
  for (const part of [form, button])
    part.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      fold(true);
      button.focus();
    });
  form.addEventListener("submit", (event) => event.preventDefault());
  showCount();

  return {
    choice: () => chosen,
    fold: () => fold(true),
    /** @param {() => void} onChange */
    onChange: (onChange) =>
      form.addEventListener("change", () => {
        chosen = choiceIn(form);
        showCount();
        onChange();
      }),
    reset() {
      chosen = {};
      fold(true);
      showCount();
    },
  };
}

/**
 * Return the part of the panel that finds, sorts and filters.
 * @param {{onChange: () => void, askFacets: () => Promise<Facets | undefined>, onError: (error: unknown) => void}} parts
 */
export function createFinder({ onChange, askFacets, onError }) {
  const words = /** @type {HTMLInputElement} */ (byId("words"));
  const filters = createFilters({ askFacets, onError });
  /** @type {Card | null} */
  let alike = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typing;

  function changed() {
    clearTimeout(typing);
    onChange();
  }

  filters.onChange(changed);
  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    changed();
  });
  words.addEventListener("input", () => {
    alike = null;
    clearTimeout(typing);
    typing = setTimeout(changed, TYPING_MS);
  });

  return {
    /** @returns {Choice} */
    choice() {
      const text = words.value.trim();
      return { ...filters.choice(), ...(alike ? { like: alike.itemId } : text && { words: text }) };
    },
    /** @returns {Card | null} the card of which others like it are shown */
    alike: () => alike,
    /** Look for what is like a card, without a change. @param {Card} card */
    setAlike(card) {
      clearTimeout(typing);
      words.value = "";
      alike = card;
    },
    /** Fold the filters. */
    fold: filters.fold,
    /** Forget everything, without a change. */
    reset() {
      clearTimeout(typing);
      words.value = "";
      alike = null;
      filters.reset();
    },
  };
}
