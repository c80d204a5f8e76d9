import tseslint from "typescript-eslint";

/** Modules that the extension host alone has, or that import it: they are kept out of what unit tests load. */
export default tseslint.config(
    { ignores: ["bin", "dist", "out"] },
    ...tseslint.configs.strictTypeChecked,
    ...tseslint.configs.stylisticTypeChecked,
    {
        files: ["src/**/*.ts"],
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        rules: {
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
            "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
            eqeqeq: "error",
            // The `vscode` API has a class Disposable, and takes anything that has its method.
            "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
        },
    },
    {
        files: ["src/**/*.test.ts"],
        rules: {
            // node:test's functions give promises that its runner waits for.
            "@typescript-eslint/no-floating-promises": "off",
            "no-restricted-imports": ["error", "vscode"],
        },
    },
    { files: ["**/*.mjs", "**/*.cjs"], extends: [tseslint.configs.disableTypeChecked] },
    { files: ["**/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
);
