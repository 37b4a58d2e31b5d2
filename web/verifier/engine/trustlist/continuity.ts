// Continuity: a participant's keys change with the consent of its old keys, or after a public notice. Until then the
// old keys, as this machine remembers them, stay in force: the root of the list cannot put its own in their place.

import type { Bytes } from "../bytes.ts";
import { iso, SECONDS_A_DAY } from "../days.ts";
import { Untrusted } from "../errors.ts";
import { canonical, type JsonObject, parseJson } from "../json.ts";
import { type Jws, parseJws } from "../jws.ts";
import { fromUtf8 } from "../texts.ts";
import { Delegation, list, number, object, readMoment, text } from "./memory.ts";
import { continuityOf, NOTICE, STEP } from "./roles.ts";

const TYP = "kp-continuity+jwt";

/** Which delegation counts, and, where that is not the one listed, why not and since when it is waited for. */
export interface Judgement {
  counts: Delegation | null;
  reason: string;
  seen: number | null;
}

interface Change {
  version: number;
  old: Set<string>;
  next: Delegation;
  /** Set for an emergency. */
  since: number | null;
  signatures: Jws[];
}

async function agreedBy(change: Change, old: Delegation): Promise<boolean> {
  const signed = new Set<string>();
  for (const one of change.signatures) {
    const key = old.keys.get(one.kid);
    try {
      if (!key) continue;
      await one.verify(key);
      signed.add(one.kid);
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
    }
  }
  return signed.size >= old.threshold;
}

/** The change of a continuity file. Throws `Untrusted` where it is not one. */
function read(path: string, data: Bytes): Change {
  const [code, version] = continuityOf(path);
  if (data.some((byte) => byte > 127)) throw new Untrusted(STEP, "not ASCII");
  const written = fromUtf8(data);
  let signatures: Jws[] = [];
  let stated: JsonObject;
  let since: number | null = null;
  if (written.startsWith("{")) {
    stated = object(parseJson(data, STEP));
    since = readMoment(stated.get("since"));
    if (stated.get("emergency") !== true) throw new Untrusted(STEP, "a change without signatures must be an emergency");
  } else {
    signatures = written.replace(/\n$/, "").split(/\r\n|[\n\r]/).map((line) => parseJws(line, TYP));
    stated = signatures[0]!.payload;
    const said = canonical(stated).join();
    if (signatures.some((one) => canonical(one.payload).join() !== said)) throw new Untrusted(STEP, "its lines say different things");
  }
  if (text(stated.get("participant")) !== code || number(stated.get("version")) !== version) {
    throw new Untrusted(STEP, "it speaks of another participant or version than its name");
  }
  const next = Delegation.read(new Map([["threshold", stated.get("threshold")!], ["keys", stated.get("new")!]]));
  return { version, old: new Set(list(stated.get("old")).map(text)), next, since, signatures };
}

/** Which delegation of a participant counts: `listed` says targets now, `remembered` what counted on this machine. */
export async function judge(
  code: string,
  listed: Delegation | null,
  remembered: Delegation | undefined,
  changes: Map<string, Bytes>,
  awaited: [string, number] | undefined,
  now: number,
): Promise<Judgement> {
  const settled = { counts: listed, reason: "", seen: null };
  if (!remembered || listed?.digest === remembered.digest) {
    const until = announcedUntil(code, listed, changes);
    return until === null || now >= until ? settled : { counts: listed, reason: waiting(until), seen: awaited?.[1] ?? now };
  }
  const seen = awaited && awaited[0] === (listed?.digest ?? "") ? awaited[1] : now;
  let at = remembered;
  let wait: number | null = null;
  for (const change of ordered(code, changes)) {
    // An old consent is not played again for keys that were given up since.
    if (change.version <= remembered.version || !sameNames(change.old, at.keys)) continue;
    if (change.since === null) {
      if (!(await agreedBy(change, at))) continue;
    } else {
      const countsFrom = Math.max(change.since, seen) + NOTICE;
      if (now < countsFrom) wait = countsFrom;
    }
    at = change.next;
  }
  if (listed && at.digest === listed.digest) {
    if (wait === null) return settled;
    return { counts: remembered, reason: waiting(wait), seen };
  }
  const what = listed ? "its keys were replaced" : "its keys were taken off the list";
  return { counts: remembered, reason: `${what} without the consent of the old ones; these stay in force`, seen };
}

function waiting(until: number): string {
  return `an emergency change of its keys is announced; it counts from ${iso(Math.floor(until / SECONDS_A_DAY))}`;
}

/** Until when a machine that knows no older keys holds what announced ones sign: the notice of the last change. */
function announcedUntil(code: string, listed: Delegation | null, changes: Map<string, Bytes>): number | null {
  const last = ordered(code, changes).filter((change) => listed && change.next.digest === listed.digest).at(-1);
  return last && last.since !== null ? last.since + NOTICE : null;
}

function sameNames(names: Set<string>, keys: Map<string, unknown>): boolean {
  return names.size === keys.size && [...keys.keys()].every((name) => names.has(name));
}

/** The readable changes of one participant, oldest first. One that cannot be read proves nothing. */
function ordered(code: string, changes: Map<string, Bytes>): Change[] {
  const found: Change[] = [];
  for (const [path, data] of changes) {
    if (continuityOf(path)[0] !== code) continue;
    try {
      found.push(read(path, data));
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
    }
  }
  return found.sort((one, other) => one.version - other.version);
}
