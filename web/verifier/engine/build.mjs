// Builds the engine by itself: `node verifier/engine/build.mjs DIRECTORY` writes engine.js (an ES module), tested.js (for
// the browser tests: everything under the global name `engine`) and run-cases.mjs (for Node), and says how large it is.
import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const here = new URL(".", import.meta.url).pathname;
const out = process.argv[2];
if (!out) throw new Error("name the directory to write to");
const common = { bundle: true, minify: true, legalComments: "none", target: "es2022", logLevel: "warning" };
await build({ ...common, entryPoints: [`${here}index.ts`], format: "esm", outfile: `${out}/engine.js` });
await build({ ...common, entryPoints: [`${here}tested.ts`], format: "iife", globalName: "engine", outfile: `${out}/tested.js` });
await build({ ...common, entryPoints: [`${here}run-cases.ts`], format: "esm", platform: "node", outfile: `${out}/run-cases.mjs` });
const engine = await readFile(`${out}/engine.js`);
console.log(`engine.js: ${engine.length} bytes, ${gzipSync(engine, { level: 9 }).length} gzipped`);
