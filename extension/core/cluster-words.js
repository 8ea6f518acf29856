// @ts-check
// The name of a cluster: the words that mark its titles against those of the others.

/** @typedef {{title: string, brand?: string, categoryPath?: string[]}} Titled */
/** @typedef {{words: string[], brand?: string, category?: string}} ClusterName `words` at most NUM_WORDS, best first; brand and category where most items have one */

const NUM_WORDS = 3;
/** A word is shown where this many titles of the cluster have it, and this share of them. */
const LEAST_TITLES = 2;
const LEAST_SHARE = 0.2;
/** So many times its share among the other titles. */
const LEAST_LIFT = 1.5;
/** A brand or a category stands for a cluster where this share of its items has it. */
const MOST_SHARE = 0.5;
/** Words of Latin letters that are shorter join others and name nothing. */
const SHORTEST = 3;

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/** @param {string} text @returns {string[]} its words as they are written */
function wordsOf(text) {
  const parts = [...segmenter.segment(text)].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment);
  return parts.filter((word) => /\p{L}/u.test(word) && (word.length >= SHORTEST || !/^\p{Script=Latin}+$/u.test(word)));
}

/** @param {string} word @returns {string} the same for all spellings */
const fold = (word) => word.normalize("NFKC").toLowerCase();

/** @param {Map<string, number>} counts @param {string} key */
const count = (counts, key) => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** @param {Map<string, number>} counts @returns {[string, number]} the most frequent, the first of equals */
function mostFrequent(counts) {
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), /** @type {[string, number]} */ (["", 0]));
}

/** @param {string[]} values @param {number} num of items @returns {string | undefined} the value that most of them have */
function shared(values, num) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const value of values) count(counts, value);
  const [value, most] = mostFrequent(counts);
  return most >= LEAST_TITLES && most > MOST_SHARE * num ? value : undefined;
}

/** @param {Titled[]} items @returns {{counts: Map<string, number>, spellings: Map<string, Map<string, number>>}} titles that have a word, and how it is spelt there */
function countWords(items) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  /** @type {Map<string, Map<string, number>>} */
  const spellings = new Map();
  for (const { title } of items) {
    const bySense = new Map(wordsOf(title).map((word) => [fold(word), word]));
    for (const [key, word] of bySense) {
      count(counts, key);
      if (!spellings.has(key)) spellings.set(key, new Map());
      count(/** @type {Map<string, number>} */ (spellings.get(key)), word);
    }
  }
  return { counts, spellings };
}

/**
 * Return the names of clusters. A word scores by the share of the cluster's titles that have it, times the logarithm of how much greater
 * that share is than among the other clusters' titles.
 * @param {Titled[][]} clusters
 * @returns {ClusterName[]}
 */
export function clusterNames(clusters) {
  const counted = clusters.map(countWords);
  /** @type {Map<string, number>} */
  const all = new Map();
  for (const { counts } of counted) for (const [key, num] of counts) all.set(key, (all.get(key) ?? 0) + num);
  const numAll = clusters.reduce((sum, { length }) => sum + length, 0);
  return clusters.map((items, c) => {
    const { counts, spellings } = counted[c];
    const brands = items.flatMap(({ brand }) => (brand ? [brand] : []));
    const categories = items.flatMap(({ categoryPath }) => categoryPath?.at(-1) ?? []);
    const [brand, category] = [shared(brands, items.length), shared(categories, items.length)];
    const said = new Set(wordsOf(`${brand ?? ""} ${category ?? ""}`).map(fold));
    const scored = [...counts].flatMap(([key, num]) => {
      const share = num / items.length;
      if (said.has(key) || num < LEAST_TITLES || share < LEAST_SHARE) return [];
      const numOthers = numAll - items.length;
      // Without others nothing marks a cluster off, and what many of its titles have in common is its name.
      const others = numOthers === 0 ? LEAST_SHARE / LEAST_LIFT : ((all.get(key) ?? num) - num + 0.5) / (numOthers + 1);
      return share >= LEAST_LIFT * others ? [{ key, score: share * Math.log(share / others) }] : [];
    });
    const best = scored.sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
    const words = best
      .slice(0, NUM_WORDS)
      .map(({ key }) => mostFrequent(/** @type {Map<string, number>} */ (spellings.get(key)))[0]);
    return { words, ...(brand && { brand }), ...(category && { category }) };
  });
}
