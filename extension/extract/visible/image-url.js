// @ts-check
// Choice of an image's address: pages name several, for several widths and for lazy loading.
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.visible.imageUrl;
const MAX_SRCSET = 20_000;
const DRAWING = new RegExp(vocabulary.drawingPattern);
const DESCRIPTOR = /^([0-9]{1,9}(?:\.[0-9]{1,9})?)[wx]$/;

/** Return each address with its width or density, 1 where none is named (WHATWG HTML, "parse a srcset attribute"). @param {string} srcset */
function candidatesOf(srcset) {
  const found = [];
  let [url, width] = ["", 1];
  for (const token of srcset.slice(0, MAX_SRCSET).split(/\s+/).filter(Boolean)) {
    const comma = url ? token.indexOf(",") : -1;
    const descriptor = url ? DESCRIPTOR.exec(comma < 0 ? token : token.slice(0, comma)) : null;
    if (descriptor) width = Number(descriptor[1]);
    if (comma >= 0) found.push({ url, width });
    if (comma >= 0 || !url) [url, width] = [token.slice(comma + 1), 1];
    if (url.endsWith(",")) {
      found.push({ url: url.replace(/,+$/, ""), width: 1 });
      url = "";
    }
  }
  return url ? [...found, { url, width }] : found;
}

/** @param {string} srcset @returns {string} the first of the widest */
function widest(srcset) {
  let best = { url: "", width: -1 };
  for (const candidate of candidatesOf(srcset)) if (candidate.width > best.width) best = candidate;
  return best.url;
}

/** @param {Element} image @param {import("../page.js").Page} page @returns {string | null} the widest of its srcset, a lazy address, then src; no drawing (.svg) */
export function imageUrl(image, page) {
  for (const name of vocabulary.attributes) {
    const value = (image.getAttribute(name) ?? "").trim();
    const url = page.absolute(name.endsWith("srcset") ? widest(value) : value);
    if (url && !DRAWING.test(url)) return url;
  }
  return null;
}
