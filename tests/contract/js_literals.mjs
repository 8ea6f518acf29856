// Print, as JSON, every string literal, template text and regular expression of the JavaScript files named as arguments.
import { readFileSync } from "node:fs";
import { Linter } from "eslint";

const found = new Set();
const keep = (text) => void found.add(text);
const rule = {
  create: () => ({
    Literal(node) {
      if (node.parent.type.startsWith("Import") || node.parent.type.startsWith("Export")) return;
      if (node.regex) keep(node.regex.pattern);
      else if (typeof node.value === "string") keep(node.value);
    },
    TemplateElement: (node) => keep(node.value.cooked),
  }),
};
const config = { plugins: { own: { rules: { literals: rule } } }, rules: { "own/literals": "error" } };
for (const path of process.argv.slice(2)) {
  const problems = new Linter().verify(readFileSync(path, "utf8"), config, { allowInlineConfig: false });
  if (problems.length > 0) throw new Error(`${path}: ${problems[0].message}`);
}
console.log(JSON.stringify([...found].sort()));
