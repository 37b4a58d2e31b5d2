// When an entry came into a journal, by the witnesses' clocks, and whether a claimed date fits. An issuer can write any
// date on a certificate; it cannot put the entry before a checkpoint that others have cosigned.

import { type Bytes, hex } from "./bytes.ts";
import { iso, SECONDS_A_DAY } from "./days.ts";
import { Untrusted } from "./errors.ts";
import { Checkpoint, Note } from "./notes.ts";
import type { Policy } from "./policy.ts";
import type { Proof } from "./proof.ts";

/** A day is over everywhere on earth 12 hours after it is over in UTC. */
const LAST_ZONE = 12 * 3600;

/** An entry was logged after `after` and not later than `by` (seconds since 1970); null where nobody knows. */
export interface Bounds {
  after: bigint | null;
  by: bigint | null;
}

/** Between which moments the entry of a proof was logged, by the witnesses of the policy.
 *
 * `own` are public keys (hexadecimal) that do not count, `seen` cosigned checkpoints that the caller kept. Throws
 * `Untrusted` where a cosignature of the proof itself does not hold. Where the quorum never cosigned the very tree that
 * the proof leads to, `by` is null: other checkpoints may be of a tree without the entry. */
export async function loggedBetween(proof: Proof, policy: Policy, own: ReadonlySet<string>, seen: Note[]): Promise<Bounds> {
  const tree = proof.checkpoint;
  const firsts = present([await policy.quorumTime(proof.note, own)]);
  let vouched = firsts.length > 0;
  const before: bigint[] = [];
  for (const note of [...parsed(proof.extra), ...seen]) {
    try {
      const one = Checkpoint.parse(note.text);
      if (one.origin !== tree.origin) continue;
      if (one.size > proof.index) {
        const quorum = present([await policy.quorumTime(note, own)]);
        firsts.push(...quorum);
        vouched ||= quorum.length > 0 && one.size === tree.size && hex(one.root) === hex(tree.root);
      } else before.push(...(await cosignedAt(note, policy, own)));
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
    }
  }
  const fit = vouched ? firsts : [];
  const by = fit.reduce<bigint | null>((least, one) => (least === null || one < least ? one : least), null);
  // A slow witness may cosign an old checkpoint after others have cosigned a newer: that says nothing of the entry.
  const fitting = before.filter((moment) => by === null || moment <= by);
  const after = fitting.reduce<bigint | null>((most, one) => (most === null || one > most ? one : most), null);
  return { after, by };
}

async function cosignedAt(note: Note, policy: Policy, own: ReadonlySet<string>): Promise<bigint[]> {
  const known = await note.verified(policy.witnesses.values());
  return present(known.filter(({ key }) => !own.has(hex(key.publicKey))).map(({ time }) => time));
}

function present(times: (bigint | null)[]): bigint[] {
  return times.filter((time) => time !== null);
}

function parsed(extra: Bytes): Note[] {
  try {
    return extra.length ? [Note.parse(extra)] : [];
  } catch (error) {
    if (error instanceof Untrusted) return [];
    throw error;
  }
}

/** Why a claimed day of issue does not fit the time of logging; empty where it fits or nobody knows. */
export function backdated(issueDay: number, bounds: Bounds, maxDelayHours: number): string {
  const midnight = issueDay * SECONDS_A_DAY;
  const latest = midnight + SECONDS_A_DAY + maxDelayHours * 3600 + LAST_ZONE;
  if (bounds.after !== null && Number(bounds.after) > latest) {
    return (
      `It is dated ${iso(issueDay)}, but was not in the journal at ${words(bounds.after)}: ` +
      `it was written in later than the ${maxDelayHours} hours that are allowed, or its date is not true.`
    );
  }
  if (bounds.by !== null && Number(bounds.by) < midnight - SECONDS_A_DAY) {
    return (
      `It is dated ${iso(issueDay)}, but was already in the journal at ${words(bounds.by)}: ` +
      "its date lies in the future of its own entry."
    );
  }
  return "";
}

function words(moment: bigint): string {
  if (moment > 253_402_300_799n) return `second ${moment}`; // beyond the year 9999
  return `${new Date(Number(moment) * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
