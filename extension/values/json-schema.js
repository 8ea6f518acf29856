// @ts-check
import { Validator } from "../vendor/json-schema/validator.js";

/**
 * @typedef {import("@cfworker/json-schema").Schema} Schema
 * @typedef {{keyword: string, instanceLocation: string, error: string}} Problem one line of the library's answer
 */

/** Lines that only lead to the member that is wrong; the line about that member follows. */
const LEADING = new Set(["$ref", "additionalProperties", "if", "items", "properties", "propertyNames"]);

/** The library's own sentence about these says the opposite. @type {Record<string, string>} */
const REASONS = {
  exclusiveMinimum: "Number is not above its exclusive minimum",
  maxProperties: "Instance has too many properties",
};

/** @type {WeakMap<object, Validator>} one a schema: it resolves the references once */
const validators = new WeakMap();

/** @param {object} schema @returns {Validator} */
function validatorOf(schema) {
  const present = validators.get(schema);
  if (present) return present;
  const validator = new Validator(/** @type {Schema} */ (schema), "2020-12");
  validators.set(schema, validator);
  return validator;
}

/** @param {string} location a JSON pointer as a URI fragment @returns {[string, string]} the place around it, and the last name */
function splitPointer(location) {
  const pointer = decodeURI(location.slice(1));
  const cut = pointer.lastIndexOf("/");
  return [
    pointer.slice(0, cut),
    pointer
      .slice(cut + 1)
      .replaceAll("~1", "/")
      .replaceAll("~0", "~"),
  ];
}

/** @param {Problem[]} problems from the whole value down @returns {string} the place as a JSON pointer, and the reason */
function explain(problems) {
  const at = problems.findIndex(({ keyword }) => !LEADING.has(keyword));
  const { keyword, instanceLocation, error } = problems[at];
  const reason = REASONS[keyword] ?? error.replace(/\.$/, "");
  const [around, name] = splitPointer(instanceLocation);
  if (keyword === "false") return `${around}: unknown member ${JSON.stringify(name)}`;
  if (problems[at - 1]?.keyword === "propertyNames") return `${around} (name ${name}): ${reason}`;
  return `${decodeURI(instanceLocation.slice(1))}: ${reason}`;
}

/**
 * Return the first way in which a JSON value breaks a schema of draft 2020-12, or null where it conforms.
 * @param {object} schema whose references stay in itself
 * @param {unknown} value as JSON.parse gives it
 * @returns {string | null} such as "/price/amount: String does not match pattern"
 */
export function problemIn(schema, value) {
  const { valid, errors } = validatorOf(schema).validate(value);
  return valid ? null : explain(errors);
}
