// @ts-check
// Finds the terms of long lists in short texts. A text is cut into runs of letters and digits; each run is looked up once, whole, by its
// beginnings and ends, and in scripts that put no space between words by all its parts. The time depends on the text, not on the lists.

/**
 * @typedef {{list: number, field: number, from: number, to: number}} Hit a term of a list, where it is in a field
 * @typedef {{word: number, from: number, to: number}} Match a word of a term in a run of letters
 * @typedef {{words: number[], owners: number[]}} Sequence words that follow each other
 * @typedef {{list: number, sequences: number[]}} Owner sequences that must all be in the text
 * @typedef {{from: number, matches: Match[]}} Run where a run of letters begins, and what it matches
 */

const RUNS = /[\p{L}\p{N}]+/gu;
/** Scripts without a space between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u;
/** What Arabic writes together with the word that follows. */
const ARABIC = /^(?:[وف]?(?:[بك]?ال|لل)|و)(?=[\u0620-\u064a]{3})/u;
const MAX_REMEMBERED = 5000;

/** The words of terms, and by what they are found. */
class Words {
  /** @type {Map<string, number>} */
  #ids = new Map();
  whole = new Map();
  beginnings = new Map();
  ends = new Map();
  parts = new Map();
  /** Lengths of parts, in scripts with spaces between words and without. @type {[Set<number>, Set<number>]} */
  lengths = [new Set(), new Set()];

  /** @param {string} pattern a word, with * where any letters may stand @returns {number} its id */
  add(pattern) {
    const known = this.#ids.get(pattern);
    if (known !== undefined) return known;
    const id = this.#ids.size;
    this.#ids.set(pattern, id);
    const text = pattern.replaceAll("*", "");
    const isUnspaced = UNSPACED.test(text);
    const isPart = isUnspaced || /^\*.*\*$/.test(pattern);
    if (isPart) this.lengths[isUnspaced ? 1 : 0].add(text.length);
    const index = isPart
      ? this.parts
      : pattern.endsWith("*")
        ? this.beginnings
        : pattern.startsWith("*")
          ? this.ends
          : this.whole;
    index.set(text, id);
    return id;
  }

  /** @param {string} run @returns {Match[]} */
  find(run) {
    /** @type {Match[]} */
    const found = [];
    const note = (/** @type {number | undefined} */ word, from = 0, to = run.length) => {
      if (word !== undefined) found.push({ word, from, to });
    };
    const stripped = run.replace(ARABIC, "");
    for (const form of stripped === run ? [run] : [run, stripped]) {
      note(this.whole.get(form));
      for (let length = 1; length <= form.length; length += 1) note(this.beginnings.get(form.slice(0, length)));
      for (let start = 0; start < form.length; start += 1) note(this.ends.get(form.slice(start)));
    }
    for (const length of this.lengths[UNSPACED.test(run) ? 1 : 0])
      for (let from = 0; from + length <= run.length; from += 1)
        note(this.parts.get(run.slice(from, from + length)), from, from + length);
    return found;
  }
}

/** Terms of lists, by their first word. */
class Terms {
  words = new Words();
  /** @type {Sequence[]} */
  sequences = [];
  /** @type {Owner[]} */
  owners = [];
  /** Sequences by their first word. @type {Map<number, number[]>} */
  starting = new Map();
  /** @type {Map<string, number>} */
  #ids = new Map();

  /** @param {string[][]} lists */
  constructor(lists) {
    for (const [list, terms] of lists.entries()) {
      for (const term of terms) {
        const sequences = term.split(" & ").map((part) => this.#sequenceOf(part));
        const owner = this.owners.push({ list, sequences }) - 1;
        this.sequences[sequences[0]].owners.push(owner);
      }
    }
  }

  /** @param {string} text words with a space between @returns {number} */
  #sequenceOf(text) {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const words = text.split(" ").map((word) => this.words.add(word));
    const id = this.sequences.push({ words, owners: [] }) - 1;
    this.#ids.set(text, id);
    const others = this.starting.get(words[0]);
    if (others) others.push(id);
    else this.starting.set(words[0], [id]);
    return id;
  }
}

/** @param {Run[]} runs @param {number} at where the sequence begins @param {Sequence} sequence @param {number} to where its first word ends @returns {number} where it ends, -1 where it is not there */
function endOf(runs, at, { words }, to) {
  let end = to;
  for (let i = 1; i < words.length; i += 1) {
    const run = runs[at + i];
    const match = run?.matches.find(({ word }) => word === words[i]);
    if (!run || !match) return -1;
    end = run.from + match.to;
  }
  return end;
}

/** @param {Terms} terms @param {Run[]} runs of one field @returns {{id: number, from: number, to: number}[]} sequences that are there */
function sequencesIn({ sequences, starting }, runs) {
  const found = [];
  for (const [at, { from, matches }] of runs.entries()) {
    for (const match of matches) {
      for (const id of starting.get(match.word) ?? []) {
        const to = endOf(runs, at, sequences[id], from + match.to);
        if (to >= 0) found.push({ id, from: from + match.from, to });
      }
    }
  }
  return found;
}

/**
 * Return a function that finds the terms of lists in folded texts.
 *
 * A term is one word or several that follow each other; `*` stands for any letters; ` & ` joins parts that may be anywhere.
 * @param {string[][]} lists of folded terms
 * @returns {(fields: string[]) => Hit[]}
 */
export function createWordMatcher(lists) {
  const terms = new Terms(lists);
  /** @type {Map<string, Match[]>} */
  const remembered = new Map();
  /** @param {string} run @returns {Match[]} */
  const matchesOf = (run) => {
    const known = remembered.get(run);
    if (known) return known;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    const matches = terms.words.find(run);
    remembered.set(run, matches);
    return matches;
  };

  return (fields) => {
    /** @type {Map<number, Omit<Hit, "list">[]>} places by sequence */
    const places = new Map();
    for (const [field, text] of fields.entries()) {
      const runs = Array.from(text.matchAll(RUNS), ({ index, 0: run }) => ({
        from: index,
        matches: matchesOf(run),
      }));
      for (const { id, from, to } of sequencesIn(terms, runs)) {
        const known = places.get(id);
        if (known) known.push({ field, from, to });
        else places.set(id, [{ field, from, to }]);
      }
    }
    const owned = [...places].flatMap(([id, found]) =>
      terms.sequences[id].owners.map((owner) => ({ ...terms.owners[owner], found })),
    );
    return owned.flatMap(({ list, sequences, found }) =>
      sequences.every((one) => places.has(one)) ? found.map((place) => ({ list, ...place })) : [],
    );
  };
}
