// @ts-check
// Filter of decorative images (logos, spacers, "no image" signs) by their file names.
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

/** @param {string[] | undefined} urls @returns {string[]} those of images that are not decoration */
export function withoutDecoration(urls) {
  return (urls ?? []).filter((url) => !DECORATION.test(new URL(url).pathname.split("/").at(-1) ?? ""));
}
