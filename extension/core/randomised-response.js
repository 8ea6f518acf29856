// @ts-check

/**
 * K-ary randomised response: a device tells one of K public interest clusters, its own or, at random, another. For any two tastes and any
 * report the probabilities differ at most by the factor e^EPSILON.
 * The twin of kernel/interest_clusters.py; contracts/vectors/randomised-response.json holds the cases of both.
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 */

/** Of one report. It is no setting, so that no server can ask for more. */
export const EPSILON = 4;
export const FEWEST_CLUSTERS = 2;
export const MOST_CLUSTERS = 256;

const WORDS = 2 ** 32;
const WORD_BYTES = 4;
/** So many words do not suffice once in 2^60 draws, at the least. */
const WORDS_AT_ONCE = 64;

/** Return how many of 2^32 equally likely words make a device report its true cluster, rounded down. @param {number} count of clusters */
export function truthThreshold(count) {
  const odds = Math.exp(EPSILON);
  return Math.floor((odds / (odds + count - 1)) * WORDS);
}

/** @param {DataView} words @param {number} first where to begin @param {number} cluster @param {number} count @returns {number | null} one of the others, all alike */
function otherOf(words, first, cluster, count) {
  const others = count - 1;
  for (let at = first; at + WORD_BYTES <= words.byteLength; at += WORD_BYTES) {
    const word = words.getUint32(at, true);
    // Larger words would make small remainders likelier.
    if (word >= WORDS - (WORDS % others)) continue;
    const other = word % others;
    return other < cluster ? other : other + 1;
  }
  return null;
}

/**
 * Return the cluster to report for a true one.
 * @param {number} cluster from 0 to count - 1 @param {number} count FEWEST_CLUSTERS to MOST_CLUSTERS
 * @param {Bytes} random bytes of a cryptographic source, each used once
 * @returns {number | null} null where there are too few bytes
 */
export function reportedCluster(cluster, count, random) {
  const words = new DataView(random.buffer, random.byteOffset, random.byteLength);
  if (words.byteLength < WORD_BYTES) return null;
  return words.getUint32(0, true) < truthThreshold(count) ? cluster : otherOf(words, WORD_BYTES, cluster, count);
}

/** Draw a report with the browser's cryptographic randomness. @param {number} cluster @param {number} count @returns {number} */
export function drawReport(cluster, count) {
  for (;;) {
    const reported = reportedCluster(
      cluster,
      count,
      crypto.getRandomValues(new Uint8Array(WORD_BYTES * WORDS_AT_ONCE)),
    );
    if (reported !== null) return reported;
  }
}
