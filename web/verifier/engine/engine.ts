// The verification: artefact, bundle, moment and place in; verdict, advice and every numbered check out.
//
//   1 parse   2 key   3 signature   4 binding   5 content   6 time   7 participant
//   8 log     9 status   10 use   11 validity   12 destination   13 physical
//
// The same algorithm as the node's, check for check; conformance/ holds both to it.

import { equal } from "./bytes.ts";
import type { Bundle } from "./bundle.ts";
import { allChecks, messageChecks, participant, status } from "./checks.ts";
import { SECONDS_A_DAY } from "./days.ts";
import { Untrusted } from "./errors.ts";
import { type Advice, type Check, check, type Claims, claims, type Report, report, type Verdict } from "./facts.ts";
import type { Case } from "./journal.ts";
import { isPdf, readPdf } from "./pdf.ts";
import { fromCredential, read, textOf } from "./reading.ts";
import { parseSdJwt, signingInputHash } from "./sdjwt.ts";
import { strip } from "./texts.ts";

/** Steps whose warning holds the goods: stale data, journal, status, use. */
const HOLDING = [7, 8, 9, 10];

/** What may be said, signed, about a certificate. */
const MESSAGES = ["receipt", "void", "correction"];

const PARSED: Record<string, string> = {
  "qr-full": "This is the code of a certificate.",
  "qr-label": "This is the code of a label: it shows neither weight, value nor names.",
  "sd-jwt": "This is a certificate as a signed credential.",
  receipt: "This is an import confirmation.",
  void: "This is the issuer's word that a certificate is void.",
  correction: "This is the issuer's instruction to correct a certificate.",
  pdf: "This page holds a certificate as a signed credential.",
};

const PDF = Uint8Array.of(0x25, 0x50, 0x44, 0x46);

export interface Circumstances {
  now: Date;
  /** The importing authority that asks, if one does. */
  authority?: string | null;
  /** True where the goods only pass through it. */
  transit?: boolean;
  /** An SD-JWT said to be of the same certificate as a QR text. */
  beside?: string;
  /** The proof of the journal, as text or as `KPP1:` code. */
  proof?: string;
}

/** Check a QR text, an SD-JWT, a signed message, a certificate number, or the bytes of any of these or of a PDF. */
export async function verify(artefact: string | Uint8Array, bundle: Bundle, circumstances: Circumstances): Promise<Report> {
  const { now, transit = false } = circumstances;
  const authority = circumstances.authority || null;
  const proof = strip(circumstances.proof ?? "");
  const about = (said: Claims): Case => {
    const seconds = Math.floor(now.getTime() / 1000);
    const age = Math.floor(Math.max(0, seconds - bundle.issuedSeconds) / SECONDS_A_DAY);
    return { claims: said, bundle, day: Math.floor(seconds / SECONDS_A_DAY), seconds, age, authority, transit, proof };
  };
  try {
    if (typeof artefact !== "string" && isPdf(artefact)) return await page(artefact as Uint8Array<ArrayBuffer>, about);
    if (typeof artefact !== "string" && equal(artefact.subarray(0, 4), PDF)) return answer(about(claims("pdf")), closedPage());
    const said = read(typeof artefact === "string" ? artefact : textOf(artefact), bundle);
    return answer(about(said), await checked(about(said), circumstances.beside ?? ""));
  } catch (error) {
    if (!(error instanceof Untrusted)) throw error;
    return answer(about(claims("text")), unreadable(error));
  }
}

async function checked(it: Case, beside: string): Promise<Check[]> {
  const { kind } = it.claims;
  if (kind === "number") return paper(it);
  const first = check(1, "pass", PARSED[kind]!);
  if (MESSAGES.includes(kind)) return [first, ...(await messageChecks(it))];
  const found = [first, ...(await allChecks(it))];
  return beside ? found.map((one) => (one.id === 5 ? same(one, it.claims, beside) : one)) : found;
}

/** A PDF: its credential is judged, and whether the page was altered after it was sealed. */
async function page(data: Uint8Array<ArrayBuffer>, about: (said: Claims) => Case): Promise<Report> {
  const { credential, proof, seal } = await readPdf(data);
  if (credential === null && seal.state !== "altered") return answer(about(claims("pdf")), closedPage());
  const it = about(fromCredential(parseSdJwt(strip(credential ?? "")), "pdf"));
  it.proof ||= strip(proof);
  return answer(it, [check(1, "pass", PARSED["pdf"]!), ...(await allChecks(it, seal))]);
}

/** The verdict and the advice that checks come to together. */
export function judge(found: Check[]): [Verdict, Advice] {
  const noted = found.filter((one) => one.result !== "pass" && one.counts);
  if (noted.some((one) => one.result === "fail")) return ["invalid", "reject"];
  const open = noted.filter((one) => one.result === "unknown" || HOLDING.includes(one.id));
  if (!open.length) return ["valid", "accept"];
  return ["cannot_tell", open.some((one) => one.ask) ? "ask_issuer" : "hold"];
}

function answer(it: Case, found: Check[]): Report {
  const [verdict, advised] = judge(found);
  const advice = advised === "accept" && MESSAGES.includes(it.claims.kind) ? "no_certificate" : advised;
  return report(verdict, advice, found, { issued: it.bundle.listDate, age_days: it.age }, it.claims);
}

function unreadable(error: Untrusted): Check[] {
  const id = error.step.startsWith("2") ? 2 : 1;
  const before = id === 1 ? [] : [check(1, "pass", "This is the code of a signed statement.")];
  const failed = check(id, "fail", "This is not a KP digital certificate: %(reason)s.", { reason: error.reason });
  return [...before, failed];
}

/** A bare number: nothing is signed, so only the register, the alerts and the issuer can say something. */
async function paper(it: Case): Promise<Check[]> {
  const { claims: said, bundle } = it;
  const facts = { number: said.number, issuer: said.participant };
  const digital = bundle.hasKeys("", said.participant);
  const template = digital
    ? "%(issuer)s signs its certificates: scan the code on %(number)s."
    : "%(number)s is a paper certificate: %(issuer)s signs none digitally. Compare with the specimen and ask.";
  return [check(1, "unknown", template, facts, { ask: !digital }), await participant(it), status(it)];
}

function closedPage(): Check[] {
  return [check(1, "unknown", "A PDF is opened first: this is its closed page.")];
}

/** Step 5 with a second artefact: code and credential must be of one certificate. */
function same(found: Check, said: Claims, beside: string): Check {
  let other;
  try {
    other = signingInputHash(strip(beside));
  } catch (error) {
    if (!(error instanceof Untrusted)) throw error;
    return check(5, "fail", "The credential beside it cannot be read: %(reason)s.", { reason: error.reason });
  }
  if (found.result === "pass" && !equal(other.subarray(0, said.cid.length), said.cid)) {
    return check(5, "fail", "The code and the credential beside it are of different certificates.");
  }
  return found;
}

