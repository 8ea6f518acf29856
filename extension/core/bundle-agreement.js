// @ts-check
import { bundleRoles } from "../generated/contracts.js";

/**
 * Agreement of a manifest's fields with each other. It mirrors kernel/bundle_agreement.py;
 * contracts/vectors/bundle-changes.json holds the cases of both.
 * @typedef {import("../generated/contract-types.js").BundleManifest} BundleManifest
 * @typedef {import("../generated/contract-types.js").BundleText} BundleText
 * @typedef {import("../generated/contract-types.js").BundleTower} BundleTower
 * @typedef {import("../generated/contract-types.js").LiteBundle} LiteBundle
 * @typedef {import("../generated/contract-types.js").TensorRole} TensorRole
 * @typedef {[place: string, found: unknown, expected: unknown, what: string]} Fact
 */

/** @type {Record<string, unknown>} */
const ROLES = bundleRoles;

/** @param {BundleManifest} manifest @returns {[string, BundleTower][]} by place */
function towersOf({ towers, lite }) {
  const entries = Object.entries(towers).map(([key, tower]) => [`towers.${key}`, tower]);
  const more = lite
    ? ["textToItem", "userTower"].map((key) => [`lite.${key}`, lite[/** @type {"userTower"} */ (key)]])
    : [];
  return /** @type {[string, BundleTower][]} */ ([...entries, ...more]);
}

/** Return why the manifest does not say how texts become features in one way. @param {BundleManifest} manifest @returns {string | null} */
export function wrongText({ text, towers }) {
  const { table, tokenizer } = text;
  if (table)
    return tokenizer || towers.textEncoder
      ? "/text/table: given beside a tokenizer or towers.textEncoder, expected one or the other"
      : null;
  return tokenizer && towers.textEncoder
    ? null
    : "/text: expected a tokenizer and towers.textEncoder, or a token table";
}

/** Return the name of the tokenizer's file, or of the token table's. @param {BundleManifest} manifest @returns {string} */
export function textFile({ text }) {
  return /** @type {{file: string}} */ (text.table ?? text.tokenizer).file;
}

/** @param {string} place @param {BundleTower} tower @param {boolean} hasTable @returns {string | undefined} */
function wrongRoles(place, tower, hasTable) {
  const name = hasTable && place === "lite.textToItem" ? `${place} of a token table` : place;
  const { takes, mayTake } = /** @type {{takes: string[], mayTake: string[]}} */ (ROLES[name]);
  const given = tower.inputs.map(({ role }) => role);
  const isWhole = takes.every((role) => given.some((one) => one === role));
  const isKnown = given.every((role) => takes.includes(role) || mayTake.includes(role));
  if (new Set(given).size < given.length || !isWhole || !isKnown)
    return `/${place.replace(".", "/")}/inputs: expected the roles ${takes.join(", ")}, got ${given.join(", ")}`;
  if (tower.outputs.length !== 1 || tower.outputs[0].role !== "embedding")
    return `/${place.replace(".", "/")}/outputs: expected one output with the role embedding`;
  return undefined;
}

/** @param {BundleManifest} manifest @returns {string | undefined} */
function wrongImage({ towers, image }) {
  if (!towers.imageEncoder) return image && "/image: given, but there is no towers.imageEncoder";
  if (!image) return "/image: missing, but towers.imageEncoder needs to know how images are prepared";
  if (!towers.itemTower.inputs.some(({ role }) => role === "image"))
    return "/towers/itemTower/inputs: expected the role image, because there is a towers.imageEncoder";
  return image.mode !== "pad" && image.resize < image.size
    ? `/image/resize: ${image.resize} is below image.size, ${image.size}`
    : undefined;
}

/** @param {BundleTower} tower @param {TensorRole} role @returns {(string | number)[]} */
function shapeOf(tower, role) {
  const shape = [...tower.inputs, ...tower.outputs].find((tensor) => tensor.role === role)?.shape ?? [];
  return shape.length > 0 ? shape : [""];
}

/** @param {BundleText["table"]} table @param {string} place @param {BundleTower} tower that takes its features @returns {Fact[]} */
function tableFacts(table, place, tower) {
  return table ? [[place, shapeOf(tower, "text").at(-1), table.dim, "text.table.dim"]] : [];
}

/** @param {BundleManifest} manifest @param {LiteBundle} lite @returns {Fact[]} */
function liteFacts(manifest, { textToItem, userTower, downloadBytes }) {
  const { dim, text, files, shopMetric } = manifest;
  const names = new Set([textToItem.file, userTower.file, textFile(manifest)]);
  if (shopMetric) names.add(shopMetric.file);
  const total = [...names].reduce((sum, name) => sum + files[name].bytes, 0);
  return [
    ["/lite/textToItem/outputs", shapeOf(textToItem, "embedding").at(-1), dim, "dim"],
    ["/lite/userTower/outputs", shapeOf(userTower, "embedding").at(-1), dim, "dim"],
    ["/lite/userTower/inputs", shapeOf(userTower, "items").at(-1), dim, "dim"],
    ...tableFacts(text.table, "/lite/textToItem/inputs", textToItem),
    ["/lite/downloadBytes", downloadBytes, total, "its files' sizes"],
  ];
}

/** @param {BundleManifest} manifest @returns {Fact[]} */
function facts(manifest) {
  const { dim, image, lite } = manifest;
  const { textEncoder, imageEncoder, itemTower, userTower } = manifest.towers;
  /** @type {Fact[]} */
  const found = [
    ["/towers/itemTower/outputs", shapeOf(itemTower, "embedding").at(-1), dim, "dim"],
    ["/towers/userTower/outputs", shapeOf(userTower, "embedding").at(-1), dim, "dim"],
    ["/towers/userTower/inputs", shapeOf(userTower, "items").at(-1), dim, "dim"],
    ...tableFacts(manifest.text.table, "/towers/itemTower/inputs", itemTower),
  ];
  if (textEncoder) {
    const width = shapeOf(textEncoder, "embedding").at(-1);
    found.push(["/towers/itemTower/inputs", shapeOf(itemTower, "text").at(-1), width, "towers.textEncoder"]);
  }
  if (imageEncoder && image) {
    const width = shapeOf(imageEncoder, "embedding").at(-1);
    found.push(["/towers/itemTower/inputs", shapeOf(itemTower, "image").at(-1), width, "imageEncoder"]);
    const pixels = shapeOf(imageEncoder, "pixels").slice(1);
    found.push(["/towers/imageEncoder/inputs", pixels, [3, image.size, image.size], "image.size"]);
  }
  return lite ? [...found, ...liteFacts(manifest, lite)] : found;
}

/**
 * Return the first pair of fields that contradict each other, or null where all agree.
 * @param {BundleManifest} manifest that follows the schema
 * @returns {string | null}
 */
export function disagreement(manifest) {
  for (const [place, tower] of towersOf(manifest)) {
    const problem = wrongRoles(place, tower, manifest.text.table !== undefined);
    if (problem) return problem;
  }
  const problem = wrongImage(manifest);
  if (problem) return problem;
  for (const [place, found, expected, what] of facts(manifest)) {
    const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
    if (left !== right) return `${place}: ${left} does not agree with ${what}, ${right}`;
  }
  const { dim, filler } = manifest;
  return filler !== undefined && filler >= dim
    ? `/filler: expected a coordinate below dim, ${dim}, got ${filler}`
    : null;
}
