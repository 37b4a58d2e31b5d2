// Builds src/openkimberley/desk/static/desk/ from the sources here. Run `npm ci && npm run build` after a change and commit what it writes.
import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";

const out = new URL("../src/openkimberley/desk/static/desk/", import.meta.url).pathname;
await build({ entryPoints: ["kimberley.css", "print.css"], outdir: out, minify: true, legalComments: "none", target: "esnext" });
const sheet = out + "kimberley.css";
const small = (await readFile(sheet, "utf8")).replace(/(--[\w-]+): /g, "$1:").replaceAll(", var(", ",var(");
await writeFile(sheet, small);
const htmx = await readFile("node_modules/htmx.org/dist/htmx.min.js", "utf8");
const { version } = JSON.parse(await readFile("node_modules/htmx.org/package.json", "utf8"));
await writeFile(out + "htmx.min.js", `/*! htmx ${version}, https://htmx.org, Zero-Clause BSD licence: use, copy, modify, distribute freely, as is. */\n${htmx}`);
