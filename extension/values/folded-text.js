// @ts-check
// Text as word lists are compared with it: without case, accents and the forms that one letter takes in one script.

/** Voicing marks of kana change the sound, not the accent: they stay. */
const ACCENTS = /(?![\u3099\u309a])\p{M}+/gu;
/** @type {Record<string, string>} */
const LETTERS = { ı: "i", ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ى: "ي", ة: "ه", ـ: "" };
const SPECIAL = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "gu");

/** @param {string} text @returns {string} */
export function foldText(text) {
  const plain = text.normalize("NFKC").toLowerCase().normalize("NFD").replace(ACCENTS, "").normalize("NFC");
  return plain.replace(SPECIAL, (letter) => LETTERS[letter]);
}
