// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createServerClient, isLoopback } from "../../../extension/core/server-client.js";
import { ServerError } from "../../../extension/values/errors.js";

/** @type {{url: string, init: RequestInit}[]} */
let sent;
/** @type {import("../../../extension/core/server-client.js").SentRequest[]} */
let noted;
beforeEach(() => {
  sent = [];
  noted = [];
});

/** @param {() => Response | Promise<Response>} answer @param {string} [baseUrl] */
function clientOf(answer, baseUrl = "http://127.0.0.1:8710/") {
  return createServerClient({
    baseUrl,
    fetch: async (url, init = {}) => {
      sent.push({ url: String(url), init });
      return answer();
    },
    onRequest: async (request) => void noted.push(request),
  });
}

/** @param {string} code @param {RegExp} pattern of the message */
const failure = (code, pattern) => (/** @type {unknown} */ error) =>
  error instanceof ServerError && error.code === code && pattern.test(error.message);

test("a request has no cookie and no referrer, and follows no redirect", async () => {
  await clientOf(() => Response.json({ shops: [] })).shops();
  const [{ url, init }] = sent;
  assert.equal(url, "http://127.0.0.1:8710/v1/shops");
  const { method, body, headers, credentials, referrerPolicy, redirect, cache } = init;
  assert.deepEqual(
    { method, body, headers, credentials, referrerPolicy, redirect, cache },
    {
      method: "GET",
      body: undefined,
      headers: {},
      credentials: "omit",
      referrerPolicy: "no-referrer",
      redirect: "error",
      cache: "no-store",
    },
  );
  assert.ok(init.signal instanceof AbortSignal, "it ends after a while");
});

test("a request is noted before it is sent, byte for byte", async () => {
  const client = clientOf(() => {
    assert.equal(noted.length, 1);
    return Response.json({ items: [] });
  });
  await client.recommend({ mode: "own", shop: "a.example", k: 30 });
  const body = '{"mode":"own","shop":"a.example","k":30}';
  assert.deepEqual(noted, [{ method: "POST", url: "http://127.0.0.1:8710/v1/recommendations", body }]);
  assert.equal(sent[0].init.body, body);
  assert.deepEqual(sent[0].init.headers, { "Content-Type": "application/json" });
});

test("a request that could not be noted is not sent", async () => {
  const client = createServerClient({
    baseUrl: "http://127.0.0.1:8710",
    fetch: async () => assert.fail("sent without a note"),
    onRequest: async () => {
      throw new Error("The disk is full.");
    },
  });
  await assert.rejects(client.shops(), /disk is full/);
});

test("a server that does not answer is named, with the cause", async () => {
  const client = clientOf(() => {
    throw new TypeError("Failed to fetch");
  });
  await assert.rejects(client.shops(), (/** @type {any} */ error) => {
    assert.ok(failure("server_unreachable", /No answer from http:\/\/127\.0\.0\.1:8710\./)(error));
    assert.equal(error.cause.message, "Failed to fetch");
    return true;
  });
});

test("a problem document keeps its code and its words", async () => {
  const headers = { "Content-Type": "application/problem+json; charset=utf-8" };
  const problem = { code: "space_mismatch", detail: "Another space.", status: 409 };
  const client = clientOf(() => Response.json(problem, { status: 409, headers }));
  await assert.rejects(
    client.recommend({ mode: "own", shop: "a.example", k: 30 }),
    failure("space_mismatch", /^Another space\.$/),
  );
});

test("another failure is reported with its status", async () => {
  const client = clientOf(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  await assert.rejects(client.bundles(), failure("server_error", /answered 502 to http.*\/v1\/bundles/));
});

for (const [name, answer] of /** @type {[string, unknown][]} */ ([
  ["a list elsewhere", { items: [] }],
  ["no object", null],
  ["an object for a list", { shops: {} }],
])) {
  test(`an answer with ${name} is not a Carryover server's`, async () => {
    await assert.rejects(
      clientOf(() => Response.json(answer)).shops(),
      failure("server_error", /expected a list of shops/),
    );
  });
}

test("recommendations without a list of items are refused", async () => {
  await assert.rejects(
    clientOf(() => Response.json({ shop: "a.example" })).recommend({ mode: "own", shop: "a.example", k: 30 }),
    failure("server_error", /expected a list of items/),
  );
});

test("files of a bundle are requested by its id", async () => {
  const client = clientOf(() => new Response("onnx"), "http://127.0.0.1:8710///");
  assert.equal(await (await client.bundleFile("b".repeat(64), "lite/text.onnx")).text(), "onnx");
  assert.equal(sent[0].url, `http://127.0.0.1:8710/v1/bundles/${"b".repeat(64)}/lite/text.onnx`);
});

for (const [url, isLocal] of /** @type {[string, boolean][]} */ ([
  ["http://127.0.0.1:8710", true],
  ["http://localhost", true],
  ["http://[::1]:8710", true],
  ["http://127.0.0.1.evil.example", false],
  ["http://localhost.evil.example", false],
  ["https://192.168.0.7", false],
])) {
  test(`${url} is ${isLocal ? "" : "not "}this machine`, () => assert.equal(isLoopback(url), isLocal));
}
