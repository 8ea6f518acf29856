// @ts-check
import { ServerError } from "../values/errors.js";

/**
 * @typedef {{method: string, url: string, body: string}} SentRequest
 * @typedef {import("../generated/contract-types.js").RecommendationRequest} RecommendationRequest
 * @typedef {import("../generated/contract-types.js").RecommendationResponse} RecommendationResponse
 * @typedef {object} ServerClient
 * @property {string} baseUrl without a slash at the end
 * @property {() => Promise<import("../generated/contract-types.js").Shop[]>} shops
 * @property {() => Promise<{bundleId: string, name: string, dim: number, space: string}[]>} bundles
 * @property {(bundleId: string, path: string) => Promise<Response>} bundleFile
 * @property {() => Promise<import("../generated/contract-types.js").ShopMeans>} shopMeans
 * @property {(body: RecommendationRequest) => Promise<RecommendationResponse>} recommend
 */

const TIMEOUT_MS = 15_000;

/** Return whether an address is this machine. @param {string} url @returns {boolean} */
export function isLoopback(url) {
  const { hostname } = new URL(url);
  return hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]";
}

/**
 * Return the error for a failed response: the server's own code and words where it sent a problem document.
 * @param {Response} response
 * @param {string} url
 */
async function problemOf(response, url) {
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json");
  const problem = isProblem ? await response.json() : {};
  return new ServerError(
    problem.code ?? "server_error",
    problem.detail ?? `The server answered ${response.status} to ${url}.`,
  );
}

/**
 * Return a client of a Carryover server, the only code that sends requests to one. `onRequest` gets each request first, byte for byte.
 * @param {object} options
 * @param {string} options.baseUrl
 * @param {(request: SentRequest) => Promise<void>} options.onRequest must be settled before anything is sent
 * @param {typeof fetch} [options.fetch]
 * @returns {ServerClient}
 */
export function createServerClient({ baseUrl, onRequest, fetch: send = (...args) => fetch(...args) }) {
  const base = baseUrl.replace(/\/+$/, "");

  /** @param {string} path @param {object} [content] @returns {Promise<Response>} */
  async function request(path, content) {
    const url = base + path;
    const body = content === undefined ? "" : JSON.stringify(content);
    const method = content === undefined ? "GET" : "POST";
    await onRequest({ method, url, body });
    /** @type {Response} */
    let response;
    try {
      response = await send(url, {
        method,
        body: body || undefined,
        headers: body ? { "Content-Type": "application/json" } : {},
        credentials: "omit",
        referrerPolicy: "no-referrer",
        redirect: "error",
        cache: "no-store",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw new ServerError(
        "server_unreachable",
        `No answer from ${base}. Start the server, or correct its address in the options.`,
        { cause: error },
      );
    }
    if (!response.ok) throw await problemOf(response, url);
    return response;
  }

  /** Return a list from the server. @param {string} path @param {string} member the array that the answer must hold */
  async function list(path, member) {
    const answer = await (await request(path)).json();
    if (!Array.isArray(answer?.[member])) {
      throw new ServerError(
        "server_error",
        `${base}${path}: expected a list of ${member}. Is this a Carryover server?`,
      );
    }
    return answer[member];
  }

  return {
    baseUrl: base,
    shops: () => list("/v1/shops", "shops"),
    bundles: () => list("/v1/bundles", "bundles"),
    async shopMeans() {
      const answer = await (await request("/v1/shop-means")).json();
      if (!Array.isArray(answer?.shops)) {
        throw new ServerError("server_error", `${base}/v1/shop-means: expected a list of shops.`);
      }
      return answer;
    },
    bundleFile: (bundleId, path) => request(`/v1/bundles/${bundleId}/${path}`),
    async recommend(body) {
      const answer = await (await request("/v1/recommendations", body)).json();
      if (!Array.isArray(answer?.items)) {
        throw new ServerError("server_error", `${base}/v1/recommendations: expected a list of items.`);
      }
      return answer;
    },
  };
}
