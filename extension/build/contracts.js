// Writes extension/generated/contracts.js from contracts/*.json; with --check it fails where the two differ.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const names = {
  urls: "urls.json",
  privacy: "privacy.json",
  currencies: "currencies.json",
  pageWords: "page-words.json",
  messages: "messages.json",
  productSchema: "product.schema.json",
  interactionSchema: "interaction.schema.json",
  bundleSchema: "bundle.schema.json",
};

async function generate() {
  const parts = ["// Generated from contracts/ by `npm run contracts`. Do not edit.\n"];
  for (const [name, file] of Object.entries(names)) {
    const value = JSON.parse(await readFile(path.join(root, "contracts", file), "utf8"));
    parts.push(`export const ${name} = ${JSON.stringify(value, null, 1)};\n`);
  }
  return parts.join("\n");
}

const target = path.join(root, "extension", "generated", "contracts.js");
const wanted = await generate();
if (process.argv.includes("--check")) {
  const present = await readFile(target, "utf8").catch(() => "");
  if (present !== wanted) {
    console.error("extension/generated/contracts.js differs from contracts/: run `npm run contracts` and commit it.");
    process.exit(1);
  }
} else {
  await writeFile(target, wanted);
  console.log("extension/generated/contracts.js written");
}
