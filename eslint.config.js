import js from "@eslint/js";
import globals from "globals";
import layers from "./extension/build/eslint-layers.js";
import typed from "./extension/build/eslint-typed.js";

/** ESLint's recommended rules, and rules chosen by hand: each one has caught a real mistake in code like this. */
const rules = {
  ...js.configs.recommended.rules,
  // Pages hold control characters, and the patterns that remove them have to name them.
  "no-control-regex": "off",
  "array-callback-return": "error",
  "consistent-return": "error",
  eqeqeq: "error",
  "no-else-return": "error",
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-shadow": "error",
  "no-unused-vars": ["error", { ignoreRestSiblings: true }],
  "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
  "no-var": "error",
  "prefer-const": "error",
  "max-lines": ["error", { max: 400 }],
  "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
  "no-restricted-properties": [
    "error",
    { property: "innerHTML", message: "Build elements: a page's text must never become markup." },
    { property: "outerHTML", message: "Build elements: a page's text must never become markup." },
  ],
};

/** @param {string} message @returns {object} a rule against the global `chrome` */
const withoutChrome = (message) => ({ "no-restricted-globals": ["error", { name: "chrome", message }] });

/** A part that keeps state in its module cannot be tested alone, and hides from a reader that a worker dies. */
const noModuleState = {
  selector: "Program > VariableDeclaration[kind='let']",
  message: "Keep state inside the factory, or in storage.",
};
const noListeners = {
  selector: "CallExpression[callee.property.name='addListener']",
  message: "Add listeners in extension/background.js.",
};
const noLateListeners = {
  selector: ":function CallExpression[callee.property.name='addListener']",
  message: "Add listeners at the top level, so that a wake-up never misses an event.",
};

export default [
  { ignores: ["extension/vendor/**", "extension/generated/**"] },
  {
    files: ["extension/**/*.js"],
    languageOptions: {
      ecmaVersion: 2023,
      sourceType: "module",
      globals: { ...globals.browser, chrome: "readonly" },
    },
    plugins: { layers },
    rules: { ...rules, "layers/downward": "error" },
  },
  {
    files: ["extension/**/*.js"],
    ignores: ["extension/extract/**", "extension/build/**"],
    plugins: { typed },
    rules: { "typed/no-any": "error" },
  },
  {
    files: ["core", "extract", "shelf", "values"].map((folder) => `extension/${folder}/**/*.js`),
    rules: withoutChrome(
      "core/, extract/, shelf/ and values/ run in web pages and in Node, where there is no chrome.*.",
    ),
  },
  {
    files: ["extension/background/**/*.js"],
    rules: {
      ...withoutChrome("background.js hands the browser's APIs in: take `browser` as a part."),
      "no-restricted-syntax": ["error", noModuleState, noListeners],
    },
  },
  {
    files: ["extension/background.js"],
    rules: { "no-restricted-syntax": ["error", noModuleState, noLateListeners] },
  },
  { files: ["extension/content/*.js"], languageOptions: { sourceType: "script" } },
  {
    files: ["extension/build/**/*.js", "tests/extension/**/*.js", "eslint.config.js"],
    languageOptions: { ecmaVersion: "latest", sourceType: "module", globals: { ...globals.node, ...globals.browser } },
    rules: { ...rules, "max-lines-per-function": "off" },
  },
];
