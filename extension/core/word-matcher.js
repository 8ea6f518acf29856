// @ts-check
// Finds the terms of long lists in short texts. A text is cut into runs of letters and digits; each run is looked up once, whole, by its
// beginnings and ends, and in scripts that put no space between words by all its parts. The time depends on the text, not on the lists.

/**
 * @typedef {{list: number, field: number, from: number, to: number}} Hit a term of a list, where it is in a field
 * @typedef {{word: number, from: number, to: number}} Match a word of a term in a run of letters
 * @typedef {{words: number[], owners: number[]}} Sequence words that follow each other
 * @typedef {{list: number, sequences: number[]}} Owner sequences that must all be in the text
 * @typedef {{from: number, to: number, matches: Match[]}} Run
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

/**
 * Return a function that finds the terms of lists in folded texts.
 *
 * A term is one word or several that follow each other; `*` stands for any letters; ` & ` joins parts that may be anywhere.
 * @param {string[][]} lists of folded terms
 * @returns {(fields: string[]) => Hit[]}
 */
export function createWordMatcher(lists) {
  const words = new Words();
  /** @type {Sequence[]} */
  const sequences = [];
  /** @type {Map<string, number>} */
  const sequenceIds = new Map();
  /** @type {Map<number, number[]>} sequences by their first word */
  const starting = new Map();
  /** @type {Owner[]} */
  const owners = [];

  /** @param {string} text @returns {number} */
  const sequenceOf = (text) => {
    const known = sequenceIds.get(text);
    if (known !== undefined) return known;
    const ids = text.split(" ").map((word) => words.add(word));
    const id = sequences.push({ words: ids, owners: [] }) - 1;
    sequenceIds.set(text, id);
    starting.set(ids[0], [...(starting.get(ids[0]) ?? []), id]);
    return id;
  };
  for (const [list, terms] of lists.entries()) {
    for (const term of terms) {
      const ids = term.split(" & ").map(sequenceOf);
      const owner = owners.push({ list, sequences: ids }) - 1;
      sequences[ids[0]].owners.push(owner);
    }
  }

  /** @type {Map<string, Match[]>} */
  const remembered = new Map();
  /** @param {string} run @returns {Match[]} */
  const matchesOf = (run) => {
    const known = remembered.get(run);
    if (known) return known;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    const matches = words.find(run);
    remembered.set(run, matches);
    return matches;
  };

  /** @param {Run[]} runs @param {number} at @param {Sequence} sequence @param {number} to where its first word ends @returns {number} where it ends, -1 where it is not there */
  const endOf = (runs, at, { words: ids }, to) => {
    let end = to;
    for (let i = 1; i < ids.length; i += 1) {
      const run = runs[at + i];
      const match = run?.matches.find(({ word }) => word === ids[i]);
      if (!run || !match) return -1;
      end = run.from + match.to;
    }
    return end;
  };

  return (fields) => {
    /** @type {Map<number, Omit<Hit, "list">[]>} places by sequence */
    const places = new Map();
    for (const [field, text] of fields.entries()) {
      const runs = Array.from(text.matchAll(RUNS), (run) => ({
        from: run.index,
        to: run.index + run[0].length,
        matches: matchesOf(run[0]),
      }));
      for (const [at, run] of runs.entries()) {
        for (const match of run.matches) {
          for (const id of starting.get(match.word) ?? []) {
            const end = endOf(runs, at, sequences[id], run.from + match.to);
            if (end < 0) continue;
            const place = { field, from: run.from + match.from, to: Math.max(end, run.from + match.to) };
            const known = places.get(id);
            if (known) known.push(place);
            else places.set(id, [place]);
          }
        }
      }
    }
    /** @type {Hit[]} */
    const hits = [];
    for (const [id, found] of places) {
      for (const owner of sequences[id].owners) {
        const { list, sequences: needed } = owners[owner];
        if (needed.every((one) => places.has(one))) hits.push(...found.map((place) => ({ list, ...place })));
      }
    }
    return hits;
  };
}
