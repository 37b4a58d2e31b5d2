// The nouns of verification: a check, a verdict, a report, and what an artefact claims.

import { b64u, type Bytes } from "./bytes.ts";
import type { PaperCertificate } from "./certificate.ts";
import { iso } from "./days.ts";
import type { JsonObject } from "./json.ts";
import type { PublicKey } from "./keys.ts";
import { checkCode } from "./qr.ts";
import { fill } from "./texts.ts";

export type Result = "pass" | "warn" | "fail" | "unknown";
export type Verdict = "valid" | "invalid" | "cannot_tell";
export type Advice = "accept" | "hold" | "reject" | "ask_issuer" | "no_certificate";
export type Facts = Record<string, string>;

export const NAMES = [
  "parse",
  "key",
  "signature",
  "binding",
  "content",
  "time",
  "participant",
  "log",
  "status",
  "use",
  "validity",
  "destination",
  "physical",
];

/** One numbered check. `counts` is false where it bears on no verdict; `ask` true where the way out is to ask. */
export interface Check {
  id: number;
  result: Result;
  template: string;
  facts: Facts;
  counts: boolean;
  ask: boolean;
}

export function check(
  id: number,
  result: Result,
  template: string,
  facts: Facts = {},
  { counts = true, ask = false }: { counts?: boolean; ask?: boolean } = {},
): Check {
  return { id, result, template, facts: { ...facts }, counts, ask };
}

/** The place in a status list: the list by address, or by authority and number. */
export interface StatusPlace {
  list: string;
  index: number;
}

/** What an artefact says of itself, not yet believed. Days are counted from 1970-01-01. */
export interface Claims {
  kind: string;
  number: string;
  participant: string;
  authority: string;
  /** The key's name, or its 8 bytes in hexadecimal behind `kid8:`. */
  kid: string;
  verify: ((key: PublicKey) => Promise<void>) | null;
  issued: number | null;
  expires: number | null;
  /** These two tell a withheld claim from an absent one; `countersigned` is null where it is withheld. */
  issueShown: boolean;
  signedOn: number | null;
  destination: string;
  zone: string | null;
  zoneShown: boolean;
  countersigned: JsonObject[] | null;
  logIndex: bigint | null;
  seal: string;
  cid: Bytes;
  status: StatusPlace | null;
  problems: string[];
  /** The claims that a credential certainly holds and does not disclose, and how many it hides in all. */
  withheld: string[];
  hidden: number;
  certificate: (() => PaperCertificate) | null;
}

export function claims(kind: string, about: Partial<Claims> = {}): Claims {
  return {
    kind,
    number: "",
    participant: "",
    authority: "",
    kid: "",
    verify: null,
    issued: null,
    expires: null,
    issueShown: true,
    signedOn: null,
    destination: "",
    zone: null,
    zoneShown: false,
    countersigned: null,
    logIndex: null,
    seal: "",
    cid: new Uint8Array(),
    status: null,
    problems: [],
    withheld: [],
    hidden: 0,
    certificate: null,
    ...about,
  };
}

/** What the seal of a PDF says of the page, and the SHA-256 (hex) of the certificate that sealed it. */
export interface SealFinding {
  state: "intact" | "altered" | "unsigned" | "unknown_signer";
  certificateSha256: string;
}

/** One check of a report. `detail` is English; translate `template` and put in `facts` for any other language. */
export interface ReportedCheck {
  id: number;
  name: string;
  result: Result;
  detail: string;
  template: string;
  facts: Facts;
  counts: boolean;
}

/** The whole answer, as the API and the command line of the node print it. Show `data` always. */
export interface Report {
  verdict: Verdict;
  advice: Advice;
  /** True where step 3 passed: what is claimed is the issuer's word, not just somebody's. */
  proven: boolean;
  artefact: string;
  number: string;
  issuer: string;
  authority: string;
  issue_date: string | null;
  expiry_date: string | null;
  destination: string;
  seal: string;
  cid: string;
  check_code: string;
  /** What a credential holds and does not show here. */
  withheld: { claims: string[]; count: number };
  data: { issued: string; age_days: number };
  checks: ReportedCheck[];
  /** What the paper must say, as far as the artefact shows it; null where it holds none that can be read. */
  certificate: PaperCertificate | null;
}

export function report(
  verdict: Verdict,
  advice: Advice,
  found: Check[],
  data: { issued: string; age_days: number },
  said: Claims,
): Report {
  return {
    verdict,
    advice,
    proven: found.some((one) => one.id === 3 && one.result === "pass"),
    artefact: said.kind,
    number: said.number,
    issuer: said.participant,
    authority: said.authority,
    issue_date: said.issued === null ? null : iso(said.issued),
    expiry_date: said.expires === null ? null : iso(said.expires),
    destination: said.destination,
    seal: said.seal,
    cid: said.cid.length ? b64u(said.cid) : "",
    check_code: said.cid.length ? checkCode(said.cid) : "",
    withheld: { claims: said.withheld, count: said.hidden },
    data,
    checks: found.map(({ id, result, template, facts, counts }) => ({
      id,
      name: NAMES[id - 1]!,
      result,
      detail: fill(template, facts),
      template,
      facts,
      counts,
    })),
    certificate: said.certificate && !said.problems.length ? said.certificate() : null,
  };
}
