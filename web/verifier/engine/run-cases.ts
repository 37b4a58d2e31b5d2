// Runs case files of conformance/ through this engine and prints one JSON line for each case: its name and report.
//
//   node run-cases.mjs FILE...   where FILE is {"bundle": ..., "cases": [...]}; a case may bring a bundle of its own

import { readFileSync } from "node:fs";

import { type CaseFile, reports } from "./cases.ts";

for (const file of process.argv.slice(2)) {
  for await (const line of reports(JSON.parse(readFileSync(file, "utf8")) as CaseFile)) console.log(JSON.stringify(line));
}
