// Opening a trust list. What is wrong with the list itself, or with what this machine remembers, ends in `Untrusted`
// (0 trust list) and nothing of it is used. What is wrong inside one participant's own signed files concerns that
// participant alone: it is pending, with the reason, and its keys last trusted stay in force.

import { type Bytes } from "../bytes.ts";
import { Untrusted } from "../errors.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { byCodePoint, fromUtf8, toUtf8 } from "../texts.ts";
import { judge, type Judgement } from "./continuity.ts";
import { readKeys, strangeConditions } from "./documents.ts";
import { Delegation, type Memory } from "./memory.ts";
import { delegationOf, load, type Metadata, verifyBy } from "./metadata.ts";
import { authorityOf, ceremonyOf, continuityOf, participantOf, roleOf, signerRole, STEP, TOP } from "./roles.ts";
import { day, Walk } from "./walk.ts";

/** A trust list whose every signature, version and hash holds. Moments are seconds. */
export interface TrustedList {
  participants: JsonObject;
  /** The `keys.json` documents by authority. */
  authorities: Map<string, JsonObject>;
  policy: string;
  roles: Json;
  rootVersion: number;
  serial: number;
  issued: number;
  expires: number;
  /** Why a participant's keys do not count as listed. */
  pending: Map<string, string>;
  memory: Memory;
}

/** The list in a bundle's member `trust`. Expiry is judged at `reference`. */
export async function openList(trust: Json | undefined, memory: Memory, now: number, reference: number): Promise<TrustedList> {
  const opening = new Opening(files(trust, "metadata"), files(trust, "targets"), memory, now, reference);
  await opening.roots();
  await opening.timestamp();
  await opening.snapshot();
  await opening.targets();
  await opening.participants();
  return opening.result();
}

function files(trust: Json | undefined, name: string): Map<string, Bytes> {
  const given = isObject(trust) ? trust.get(name) : undefined;
  if (!isObject(given) || [...given.values()].some((content) => typeof content !== "string")) {
    throw new Untrusted(STEP, `the bundle has no trust list: ${name} must map file names to texts`);
  }
  return new Map([...given].map(([path, content]) => [path, toUtf8(content as string)]));
}

/** The walk, and after it what is ours: continuity, and each participant's own files by themselves. */
class Opening extends Walk {
  private readonly pending = new Map<string, string>();
  private readonly delegations = new Map<string, Delegation>();
  private readonly changes = new Map<string, [string, number]>();
  private readonly texts = new Map<string, Map<string, string>>();
  private readonly authorities = new Map<string, JsonObject>();

  /** Each participant's own files, under the delegation that counts for it. */
  async participants(): Promise<void> {
    const changes = new Map<string, Bytes>();
    for (const path of this.top.files.keys()) {
      if (continuityOf(path)[0] && this.contents.has(path)) changes.set(path, this.content(this.top, path));
    }
    const delegated = new Map(this.delegated().map((role) => [participantOf(role), role]));
    for (const code of [...new Set([...delegated.keys(), ...this.memory.delegations.keys()])].sort(byCodePoint)) {
      const role = delegated.get(code);
      const listed = role === undefined ? null : delegationOf(this.top, role);
      const remembered = this.memory.delegations.get(code);
      const found = await judge(code, listed, remembered, changes, this.memory.changes.get(code), this.now);
      await this.participant(code, listed, found);
    }
    for (const [code, kind] of strangeConditions(this.document)) {
      const why = `its status has a condition that this version does not know: ${kind}`;
      if (!this.pending.has(code)) this.pending.set(code, why);
    }
  }

  private async participant(code: string, listed: Delegation | null, found: Judgement): Promise<void> {
    const held = [...this.top.files.keys()].some((path) => ceremonyOf(path) === code);
    if (!this.memory.delegations.has(code) && !held) {
      this.pending.set(code, "it was enrolled without the record of a key ceremony");
      return;
    }
    const { counts } = found;
    if (!counts) return;
    const version = counts === listed ? this.top.version : counts.version;
    this.delegations.set(code, new Delegation(counts.threshold, counts.keys, version));
    if (found.seen !== null) {
      this.changes.set(code, [listed?.digest ?? "", found.seen]);
      this.pending.set(code, found.reason);
    }
    const about = this.snap.files.get(`${roleOf(code)}.json`);
    if (!about) return;
    const name = `${about.version}.${roleOf(code)}.json`;
    const data = this.file(name, about); // damaged on its way: no fault of the participant, so the whole is refused
    try {
      const texts = await this.ownFiles(code, counts, name, load("targets", data, name), about.version);
      this.texts.set(code, texts);
      this.use(code, texts);
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
      if (found.seen === null) this.pending.set(code, error.reason);
      this.remembered(code);
    }
  }

  /** The `keys.json` texts of a participant, each form and hash checked. */
  private async ownFiles(code: string, counts: Delegation, name: string, own: Metadata, version: number): Promise<Map<string, string>> {
    await verifyBy(counts, own, name);
    const role = roleOf(code);
    if (own.version !== version) throw new Untrusted(STEP, `${name} says that it is version ${own.version}`);
    if (this.isExpired(own)) throw new Untrusted(STEP, `${name} expired on ${day(own.expires)}`);
    if (own.delegates) throw new Untrusted(STEP, `${name} delegates further, which a participant may not`);
    this.same(role, own);
    const texts = new Map<string, string>();
    for (const path of own.files.keys()) {
      const [participant, authority] = authorityOf(path);
      if (signerRole(path) !== role || path.split("/").includes("..")) {
        throw new Untrusted(STEP, `${name} lists ${path}: outside participants/${code}/`);
      }
      if (authority && participant === code) {
        const data = this.content(own, path);
        readKeys(data, code, authority);
        texts.set(path, fromUtf8(data));
      }
    }
    this.take(role, own);
    return texts;
  }

  private use(code: string, texts: Map<string, string>): void {
    for (const [path, text] of texts) {
      const authority = authorityOf(path)[1];
      this.authorities.set(authority, readKeys(toUtf8(text), code, authority));
    }
  }

  /** What was last trusted of a participant stays in force, and is not forgotten. */
  private remembered(code: string): void {
    const kept = this.memory.documents.get(code);
    if (kept) {
      this.texts.set(code, kept);
      this.use(code, kept);
    }
    const role = roleOf(code);
    const [version, digest] = [this.memory.versions.get(role), this.memory.digests.get(role)];
    if (version === undefined || digest === undefined) return;
    this.versions.set(role, version);
    this.digests.set(role, digest);
  }

  /** The opened list, and the memory to keep from now on. */
  result(): TrustedList {
    const serial = this.document.get("serial") as number;
    const memory: Memory = {
      root: this.rootText,
      versions: this.versions,
      digests: this.digests,
      online: this.online,
      serial,
      synced: Math.max(this.memory.synced ?? this.issued, this.issued),
      delegations: this.delegations,
      changes: this.changes,
      documents: this.texts,
    };
    return {
      participants: this.document.get("participants") as JsonObject,
      authorities: this.authorities,
      policy: this.policy,
      roles: this.document.get("roles") ?? new Map(),
      rootVersion: this.versions.get("root")!,
      serial,
      issued: this.issued,
      expires: Math.min(...TOP.map((role) => this.expiries.get(role)!)),
      pending: this.pending,
      memory,
    };
  }
}
