import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: [".venv/", "build/", "node_modules/"] },
  js.configs.recommended,
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: { ...globals.browser } },
    rules: {
      "eqeqeq": "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "max-lines": ["error", 600],
      "max-lines-per-function": ["error", { max: 80, skipComments: true, skipBlankLines: true }],
      "max-len": ["error", { code: 120, ignoreUrls: true }],
    },
  },
  {
    // The engine is pure arithmetic: no page, no clock of its own but performance.now().
    files: ["lzviz/canvas/engine/**/*.js"],
    languageOptions: { globals: Object.fromEntries(Object.keys(globals.browser).map((name) => [name, "off"])) },
  },
  {
    files: ["lzviz/canvas/engine/**/*.js"],
    languageOptions: { globals: { ...globals["shared-node-browser"] } },
  },
  {
    files: ["tests/js/**/*.{js,mjs}", "benchmarks/**/*.mjs", "eslint.config.js"],
    languageOptions: { globals: { ...globals.node } },
    rules: { "max-lines-per-function": "off" },
  },
];
