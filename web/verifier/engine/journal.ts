// 8: the certificate stands in its issuer's journal, and enough witnesses saw it there; who else signed it.

import { b64u, type Bytes, equal, hex } from "./bytes.ts";
import { type Authority, type Bundle, cidKey, MAX_LOG_DELAY_H } from "./bundle.ts";
import { iso, SECONDS_A_DAY } from "./days.ts";
import { LOG, Untrusted } from "./errors.ts";
import { type Check, check, type Claims, type Facts } from "./facts.ts";
import { canonical, type JsonObject } from "./json.ts";
import { parseJws } from "./jws.ts";
import { Proof, PROOF_CODE } from "./proof.ts";
import { backdated, type Bounds, loggedBetween } from "./times.ts";

const CID_BYTES = 32;
const COUNTERSIGN = "kp-countersign+jwt";

/** What the checks look at. `day` is today, `seconds` now; `age` the days since the bundle was issued. */
export interface Case {
  claims: Claims;
  bundle: Bundle;
  day: number;
  seconds: number;
  age: number;
  authority: string | null;
  transit: boolean;
  proof: string;
}

/** What the journal says of a certificate: the check, its proven place, and the days (UTC) after and by which
 * witnesses bound the entry; null where they do not. */
export interface Logged {
  check: Check;
  place: bigint | null;
  after: number | null;
  by: number | null;
}

const ABSENT = "The issuer keeps no public journal that the list knows.";

export const UNLOGGED: Logged = unproven(check(8, "unknown", ABSENT, {}, { counts: false }));

function unproven(found: Check): Logged {
  return { check: found, place: null, after: null, by: null };
}

/** 8: the proof leads from the certificate to a checkpoint that the journal signed and witnesses cosigned.
 *
 * Without a proof nothing can be told, and nothing is held against the certificate: the issuer is asked. */
export async function entered(it: Case): Promise<Logged> {
  const listed = it.bundle.authorities.get(it.claims.authority);
  if (!listed?.journal) return UNLOGGED;
  let { cid } = it.claims;
  const brought = cid.length ? it.bundle.proofs.get(cidKey(cid)) : undefined;
  const written = it.proof || brought?.proof;
  if (!written) return unproven(absent(it));
  let proof: Proof;
  try {
    proof = read(written, it.bundle);
  } catch (error) {
    const facts = { reason: reasonOf(error) };
    return unproven(check(8, "unknown", "The proof from the journal cannot be read: %(reason)s.", facts, { ask: true }));
  }
  if (cid.length !== CID_BYTES) {
    if (!brought || !equal(brought.cid.subarray(0, cid.length), cid)) {
      return unproven(check(8, "unknown", "A label shows too little to be found in the journal."));
    }
    cid = brought.cid;
  }
  const facts = { index: String(proof.index), authority: listed.code, origin: proof.checkpoint.origin };
  try {
    await leadsTo(proof, listed, it.claims, cid);
  } catch (error) {
    const about = { ...facts, reason: reasonOf(error) };
    return unproven(check(8, "fail", "The proof is not that of this certificate: %(reason)s.", about));
  }
  return judged(it, listed, proof, facts);
}

function reasonOf(error: unknown): string {
  if (error instanceof Untrusted) return error.reason;
  throw error;
}

/** The proof of its text or code. */
function read(written: string, bundle: Bundle): Proof {
  if (!written.startsWith(PROOF_CODE)) {
    const lines = written.replaceAll("\r\n", "\n"); // as a browser sends what was pasted
    return Proof.parse(lines.endsWith("\n") ? lines : `${lines}\n`);
  }
  return Proof.fromCode(written, new Map([...(bundle.policy?.witnesses.values() ?? [])].map((key) => [key.id, key.name])));
}

/** Throws `Untrusted` unless the journal of the authority signed a tree in which the certificate stands. */
async function leadsTo(proof: Proof, listed: Authority, said: Claims, cid: Bytes): Promise<void> {
  const journal = listed.journal!;
  if (proof.checkpoint.origin !== journal.name || !(await proof.note.verified([journal])).length) {
    throw new Untrusted(LOG, `it is not signed by the journal of ${listed.code}`);
  }
  if (said.logIndex !== null && said.logIndex !== proof.index) {
    throw new Untrusted(LOG, `the code names entry ${said.logIndex}, the proof is of entry ${proof.index}`);
  }
  const reasons: string[] = [];
  for (const day of issuedOn(said)) {
    try {
      proof.verify(entry(said.number, cid, day));
      return;
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  }
  throw new Untrusted(LOG, reasons[0] ?? "the date of issue is not known");
}

/** What a journal holds of a certificate. */
function entry(number: string, cid: Bytes, day: number): Bytes {
  return canonical(
    new Map<string, string | number>([
      ["v", 1],
      ["t", "kpc.issue"],
      ["n", number],
      ["h", b64u(cid)],
      ["d", iso(day)],
    ]),
  );
}

/** The days on which it may have been issued: the one it shows, else the day it was signed and its neighbours. */
function issuedOn(said: Claims): number[] {
  if (said.issueShown && said.issued !== null) return [said.issued];
  return said.signedOn === null ? [] : [said.signedOn, said.signedOn - 1, said.signedOn + 1];
}

/** What a proof that holds is worth: who cosigned, and whether the date of issue can be true. */
async function judged(it: Case, listed: Authority, proof: Proof, facts: Facts): Promise<Logged> {
  const { policy } = it.bundle;
  const own = new Set(listed.witness ? [hex(listed.witness.publicKey)] : []);
  let bounds: Bounds = { after: null, by: null };
  try {
    const seen = it.bundle.seen.get(proof.checkpoint.origin) ?? [];
    if (policy) bounds = await loggedBetween(proof, policy, own, seen);
  } catch (error) {
    const about = { ...facts, reason: reasonOf(error) };
    return unproven(check(8, "fail", "A witness's signature on the proof is false: %(reason)s.", about));
  }
  if (bounds.by === null) {
    const template = "The journal of %(authority)s vouches for it, but not enough witnesses do.";
    return { ...unproven(check(8, "warn", template, facts, { ask: true })), place: proof.index };
  }
  const after = dayOf(bounds.after);
  const by = dayOf(bounds.by)!;
  const issued = it.claims.issued!;
  if (it.claims.issueShown && backdated(issued, bounds, delay(it))) {
    const template = "It is dated %(date)s, but was entered in the journal after %(after)s and by %(by)s.";
    const about = { ...facts, date: iso(issued), after: after === null ? "" : iso(after), by: iso(by) };
    return { check: check(8, "fail", template, about), place: proof.index, after, by };
  }
  const template = "It is entry %(index)s of the journal of %(authority)s; enough witnesses had seen it by %(by)s.";
  return { check: check(8, "pass", template, { ...facts, by: iso(by) }), place: proof.index, after, by };
}

function dayOf(moment: bigint | null): number | null {
  return moment === null ? null : Math.floor(Number(moment) / SECONDS_A_DAY);
}

function absent(it: Case): Check {
  const hours = delay(it);
  const facts = { hours: String(hours), authority: it.claims.authority };
  const age = it.claims.issued === null ? 0 : it.day - it.claims.issued;
  const template =
    age * 24 <= hours
      ? "No proof from the journal of %(authority)s is at hand yet; it has %(hours)s hours to enter it."
      : "No proof from the journal of %(authority)s is at hand: get it before you let the goods go.";
  return check(8, "unknown", template, facts, { ask: true });
}

function delay(it: Case): number {
  return it.bundle.participants.get(it.claims.participant)?.maxLogDelayHours ?? MAX_LOG_DELAY_H;
}

/** 7, where the issuer trades under supervision: enough others have signed too. Null where nothing is missing. */
export async function countersigned(it: Case, wanted: { role: string; least: number }[], facts: Facts): Promise<Check | null> {
  const shown = it.claims.countersigned;
  for (const { role, least } of wanted) {
    const about = { ...facts, role, least: String(least) };
    if (shown === null) {
      const template = "%(name)s may export only with the signature of %(role)s; this does not show it.";
      return check(7, "unknown", template, about, { ask: true });
    }
    let count = 0;
    for (const one of shown) if (one.get("role") === role && (await holds(one, it))) count++;
    if (count < least) {
      return check(7, "fail", "%(name)s may export only with the signature of %(role)s: it is missing.", about);
    }
  }
  return null;
}

/** True where a key of the role signed this number for this destination. */
async function holds(one: JsonObject, it: Case): Promise<boolean> {
  const role = one.get("role") as string;
  try {
    const statement = parseJws((one.get("jws") as string | undefined) ?? "", COUNTERSIGN);
    const key = it.bundle.countersigners.get(role)?.find((known) => known.kid === statement.kid);
    if (!key) return false;
    await statement.verify(key);
    const { payload } = statement;
    return (
      payload.get("role") === role &&
      payload.get("kpc_number") === it.claims.number &&
      payload.get("destination") === it.claims.destination
    );
  } catch (error) {
    if (error instanceof Untrusted) return false;
    throw error;
  }
}
