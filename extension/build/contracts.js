// Writes extension/generated/ from contracts/; with --check it fails where a file differs. An unknown keyword is an error.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { assertKnownKeywords } from "./contract-keywords.js";
import { contractTypes } from "./contract-types.js";
import { foldText } from "../values/folded-text.js";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const names = {
  urls: "urls.json",
  privacy: "privacy.json",
  currencies: "currencies.json",
  pageWords: "page-words.json",
  pageVocabulary: "page-vocabulary.json",
  feeds: "feeds.json",
  messages: "messages.json",
  productSchema: "product.schema.json",
  interactionSchema: "interaction.schema.json",
  profileExportSchema: "profile-export.schema.json",
  bundleSchema: "bundle.schema.json",
  bundleProbesSchema: "bundle-probes.schema.json",
  packSchema: "pack.schema.json",
  packListSchema: "pack-list.schema.json",
  packCardsSchema: "pack-cards.schema.json",
  bundleRoles: "bundle-roles.json",
  onnxGraphs: "onnx-graphs.json",
  probeBounds: "probe-bounds.json",
};

async function contractData() {
  const parts = ["// Generated from contracts/ by `npm run contracts`. Do not edit.\n"];
  for (const [name, file] of Object.entries(names)) {
    const value = JSON.parse(await readFile(path.join(root, "contracts", file), "utf8"));
    if (file.endsWith(".schema.json")) assertKnownKeywords(value, file);
    parts.push(`export const ${name} = ${JSON.stringify(value, null, 1)};\n`);
  }
  return parts.join("\n");
}

/** Return a classic script with the words of clicks: a content script cannot import a module. */
async function clickWords() {
  const { clicks } = JSON.parse(await readFile(path.join(root, "contracts", names.pageWords), "utf8"));
  return `// Generated from contracts/page-words.json by \`npm run contracts\`. Do not edit.
Object.assign(globalThis, { carryoverClickWords: ${JSON.stringify(clicks, null, 1)} });\n`;
}

/** Return a classic script that decides on addresses as the module does. It is the first script in a page. */
async function privateAddresses() {
  const { privateAddresses: rules } = JSON.parse(await readFile(path.join(root, "contracts", names.privacy), "utf8"));
  const module = await readFile(path.join(root, "extension", "values", "private-address.js"), "utf8");
  return `// Generated from contracts/privacy.json and values/private-address.js by \`npm run contracts\`. Do not edit.
(() => {
${module
  .replace(/^\/\/.*\n/gm, "")
  .replace("export function", "function")
  .trim()}
Object.assign(globalThis, { carryoverIsPrivate: createPrivateAddress(${JSON.stringify(rules)}) });
})();\n`;
}

/** Lists of terms, by language or not, as one folded text: the same term of two languages is there once, and sorted text packs best. */
function packedTerms(lists) {
  const terms = Object.values(lists).flat().map(foldText);
  return [...new Set(terms)].sort().join("\n");
}

/** Return a module with the word lists of the filter, apart from the other contracts: one module of the extension needs them. */
async function privacyWords() {
  const source = await readFile(path.join(root, "contracts", "privacy-words.json"), "utf8");
  const others = await readFile(path.join(root, "contracts", names.privacy), "utf8");
  const version = createHash("sha256").update(source).update(others).digest("hex").slice(0, 16);
  const { categories, ordinaryPhrases } = JSON.parse(source);
  const packed = categories.map(
    ({ terms, weakTerms, ordinaryBeside, ordinaryAlways, pathTerms, shopTerms, ...rest }) => ({
      ...rest,
      terms: packedTerms(terms),
      weakTerms: packedTerms(weakTerms),
      ordinaryBeside: packedTerms([ordinaryBeside]),
      ordinaryAlways: packedTerms([ordinaryAlways]),
      pathTerms: packedTerms([pathTerms]),
      shopTerms: packedTerms([shopTerms]),
    }),
  );
  return `// Generated from contracts/privacy-words.json by \`npm run contracts\`. Do not edit.
/** @type {{name: string, ${["terms", "weakTerms", "ordinaryBeside", "ordinaryAlways", "pathTerms", "shopTerms"].map((name) => `${name}: string`).join(", ")}, quantities: string[], weakQuantities: string[], proofs: string[], googleCategories: string[], gtinPrefixes: string[]}[]} */
export const sensitiveCategories = ${JSON.stringify(packed)};
export const ordinaryPhrases = ${JSON.stringify(packedTerms([ordinaryPhrases]))};
/** Of all rules of the filter: another one where any of them changed. */
export const rulesVersion = "${version}";\n`;
}

const outputs = {
  "privacy-words.js": await privacyWords(),
  "private-addresses.js": await privateAddresses(),
  "contracts.js": await contractData(),
  "contract-types.d.ts": await contractTypes(),
  "click-words.js": await clickWords(),
};
for (const [name, wanted] of Object.entries(outputs)) {
  const target = path.join(root, "extension", "generated", name);
  if (process.argv.includes("--check")) {
    const present = await readFile(target, "utf8").catch(() => "");
    if (present === wanted) continue;
    console.error(`extension/generated/${name} differs from contracts/: run \`npm run contracts\` and commit it.`);
    process.exitCode = 1;
  } else {
    await writeFile(target, wanted);
    console.log(`extension/generated/${name} written`);
  }
}
