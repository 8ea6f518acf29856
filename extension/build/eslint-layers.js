// @ts-check
// ESLint rule `layers/downward`: a file of the extension imports from folders below its own, never from one above.
import path from "node:path";

/** The folders of the extension, top to bottom. Folders of one row do not import each other at run time. */
const ROWS = [
  ["background", "offscreen", "ui", "content"],
  ["messaging"],
  ["imports"],
  ["shelf"],
  ["core", "extract"],
  ["values"],
  ["generated", "vendor"],
];

/** In Firefox the background is a page, and runs the towers' handlers itself. */
const SIDEWAYS = new Set(["background offscreen"]);

/** JSDoc's way to name a type of another file. */
const TYPE_IMPORT = /\bimport\(\s*["'](\.[^"']+)["']\s*\)/g;

/** @param {string} file a path @param {string} root the extension's folder @returns {string | null} its folder; background.js counts as background */
function folderOf(file, root) {
  const relative = path.relative(root, file).split(path.sep);
  if (relative[0] === "background.js") return "background";
  return relative.length > 1 && relative[0] !== ".." ? relative[0] : null;
}

/** @param {string} from @param {string} to folders @param {boolean} isType @returns {string | null} what is wrong with the import */
function problemOf(from, to, isType) {
  const [above, below] = [from, to].map((name) => ROWS.findIndex((row) => row.includes(name)));
  if (above === -1) return null;
  if (below === -1) return `${from}/ may not import ${to}/, which is not a folder that browsers load`;
  if (below < above) return `${from}/ may not import from ${to}/, which lies above it`;
  if (below === above && from !== to && !isType && !SIDEWAYS.has(`${from} ${to}`))
    return `${from}/ may not import from ${to}/, which lies beside it`;
  return null;
}

/** @type {import("eslint").Rule.RuleModule} */
const downward = {
  meta: { type: "problem", schema: [], messages: { layer: "{{problem}}. The order is in extension/README.md." } },
  create(context) {
    const root = path.resolve(context.cwd, "extension");
    const from = folderOf(context.filename, root);
    /** @param {unknown} specifier @param {import("estree").SourceLocation | null | undefined} loc @param {boolean} isType */
    function check(specifier, loc, isType) {
      if (from === null || !loc || typeof specifier !== "string" || !specifier.startsWith(".")) return;
      const target = path.resolve(path.dirname(context.filename), specifier);
      const problem = problemOf(from, folderOf(target, root) ?? path.basename(target), isType);
      if (problem) context.report({ loc, messageId: "layer", data: { problem } });
    }
    /** @param {any} node an import or export that names its source */
    const checkSource = (node) => check(node.source?.value, node.source?.loc, false);
    return {
      ImportDeclaration: checkSource,
      ImportExpression: checkSource,
      ExportNamedDeclaration: checkSource,
      ExportAllDeclaration: checkSource,
      Program() {
        for (const comment of context.sourceCode.getAllComments())
          for (const [, specifier] of comment.value.matchAll(TYPE_IMPORT)) check(specifier, comment.loc, true);
      },
    };
  },
};

export default { rules: { downward } };
