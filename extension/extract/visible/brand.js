// @ts-check
// Reader of the visible brand: a short text in an element named for it, or in a link to a brand's page.
import { clean } from "../../values/text.js";
import { isAside, isInCard, isUnseen, namesOf, textOf } from "./elements.js";
import { brandName, labelKind } from "../../values/words.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.visible.brand;

/** @typedef {import("../page.js").Page} Page */

const MAX_ELEMENTS = 200;
const MAX_TEXT = 200;
const MAX_LENGTH = 40;
// Without their first letters, so that "Brand" and "brand" are both found.
const NAMED = vocabulary.nameStems.map((word) => `body [class*="${word}"], body [id*="${word}"]`).join(", ");
// Without what a plural adds, which the pattern below asks for.
const LINKED = vocabulary.stepStems.map((word) => `body a[href*="/${word}"]`).join(", ");
const NAME = new RegExp(vocabulary.namePattern, "i");
const HREF = new RegExp(`/(?:${vocabulary.stepPatterns.join("|")})/[^/?#]+`);
const ATTRIBUTES = vocabulary.attributes;

/** @param {Element} element @returns {string | null} */
function brandOf(element) {
  const image = element.localName === "img" ? element : element.querySelector("img");
  const text = brandName(clean(textOf(element, MAX_TEXT), MAX_TEXT) ?? clean(image?.getAttribute("alt"), MAX_TEXT));
  return text && text.length <= MAX_LENGTH && labelKind(text) === null && /\p{L}/u.test(text) ? text : null;
}

/** @param {Page} page @returns {string | null} */
function visibleBrand({ document }) {
  const named = [...document.querySelectorAll(NAMED)].filter((element) => NAME.test(namesOf(element)));
  const linked = [...document.querySelectorAll(LINKED)].filter((element) =>
    HREF.test(element.getAttribute("href") ?? ""),
  );
  for (const element of [...named, ...linked].slice(0, MAX_ELEMENTS)) {
    const brand = brandOf(element);
    if (brand && !isUnseen(element) && !isAside(element) && !isInCard(element)) return brand;
  }
  return null;
}

/** @param {Page} page @returns {string | null} the one brand that every data-brand attribute names */
function attributeBrand({ document }) {
  const elements = [...document.querySelectorAll(ATTRIBUTES.map((name) => `[${name}]`).join(", "))];
  const values = elements.flatMap((element) =>
    ATTRIBUTES.map((name) => element.getAttribute(name)).filter((value) => value !== null),
  );
  const names = new Set(
    values
      .slice(0, MAX_ELEMENTS)
      .map((value) => clean(value, MAX_LENGTH))
      .filter((name) => name !== null),
  );
  return names.size === 1 ? [...names][0] : null;
}

/** @param {Page} page @returns {import("../candidate.js").Candidate[]} */
export function extract(page) {
  const brand = visibleBrand(page) ?? attributeBrand(page);
  return brand ? [{ syntax: "dom", brand }] : [];
}
