// The JSON Schema keywords that a contract may use. A validator ignores a keyword that it does not know, in silence.

/** Keywords that refuse instances. tests/extension/values/json-schema.test.js refuses one instance a keyword. */
export const CHECKED = [
  "additionalProperties",
  "const",
  "enum",
  "exclusiveMinimum",
  "format",
  "items",
  "maxItems",
  "maxLength",
  "maxProperties",
  "maximum",
  "minItems",
  "minLength",
  "minProperties",
  "minimum",
  "oneOf",
  "pattern",
  "properties",
  "propertyNames",
  "required",
  "then",
  "type",
];

/** Keywords that refuse nothing by themselves: names, references, notes, and the condition of `then`. */
const PLAIN = ["$defs", "$id", "$ref", "$schema", "default", "description", "if", "title", "x-statement"];

/** Keywords of openapi.yaml, which only Python validates, and of messages.json, whose types nothing validates. */
const ELSEWHERE = ["allOf", "uniqueItems"];
const IN_A_SCHEMA_FILE = new Set([...CHECKED, ...PLAIN]);
const ANYWHERE = new Set([...IN_A_SCHEMA_FILE, ...ELSEWHERE]);
const MAPS_OF_SCHEMAS = new Set(["$defs", "properties"]);
const LISTS_OF_SCHEMAS = new Set(["allOf", "oneOf"]);
const SCHEMAS = new Set(["additionalProperties", "if", "items", "propertyNames", "then"]);

/**
 * Throws at the first unknown keyword of a schema. Names of properties and the values of const, enum and default are data.
 * @param {unknown} schema an object, or true or false
 * @param {string} at the file and the place in it, for the message
 * @param {{isValidatedHere?: boolean}} [options] whether the extension validates by this schema
 */
export function assertKnownKeywords(schema, at, options = {}) {
  const known = (options.isValidatedHere ?? true) ? IN_A_SCHEMA_FILE : ANYWHERE;
  if (typeof schema === "boolean") return;
  for (const [keyword, value] of Object.entries(/** @type {object} */ (schema))) {
    const place = `${at}/${keyword}`;
    if (!known.has(keyword)) {
      throw new Error(`${place}: unknown keyword. Expected one of ${[...known].sort().join(", ")}.`);
    }
    if (SCHEMAS.has(keyword)) assertKnownKeywords(value, place, options);
    else if (LISTS_OF_SCHEMAS.has(keyword) || MAPS_OF_SCHEMAS.has(keyword))
      for (const [name, part] of Object.entries(value)) assertKnownKeywords(part, `${place}/${name}`, options);
  }
}
