// @ts-check

/**
 * Return the canonical JSON (RFC 8785) of a value that JSON.parse gave: sorted names, no white space, and the numbers and
 * strings of JSON.stringify, which is how the RFC defines them.
 * @param {unknown} value
 * @returns {string}
 */
export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  // The default order is that of UTF-16 code units, as the RFC asks.
  const names = Object.keys(value).sort();
  const object = /** @type {Record<string, unknown>} */ (value);
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(object[name])}`).join(",")}}`;
}
