// The documents that the list signs, read strictly: `participants.json` and each authority's `keys.json`.

import { type Bytes, unb64u } from "../bytes.ts";
import { STATUSES } from "../bundle.ts";
import { toDays } from "../days.ts";
import { Untrusted } from "../errors.ts";
import { isObject, type Json, type JsonObject, parseJson } from "../json.ts";
import { PublicKey } from "../keys.ts";
import { first, fromUtf8 } from "../texts.ts";
import { CODE, STEP } from "./roles.ts";

const MODES = ["node", "hosted", "hybrid", "paper"];
const USES = ["sign", "status", "log", "witness", "transport", "seal"];
const CONDITIONS = new Map([
  ["countersign", ["kind", "min", "role"]],
  ["observer_copy", ["kind", "to"]],
]);
const MOST_BYTES = 2_000_000;
const MOST_POLICY = 65_536;

/**
 * What a number pattern may say: no groups, no stars, no count without an end, and at most one part of no fixed length.
 * With two such parts each length of the one is tried with each of the other, and `0?` fifty times over takes years.
 */
const PATTERN = /^\^?(?:[A-Z0-9/ .-]|\\d|\[[A-Z0-9-]{1,40}\]|\{[0-9]{1,2}(?:,[0-9]{1,2})?\}|\?)+\$?$/;
const VARIABLE = /[?,]/g;

/** `participants.json` as it stands. */
export function readParticipants(data: Bytes): JsonObject {
  const name = "participants.json";
  const document = readDocument(data, name, ["issued", "participants", "serial", "v"]);
  const read = new Fields(name);
  read.number(document.get("serial"), "serial", 1);
  read.day(document.get("issued"), "issued");
  for (const [code, about] of read.object(document.get("participants"), "participants")) {
    readParticipant(new Fields(`${name}, ${first(code, 10)}`), code, about);
  }
  for (const [role, about] of read.object(document.get("roles") ?? new Map(), "roles")) {
    const keys = read.list(read.object(about, `roles.${role}`).get("keys"), `roles.${role}.keys`);
    for (const key of keys) readKey(key, `${name}, role ${role}`);
  }
  read.texts(document.get("warned") ?? [], "warned");
  return document;
}

function readParticipant(read: Fields, code: string, written: Json): void {
  if (!CODE.test(code)) read.bad("its code", "two capital letters");
  const about = read.object(written, "entry");
  read.text(about.get("name"), "name");
  read.texts(about.get("codes") ?? [], "codes");
  if (!MODES.includes(about.get("mode") as string)) read.bad("mode", `one of ${MODES.join(", ")}`);
  for (const field of ["max_log_delay_h", "entry_embargo_days"]) read.number(about.get(field), field);
  for (const [place, period] of read.list(about.get("history"), "history").entries()) {
    readPeriod(read, period, `history[${place}]`);
  }
}

function readPeriod(read: Fields, written: Json, where: string): void {
  const period = read.object(written, where);
  if (!STATUSES.includes(period.get("status") as string)) read.bad(`${where}.status`, "a status that this version knows");
  const begin = read.day(period.get("from"), `${where}.from`);
  const end = period.get("until") ?? null;
  if (end !== null && read.day(end, `${where}.until`) <= begin) read.bad(`${where}.until`, "a day after from");
  read.texts(period.get("zones") ?? [], `${where}.zones`);
  read.text(period.get("source"), `${where}.source`);
  for (const condition of read.list(period.get("conditions") ?? [], `${where}.conditions`)) {
    readCondition(read, condition, `${where}.conditions`);
  }
  for (const [origin, written] of read.object(period.get("log_freeze") ?? new Map(), `${where}.log_freeze`)) {
    const point = read.object(written, `${where}.log_freeze`);
    read.number(point.get("size"), `${where}.log_freeze ${origin}.size`);
    if (unb64u(point.get("root") ?? "", STEP).length !== 32) {
      read.bad(`${where}.log_freeze ${origin}.root`, "32 bytes in base64url");
    }
  }
}

function readCondition(read: Fields, written: Json, where: string): void {
  const condition = read.object(written, where);
  const wanted = CONDITIONS.get(read.text(condition.get("kind"), `${where}.kind`));
  if (!wanted) return;
  if (!wanted.every((name) => condition.has(name))) read.bad(where, `a condition with ${wanted.join(", ")}`);
  if (wanted.includes("min")) read.number(condition.get("min"), `${where}.min`, 1);
  read.text(condition.get(wanted.includes("role") ? "role" : "to"), where);
}

/** Participants with a condition of a kind that this version does not know: nobody may pass over it. */
export function strangeConditions(document: JsonObject): Map<string, string> {
  const found = new Map<string, string>();
  for (const [code, about] of document.get("participants") as JsonObject) {
    for (const period of (about as JsonObject).get("history") as JsonObject[]) {
      for (const condition of (period.get("conditions") ?? []) as JsonObject[]) {
        const kind = condition.get("kind") as string;
        if (!CONDITIONS.has(kind)) found.set(code, first(kind, 40));
      }
    }
  }
  return found;
}

/** The `keys.json` of an authority, keys of uses that this version does not know left out. */
export function readKeys(data: Bytes, code: string, authority: string): JsonObject {
  const name = `keys.json of ${authority}`;
  const read = new Fields(name);
  const document = readDocument(data, name, ["authority", "keys", "participant", "v"]);
  if (document.get("authority") !== authority || document.get("participant") !== code) {
    read.bad("authority and participant", `${authority} and ${code}, whose folder it stands in`);
  }
  if (authority.split("-")[0] !== code) read.bad("authority", `an authority of ${code}`);
  if (!MODES.includes((document.get("mode") ?? "node") as string)) read.bad("mode", `one of ${MODES.join(", ")}`);
  const kept: Json[] = [];
  const seen = new Set<string>();
  for (const key of read.list(document.get("keys"), "keys")) {
    if (!USES.includes((read.object(key, "keys").get("use") ?? "sign") as string)) continue;
    const found = readKey(key, name);
    const field = `key ${first(found.kid, 40)}`;
    if (!found.kid.startsWith(`${authority}/`) || seen.has(found.kid)) {
      read.bad(field, `a name of its own that begins with ${authority}/`);
    }
    if (found.state === "compromised" && found.compromisedSince === null) {
      read.bad(field, "the day since when it is compromised");
    }
    seen.add(found.kid);
    kept.push(key);
  }
  readNumbers(read, document);
  readServices(read, document);
  return new Map([...document, ["keys", kept]]);
}

function readNumbers(read: Fields, document: JsonObject): void {
  for (const pattern of read.texts(document.get("number_patterns") ?? [], "number_patterns")) {
    if (pattern.length > 100 || !PATTERN.test(pattern) || (pattern.match(VARIABLE) ?? []).length > 1) {
      read.bad("number_patterns", "a plain pattern such as ^BW[0-9]{7}$");
    }
    try {
      new RegExp(pattern, "u");
    } catch {
      read.bad("number_patterns", "a pattern that can be read");
    }
  }
  for (const written of read.list(document.get("ranges") ?? [], "ranges")) {
    const one = read.object(written, "ranges");
    for (const field of ["from", "to"]) read.number(one.get(field), `ranges.${field}`);
    read.number(one.get("year") || 0, "ranges.year");
    if (typeof (one.get("series") ?? "") !== "string") read.bad("ranges.series", "a text");
  }
}

function readServices(read: Fields, document: JsonObject): void {
  for (const sha of read.texts(document.get("seal_certificates") ?? [], "seal_certificates")) {
    if (!/^[0-9a-f]{64}$/.test(sha)) read.bad("seal_certificates", "a SHA-256 in hex");
  }
  for (const der of read.texts(document.get("seal_roots") ?? [], "seal_roots")) unb64u(der, STEP);
  for (const [part, fields] of [["log", ["origin", "vkey"]], ["witness", ["name", "vkey"]]] as const) {
    const written = document.get(part) ?? null;
    if (written === null) continue;
    const about = read.object(written, part);
    for (const field of fields) read.text(about.get(field), `${part}.${field}`);
  }
  for (const route of read.list(document.get("routes") ?? [], "routes")) {
    read.text(read.object(route, "routes").get("kind"), "routes.kind");
  }
  read.texts(document.get("status_lists") ?? [], "status_lists");
}

/** The witness policy's text. */
export function readPolicy(data: Bytes): string {
  try {
    if (data.length <= MOST_POLICY) return fromUtf8(data);
  } catch {
    // said below
  }
  throw new Untrusted(STEP, "witness-policy.txt is not a text of at most 64 KiB");
}

/** An object of version 1 with its names; further ones may come with later versions. */
function readDocument(data: Bytes, name: string, needed: string[]): JsonObject {
  if (data.length > MOST_BYTES) throw new Untrusted(STEP, `${name} is larger than ${MOST_BYTES} bytes`);
  const document = naming(name, () => parseJson(data, STEP));
  if (!isObject(document) || !needed.every((one) => document.has(one)) || document.get("v") !== 1) {
    throw new Untrusted(STEP, `${name} is not such a document of version 1 with ${needed.join(", ")}`);
  }
  return document;
}

function readKey(written: Json, where: string): PublicKey {
  if (!isObject(written)) throw new Untrusted(STEP, `${where}: a key is not an object`);
  return naming(where, () => PublicKey.read(written));
}

function naming<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Untrusted) throw new Untrusted(STEP, `${where}: ${error.reason}`);
    throw error;
  }
}

/** Checks of single values; each refusal names the document and the field. */
class Fields {
  constructor(private readonly name: string) {}

  bad(field: string, wanted: string): never {
    throw new Untrusted(STEP, `${this.name}: ${field} must be ${wanted}`);
  }

  object(value: Json | undefined, field: string): JsonObject {
    return isObject(value) ? value : this.bad(field, "an object");
  }

  list(value: Json | undefined, field: string): Json[] {
    return Array.isArray(value) ? value : this.bad(field, "a list");
  }

  text(value: Json | undefined, field: string): string {
    return typeof value === "string" && value ? value : this.bad(field, "a text");
  }

  texts(value: Json | undefined, field: string): string[] {
    return this.list(value, field).map((one) => this.text(one, field));
  }

  number(value: Json | undefined, field: string, least = 0): number {
    return typeof value === "number" && value >= least ? value : this.bad(field, `a whole number from ${least}`);
  }

  day(value: Json | undefined, field: string): number {
    return (typeof value === "string" ? toDays(value) : null) ?? this.bad(field, "a date YYYY-MM-DD");
  }
}
