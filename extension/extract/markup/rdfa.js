// @ts-check
// Reader of RDFa into the same nodes that JSON-LD gives: Lite 1.1, and about, rel and content of Core 1.1. Only the
// vocabularies that name products are read. Open Graph's `property` attributes are RDFa too; opengraph.js reads those.
import { MAX_NAMES, TEXT_PROPERTIES, elementText, linkedText } from "./element-values.js";
import { candidatesOfNodes } from "./schemaorg.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.markup.rdfa;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("./nodes.js").DataNode} DataNode */
/** Context that an element inherits: vocabulary, prefixes, the subject, and relations that wait for an object. @typedef {{vocab: string, prefixes: [string, string][], subject: DataNode | null, waiting: string[]}} Context */
/** `nodes` holds every resource by its IRI (or a number), and whether it is top-level. @typedef {{page: Page, left: number, nodes: Map<string | number, {node: DataNode, isTop: boolean}>}} Reader */

const MAX_ELEMENTS = 20_000;
const MAX_PREFIXES = 50;
// RDFa Core initial context, and the prefixes that old pages declare for the same vocabularies.
/** @type {[string, string][]} */
const PREFIXES = Object.entries(vocabulary.prefixes);
/** @type {Record<string, string>} */
const GOOD_RELATIONS = vocabulary.goodRelationsNames;

/** @param {string | null} text @returns {string[]} */
const tokens = (text) => (text ?? "").split(/\s+/).filter(Boolean);

/** @param {string} iri @returns {string | null} its name in a vocabulary read here */
function localName(iri) {
  const plain = iri
    .replace(/^http:\/\//, "")
    .replace(/^https:\/\//, "")
    .replace(/^www\./, "");
  if (plain.startsWith(vocabulary.schemaOrg)) return plain.slice(vocabulary.schemaOrg.length) || null;
  if (plain.startsWith(vocabulary.goodRelations)) {
    const name = plain.slice(vocabulary.goodRelations.length);
    return Object.hasOwn(GOOD_RELATIONS, name) ? GOOD_RELATIONS[name] : name;
  }
  const steps = plain.replaceAll("#", "/").split("/");
  const name = steps.pop();
  return vocabulary.dataVocabulary.includes(steps.join("/").replace(/\/+$/, "")) && name ? name : null;
}

/** @param {Context} context @param {Element} element @returns {Context} with the element's own vocab, prefix and xmlns added */
function contextOf(context, element) {
  const words = tokens(element.getAttribute("prefix"));
  /** @type {[string, string][]} */
  const pairs = [];
  for (let i = 0; i + 1 < words.length; i += 2) pairs.push([words[i].replace(/:+$/, "").toLowerCase(), words[i + 1]]);
  for (const { name, value } of element.attributes)
    if (name.startsWith("xmlns:")) pairs.push([name.slice(6).toLowerCase(), value]);
  const vocab = element.getAttribute("vocab")?.trim() ?? context.vocab;
  return {
    ...context,
    vocab,
    prefixes: pairs.length > 0 ? [...pairs, ...context.prefixes].slice(0, MAX_PREFIXES) : context.prefixes,
  };
}

/** @param {Context} context @param {string | null} text @returns {string[]} the local names of those tokens that belong to a vocabulary read here */
function namesOf({ vocab, prefixes }, text) {
  return tokens(text)
    .slice(0, MAX_NAMES)
    .flatMap((token) => {
      const at = token.indexOf(":");
      if (at < 0) return vocab ? [localName(vocab + token)] : [];
      const known = prefixes.find(([name]) => name === token.slice(0, at).toLowerCase());
      return [localName(known ? known[1] + token.slice(at + 1) : token)];
    })
    .filter((name) => name !== null);
}

/** @param {Element} element @param {Page} page @param {string[]} names @returns {string | null} */
function iriOf(element, page, ...names) {
  const text = names.map((name) => element.getAttribute(name)).find(Boolean);
  return text ? (page.absolute(text) ?? text.replace(/^[[\]]+|[[\]]+$/g, "")) : null;
}

/** @param {DataNode} node @param {string[]} names @param {(name: string) => any} value */
function add(node, names, value) {
  for (const name of names) {
    if (!Object.hasOwn(node, name)) node[name] = [];
    node[name].push(value(name));
  }
}

/** @param {Element} element @param {string} name @param {Page} page @returns {string} */
function valueOf(element, name, page) {
  const content = element.getAttribute("content")?.trim();
  if (content) return content;
  const text = TEXT_PROPERTIES.has(name) && linkedText(element);
  if (text) return text;
  const iri = element.getAttribute("datatype") ? null : iriOf(element, page, ...vocabulary.targetAttributes);
  return iri || element.getAttribute("datetime") || elementText(element);
}

/** @param {Element} element @param {Context} context @param {boolean} isTop @param {Reader} reader @returns {DataNode} */
function resourceOf(element, context, isTop, { page, nodes }) {
  const iri = iriOf(element, page, ...vocabulary.resourceAttributes);
  const key = iri || nodes.size;
  const known = nodes.get(key) ?? { node: iri ? { "@id": iri } : {}, isTop };
  nodes.set(key, { node: known.node, isTop: known.isTop && isTop });
  const types = [...(known.node["@type"] ?? []), ...namesOf(context, element.getAttribute("typeof"))];
  if (types.length > 0) known.node["@type"] = types;
  return known.node;
}

/** Add one element's statements. @param {Element} element @param {Context} context @param {Reader} reader @returns {Context} what its children inherit */
function readElement(element, context, reader) {
  const { subject, waiting } = context;
  const names = namesOf(context, element.getAttribute("property"));
  const relations = namesOf(context, element.getAttribute("rel"));
  const value = (/** @type {string} */ name) => valueOf(element, name, reader.page);
  if (namesOf(context, element.getAttribute("typeof")).length > 0 || element.getAttribute("about")) {
    const links = [...waiting, ...relations, ...names];
    const node = resourceOf(element, context, subject === null || links.length === 0, reader);
    if (subject && subject !== node) add(subject, links, () => node);
    if (element.getAttribute("about") && !element.getAttribute("typeof")) add(node, names, value);
    return { ...context, subject: node, waiting: [] };
  }
  if (!subject) return context;
  add(subject, names, value);
  const target = relations.length > 0 ? iriOf(element, reader.page, ...vocabulary.targetAttributes) : null;
  if (target) add(subject, relations, () => ({ "@id": target }));
  return { ...context, waiting: target ? [] : [...waiting, ...relations] };
}

/** @param {Page} page @returns {DataNode[]} every typed resource that is not a property of another, in document order */
export function readNodes(page) {
  /** @type {Reader} */
  const reader = { page, left: MAX_ELEMENTS, nodes: new Map() };
  for (const root of page.document.querySelectorAll("[typeof]")) {
    if (root.parentElement?.closest("[typeof]")) continue;
    /** @type {Context} */
    let outer = { vocab: "", prefixes: PREFIXES, subject: null, waiting: [] };
    const above = [];
    for (let part = root.parentElement; part; part = part.parentElement) above.unshift(part);
    for (const part of above) outer = contextOf(outer, part);
    const pending = [{ element: /** @type {Element} */ (root), context: outer }];
    for (let next = pending.pop(); next && reader.left > 0; next = pending.pop()) {
      reader.left -= 1;
      const context = readElement(next.element, contextOf(next.context, next.element), reader);
      pending.push(...[...next.element.children].reverse().map((element) => ({ element, context })));
    }
  }
  return [...reader.nodes.values()].filter(({ node, isTop }) => isTop && "@type" in node).map(({ node }) => node);
}

/** @param {Page} page @returns {import("../candidate.js").Candidate[]} the main product first */
export function extract(page) {
  return candidatesOfNodes(readNodes(page), page, "rdfa");
}
