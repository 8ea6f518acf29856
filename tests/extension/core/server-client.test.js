// @ts-check
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createServerClient, isLoopback } from "../../../extension/core/server-client.js";
import { ServerError } from "../../../extension/values/errors.js";

/** @type {import("../../../extension/core/channel/channel.js").Asked[]} */
let asked;
beforeEach(() => {
  asked = [];
});

/** @param {() => Response | Promise<Response>} answer @param {string} [baseUrl] */
function clientOf(answer, baseUrl = "http://127.0.0.1:8710/") {
  return createServerClient({
    baseUrl,
    ask: async (one) => {
      asked.push(one);
      return answer();
    },
  });
}

/** @param {string} code @param {RegExp} pattern of the message */
const failure = (code, pattern) => (/** @type {unknown} */ error) =>
  error instanceof ServerError && error.code === code && pattern.test(error.message);

test("a list is asked for by its path", async () => {
  await clientOf(() => Response.json({ shops: [] })).shops();
  assert.deepEqual(asked, [{ method: "GET", path: "/v1/shops" }]);
});

test("recommendations are asked for with their body", async () => {
  await clientOf(() => Response.json({ items: [] })).recommend({ mode: "own", shop: "a.example", k: 30 });
  const body = '{"mode":"own","shop":"a.example","k":30}';
  const headers = { "Content-Type": "application/json" };
  assert.deepEqual(asked, [{ method: "POST", path: "/v1/recommendations", body, headers }]);
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
  assert.equal(asked[0].path, `/v1/bundles/${"b".repeat(64)}/lite/text.onnx`);
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
