// @ts-check
import { ServerError } from "../values/errors.js";

/**
 * @typedef {import("../generated/contract-types.js").RecommendationRequest} RecommendationRequest
 * @typedef {import("../generated/contract-types.js").RecommendationResponse} RecommendationResponse
 * @typedef {object} ServerClient
 * @property {string} baseUrl without a slash at the end
 * @property {import("./channel/channel.js").Ask} ask for what is not below
 * @property {() => Promise<import("../generated/contract-types.js").Shop[]>} shops
 * @property {() => Promise<{bundleId: string, name: string, dim: number, space: string}[]>} bundles
 * @property {(bundleId: string, path: string) => Promise<Response>} bundleFile
 * @property {() => Promise<import("../generated/contract-types.js").ShopMeans>} shopMeans
 * @property {(body: RecommendationRequest) => Promise<RecommendationResponse>} recommend
 * @property {(event: import("../generated/contract-types.js").ScreenEvent) => Promise<void>} addEvent
 */

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
 * Return a client of the shopper's own server. Everything goes through the channel.
 * @param {object} options
 * @param {string} options.baseUrl
 * @param {import("./channel/channel.js").Ask} options.ask
 * @returns {ServerClient}
 */
export function createServerClient({ baseUrl, ask }) {
  const base = baseUrl.replace(/\/+$/, "");

  /** @param {string} path @param {object} [content] @returns {Promise<Response>} */
  async function request(path, content) {
    const response = await ask(
      content === undefined
        ? { method: "GET", path }
        : { method: "POST", path, body: JSON.stringify(content), headers: { "Content-Type": "application/json" } },
    );
    if (!response.ok) throw await problemOf(response, base + path);
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
    ask,
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
    async addEvent(event) {
      await request("/v1/events", event);
    },
  };
}
