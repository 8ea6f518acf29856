// @ts-check
// Reader of visible breadcrumbs: elements named so, or a <nav> whose addresses each extend the one before.
import * as breadcrumbs from "../markup/breadcrumbs.js";
import { clean } from "../../values/text.js";
import { isUnseen, textOf } from "./elements.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.visible.breadcrumbTrail;

/** @typedef {import("../page.js").Page} Page */

const MAX_TRAILS = 20;
const MAX_LINKS = 20;
const MAX_NAVS = 100;
const MAX_TEXT = 1000;
const MAX_STEPS = 12;
// Without its first letter, so that "Breadcrumb" and "breadcrumb" are both found.
const NAMED = vocabulary.nameAttributes.map((name) => `body [${name}*="${vocabulary.nameStem}"]`).join(", ");

/** @param {Element} element @param {number} most @returns {Element[]} its first links, itself among them */
function linksOf(element, most) {
  return [...(element.localName === "a" ? [element] : []), ...element.querySelectorAll("a")].slice(0, most);
}

/** @param {Element} nav @param {Page} page */
function isTrail(nav, page) {
  const steps = linksOf(nav, MAX_STEPS).map(
    (a) => `${(page.absolute(a.getAttribute("href")) ?? "").replace(/\/+$/, "")}/`,
  );
  return steps.length >= 2 && steps.slice(1).every((step, i) => step.startsWith(steps[i]) && step !== steps[i]);
}

/** @param {Page} page @returns {import("../candidate.js").Candidate[]} the path of the first breadcrumbs that name one */
export function extract(page) {
  const { document } = page;
  const named = [...document.querySelectorAll(NAMED)].slice(0, MAX_TRAILS);
  const trails = [
    ...named,
    ...[...document.querySelectorAll("nav")].slice(0, MAX_NAVS).filter((nav) => isTrail(nav, page)),
  ].slice(0, 2 * MAX_TRAILS);
  for (const element of trails) {
    const links = linksOf(element, MAX_LINKS).map((a) => ({
      name: clean(textOf(a, MAX_TEXT), 200),
      url: page.absolute(a.getAttribute("href")),
    }));
    const categoryPath = breadcrumbs.pathOf(
      links.filter(({ url }) => url),
      page,
    );
    if (categoryPath.length > 0 && !isUnseen(element)) return [{ syntax: "dom", categoryPath }];
  }
  return [];
}
