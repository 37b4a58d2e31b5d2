// The evaluated bundle: everything that verification needs to know, read once and indexed.

import { type Bytes, hex, unb64u } from "./bytes.ts";
import { iso, SECONDS_A_DAY, toDays, toSeconds } from "./days.ts";
import { BUNDLE, Untrusted } from "./errors.ts";
import { fromPlain, isObject, type Json, type JsonObject, parseJson, toPlain } from "./json.ts";
import { PublicKey } from "./keys.ts";
import { Note, VerifierKey } from "./notes.ts";
import { Policy } from "./policy.ts";
import { decodeStatusList, type StatusList } from "./statuslist.ts";
import { first, toUtf8 } from "./texts.ts";

/** The label carries the first 16 bytes of a cid, so look-ups go by these. */
export const CID_PREFIX = 16;

/** Hours in which an issuer enters a certificate in its journal, where the list says nothing else. */
export const MAX_LOG_DELAY_H = 24;

export const STATUSES = [
  "PARTICIPANT",
  "RESTRICTED",
  "SUSPENDED",
  "SELF_SUSPENDED",
  "REMOVED",
  "EMBARGOED",
  "MERGED",
  "APPLICANT",
  "NON_PARTICIPANT",
  "TRADING_ENTITY",
];

/** A status from one day up to, not including, another (null: still). */
export interface Span {
  status: string;
  start: number;
  end: number | null;
  source: string;
  zones: string[];
  /** How many signatures of which role a certificate must bear beside the issuer's. */
  countersigners: { role: string; least: number }[];
  /** How many entries the journals of the Participant's authorities had when the status began, by origin. */
  frozen: Map<string, bigint>;
}

export interface Participant {
  code: string;
  name: string;
  history: Span[];
  maxLogDelayHours: number;
}

/** A registered range of certificate numbers; `year` 0 means any year. */
export interface NumberRange {
  series: string;
  first: bigint;
  last: bigint;
  year: number;
}

export interface Authority {
  code: string;
  participant: string;
  mode: string;
  keys: PublicKey[];
  patterns: RegExp[];
  ranges: NumberRange[];
  sealCertificates: Set<string>;
  journal: VerifierKey | null;
  witness: VerifierKey | null;
}

/** The proof of a certificate that a bundle brings along: its whole cid, and the proof as text. */
export interface Proved {
  cid: Bytes;
  proof: string;
}

export interface ListedStatus {
  entries: StatusList;
  expires: number;
}

/** A stricter rule of this state's own. */
export interface Ban {
  start: number;
  end: number | null;
  reason: string;
}

/** The indexed bundle. `expected` is null where this bundle knows no advance notices at all. */
export class Bundle {
  readonly issuedSeconds: number;
  readonly listDate: string;
  readonly participants = new Map<string, Participant>();
  readonly authorities = new Map<string, Authority>();
  readonly keys = new Map<string, PublicKey[]>();
  readonly statuses = new Map<string, ListedStatus>();
  /** Whose part of the bundle it is: an authority's code, or another name where it is of no authority. */
  readonly node: string;
  readonly expected: Set<string> | null;
  readonly used = new Map<string, Set<string>>();
  readonly alerts: Set<string>;
  readonly bans = new Map<string, Ban>();
  /** Participants whose keys are in question, and why. */
  readonly pending = new Map<string, string>();
  readonly policy: Policy | null;
  /** Cosigned checkpoints that were kept, by the journal's name. */
  readonly seen = new Map<string, Note[]>();
  readonly proofs = new Map<string, Proved>();
  readonly countersigners = new Map<string, PublicKey[]>();
  private readonly written: JsonObject;

  /** `written` is an evaluated bundle: its JSON text or bytes, or the object it parses to. Throws `Untrusted`. */
  constructor(written: unknown) {
    this.written = top(written);
    try {
      if (number(this.written.get("v")) !== 1) wrong("the bundle is of a version this program does not know");
      const issued = toSeconds(text(this.written.get("issued"))) ?? wrong("the date of issue is no date");
      this.issuedSeconds = issued;
      this.listDate = iso(Math.floor(issued / SECONDS_A_DAY));
      this.readParticipants();
      this.readAuthorities();
      this.readStatusLists();
      this.node = String(this.written.get("node") ?? "");
      const expected = this.written.get("expected") ?? null;
      // A cid stands there alone, or with what an officer's list shows.
      this.expected = expected === null ? null : new Set(list(expected).map((one) => prefix(isObject(one) ? (one.get("cid") ?? null) : one)));
      this.readUses();
      this.alerts = new Set(list(this.written.get("alerts") ?? []).map((one) => plainNumber(text(one))));
      this.readBans();
      const policy = this.written.get("policy");
      this.policy = policy ? Policy.parse(text(policy)) : null;
      this.readJournals();
    } catch (error) {
      throw error instanceof Untrusted ? error : new Untrusted(BUNDLE, `this is not a bundle: ${first(String(error), 80)}`);
    }
  }

  /** The bundle's JSON as plain objects. */
  asJson(): Record<string, unknown> {
    return toPlain(this.written) as Record<string, unknown>;
  }

  /** The Participant that an authority belongs to; of an unknown one, what stands before its hyphen. */
  participantOf(authority: string): string {
    return this.authorities.get(authority)?.participant ?? authority.split("-")[0]!;
  }

  /** True where the list names a key of the authority or, if it does not know it, of its Participant. */
  hasKeys(authority: string, participant: string): boolean {
    const known = this.authorities.get(authority);
    if (known) return known.keys.length > 0;
    return [...this.authorities.values()].some((one) => one.participant === participant && one.keys.length > 0);
  }

  private readParticipants(): void {
    for (const [code, written] of object(this.written.get("participants") ?? new Map())) {
      const about = object(written);
      const history = list(about.get("history") ?? []).map(span);
      history.sort((one, other) => one.start - other.start);
      const hours = number(about.get("max_log_delay_h") ?? MAX_LOG_DELAY_H);
      const participant = { code, name: text(about.get("name") ?? code), history, maxLogDelayHours: hours };
      for (const alias of [code, ...list(about.get("codes") ?? []).map(text)]) this.participants.set(alias, participant);
    }
  }

  private readAuthorities(): void {
    for (const [code, written] of object(this.written.get("authorities") ?? new Map())) {
      const authority = readAuthority(code, object(written));
      this.authorities.set(code, authority);
      for (const key of authority.keys) {
        for (const name of [key.kid, `kid8:${key.kid8}`]) {
          this.keys.set(name, [...(this.keys.get(name) ?? []), key]);
        }
      }
    }
  }

  private readStatusLists(): void {
    for (const [uri, written] of object(this.written.get("status_lists") ?? new Map())) {
      const about = object(written);
      const entries = decodeStatusList(about.get("lst"), about.get("bits") ?? null);
      const listed = { entries, expires: seconds(about.get("exp")) };
      this.statuses.set(uri, listed);
      if (about.has("authority") && about.has("id")) {
        this.statuses.set(statusKey(text(about.get("authority")), number(about.get("id"))), listed);
      }
    }
  }

  private readUses(): void {
    for (const written of list(this.written.get("used") ?? [])) {
      const one = object(written);
      const cid = prefix(one.get("cid") ?? null);
      this.used.set(cid, (this.used.get(cid) ?? new Set()).add(text(one.get("authority"))));
    }
  }

  /** Whose keys are in question, the checkpoints and proofs that came along, and who may countersign. */
  private readJournals(): void {
    const part = (name: string): JsonObject => object(this.written.get(name) ?? new Map());
    const trust = object(this.written.get("trust") ?? new Map());
    for (const [code, reason] of object(trust.get("pending") ?? new Map())) this.pending.set(code, text(reason));
    for (const [origin, notes] of part("checkpoints")) {
      this.seen.set(origin, list(notes).map((note) => Note.parse(text(note))));
    }
    for (const written of part("proofs").values()) {
      const one = object(written);
      const cid = unb64u(one.get("cid"), BUNDLE);
      this.proofs.set(cidKey(cid), { cid, proof: text(one.get("proof")) });
    }
    for (const [role, about] of part("roles")) {
      this.countersigners.set(role, list(object(about).get("keys") ?? []).map((key) => PublicKey.read(key)));
    }
  }

  private readBans(): void {
    const overlay = object(this.written.get("overlay") ?? new Map());
    for (const [code, written] of object(overlay.get("participants") ?? new Map())) {
      const ban = object(written);
      const until = ban.get("until");
      this.bans.set(code, { start: day(ban.get("from")), end: until ? day(until) : null, reason: String(ban.get("reason") ?? "") });
    }
  }
}

/** How a status list is named by authority and number. */
export function statusKey(authority: string, id: number | bigint): string {
  return `${authority}\n${id}`;
}

/** How a certificate is looked up: by the first 16 bytes of its cid. */
export function cidKey(cid: Bytes): string {
  return hex(cid.subarray(0, CID_PREFIX));
}

/** A certificate number without the spaces and signs that people put in it, in capitals. */
export function plainNumber(written: string): string {
  return written.toUpperCase().replace(/[^0-9A-Z]/g, "");
}

/** The status on a day, if the list knows one. Where two overlap, the one that began last counts. */
export function statusAt(participant: Participant, on: number): Span | null {
  return participant.history.findLast((one) => one.start <= on && (one.end === null || on < one.end)) ?? null;
}

function top(written: unknown): JsonObject {
  const read =
    written instanceof Map
      ? (written as JsonObject)
      : written instanceof Uint8Array
        ? parseJson(written, BUNDLE)
        : typeof written === "string"
          ? parseJson(toUtf8(written), BUNDLE)
          : fromPlain(written);
  if (!isObject(read)) throw new Untrusted(BUNDLE, "this is not a bundle: not an object");
  return read;
}

function span(written: Json): Span {
  const about = object(written);
  const status = text(about.get("status"));
  if (!STATUSES.includes(status)) wrong(`'${status}' is no status`);
  const until = about.get("until");
  return {
    status,
    start: day(about.get("from")),
    end: until ? day(until) : null,
    source: String(about.get("source") ?? ""),
    zones: list(about.get("zones") ?? []).map(text),
    countersigners: list(about.get("conditions") ?? [])
      .map(object)
      .filter((one) => text(one.get("kind")) === "countersign")
      .map((one) => ({ role: text(one.get("role")), least: number(one.get("min")) })),
    frozen: new Map(
      [...object(about.get("log_freeze") ?? new Map())].map(([origin, one]) => [origin, BigInt(number(object(one).get("size")))]),
    ),
  };
}

/** An authority as the list has it. Throws `Untrusted`. */
export function readAuthority(code: string, about: JsonObject): Authority {
  return {
    code,
    participant: text(about.get("participant")),
    mode: text(about.get("mode") ?? "paper"),
    keys: list(about.get("keys") ?? []).map((key) => PublicKey.read(key, code)),
    patterns: list(about.get("number_patterns") ?? []).map((pattern) => wholePattern(text(pattern))),
    ranges: list(about.get("ranges") ?? []).map((written) => {
      const one = object(written);
      return {
        series: text(one.get("series") ?? ""),
        first: BigInt(number(one.get("from"))),
        last: BigInt(number(one.get("to"))),
        year: number(one.get("year") || 0),
      };
    }),
    sealCertificates: new Set(list(about.get("seal_certificates") ?? []).map((sha) => text(sha).toLowerCase())),
    journal: named(about.get("log"), "origin"),
    witness: named(about.get("witness"), "name"),
  };
}

/** The key of a journal or witness, which must bear the name it is listed under. */
function named(written: Json | undefined, name: string): VerifierKey | null {
  if (written === undefined || written === null) return null;
  const about = object(written);
  const key = VerifierKey.parse(text(about.get("vkey")));
  return key.name === about.get(name) ? key : wrong("the key of a journal or witness bears another name");
}

/** The pattern over a whole number. Patterns are plain: classes, counts and alternatives, alike in both engines. */
function wholePattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, "u");
}

function prefix(written: Json): string {
  return cidKey(unb64u(written, BUNDLE));
}

function seconds(written: Json | undefined): number {
  if (typeof written === "number") return written;
  return toSeconds(text(written)) ?? wrong("a moment is no date and time");
}

function day(written: Json | undefined): number {
  return toDays(text(written).slice(0, 10)) ?? wrong("a day is no date");
}

function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : wrong("an object is missing");
}

function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : wrong("a list is missing");
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : wrong("a text is missing");
}

function number(value: Json | undefined): number {
  return typeof value === "number" ? value : wrong("a number is missing");
}

function wrong(why: string): never {
  throw new Untrusted(BUNDLE, why.startsWith("the bundle") ? why : `this is not a bundle: ${why}`);
}

