// Builds the committed assets from the sources here: the node's sheet and HTMX, and the border check that works without a node.
// Run `npm ci && npm run build` after a change and commit what it writes.
import { build, transform } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { execFileSync } from "node:child_process";

const here = new URL(".", import.meta.url).pathname;
const node = here + "../src/openkimberley/";
const text = (path) => readFile(here + path, "utf8");
const version = async (name) => JSON.parse(await text(`node_modules/${name}/package.json`)).version;

const out = node + "desk/static/desk/";
await build({ entryPoints: ["kimberley.css", "print.css"], outdir: out, minify: true, legalComments: "none", target: "esnext" });
const sheet = out + "kimberley.css";
const small = (await readFile(sheet, "utf8")).replace(/(--[\w-]+): /g, "$1:").replaceAll(", var(", ",var(");
await writeFile(sheet, small);
const htmx = await text("node_modules/htmx.org/dist/htmx.min.js");
await writeFile(out + "htmx.min.js", `/*! htmx ${await version("htmx.org")}, https://htmx.org, Zero-Clause BSD licence: use, copy, modify, distribute freely, as is. */\n${htmx}`);

// The border check: one page with script, sheet and the reader of codes inside. Sentences and the list of whom to trust are put in by the node.
const page = here + "verifier/page/";
const script = await build({
  entryPoints: [page + "app.ts"], bundle: true, minify: true, write: false, format: "iife", target: "es2022", charset: "utf8", legalComments: "none",
  define: { "import.meta.url": '""' }, metafile: true,
});
const style = await transform((await readFile(sheet, "utf8")) + (await text("verifier/page/page.css")) + `@media print{${await text("print.css")}}`, { loader: "css", minify: true });
// Python's own library packs what the page's lzma.ts unpacks: 80 kB less than gzip, on every telephone and every stick.
const pack = "import lzma,sys;sys.stdout.buffer.write(lzma.compress(sys.stdin.buffer.read(),format=lzma.FORMAT_ALONE,"
  + "filters=[{'id':lzma.FILTER_LZMA1,'preset':9|lzma.PRESET_EXTREME,'lc':1,'lp':0,'pb':0}]))";
const reader = await readFile(here + "node_modules/zxing-wasm/dist/reader/zxing_reader.wasm");
const wasm = execFileSync("python3", ["-c", pack], { input: reader, maxBuffer: 2 ** 24 }).toString("base64");
const notices = [
  `zxing-wasm ${await version("zxing-wasm")}, https://github.com/Sec-ant/zxing-wasm\n\n${await text("node_modules/zxing-wasm/LICENSE")}`,
  "It holds ZXing-C++, https://github.com/zxing-cpp/zxing-cpp, under the Apache License, Version 2.0, and stb_image, https://github.com/nothings/stb, MIT licence.",
];
for (const name of ["@noble/curves", "@noble/hashes"]) {
  const licence = await text(`node_modules/${name}/LICENSE`).catch(() => "");
  if (licence && script.outputFiles[0].text.includes("noble")) notices.push(`${name} ${await version(name)}\n\n${licence}`);
}
notices.push(`OpenKimberley and ZXing-C++:\n\n${await text("../LICENSE")}`);
const built = node + "node/verifier/built/";
await mkdir(built, { recursive: true });
const parts = { style: style.code.trim(), notices: notices.join("\n\n----\n\n").replaceAll("<", "&lt;"), wasm, script: script.outputFiles[0].text.trim() };
await writeFile(built + "page.html", (await text("verifier/page/shell.html")).replace(/<!--(style|notices|wasm|script)-->/g, (_, name) => parts[name]));
await writeFile(built + "sw.js", (await transform(await text("verifier/page/sw.js"), { minify: true })).code);
// What it was built from, so that a test can say when it has to be built again.
const inputs = Object.keys(script.metafile.inputs).filter((name) => name.startsWith("verifier/"));
const sources = [...inputs, "verifier/page/page.css", "verifier/page/shell.html", "verifier/page/sw.js", "kimberley.css", "print.css", "package-lock.json"];
const sums = sources.sort().map(async (name) => `${createHash("sha256").update(await readFile(here + name)).digest("hex")}  ${name}\n`);
await writeFile(built + "sources.sha256", (await Promise.all(sums)).join(""));
