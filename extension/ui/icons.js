// @ts-check
// Small drawings, which do not depend on the fonts of a device. They are decoration: what they stand for is said by a label.

const SVG = "http://www.w3.org/2000/svg";
/** Paths in a square of 24. */
const PATHS = {
  heart:
    "M12 20s-7-4.4-8.7-8.6C1.9 7.9 4 5 7 5c2 0 3.7 1.1 5 3 1.3-1.9 3-3 5-3 3 0 5.1 2.9 3.7 6.4C19 15.6 12 20 12 20z",
  less: "M6 6l12 12M18 6L6 18",
  alike: "M4 4h11v11H4zM9 19h11V9",
  menu: "M5 12h.01M12 12h.01M19 12h.01",
  refresh: "M19 12a7 7 0 1 1-2-4.9M19 4v4h-4",
  filter: "M4 7h16M7 12h10M10 17h4",
  tick: "M5 12.5l4.5 4.5L19 7.5",
};

/** Return a drawing. @param {keyof typeof PATHS} name @returns {SVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
