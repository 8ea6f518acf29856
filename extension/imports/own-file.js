// @ts-check
// Reader of a file that Carryover exported (contracts/profile-export.schema.json).
import { profileExportSchema } from "../generated/contracts.js";
import { CarryoverError } from "../values/errors.js";
import { problemIn } from "../values/json-schema.js";

/**
 * @typedef {import("../generated/contract-types.js").ImportRow} ImportRow
 * @typedef {import("../generated/contract-types.js").ImportSaved} ImportSaved
 * @typedef {import("../generated/contract-types.js").ImportedProfile} ImportedProfile
 */

/** Return whether a text is meant as an export, and not as a table. @param {string} text */
export function isOwnFile(text) {
  return /^\s*\{/.test(text);
}

/** @param {ImportedProfile["interactions"][number]} interaction @returns {ImportRow} */
function rowOf({ kind, time, weight, space, embedding, product: { shop, itemId, title = "", ...product } }) {
  const told = { time, weight, space, embedding, ...product };
  const known = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
  return /** @type {ImportRow} */ ({ kind, title, ...known });
}

/** @param {NonNullable<ImportedProfile["saved"]>[number]} saved @returns {ImportSaved} */
function savedOf({ savedAt, card: { shop, itemId = "", ...card } }) {
  return { ...(savedAt && { savedAt }), card: { ...card, itemId } };
}

/**
 * Return the interactions of an exported profile, and what was saved for later.
 * @param {string} text @returns {{rows: ImportRow[], saved: ImportSaved[]}}
 * @throws {CarryoverError} invalid_export
 */
export function readExport(text) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CarryoverError("invalid_export", "This file is damaged: it is not JSON. Export it again.", {
      cause: error,
    });
  }
  const problem = problemIn(profileExportSchema, value);
  if (problem)
    throw new CarryoverError(
      "invalid_export",
      `This is not a file that this version of Carryover exported. ${problem || "/"}. Export it again.`,
    );
  const { interactions, saved = [] } = /** @type {ImportedProfile} */ (value);
  return { rows: interactions.map(rowOf), saved: saved.map(savedOf) };
}
