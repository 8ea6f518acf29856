// @ts-check
// Which images of a page show something: not a logo, a spacer or a "no image" sign, told by the file's own name.
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.visible.decorativeImages;
const [OWNERS, SUBJECTS, VARIANTS] = [
  vocabulary.ownerPatterns,
  vocabulary.subjectPatterns,
  vocabulary.variantPatterns,
].map((patterns) => patterns.join("|"));
const DECORATION = new RegExp(
  `^(?:(?:${OWNERS})[-_]?)?(?:${SUBJECTS})(?:[-_]?(?:${VARIANTS}))*\\.[\\p{L}\\p{N}_]{2,5}$`,
  "iu",
);

/** @param {string[] | undefined} urls @returns {string[]} those of images that show something */
export function withoutDecoration(urls) {
  return (urls ?? []).filter((url) => !DECORATION.test(new URL(url).pathname.split("/").at(-1) ?? ""));
}
