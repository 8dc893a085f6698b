import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** What runs only in Node; everything else under src/ must run in a browser too. */
const NODE_ONLY = ["src/node/**", "src/cli/**"];

export default defineConfig(
  // assembly/ is AssemblyScript: asc checks it.
  globalIgnores(["build/", "dist/", "coverage/", "assembly/", "examples/"]),
  {
    files: ["**/*.{ts,tsx}"],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      eqeqeq: "error",
      // a rest without some of its keys is made by naming them
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      // what we take apart letter by letter are maps of 0 and 1
      "@typescript-eslint/no-misused-spread": ["error", { allow: ["string"] }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "Export by name." },
      ],
    },
  },
  {
    files: ["src/**/*.ts", "explorer/**/*.{ts,tsx}"],
    ignores: NODE_ONLY,
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["node:*"], message: "This module must run in a browser too." }] },
      ],
      "no-restricted-globals": ["error", "Buffer", "process", "require", "__dirname"],
    },
  },
  {
    // a handler in JSX is a line
    files: ["explorer/**/*.{ts,tsx}"],
    rules: {
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["test/**/*.ts", "bench/**/*.ts"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  {
    // Tools load these through their default export.
    files: ["*.config.ts", "test/**/*-setup.ts"],
    rules: { "no-restricted-syntax": "off" },
  },
  {
    files: ["**/*.{js,mjs}"],
    extends: [js.configs.recommended],
  },
  {
    // Programs for Node and for pages; that they run is what their test is about.
    files: ["test/package/**/*.{js,mjs}"],
    rules: { "no-undef": "off" },
  },
);
