// What an opened trust list leaves behind on a machine, so that it never goes back. The same JSON as the node keeps.

import { b64u, sha256 } from "../bytes.ts";
import { toSeconds } from "../days.ts";
import { Untrusted } from "../errors.ts";
import { canonical, isObject, type Json, type JsonObject, parseJson } from "../json.ts";
import { PublicKey } from "../keys.ts";
import { byCodePoint, first, toUtf8 } from "../texts.ts";
import { STEP } from "./roles.ts";

/** Who signs for a participant: keys by their TUF key id, and how many of them are needed. */
export class Delegation {
  constructor(
    readonly threshold: number,
    readonly keys: Map<string, PublicKey>,
    /** The targets version under which a machine last saw it count; no older consent changes it again. */
    readonly version = 0,
  ) {}

  /** One text for one set of keys and threshold; two delegations with the same digest are the same. */
  get digest(): string {
    const keys = [...this.keys.values()].map((key) => [key.alg, b64u(key.pub)] as [string, string]);
    keys.sort((one, other) => byCodePoint(one[0], other[0]) || byCodePoint(one[1], other[1]));
    return b64u(sha256(canonical([this.threshold, keys])));
  }

  asJson(): JsonObject {
    const names = [...this.keys.keys()].sort(byCodePoint);
    const keys = names.map((keyid): JsonObject => {
      const key = this.keys.get(keyid)!;
      return new Map([["keyid", keyid], ["alg", key.alg], ["pub", b64u(key.pub)]]);
    });
    return new Map<string, Json>([["threshold", this.threshold], ["keys", keys], ["version", this.version]]);
  }

  static read(written: Json | undefined): Delegation {
    const about = object(written);
    const keys = new Map<string, PublicKey>();
    for (const one of list(about.get("keys"))) {
      const keyid = text(object(one).get("keyid"));
      keys.set(keyid, PublicKey.read(new Map([...object(one), ["kid", keyid]])));
    }
    return new Delegation(number(about.get("threshold")), keys, number(about.get("version") ?? 0));
  }
}

export interface Memory {
  /** The text of the adopted root. */
  root: string;
  /** For each role the highest version seen and the SHA-256 of what was signed. */
  versions: Map<string, number>;
  digests: Map<string, string>;
  /** The keys of timestamp and snapshot under which these were counted. */
  online: string[];
  serial: number;
  /** The moment (seconds) of the newest list seen, as its timestamp says. */
  synced: number | null;
  /** Each participant's keys as they count, and those that do not count yet with the moment they were first seen. */
  delegations: Map<string, Delegation>;
  changes: Map<string, [string, number]>;
  /** The `keys.json` texts last trusted, by participant and path. */
  documents: Map<string, Map<string, string>>;
}

/** The memory of a machine that has adopted a root and seen nothing yet. */
export function newMemory(root: string): Memory {
  return {
    root,
    versions: new Map(),
    digests: new Map(),
    online: [],
    serial: 0,
    synced: null,
    delegations: new Map(),
    changes: new Map(),
    documents: new Map(),
  };
}

/** The memory as canonical JSON, for a machine to keep. */
export function memoryText(memory: Memory): string {
  const written = new Map<string, Json>([
    ["v", 1],
    ["root", memory.root],
    ["versions", memory.versions],
    ["digests", memory.digests],
    ["online", memory.online],
    ["serial", memory.serial],
    ["synced", memory.synced === null ? null : momentText(memory.synced)],
    ["delegations", new Map([...memory.delegations].map(([code, one]) => [code, one.asJson()]))],
    ["changes", new Map([...memory.changes].map(([code, [digest, seen]]) => [code, [digest, momentText(seen)]]))],
    ["documents", memory.documents],
  ]);
  return new TextDecoder().decode(canonical(written));
}

export function readMemory(kept: string): Memory {
  const written = parseJson(toUtf8(kept), STEP);
  try {
    const about = object(written);
    if (about.get("v") !== 1) wrong("its version is not known");
    const each = <T>(name: string, read: (value: Json) => T): Map<string, T> =>
      new Map([...object(about.get(name))].map(([key, value]) => [key, read(value)]));
    const synced = about.get("synced");
    return {
      root: text(about.get("root")),
      versions: each("versions", number),
      digests: each("digests", text),
      online: list(about.get("online")).map(text),
      serial: number(about.get("serial")),
      synced: synced ? readMoment(synced) : null,
      delegations: each("delegations", Delegation.read),
      changes: each("changes", (value) => [text(list(value)[0]), readMoment(list(value)[1])]),
      documents: each("documents", (value) => new Map([...object(value)].map(([path, inner]) => [path, text(inner)]))),
    };
  } catch (error) {
    const why = error instanceof Untrusted ? error.reason : String(error);
    throw new Untrusted(STEP, `what this machine remembers cannot be read: ${first(why, 80)}`);
  }
}

/** A moment in UTC to the second: `2027-01-01T00:00:00Z`. */
export function momentText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** The moment (seconds) of such a text. */
export function readMoment(written: Json | undefined): number {
  const found = typeof written === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(written) ? toSeconds(written) : null;
  return found ?? wrong("a moment such as 2027-01-01T00:00:00Z is wanted");
}

export function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : wrong("an object is missing");
}

export function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : wrong("a list is missing");
}

export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : wrong("a text is missing");
}

export function number(value: Json | undefined): number {
  return typeof value === "number" ? value : wrong("a number is missing");
}

function wrong(why: string): never {
  throw new Untrusted(STEP, why);
}
