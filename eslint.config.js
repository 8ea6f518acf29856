import globals from "globals";

/** Rules chosen by hand: each one has caught a real mistake in code like this. */
const rules = {
  "array-callback-return": "error",
  "consistent-return": "error",
  eqeqeq: "error",
  "no-const-assign": "error",
  "no-dupe-else-if": "error",
  "no-dupe-keys": "error",
  "no-else-return": "error",
  "no-empty": "error",
  "no-eval": "error",
  "no-fallthrough": "error",
  "no-implied-eval": "error",
  "no-shadow": "error",
  "no-undef": "error",
  "no-unreachable": "error",
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

/** core/ and extract/ also run in an ordinary web page and in Node, where there is no chrome.*. */
const portable = {
  "no-restricted-globals": ["error", { name: "chrome", message: "core/ and extract/ run outside the extension too." }],
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
    rules,
  },
  { files: ["extension/core/**/*.js", "extension/extract/**/*.js", "extension/values/**/*.js"], rules: portable },
  { files: ["extension/content/*.js"], languageOptions: { sourceType: "script" } },
  {
    files: ["extension/build/**/*.js", "tests/extension/**/*.js", "eslint.config.js"],
    languageOptions: { ecmaVersion: "latest", sourceType: "module", globals: { ...globals.node, ...globals.browser } },
    rules: { ...rules, "max-lines-per-function": "off" },
  },
];
