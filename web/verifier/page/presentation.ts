// One paper and one box before the officer: the codes that were scanned of it, what the engine says, what this device remembers, what was found.
import { verify, type Question, type Report } from "./engine.ts";
import { compared, outcome, type Finding, type Outcome, type Says } from "./outcome.ts";
import { near, type Entry, type Found } from "./seen.ts";

export const FULL = "KPC1:", LABEL = "KPL1:", PROOF = "KPP1:";
const PROOF_TEXT = "c2sp.org/tlog-proof@";

export type Kind = "certificate" | "label" | "proof" | "credential" | "file" | "other";

/** What kind of thing a text or file is, by how it begins. */
export function kindOf(artefact: string | Uint8Array): Kind {
  if (typeof artefact !== "string") return "file";
  if (artefact.startsWith(FULL)) return "certificate";
  if (artefact.startsWith(LABEL)) return "label";
  if (artefact.startsWith(PROOF) || artefact.startsWith(PROOF_TEXT)) return "proof";
  return /^ey[\w-]+\.[\w-]+\.[\w-]+~/.test(artefact) ? "credential" : "other";
}

/**
 * What a hand scanner or a clipboard gave, as it was printed. Base45 has spaces, also at its end: only line ends and tabs go. Capitals are
 * restored where a scanner swaps them; a scanner on another keyboard layout is told apart, since nothing can be restored then.
 */
export function cleaned(typed: string): { text: string; layout: boolean } {
  if (typed.startsWith(PROOF_TEXT)) return { text: typed, layout: false }; // lines are part of what is signed
  let text = typed.replace(/^[\r\n\t\ufeff ]+|[\r\n\t]+$/g, "");
  if (/^kp[clp]1:/.test(text)) text = text.toUpperCase();
  return { text, layout: /^kp[clp]1[^:]/i.test(text) && text.length > 40 };
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The first 16 bytes of a cid, base64url: a label carries no more. */
export const first16 = (cid: string): string => (cid.length < 22 ? "" : cid.slice(0, 21) + LETTERS[LETTERS.indexOf(cid[21]!) & 48]);

export class Presentation {
  label: { report: Report; same: boolean } | null = null;
  beside = "";
  proof = "";
  entry: Entry | null = null;
  earlier: Entry[] = [];
  same: boolean | null = null;
  found: Found | null = null;
  clock: Finding | null = null;

  constructor(public artefact: string | Uint8Array, public report: Report) {}

  get cid16(): string {
    return first16(this.report.cid ?? "");
  }

  /** Ask the engine again, with all that was scanned of this paper. */
  async again(bundle: any, question: Question): Promise<void> {
    this.report = await verify(this.artefact, bundle, { ...question, beside: this.beside, proof: this.proof });
  }

  /** The earlier showing that may be this one, scanned again: within ten minutes, on this device, and nobody has said yet. */
  open(): Entry | null {
    const last = this.earlier.at(-1);
    return last && this.entry && this.same === null && near(last, new Date(this.entry.at), this.entry.device) ? last : null;
  }

  /** All that this device adds to the engine's checks. */
  findings(): Finding[] {
    return [this.memory(), this.labelled(), this.clock, ...this.box()].filter((one): one is Finding => !!one);
  }

  private memory(): Finding | null {
    if (!this.entry || (!this.report.proven && this.report.artefact !== "number")) return null;
    const last = this.earlier.at(-1);
    if (!last) return { name: "memory", result: "pass", template: "This device knows of no earlier showing." };
    if (this.same) return { name: "memory", result: "pass", template: "Scanned again: the officer says that it is the same presentation." };
    const facts = { when: last.at, device: last.name || last.device };
    return last.device === this.entry.device
      ? { name: "memory", result: this.open() ? "warn" : "fail", template: "This certificate was shown here on %(when)s.", facts }
      : { name: "memory", result: "fail", template: "This certificate was shown on the device %(device)s on %(when)s.", facts };
  }

  private labelled(): Finding | null {
    if (!this.label) return null;
    const facts = { number: this.label.report.number || "?" };
    if (!this.label.same) return { name: "label", result: "fail", template: "The label is of another certificate: %(number)s.", facts };
    if (this.label.report.verdict === "invalid") return { name: "label", result: "fail", template: "The label does not stand up by itself: do not rely on it." };
    return { name: "label", result: "pass", template: "The label belongs to this certificate." };
  }

  private box(): Finding[] {
    return this.found ? compared(this.found, says(this.report)) : [];
  }

  outcome(): Outcome {
    return outcome(this.report, this.findings());
  }
}

/** What the signed record says of the box. Only what is proven is compared with. */
export function says(report: Report): Says {
  const certificate: any = report.proven ? report.certificate ?? {} : {};
  const seals = (certificate.seals?.length ? certificate.seals : report.proven && report.seal ? [report.seal] : []).map(String);
  const total = certificate.total_carats ?? summed(certificate.lines);
  return { seals, parcels: typeof certificate.parcels === "number" ? certificate.parcels : null, carats: exact(total) };
}

const exact = (amount: unknown): bigint | null => (typeof amount === "string" && /^\d+\.\d\d$/.test(amount) ? BigInt(amount.replace(".", "")) : null);

function summed(lines: any): string | null {
  const all: (bigint | null)[] = Array.isArray(lines) ? lines.map((line) => exact(line?.carats)) : [];
  if (!all.length || all.includes(null)) return null;
  const sum = (all as bigint[]).reduce((a, b) => a + b, 0n);
  return `${sum / 100n}.${String(sum % 100n).padStart(2, "0")}`;
}
