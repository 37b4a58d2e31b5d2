// Opening a bundle that travelled (version 2): every signature in it is checked before a word of it is believed.

import { b64u, type Bytes, unb64u } from "./bytes.ts";
import { Bundle, CID_PREFIX, readAuthority } from "./bundle.ts";
import { SECONDS_A_DAY, toSeconds } from "./days.ts";
import { BUNDLE, KEY, STATUS, Untrusted } from "./errors.ts";
import { gunzip, isGzip } from "./inflate.ts";
import { isObject, type Json, type JsonObject, parseJson } from "./json.ts";
import { parseJws } from "./jws.ts";
import { PublicKey } from "./keys.ts";
import { Checkpoint, Note, VerifierKey } from "./notes.ts";
import { decodeStatusList } from "./statuslist.ts";
import { byCodePoint, first, toUtf8 } from "./texts.ts";
import { openList, type TrustedList } from "./trustlist/list.ts";
import { type Memory, memoryText, momentText, newMemory, readMemory } from "./trustlist/memory.ts";

const LOCAL = "kp-bundle+jwt";
const STATUS_LIST = "statuslist+jwt";
const MOST_BYTES = 16 * 1024 * 1024;
const MAX_LIFE = 32 * SECONDS_A_DAY;
const STATUS_ADDRESS = /^https?:\/\/[^/?#\s]{1,253}(?:\/[^/?#\s]+)*\/status\/([A-Z]{2}(?:-[A-Z0-9]{1,9})?)\/([0-9]{4})-([1-9])$/;

export interface Machine {
  /** The text of the root that somebody adopted on this machine; needed until something is remembered. */
  root: string;
  /** What an earlier opening returned as `remembered`; nothing at first use. */
  remembered?: string | null;
  now: Date;
}

export interface Opened {
  bundle: Bundle;
  /** What this machine must keep, and give back at the next opening: it never goes back behind it. */
  remembered: string;
  /** What was left out of the bundle, and why. */
  problems: string[];
}

/** Check a bundle of version 2, plain or gzip, against what this machine remembers. Throws `Untrusted`. */
export async function openBundle(data: Uint8Array | string, machine: Machine): Promise<Opened> {
  const written = readBundle(typeof data === "string" ? toUtf8(data) : (data as Bytes));
  const trust = written.get("trust");
  if (written.get("v") !== 2 || !isObject(trust)) {
    throw new Untrusted(BUNDLE, "this is not a bundle of a version this program knows");
  }
  const memory = machine.remembered ? readMemory(machine.remembered) : newMemory(machine.root);
  const now = Math.floor(machine.now.getTime() / 1000);
  // Expiry is judged at the moment when the list was issued: afterwards its age says what it is worth.
  const found = await openList(trust, memory, now, issued(trust, memory));
  const problems = [...found.pending].map(([code, reason]) => `${code}: ${reason}`);
  const evaluated = await evaluate(written, found, problems);
  return { bundle: new Bundle(evaluated), remembered: memoryText(found.memory), problems };
}

async function evaluate(written: JsonObject, found: TrustedList, problems: string[]): Promise<JsonObject> {
  const local = await readLocal(written.get("local") ?? null, found);
  const [authorities, keys] = readAuthorities(found, problems);
  const expected = local.get("expected") ?? null;
  const oldest = local.size ? Math.min(found.issued, local.get("iat") as number) : found.issued;
  const participants = [...found.participants].map(([code, about]): [string, Json] => [
    code,
    new Map([["code", code], ...(about as JsonObject)]),
  ]);
  return new Map<string, Json>([
    ["v", 1],
    ["node", String(local.get("authority") ?? "")],
    ["issued", moment(oldest)],
    ["head", ""],
    [
      "trust",
      new Map<string, Json>([
        ["root_version", found.rootVersion],
        ["serial", found.serial],
        ["expires", momentText(found.expires)],
        ["pending", found.pending],
      ]),
    ],
    ["participants", new Map(participants)],
    ["authorities", authorities],
    ["policy", found.policy],
    ["roles", found.roles],
    ["status_lists", await statusLists(written.get("status_lists"), keys, problems)],
    ["checkpoints", await checkpoints(written.get("checkpoints"), authorities, problems)],
    ["expected", expected],
    ["proofs", proofs(expected)],
    ["used", local.get("used") ?? []],
    ["alerts", local.get("alerts") ?? []],
    ["overlay", local.get("overlay") ?? new Map()],
  ]);
}

/** The authorities whose entries can be read, and their keys by name. What one issuer got wrong is left out. */
function readAuthorities(found: TrustedList, problems: string[]): [Map<string, JsonObject>, Map<string, PublicKey>] {
  const authorities = new Map<string, JsonObject>();
  const keys = new Map<string, PublicKey>();
  for (const [code, about] of found.authorities) {
    try {
      for (const key of readAuthority(code, about).keys) keys.set(key.kid, key);
      authorities.set(code, about);
    } catch (error) {
      problems.push(`${code} was left out: ${first((error as Error).message, 120)}`);
    }
  }
  return [authorities, keys];
}

/** The JSON of a bundle file, plain or gzip. */
function readBundle(data: Bytes): JsonObject {
  const plain = isGzip(data) ? unpacked(data) : data;
  if (plain.length > MOST_BYTES) throw new Untrusted(BUNDLE, "the bundle is larger than any bundle");
  const written = parseJson(plain, BUNDLE);
  if (!isObject(written)) throw new Untrusted(BUNDLE, "this is not a bundle: not an object");
  return written;
}

function unpacked(data: Bytes): Bytes {
  let found;
  try {
    found = gunzip(data, MOST_BYTES);
  } catch {
    throw new Untrusted(BUNDLE, "the bundle is damaged: it cannot be inflated");
  }
  if (!found.ended && found.data.length <= MOST_BYTES) throw new Untrusted(BUNDLE, "the bundle is cut off");
  return found.data;
}

/** When the list says it was issued, but never before the newest one that this machine has seen. */
function issued(trust: JsonObject, memory: Memory): number {
  const metadata = trust.get("metadata");
  const stamp = isObject(metadata) ? metadata.get("timestamp.json") : undefined;
  const read = typeof stamp === "string" ? parseJson(toUtf8(stamp), BUNDLE) : undefined;
  const signed = isObject(read) ? read.get("signed") : undefined;
  const said = isObject(signed) ? signed.get("issued") : undefined;
  const seconds = typeof said === "string" ? toSeconds(said) : null;
  if (seconds === null) throw new Untrusted(BUNDLE, "the bundle's trust list does not say when it was issued");
  return Math.max(seconds, memory.synced ?? seconds);
}

/** What one's own authority added, once its signature holds. */
async function readLocal(written: Json, found: TrustedList): Promise<JsonObject> {
  if (written === null) return new Map();
  if (typeof written !== "string") {
    throw new Untrusted(BUNDLE, "the authority's own part of the bundle is no signed statement");
  }
  const signed = parseJws(written, LOCAL);
  const said = signed.payload;
  const listed = found.authorities.get(String(said.get("authority")))?.get("keys") as JsonObject[] | undefined;
  const entry = listed?.find((key) => key.get("kid") === signed.kid && key.get("use") === "status");
  if (!entry || typeof said.get("iat") !== "number") {
    throw new Untrusted(BUNDLE, "the authority's own part of the bundle is not signed by a key of its on the trust list");
  }
  const key = PublicKey.read(entry);
  if (key.state === "compromised") {
    throw new Untrusted(BUNDLE, `the key ${key.kid} that signed the authority's own part of the bundle is compromised`);
  }
  await signed.verify(key);
  return said;
}

/** The status lists whose signatures hold, by address. */
async function statusLists(texts: Json | undefined, keys: Map<string, PublicKey>, problems: string[]): Promise<JsonObject> {
  const found: JsonObject = new Map();
  for (const text of Array.isArray(texts) ? texts : []) {
    try {
      const [uri, listed] = await statusList(String(text), keys);
      found.set(uri, listed);
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
      problems.push(`a status list was left out: ${error.reason}`);
    }
  }
  return found;
}

/** A Token Status List, once type, key and signature hold: its address, and the list as an evaluated bundle holds it. */
async function statusList(text: string, keys: Map<string, PublicKey>): Promise<[string, JsonObject]> {
  const signed = parseJws(text, STATUS_LIST);
  const said = signed.payload;
  const [uri, listed] = [said.get("sub"), said.get("status_list")];
  const [iat, exp, ttl] = ["iat", "exp", "ttl"].map((name) => said.get(name));
  if (typeof uri !== "string" || !isObject(listed) || typeof iat !== "number" || typeof exp !== "number" || typeof ttl !== "number") {
    throw new Untrusted(STATUS, "the status list does not say of what, when and until when it is");
  }
  if (iat < 0 || iat >= exp || exp > iat + MAX_LIFE || ttl <= 0 || ttl > MAX_LIFE || iat > 2 ** 37) {
    throw new Untrusted(STATUS, "the times of the status list are not in order");
  }
  const [lst, bits] = [listed.get("lst"), listed.get("bits")];
  if (typeof lst !== "string" || typeof bits !== "number") throw new Untrusted(STATUS, "the status list holds no list");
  const place = STATUS_ADDRESS.exec(uri);
  if (!place) throw new Untrusted(STATUS, "the status list has not the address of one");
  decodeStatusList(lst, bits);
  const authority = place[1]!;
  const key = keys.get(signed.kid);
  if (!key || key.use !== "status" || key.authority !== authority) {
    throw new Untrusted(KEY, `no key of ${authority} for status lists is known by the name in the header`);
  }
  const day = Math.floor(iat / SECONDS_A_DAY);
  if ((key.notBefore !== null && day < key.notBefore) || (key.notAfter !== null && day > key.notAfter)) {
    throw new Untrusted(KEY, "the key was not in use on the day of the status list");
  }
  if (key.state === "compromised" && (key.compromisedSince === null || day >= key.compromisedSince)) {
    throw new Untrusted(KEY, "the key of the status list is compromised");
  }
  await signed.verify(key);
  const evaluated = new Map<string, Json>([
    ["authority", authority],
    ["id", Number(place[2])],
    ["bits", bits],
    ["lst", lst],
    ["exp", moment(exp)],
  ]);
  return [uri, evaluated];
}

/** Checkpoints of listed journals, each signed by its journal, oldest first.
 *
 * Where several keys are claimed for a journal each is tried: a stranger's claim takes nothing from the rightful one. */
async function checkpoints(texts: Json | undefined, authorities: Map<string, JsonObject>, problems: string[]): Promise<JsonObject> {
  const journals = new Map<string, VerifierKey[]>();
  for (const about of authorities.values()) {
    const log = about.get("log");
    if (!isObject(log)) continue;
    const origin = log.get("origin") as string;
    journals.set(origin, [...(journals.get(origin) ?? []), VerifierKey.parse(log.get("vkey") as string)]);
  }
  const kept = new Map<string, [bigint, string][]>();
  for (const text of Array.isArray(texts) ? texts.map(String) : []) {
    try {
      const note = Note.parse(text);
      const one = Checkpoint.parse(note.text);
      if (await signedByOne(note, journals.get(one.origin) ?? [])) {
        kept.set(one.origin, [...(kept.get(one.origin) ?? []), [one.size, text]]);
      } else {
        problems.push(`a checkpoint of ${first(one.origin, 60)} was left out: its journal is not listed`);
      }
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
      problems.push(`a checkpoint was left out: ${error.reason}`);
    }
  }
  const order = (one: [bigint, string], other: [bigint, string]): number =>
    one[0] === other[0] ? byCodePoint(one[1], other[1]) : one[0] < other[0] ? -1 : 1;
  return new Map([...kept].map(([origin, notes]) => [origin, notes.sort(order).map(([, text]) => text)]));
}

/** Whether one of the keys has signed. Throws `Untrusted` where none has and a line of one does not hold. */
async function signedByOne(note: Note, keys: VerifierKey[]): Promise<boolean> {
  let failed: unknown = null;
  for (const key of keys) {
    try {
      if ((await note.verified([key])).length) return true;
    } catch (error) {
      failed = error;
    }
  }
  if (failed) throw failed;
  return false;
}

/** The proofs that came with the notices of what is expected. */
function proofs(expected: Json): JsonObject {
  const found: JsonObject = new Map();
  for (const one of Array.isArray(expected) ? expected.filter(isObject) : []) {
    const proof = one.get("proof");
    if (!proof) continue;
    const cid = unb64u(one.get("cid"), BUNDLE);
    const about = new Map<string, Json>([["cid", one.get("cid")!], ["d", one.get("d") ?? null], ["proof", proof]]);
    found.set(b64u(cid.subarray(0, CID_PREFIX)), about);
  }
  return found;
}

function moment(seconds: number): string {
  return momentText(seconds).replace("Z", "+00:00");
}
