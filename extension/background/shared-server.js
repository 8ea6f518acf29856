// @ts-check
import { readClusters } from "../core/interest-clusters.js";
import { cardsOf } from "../core/catalogue-cards.js";
import { layoutOf, matrixOf } from "../core/shelf-matrix.js";
import { createRanker } from "../core/shelf-ranking.js";
import { serverPatternOf } from "../messaging/origins.js";
import { decodePart } from "../shelf/parts.js";
import { fromBase64 } from "../values/encoding.js";
import { PackError, ServerError } from "../values/errors.js";
import { downloadPart, openPack } from "./pack-download.js";

/**
 * A shared server, asked as a visitor asks it: without pairing, cookies or anything that names the browser. It learns a report that was drawn
 * at random, or the product on screen, and answers with a part of the shop's catalogue as a pack, which this device ranks.
 * @typedef {import("../generated/contract-types.js").CandidateRequest} CandidateRequest
 * @typedef {import("../generated/contract-types.js").Candidates} Candidates
 * @typedef {import("../core/recommender.js").Shelf} Shelf
 * @typedef {import("./model.js").Model} Model
 */

const OK = 200;
const MOST_CLUSTER_BYTES = 8 * 2 ** 20;
const MOST_CANDIDATE_BYTES = 32 * 2 ** 20;
/** Candidates that are asked for: the same number always, so that it tells nothing. */
export const NUM_OF_CLUSTER = 15_000;
export const NUM_OF_ITEM = 1_000;

/** @param {import("../values/encoding.js").Bytes} body @returns {unknown} JSON, null where it is none */
function jsonOf(body) {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
}

/** @param {unknown} content of an answer without success @param {string} url @returns {ServerError} in the server's own words, where it sent any */
function problemOf(content, url) {
  const { code, detail } = /** @type {{code?: unknown, detail?: unknown}} */ (content ?? {});
  if (typeof code === "string" && typeof detail === "string") return new ServerError(code, detail);
  return new ServerError("server_error", `No answer of ${url} could be had.`);
}

/**
 * @param {object} parts
 * @param {typeof chrome} parts.browser the browser's extension APIs
 * @param {ReturnType<typeof import("./public-fetch.js").createPublicFetch>} parts.publicFetch
 * @param {() => number} parts.now milliseconds since 1970
 */
export function createSharedServer({ browser, publicFetch, now }) {
  /** @param {string} url @param {number} mostBytes @param {CandidateRequest} [json] @returns {Promise<object>} @throws {ServerError} */
  async function ask(url, mostBytes, json) {
    if (!(await browser.permissions.contains({ origins: [serverPatternOf(url)] })))
      throw new ServerError("server_not_allowed", `The browser does not let Carryover reach ${new URL(url).host}.`);
    const answer = await publicFetch(url, { purpose: "shared", mostBytes, ...(json && { json }) });
    const content = answer && jsonOf(answer.body);
    if (answer?.status === OK && typeof content === "object" && content) return content;
    throw problemOf(content, url);
  }

  /** @param {string} serverUrl @param {CandidateRequest} wanted @returns {Promise<Candidates>} @throws {ServerError} */
  async function candidates(serverUrl, wanted) {
    const answer = /** @type {Candidates} */ (
      await ask(new URL("/v1/candidates", serverUrl).href, MOST_CANDIDATE_BYTES, wanted)
    );
    const { manifest, files } = answer;
    const isAnswer = typeof manifest === "string" && typeof files === "object" && files !== null;
    if (isAnswer && Object.values(files).every((content) => typeof content === "string")) return answer;
    throw new ServerError("server_error", `${serverUrl}: expected candidates. Is this a Carryover server?`);
  }

  return {
    /** Return the server's clusters. @param {string} serverUrl @param {Model} model @returns {Promise<import("../core/interest-clusters.js").Clusters>} @throws {ServerError} */
    async clusters(serverUrl, { manifest }) {
      const answer = await ask(new URL("/v1/interest-clusters", serverUrl).href, MOST_CLUSTER_BYTES);
      return readClusters(/** @type {import("../generated/contract-types.js").InterestClusters} */ (answer), manifest);
    },

    /**
     * Return candidates for a reported cluster.
     * @param {string} serverUrl @param {{shop: string, of: string, cluster: number}} report @returns {Promise<Candidates>} @throws {ServerError}
     */
    ofCluster: (serverUrl, { shop, of, cluster }) =>
      candidates(serverUrl, { mode: "clusters", shop, k: NUM_OF_CLUSTER, of, cluster }),

    /** Return candidates for the product on screen. @param {string} serverUrl @param {{shop: string, itemId: string}} product @returns {Promise<Candidates>} @throws {ServerError} */
    ofItem: (serverUrl, { shop, itemId }) => candidates(serverUrl, { mode: "context", shop, k: NUM_OF_ITEM, itemId }),

    /**
     * Return candidates as a shelf that is ready to rank. They are checked as a pack that nobody vouches for.
     * @param {Candidates} candidates @param {{shop: string, serverUrl: string, model: Model}} on @returns {Promise<Shelf>} @throws {PackError}
     */
    async shelfOf({ manifest, files }, { shop, serverUrl, model }) {
      /** @param {string} url */
      async function fetchFile(url) {
        const name = new URL(url).pathname.slice(1);
        if (!Object.hasOwn(files, name)) throw new PackError("pack_damaged", `${name}: is not in the answer`);
        return fromBase64(files[name]);
      }
      const wanted = { entry: { shop, manifest }, listUrl: `${new URL(serverUrl).origin}/`, held: null, begun: null };
      const opened = await openPack(wanted, { model, fetchFile, trustedKeys: [], now: now() });
      const contents = [];
      for (const [i, part] of opened.manifest.parts.entries())
        contents.push(decodePart((await downloadPart(opened, part, { isFirst: i === 0 })).bytes));
      const pieces = contents.map(({ vectors }) => vectors);
      const matrix = matrixOf(pieces, layoutOf(model.manifest));
      const cards = cardsOf(contents.flatMap(({ items }) => items));
      // The first part is spread over the shop; the others are of one kind, and would give another metric.
      return { cards, ranker: createRanker(matrix, model.metric ?? null, undefined, contents[0].items.length) };
    },
  };
}
