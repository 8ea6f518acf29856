// @ts-check
// Finds in a source which texts it uses, and what it shows that no translator can reach.
import { Linter } from "eslint";
import { JSDOM } from "jsdom";

/**
 * @typedef {object} Uses
 * @property {string[]} texts keys handed to t
 * @property {string[]} plurals keys handed to plural, without a category
 * @property {RegExp[]} patterns keys that are put together
 * @property {string[]} literals every string, of which some are keys on their way to t
 * @property {string[]} bare words that are shown as they are
 */

const LETTER = /\p{L}/u;
const SHOWN_PROPERTIES = new Set([
  "textContent",
  "innerText",
  "title",
  "placeholder",
  "alt",
  "ariaLabel",
  "aria-label",
]);
const SHOWN_ATTRIBUTES = ["alt", "title", "placeholder", "aria-label", "aria-description"];
const INSERTING = new Set(["append", "prepend", "replaceChildren", "before", "after", "replaceWith"]);

/** @param {any} node an expression @returns {any[]} the literals and templates that it may be */
function choices(node) {
  if (!node) return [];
  if (node.type === "ConditionalExpression") return [...choices(node.consequent), ...choices(node.alternate)];
  if (node.type === "LogicalExpression") return [...choices(node.left), ...choices(node.right)];
  if (node.type === "SpreadElement") return choices(node.argument);
  if (node.type === "ArrayExpression") return node.elements.flatMap(choices);
  return ["Literal", "TemplateLiteral"].includes(node.type) ? [node] : [];
}

/** @param {any} node a literal or template @returns {string[]} its words as they stand in the source */
function wordsOf(node) {
  if (node.type === "Literal") return typeof node.value === "string" ? [node.value] : [];
  return node.quasis.map((/** @type {any} */ { value }) => value.cooked);
}

/** @param {any} node @returns {string[]} */
const bareIn = (node) =>
  choices(node)
    .flatMap(wordsOf)
    .filter((words) => LETTER.test(words));

/** @param {any} template @returns {RegExp} */
function patternOf({ quasis }) {
  const parts = quasis.map((/** @type {any} */ { value }) => value.cooked.replace(/\W/g, "\\$&"));
  return new RegExp(`^${parts.join("\\w+")}$`);
}

/** @param {any} node property or member @returns {string | undefined} */
const nameOf = ({ key, property }) => (key ?? property)?.name ?? (key ?? property)?.value;

/** @param {any} call @returns {any[]} what a call puts on the page */
function shownBy({ callee, arguments: given }) {
  if (callee.name === "element") {
    const properties = given[1]?.properties ?? [];
    const named = properties.filter((/** @type {any} */ one) => SHOWN_PROPERTIES.has(nameOf(one) ?? ""));
    return [...given.slice(2), ...named.map((/** @type {any} */ one) => one.value)];
  }
  const method = callee.type === "MemberExpression" ? (nameOf(callee) ?? "") : "";
  if (INSERTING.has(method)) return given;
  return method === "setAttribute" && SHOWN_ATTRIBUTES.includes(given[0]?.value) ? [given[1]] : [];
}

/** @param {string} source JavaScript @returns {Uses} */
export function usesIn(source) {
  /** @type {Uses} */
  const uses = { texts: [], plurals: [], patterns: [], literals: [], bare: [] };
  /** @param {any} call */
  function onCall(call) {
    const into = { t: uses.texts, plural: uses.plurals }[/** @type {string} */ (call.callee.name)];
    for (const key of into ? choices(call.arguments[0]) : []) {
      if (key.type === "Literal" && key.value) into?.push(key.value);
      else if (key.type !== "Literal") uses.patterns.push(patternOf(key));
    }
    uses.bare.push(...shownBy(call).flatMap(bareIn));
  }
  /** @type {any} */
  const rule = {
    create: () => ({
      CallExpression: onCall,
      AssignmentExpression(/** @type {any} */ { left, right }) {
        if (left.type === "MemberExpression" && SHOWN_PROPERTIES.has(nameOf(left) ?? ""))
          uses.bare.push(...bareIn(right));
      },
      Literal(/** @type {any} */ { value }) {
        if (typeof value === "string") uses.literals.push(value);
      },
    }),
  };
  const found = new Linter().verify(source, [
    { languageOptions: { ecmaVersion: "latest" }, plugins: { uses: { rules: { rule } } }, rules: { "uses/rule": 2 } },
  ]);
  if (found.length > 0) throw new Error(found[0].message);
  return uses;
}

/** @param {string} source HTML @returns {Uses} */
export function usesInPage(source) {
  const { document, NodeFilter } = new JSDOM(source).window;
  const texts = [...document.querySelectorAll("*")].flatMap((node) =>
    ["data-text", "data-label", "data-hint"].flatMap((name) => node.getAttribute(name) ?? []),
  );
  const bare = [...document.querySelectorAll("*")].flatMap((node) =>
    SHOWN_ATTRIBUTES.map((name) => node.getAttribute(name) ?? "").filter((words) => LETTER.test(words)),
  );
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.nodeValue ?? "";
    if (LETTER.test(words)) bare.push(words.trim());
  }
  return { texts, plurals: [], patterns: [], literals: [], bare };
}
