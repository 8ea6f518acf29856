// @ts-check
import { bundleRoles } from "../generated/contracts.js";

/**
 * Agreement of a manifest's fields with each other. It mirrors kernel/bundle_agreement.py;
 * contracts/vectors/bundle-changes.json and bundle-changes-table.json hold the cases of both.
 * @typedef {import("../generated/contract-types.js").BundleManifest} BundleManifest
 * @typedef {import("../generated/contract-types.js").BundleText} BundleText
 * @typedef {import("../generated/contract-types.js").BundleTower} BundleTower
 * @typedef {import("../generated/contract-types.js").ImageRule} ImageRule
 * @typedef {import("../generated/contract-types.js").LiteBundle} LiteBundle
 * @typedef {import("../generated/contract-types.js").TensorRole} TensorRole
 * @typedef {import("../generated/contract-types.js").TextBlockRule} TextBlockRule
 * @typedef {[place: string, found: unknown, expected: unknown, what: string]} Fact
 */

/** @type {Record<string, unknown>} */
const ROLES = bundleRoles;
/** How a browser makes an item's and a user's embedding: by a tower, or by a rule. */
const EITHER = /** @type {const} */ ([
  ["textToItem", "textBlock"],
  ["userTower", "pooling"],
]);

/** Return the towers that every browser runs, by their keys in `lite`; none where rules stand for them. @param {BundleManifest} manifest */
export function liteTowers({ lite = { downloadBytes: 0 } }) {
  const { textToItem, userTower } = lite;
  return { ...(textToItem && { textToItem }), ...(userTower && { userTower }) };
}

/** @param {BundleManifest} manifest @returns {[string, BundleTower][]} by place */
function towersOf(manifest) {
  const inGroup = (/** @type {string} */ group, /** @type {Record<string, BundleTower>} */ towers) =>
    Object.entries(towers).map(([key, tower]) => /** @type {[string, BundleTower]} */ ([`${group}.${key}`, tower]));
  const { image } = manifest.lite ?? {};
  return [
    ...inGroup("towers", { ...manifest.towers }),
    ...inGroup("lite", liteTowers(manifest)),
    ...inGroup("lite.image", image ? { toItem: image.toItem } : {}),
  ];
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

/** Return why a browser does not learn in one way how items and users are made. @param {BundleManifest} manifest @returns {string | null} */
function wrongLite(manifest) {
  const { lite } = manifest;
  if (!lite) return null;
  for (const [tower, rule] of EITHER) {
    if (lite[tower] && lite[rule]) return `/lite/${rule}: given beside lite.${tower}, expected one or the other`;
    if (!lite[tower] && !lite[rule]) return `/lite: expected ${tower} or ${rule}`;
  }
  const wrong = lite.textBlock ? wrongBlock(manifest, lite.textBlock) : null;
  return wrong ?? wrongLiteImage(manifest, lite);
}

/** @param {BundleManifest} manifest @param {LiteBundle} lite @returns {string | null} why a text's block cannot be put beside an image's */
function wrongLiteImage({ towers }, { image, textBlock }) {
  if (!image) return null;
  if (!towers.imageEncoder) return "/lite/image: given, but there is no towers.imageEncoder";
  return textBlock
    ? (wrongRule("lite.image.rule", image.rule) ?? null)
    : "/lite/image: expected lite.textBlock beside it";
}

/** @param {BundleManifest} manifest @param {TextBlockRule} rule @returns {string | null} why a text's features do not fit where the rule puts them */
function wrongBlock({ dim, filler, text }, { start }) {
  if (!text.table || filler === undefined)
    return "/lite/textBlock: expected a token table, text.table, and a filler beside it";
  const end = start + text.table.dim;
  return end > dim || (start <= filler && filler < end)
    ? `/lite/textBlock/start: the block from ${start} to ${end - 1} does not fit into dim, ${dim}, beside filler, ${filler}`
    : null;
}

/** @param {string} place @param {BundleTower} tower @param {boolean} hasTable @returns {string | undefined} */
function wrongRoles(place, tower, hasTable) {
  const name = hasTable && place === "lite.textToItem" ? `${place} of a token table` : place;
  const { takes, mayTake } = /** @type {{takes: string[], mayTake: string[]}} */ (ROLES[name]);
  const given = tower.inputs.map(({ role }) => role);
  const isWhole = takes.every((role) => given.some((one) => one === role));
  const isKnown = given.every((role) => takes.includes(role) || mayTake.includes(role));
  if (new Set(given).size < given.length || !isWhole || !isKnown)
    return `/${place.replaceAll(".", "/")}/inputs: expected the roles ${takes.join(", ")}, got ${given.join(", ")}`;
  if (tower.outputs.length !== 1 || tower.outputs[0].role !== "embedding")
    return `/${place.replaceAll(".", "/")}/outputs: expected one output with the role embedding`;
  return undefined;
}

/** @param {BundleManifest} manifest @returns {string | undefined} */
function wrongImage({ towers, image }) {
  if (!towers.imageEncoder) return image && "/image: given, but there is no towers.imageEncoder";
  if (!image) return "/image: missing, but towers.imageEncoder needs to know how images are prepared";
  if (!towers.itemTower.inputs.some(({ role }) => role === "image"))
    return "/towers/itemTower/inputs: expected the role image, because there is a towers.imageEncoder";
  return wrongRule("image", image);
}

/** @param {string} place @param {ImageRule} rule @returns {string | undefined} */
function wrongRule(place, { mode, resize, size }) {
  return mode !== "pad" && resize < size
    ? `/${place.replaceAll(".", "/")}/resize: ${resize} is below ${place}.size, ${size}`
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
function liteFacts(manifest, { textToItem, userTower, image, downloadBytes }) {
  const { dim, text, files, probes, shopMetric } = manifest;
  /** @type {Fact[]} */
  const found = [];
  if (textToItem) found.push(["/lite/textToItem/outputs", shapeOf(textToItem, "embedding").at(-1), dim, "dim"]);
  if (userTower) {
    found.push(["/lite/userTower/outputs", shapeOf(userTower, "embedding").at(-1), dim, "dim"]);
    found.push(["/lite/userTower/inputs", shapeOf(userTower, "items").at(-1), dim, "dim"]);
  }
  if (textToItem) found.push(...tableFacts(text.table, "/lite/textToItem/inputs", textToItem));
  if (image) {
    const { toItem, rule } = image;
    const pixels = shapeOf(toItem, "pixels").slice(1);
    found.push(["/lite/image/toItem/outputs", shapeOf(toItem, "embedding").at(-1), dim, "dim"]);
    found.push(["/lite/image/toItem/inputs", pixels, [3, rule.size, rule.size], "lite.image.rule.size"]);
    found.push(["/lite/image/downloadBytes", image.downloadBytes, files[toItem.file].bytes, "its file's size"]);
  }
  const names = new Set([
    textFile(manifest),
    probes.file,
    ...Object.values(liteTowers(manifest)).map(({ file }) => file),
  ]);
  if (shopMetric) names.add(shopMetric.file);
  const total = [...names].reduce((sum, name) => sum + files[name].bytes, 0);
  return [...found, ["/lite/downloadBytes", downloadBytes, total, "its files' sizes"]];
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
  const unclear = wrongLite(manifest);
  if (unclear) return unclear;
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
