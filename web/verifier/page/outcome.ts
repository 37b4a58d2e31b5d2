// The engine's report and what this device adds to it, together: one verdict. Pure.
import type { Check, Report } from "./engine.ts";
import type { Found } from "./seen.ts";

export type Tone = "good" | "wait" | "bad";
/** One thing found by the device or the officer. ``holds`` sentences are said in the banner. */
export type Finding = { name: string; result: "pass" | "warn" | "fail" | "unknown"; template: string; facts?: Record<string, string> };
export type Outcome = { verdict: "valid" | "invalid" | "cannot_tell"; advice: string; tone: Tone; because: Finding[] };

/** What the signed record says of the box; empty where the artefact does not show it. */
export type Says = { seals: string[]; parcels: number | null; carats: bigint | null };

const RANK = { valid: 0, cannot_tell: 1, invalid: 2 } as const;
const TONE = { valid: "good", cannot_tell: "wait", invalid: "bad" } as const;

/** The rows of the box compared. */
export const BOX = ["Seal", "Parcels", "Weight"];

/** Nothing the device finds makes a certificate better; a doubt of its own, or a box of which nothing could be compared, holds the shipment. */
export function outcome(report: Report, findings: Finding[]): Outcome {
  const because = findings.filter((one) => one.result !== "pass");
  const box = findings.filter((one) => BOX.includes(one.name));
  const held = because.some((one) => one.result !== "unknown") || (box.length > 0 && box.every((one) => one.result === "unknown"));
  const verdict = held && RANK[report.verdict] < 1 ? "cannot_tell" : report.verdict;
  const advice = verdict === report.verdict && !(held && verdict === "cannot_tell") ? report.advice : verdict === "invalid" ? "reject" : "hold";
  return { verdict, advice, tone: advice === "no_certificate" ? "wait" : TONE[verdict], because };
}

const bare = (seal: string): string => seal.toUpperCase().replace(/[^\p{L}\p{N}]/gu, "");

/** Hundredths of a carat in what an officer typed, or null: 120.5, 120,50, 1 843.27, 1.843,27; never 1.234, which could be two things. */
export function hundredths(typed: string): bigint | null {
  const plain = western(typed).replace(/[\s'’\u00a0\u202f]/g, "").replace(/ct$/i, "");
  const parts = /^(\d+)(?:[.,](\d{1,2}))?$/.exec(plain) ?? /^(\d{1,3}(?:,\d{3})+)\.(\d{1,2})$/.exec(plain) ?? /^(\d{1,3}(?:\.\d{3})+),(\d{1,2})$/.exec(plain);
  if (!parts) return null;
  return BigInt(parts[1]!.replace(/[.,]/g, "")) * 100n + BigInt((parts[2] ?? "").padEnd(2, "0"));
}

/** Arabic figures as Western ones. */
const western = (typed: string): string =>
  typed.trim().replace(/[٠-٩۰-۹]/g, (figure) => String(figure.charCodeAt(0) & 15)).replace("٫", ".").replace(/٬/g, "");

/** A whole number that an officer typed, or null. */
export const wholeNumber = (typed: string): number | null => (/^\d{1,6}$/.test(western(typed)) ? Number(western(typed)) : null);

/** What the officer found beside what was signed. A thing that the artefact does not show is unknown, never passed. */
export function compared(found: Found, says: Says): Finding[] {
  const seal: Finding = !says.seals.length
    ? { name: "Seal", result: "unknown", template: "The code shows no seal: compare %(found)s with the paper.", facts: { found: found.seal } }
    : says.seals.some((one) => bare(one) === bare(found.seal))
      ? { name: "Seal", result: "pass", template: "The seal is the one that was signed." }
      : { name: "Seal", result: "fail", template: "The seal found is %(found)s; signed was %(signed)s.", facts: { found: found.seal, signed: says.seals.join(", ") } };
  const count = wholeNumber(found.parcels);
  const parcels: Finding = says.parcels === null
    ? { name: "Parcels", result: "unknown", template: "The code shows no number of parcels: compare %(found)s with the paper.", facts: { found: found.parcels } }
    : count === says.parcels
      ? { name: "Parcels", result: "pass", template: "The number of parcels is the one that was signed." }
      : { name: "Parcels", result: "fail", template: "Found were %(found)s parcels; signed were %(signed)s.", facts: { found: found.parcels, signed: String(says.parcels) } };
  const weighed = hundredths(found.carats);
  const text = (value: bigint): string => `${value / 100n}.${String(value % 100n).padStart(2, "0")}`;
  const weight: Finding = says.carats === null
    ? { name: "Weight", result: "unknown", template: "The code shows no weight: compare %(found)s carats with the paper.", facts: { found: found.carats } }
    : weighed === says.carats
      ? { name: "Weight", result: "pass", template: "The weight is the one that was signed." }
      : { name: "Weight", result: "fail", template: "Found were %(found)s carats; signed were %(signed)s.", facts: { found: found.carats, signed: text(says.carats) } };
  return [seal, parcels, weight];
}

/** The check of that number. */
export const check = (report: Report, id: number): Check | undefined => report.checks.find((one) => one.id === id);
