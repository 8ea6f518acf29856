// TypeScript declarations of the contracts: one interface a schema, and the table of messages by name.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { compile } from "json-schema-to-typescript";
import { load } from "js-yaml";
import { assertKnownKeywords } from "./contract-keywords.js";

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../contracts");
const FILES = [
  "product.schema.json",
  "interaction.schema.json",
  "profile-export.schema.json",
  "bundle.schema.json",
  "bundle-probes.schema.json",
  "openapi.yaml",
  "messages.json",
];
const OPTIONS = {
  additionalProperties: false,
  bannerComment: "",
  style: { printWidth: 120 },
  ignoreMinAndMaxItems: true,
  unreachableDefinitions: true,
};

const ROOT = "Contracts";
// What the library adds of its own: the document that holds all contracts, and a note where each definition stood in it.
const ROOT_INTERFACE = /export interface Contracts \{[^}]*\}\n/;
const ORIGIN_NOTE =
  /( \*\n)? \* This interface was referenced by `\w+`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g;

const EMPTY_COMMENT = /^\/\*\*\n \*\/\n/gm;

/** Schemas of one file that get a declaration of their own, as [name, JSON pointer]. */
function declared(file, document) {
  if (file === "openapi.yaml")
    return Object.keys(document.components.schemas).map((n) => [n, `/components/schemas/${n}`]);
  if (file === "messages.json") return Object.keys(document.types).map((name) => [name, `/types/${name}`]);
  return [[document.title, ""]];
}

/** A copy whose references point into the one document that holds all contracts. */
function relinked(node, file) {
  if (Array.isArray(node)) return node.map((part) => relinked(part, file));
  if (typeof node !== "object" || node === null) return node;
  if (typeof node.$ref === "string") {
    const [target, pointer = ""] = node.$ref.split("#");
    // Without what stands beside it: an overridden description would make a second interface of the same shape.
    return { $ref: `#/contracts/${target || file}${pointer}` };
  }
  const { $id, $schema, ...rest } = node;
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, relinked(value, file)]));
}

/** A kind of messages.json is a TypeScript type as it stands. */
function members(fields) {
  return `{${Object.entries(fields)
    .map(([name, kind]) => ` ${name}: ${kind};`)
    .join("")} }`;
}

function messageTable({ messages }) {
  const rows = Object.entries(messages).map(([name, { from, to, fields, reply }]) =>
    [
      `  ${JSON.stringify(name)}: {`,
      `    from: ${from.map((zone) => JSON.stringify(zone)).join(" | ")};`,
      `    to: ${JSON.stringify(to)};`,
      `    fields: ${members(fields)};`,
      `    reply: ${members(reply)};`,
      "  };",
    ].join("\n"),
  );
  return `/** Every message by name: its sender, its receiver, its fields and the reply. */\nexport interface Messages {\n${rows.join("\n")}\n}\n`;
}

/** @returns {Promise<string>} the text of extension/generated/contract-types.d.ts */
export async function contractTypes() {
  const contracts = {};
  const definitions = {};
  let messages;
  for (const file of FILES) {
    const text = await readFile(path.join(folder, file), "utf8");
    const document = file.endsWith(".yaml") ? load(text) : JSON.parse(text);
    if (file === "messages.json") messages = document;
    const schemas = document.types ?? document.components?.schemas ?? {};
    for (const [name, schema] of Object.entries(schemas))
      assertKnownKeywords(schema, `${file}/${name}`, { isValidatedHere: false });
    contracts[file] = relinked(document, file);
    for (const [name, pointer] of declared(file, document))
      definitions[name] = { $ref: `#/contracts/${file}${pointer}` };
  }
  const compiled = await compile({ title: ROOT, definitions, contracts }, ROOT, OPTIONS);
  const declarations = compiled.replace(ROOT_INTERFACE, "").replace(ORIGIN_NOTE, "").replace(EMPTY_COMMENT, "");
  const banner = "// Generated from contracts/ by `npm run contracts`. Do not edit.\n";
  return `${banner}${declarations}\n${messageTable(messages)}`;
}
