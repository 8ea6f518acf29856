// @ts-check
// Which images of a page show something: not a logo, a spacer or a "no image" sign, told by the file's own name.

const DECORATION =
  /^(?:(?:site|shop|store|brand|company)[-_]?)?(?:logo|pixel|spacer|blank|clear|placeholder|no[-_]?(?:image|img|photo|picture|pic)|image[-_]?(?:not[-_]?found|missing|coming[-_]?soon|unavailable)|1x1|transparent|loading|loader|spinner|sprite|favicon)(?:[-_]?(?:\d{1,4}(?:x\d{1,4})?|small|medium|large|default|white|black|dark|light))*\.[\p{L}\p{N}_]{2,5}$/iu;

/** @param {string[] | undefined} urls @returns {string[]} those of images that show something */
export function withoutDecoration(urls) {
  return (urls ?? []).filter((url) => !DECORATION.test(new URL(url).pathname.split("/").at(-1) ?? ""));
}
