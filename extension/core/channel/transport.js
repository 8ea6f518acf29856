// @ts-check
// Requests as they really leave the device. Nothing else sends one to the shopper's own server.
import { sha256Hex, utf8 } from "../../values/encoding.js";
import { ServerError } from "../../values/errors.js";
import { boundedBody } from "../bounded-body.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {import("../../generated/contract-types.js").SentRequest} SentRequest
 * @typedef {{method: string, path: string, body: string}} Told what a request says, as a person may read it
 * @typedef {{status: number, body: Bytes}} Answer
 * @typedef {(path: string, bytes: Bytes, told?: Told) => Promise<Answer>} Transport
 */

const TIMEOUT_MS = 15_000;
const TOO_MANY = 429;
/** No file of a bundle is larger. */
const MAX_ANSWER_BYTES = 256 * 2 ** 20;

/** Return what is kept of a failed answer: its status, and the code of a problem. @param {Answer} answer @returns {string} empty where it names none */
export function codeIn({ body }) {
  try {
    const { code } = JSON.parse(new TextDecoder().decode(body.subarray(0, 4096)));
    return typeof code === "string" ? code : "";
  } catch {
    return "";
  }
}

/** @param {string} base @param {unknown} [cause] @returns {ServerError} */
const unreachable = (base, cause) =>
  new ServerError(
    "server_unreachable",
    `No answer from ${base}. Start the server, or correct its address in the options.`,
    { cause },
  );

/**
 * Return a function that posts bytes to a server. `onRequest` gets each request first: what it says, and how many bytes leave the device, with
 * their hash.
 * @param {object} options
 * @param {string} options.baseUrl without a slash at the end
 * @param {(request: SentRequest) => Promise<void>} options.onRequest must be settled before anything is sent
 * @param {typeof fetch} [options.fetch]
 * @returns {Transport} which fails with server_unreachable, or with server_error where the server failed or was asked too often
 */
export function createTransport({ baseUrl, onRequest, fetch: send = (...args) => fetch(...args) }) {
  return async (path, bytes, told = { method: "POST", path, body: "" }) => {
    const url = baseUrl + path;
    const sealed = { url, bytes: bytes.length, sha256: await sha256Hex(bytes) };
    await onRequest({ method: told.method, url: baseUrl + told.path, body: told.body, sealed });
    /** @type {{status: number, body: Bytes | null}} */
    let answer;
    try {
      const response = await send(url, {
        method: "POST",
        body: bytes,
        headers: { "Content-Type": "application/octet-stream" },
        credentials: "omit",
        referrerPolicy: "no-referrer",
        redirect: "error",
        cache: "no-store",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      answer = { status: response.status, body: await boundedBody(response, MAX_ANSWER_BYTES) };
    } catch (error) {
      throw unreachable(baseUrl, error);
    }
    if (answer.status >= 500 || answer.status === TOO_MANY)
      throw new ServerError("server_error", `The server answered ${answer.status} to ${url}.`);
    return { status: answer.status, body: answer.body ?? utf8("") };
  };
}
