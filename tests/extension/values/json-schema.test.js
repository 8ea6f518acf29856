// Each check of a keyword: an instance that conforms, and one that is refused with the place and the reason.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECKED } from "../../../extension/build/contract-keywords.js";
import { bundleSchema, productSchema } from "../../../extension/generated/contracts.js";
import { problemIn } from "../../../extension/values/json-schema.js";

/** Keyword, schema of the member "a", a good value, a bad value, the explanation of the bad one. */
const CASES = [
  ["type", { type: "integer" }, 1, 1.5, '/a: Instance type "number" is invalid. Expected "integer"'],
  ["type", { type: "number" }, 1, "1", '/a: Instance type "string" is invalid. Expected "number"'],
  ["type", { type: "object" }, {}, [], '/a: Instance type "array" is invalid. Expected "object"'],
  ["type", { type: "string" }, "", null, '/a: Instance type "null" is invalid. Expected "string"'],
  ["const", { const: true }, true, 1, "/a: Instance does not match true"],
  [
    "const",
    { const: ["view", "cart"] },
    ["view", "cart"],
    ["cart", "view"],
    '/a: Instance does not match ["view","cart"]',
  ],
  ["enum", { enum: ["own", "page"] }, "own", "Own", '/a: Instance does not match any of ["own","page"]'],
  ["minLength", { minLength: 2 }, "ab", "a", "/a: String is too short (1 < 2)"],
  ["minLength", { minLength: 2 }, "𝒜𝒷", "𝒜", "/a: String is too short (1 < 2)"],
  ["maxLength", { maxLength: 2 }, "ab", "abc", "/a: String is too long (3 > 2)"],
  ["maxLength", { maxLength: 1 }, "𝒜", "𝒜b", "/a: String is too long (2 > 1)"],
  ["pattern", { pattern: "^[0-9]{2}$" }, "12", "12a", "/a: String does not match pattern"],
  ["format", { format: "date-time" }, "2026-01-01T00:00:00Z", "soon", '/a: String does not match format "date-time"'],
  ["minimum", { minimum: 2 }, 2, 1, "/a: 1 is less than 2"],
  ["maximum", { maximum: 2 }, 2, 3, "/a: 3 is greater than 2"],
  ["exclusiveMinimum", { exclusiveMinimum: 0 }, 0.1, 0, "/a: Number is not above its exclusive minimum"],
  ["minItems", { minItems: 1 }, [0], [], "/a: Array has too few items (0 < 1)"],
  ["maxItems", { maxItems: 1 }, [0], [0, 0], "/a: Array has too many items (2 > 1)"],
  [
    "items",
    { items: { type: "string" } },
    ["x"],
    ["x", 1],
    '/a/1: Instance type "number" is invalid. Expected "string"',
  ],
  ["minProperties", { minProperties: 1 }, { b: 0 }, {}, "/a: Instance does not have at least 1 properties"],
  ["maxProperties", { maxProperties: 1 }, { b: 0 }, { b: 0, c: 0 }, "/a: Instance has too many properties"],
  ["required", { required: ["b"] }, { b: 0 }, { c: 0 }, '/a: Instance does not have required property "b"'],
  ["properties", { properties: { b: { const: 0 } } }, { b: 0 }, { b: 1 }, "/a/b: Instance does not match 0"],
  [
    "additionalProperties",
    { properties: { b: true }, additionalProperties: false },
    { b: 0 },
    { c: 0 },
    '/a: unknown member "c"',
  ],
  [
    "additionalProperties",
    { additionalProperties: { const: 0 } },
    { c: 0 },
    { c: 1 },
    "/a/c: Instance does not match 0",
  ],
  [
    "propertyNames",
    { propertyNames: { pattern: "^[a-z]+$" } },
    { b: 0 },
    { "../x": 0 },
    "/a (name ../x): String does not match pattern",
  ],
  [
    "oneOf",
    { oneOf: [{ type: "string" }, { type: "null" }] },
    null,
    1,
    "/a: Instance does not match exactly one subschema (0 matches)",
  ],
  [
    "oneOf",
    { oneOf: [{ minimum: 1 }, { minimum: 5 }] },
    2,
    6,
    "/a: Instance does not match exactly one subschema (2 matches)",
  ],
  [
    "then",
    { if: { required: ["b"] }, then: { required: ["c"] } },
    { d: 0 },
    { b: 0 },
    '/a: Instance does not have required property "c"',
  ],
];

for (const [keyword, schema, good, bad, explanation] of CASES) {
  test(`${keyword} refuses ${JSON.stringify(bad)}`, () => {
    const whole = { $defs: { a: schema }, properties: { a: { $ref: "#/$defs/a" } } };
    assert.equal(problemIn(whole, { a: good }), null);
    assert.equal(problemIn(whole, { a: bad }), explanation);
  });
}

test("every keyword that contracts may use has a refused instance here", () => {
  assert.deepEqual([...new Set(CASES.map(([keyword]) => keyword))].sort(), CHECKED.toSorted());
});

test("a check beside a reference holds too", () => {
  const schema = { $defs: { text: { type: "string" } }, properties: { a: { $ref: "#/$defs/text", maxLength: 1 } } };
  assert.equal(problemIn(schema, { a: "bc" }), "/a: String is too long (2 > 1)");
});

const PRODUCT = {
  shop: "example.com",
  itemId: "0123456789abcdef",
  url: "https://example.com/p/1",
  title: "Bowl",
  verdict: "product",
  provenance: { title: "json-ld" },
};

for (const [name, change, explanation] of [
  ["a title that is not text", { title: 5 }, '/title: Instance type "number" is invalid. Expected "string"'],
  ["a comma as the decimal sign", { price: { amount: "49,90" } }, "/price/amount: String does not match pattern"],
  [
    "an availability with its prefix",
    { availability: "schema:InStock" },
    /^\/availability: Instance does not match any of/,
  ],
  ["the name of a reviewer", { reviews: [{ text: "Fine", author: "Ann" }] }, '/reviews/0: unknown member "author"'],
  [
    "an attribute with a space",
    { attributes: { "main color": "red" } },
    "/attributes (name main color): String does not match pattern",
  ],
  ["a rating without its scale", { rating: { value: 4 } }, '/rating: Instance does not have required property "best"'],
  ["no title", { title: undefined }, ': Instance does not have required property "title"'],
]) {
  test(`a product with ${name} is refused`, () => {
    const problem = problemIn(
      productSchema,
      JSON.parse(JSON.stringify({ ...PRODUCT, .../** @type {object} */ (change) })),
    );
    if (explanation instanceof RegExp) assert.match(problem ?? "", explanation);
    else assert.equal(problem, explanation);
  });
}

test("a product with the fewest members conforms", () => {
  assert.equal(problemIn(productSchema, PRODUCT), null);
});

test("a manifest names the first member that is missing", () => {
  assert.equal(problemIn(bundleSchema, { format: 1 }), ': Instance does not have required property "name"');
});
