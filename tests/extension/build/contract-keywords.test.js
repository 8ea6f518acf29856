import assert from "node:assert/strict";
import { test } from "node:test";
import { assertKnownKeywords } from "../../../extension/build/contract-keywords.js";
import { bundleSchema, interactionSchema, productSchema } from "../../../extension/generated/contracts.js";

test("every keyword of the schemas is known", () => {
  for (const schema of [productSchema, interactionSchema, bundleSchema]) assertKnownKeywords(schema, schema.title);
});

for (const [name, planted, place] of /** @type {[string, object, string][]} */ ([
  ["beside known ones", { type: "object", dependentRequired: {} }, "x.json/dependentRequired"],
  ["in a property", { properties: { a: { patern: "^a" } } }, "x.json/properties/a/patern"],
  ["in a definition", { $defs: { a: { multipleOf: 2 } } }, "x.json/$defs/a/multipleOf"],
  ["in the items of a list", { items: { uniqueItem: true } }, "x.json/items/uniqueItem"],
  ["in additionalProperties", { additionalProperties: { not: {} } }, "x.json/additionalProperties/not"],
  ["in propertyNames", { propertyNames: { contains: 1 } }, "x.json/propertyNames/contains"],
  ["in one of several forms", { oneOf: [{}, { minContains: 1 }] }, "x.json/oneOf/1/minContains"],
  ["under a condition", { if: {}, then: { anyOf: [] } }, "x.json/then/anyOf"],
  ["that only the server's description may use", { uniqueItems: true }, "x.json/uniqueItems"],
])) {
  test(`an unknown keyword is refused ${name}`, () => {
    assert.throws(
      () => assertKnownKeywords(planted, "x.json"),
      new RegExp(`^Error: ${place.replace(/[$.]/g, "\\$&")}: unknown keyword`),
    );
  });
}

test("names of properties and values of const, enum and default are not keywords", () => {
  const schema = { properties: { anyOf: { const: { not: 1 } }, enum: { enum: [{ if: 1 }], default: { else: 2 } } } };
  assertKnownKeywords(schema, "x.json");
});
