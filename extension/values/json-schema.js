// @ts-check

/** @typedef {Record<string, any>} Schema */

/** @param {unknown} value */
function typeOf(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

/** @param {Schema} root @param {Schema} schema @returns {Schema} */
function resolve(root, schema) {
  if (!schema.$ref) return schema;
  const steps = schema.$ref.replace(/^#\//, "").split("/");
  return resolve(
    root,
    steps.reduce((/** @type {any} */ node, /** @type {string} */ step) => node[step], root),
  );
}

/** @param {Schema} s @param {string} value @returns {string | null} */
function stringProblem(s, value) {
  const length = Array.from(value).length;
  if (s.minLength !== undefined && length < s.minLength) return `shorter than ${s.minLength}`;
  if (s.maxLength !== undefined && length > s.maxLength) return `longer than ${s.maxLength}`;
  if (s.pattern && !new RegExp(s.pattern, "u").test(value)) return `does not match ${s.pattern}`;
  return null;
}

/** @param {Schema} s @param {number} value @returns {string | null} */
function numberProblem(s, value) {
  if (s.minimum !== undefined && value < s.minimum) return `below ${s.minimum}`;
  if (s.maximum !== undefined && value > s.maximum) return `above ${s.maximum}`;
  if (s.exclusiveMinimum !== undefined && value <= s.exclusiveMinimum) return `not above ${s.exclusiveMinimum}`;
  return null;
}

/** @param {Schema} root @param {Schema} s @param {unknown[]} value @param {string} at @returns {string | null} */
function arrayProblem(root, s, value, at) {
  if (s.minItems !== undefined && value.length < s.minItems) return `${at}: fewer than ${s.minItems}`;
  if (s.maxItems !== undefined && value.length > s.maxItems) return `${at}: more than ${s.maxItems}`;
  if (!s.items) return null;
  for (const [i, item] of value.entries()) {
    const problem = problemIn(root, s.items, item, `${at}/${i}`);
    if (problem) return problem;
  }
  return null;
}

/** @param {Schema} root @param {Schema} s @param {Record<string, unknown>} value @param {string} at @returns {string | null} */
function objectProblem(root, s, value, at) {
  const keys = Object.keys(value);
  if (s.minProperties !== undefined && keys.length < s.minProperties)
    return `${at}: fewer than ${s.minProperties} members`;
  if (s.maxProperties !== undefined && keys.length > s.maxProperties)
    return `${at}: more than ${s.maxProperties} members`;
  const missing = (s.required ?? []).find((/** @type {string} */ name) => !Object.hasOwn(value, name));
  if (missing) return `${at}: ${missing} is missing`;
  for (const key of keys) {
    const known = s.properties && Object.hasOwn(s.properties, key) ? s.properties[key] : s.additionalProperties;
    if (known === false) return `${at}: unknown member ${JSON.stringify(key)}`;
    const problem =
      (s.propertyNames && problemIn(root, s.propertyNames, key, `${at} (name ${key})`)) ||
      (known && known !== true && problemIn(root, known, value[key], `${at}/${key}`));
    if (problem) return problem;
  }
  return null;
}

/** @param {Schema} root @param {Schema} s @param {unknown} value @param {string} at @returns {string | null} */
function combinedProblem(root, s, value, at) {
  if (s.oneOf && s.oneOf.filter((/** @type {Schema} */ one) => !problemIn(root, one, value, at)).length !== 1) {
    return `${at}: fits none of the allowed forms`;
  }
  if (s.if && s.then && !problemIn(root, s.if, value, at)) return problemIn(root, s.then, value, at);
  return null;
}

/**
 * The first way in which a value breaks a schema, or null. Covers the keywords that contracts/ uses.
 * @param {Schema} root where local $refs point into
 * @param {Schema} schema
 * @param {unknown} value
 * @param {string} [at] JSON pointer for the message
 * @returns {string | null}
 */
export function problemIn(root, schema, value, at = "") {
  const s = resolve(root, schema);
  const type = typeOf(value);
  if (s.type && s.type !== type && !(s.type === "number" && type === "integer")) {
    return `${at}: expected ${s.type}, got ${type}`;
  }
  if (Object.hasOwn(s, "const") && JSON.stringify(s.const) !== JSON.stringify(value)) {
    return `${at}: expected ${JSON.stringify(s.const)}, got ${JSON.stringify(value)}`;
  }
  if (s.enum && !s.enum.includes(value)) return `${at}: ${JSON.stringify(value)} is none of ${s.enum.join(", ")}`;
  let problem = null;
  if (typeof value === "string") problem = stringProblem(s, value);
  else if (typeof value === "number") problem = numberProblem(s, value);
  if (problem) return `${at}: ${problem}`;
  if (Array.isArray(value)) problem = arrayProblem(root, s, value, at);
  else if (type === "object") problem = objectProblem(root, s, /** @type {Record<string, unknown>} */ (value), at);
  return problem ?? combinedProblem(root, s, value, at);
}
