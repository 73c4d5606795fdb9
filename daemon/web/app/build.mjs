// Writes built/app.js and built/app.css, which the program embeds. `node build.mjs DIRECTORY` writes elsewhere, to compare.
import { build } from "esbuild";

await build({
  entryPoints: { app: "src/main.jsx" },
  outdir: process.argv[2] ?? "built",
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  target: ["es2020"],
  format: "iife",
  logLevel: "warning",
});
