// @ts-check

/** Return whether a field says something. @param {unknown} value */
function isKnown(value) {
  if (value === null || value === undefined || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** Return an object's known members. @template {object} T @param {T} fields @returns {{[K in keyof T]?: NonNullable<T[K]>}} */
export function knownOf(fields) {
  const known = Object.entries(fields).filter(([, value]) => isKnown(value));
  return /** @type {{[K in keyof T]?: NonNullable<T[K]>}} */ (Object.fromEntries(known));
}
