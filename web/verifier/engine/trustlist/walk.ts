// TUF's client workflow (specification, section 5) over files in memory, step after step.

import { type Bytes, equal, hex, sha256 } from "../bytes.ts";
import { iso, SECONDS_A_DAY } from "../days.ts";
import { Untrusted } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { byCodePoint, toUtf8 } from "../texts.ts";
import { readParticipants, readPolicy } from "./documents.ts";
import { type Memory, momentText, readMoment } from "./memory.ts";
import { checkBytes, type FileInfo, type Kind, load, type Metadata, verify } from "./metadata.ts";
import { PARTICIPANTS_FILE, participantOf, POLICY_FILE, signerRole, STEP } from "./roles.ts";

/** How far, in seconds, two honest clocks may be apart. */
const SKEW = 86_400;

/** One opening. Later steps use what earlier ones have verified. Moments are seconds. */
export class Walk {
  root!: Metadata;
  rootText!: string;
  stamp!: Metadata;
  snap!: Metadata;
  top!: Metadata;
  issued!: number;
  online: string[] = [];
  policy = "";
  document: JsonObject = new Map();
  freshCount = false;
  readonly versions = new Map<string, number>();
  readonly digests = new Map<string, string>();
  readonly expiries = new Map<string, number>();

  constructor(
    readonly files: Map<string, Bytes>,
    readonly contents: Map<string, Bytes>,
    readonly memory: Memory,
    readonly now: number,
    readonly reference: number,
  ) {}

  /** Steps 5.2 and 5.3: from the adopted root, one by one, each signed by the one before and by itself. */
  async roots(): Promise<void> {
    let data = toUtf8(this.memory.root);
    let found = load("root", data, "the adopted root");
    await verify(found, "root", found, "the adopted root");
    const same = `${found.version}.root.json`;
    const there = this.files.get(same);
    if (there && !equal(load("root", there, same).signedBytes, found.signedBytes)) {
      throw new Untrusted(STEP, `${same} is not the root that this machine adopted: this is another trust list`);
    }
    for (;;) {
      const name = `${found.version + 1}.root.json`;
      const given = this.files.get(name);
      if (!given) break;
      const following = load("root", given, name);
      if (following.version !== found.version + 1) throw new Untrusted(STEP, `${name} says that it is version ${following.version}`);
      await verify(found, "root", following, `${name} (by the keys of the root before it)`);
      await verify(following, "root", following, name);
      [found, data] = [following, given as Bytes];
    }
    this.root = found;
    this.rootText = new TextDecoder().decode(data);
    this.noGap(found.version);
    this.take("root", found);
    const roles = ["timestamp", "snapshot"].map((role) => found.roles.get(role)!.keyids);
    this.online = [...new Set(roles.flat())].sort(byCodePoint);
    // 5.3.11: with new online keys all is counted anew, or a thief's huge version numbers would last for ever.
    this.freshCount = this.memory.online.length > 0 && this.online.join() !== this.memory.online.join();
  }

  private noGap(last: number): void {
    const later = [...this.files.keys()].filter((name) => Number(/^([1-9][0-9]{0,8})\.root\.json$/.exec(name)?.[1] ?? 0) > last);
    if (later.length) {
      throw new Untrusted(STEP, `${last + 1}.root.json is missing, so ${later.sort(byCodePoint)[0]} cannot be trusted`);
    }
  }

  /** Step 5.4. */
  async timestamp(): Promise<void> {
    this.stamp = await this.load("timestamp", "timestamp.json", "timestamp.json", null);
    try {
      this.issued = readMoment(this.stamp.signed.get("issued"));
    } catch {
      throw new Untrusted(STEP, "timestamp.json does not say when it was issued");
    }
    if (this.issued > this.now + SKEW) {
      throw new Untrusted(STEP, "timestamp.json is dated in the future: look at this machine's clock");
    }
    this.count("timestamp", this.stamp.version);
    this.count("snapshot", this.snapshotInfo().version);
  }

  private snapshotInfo(): FileInfo {
    return this.stamp.files.get("snapshot.json")!;
  }

  /** Step 5.5; besides, nothing that was ever on the list disappears from it or goes back. */
  async snapshot(): Promise<void> {
    const about = this.snapshotInfo();
    const name = `${about.version}.snapshot.json`;
    this.snap = await this.load("snapshot", name, "timestamp.json", about);
    if (this.freshCount) return;
    for (const role of this.memory.versions.keys()) {
      if (["root", "timestamp", "snapshot"].includes(role)) continue;
      const listed = this.snap.files.get(`${role}.json`);
      if (!listed) throw new Untrusted(STEP, `${name} leaves out ${role}.json, which this machine has seen`);
      this.count(role, listed.version);
    }
  }

  /** Step 5.6, and the form of the delegations. */
  async targets(): Promise<void> {
    const about = this.snap.files.get("targets.json");
    if (!about) throw new Untrusted(STEP, "snapshot does not list targets.json");
    const name = `${about.version}.targets.json`;
    this.top = await this.load("targets", name, "snapshot", about);
    for (const path of this.top.files.keys()) {
      if (signerRole(path) !== "targets" || path.startsWith("participants/")) {
        throw new Untrusted(STEP, `${name} lists ${path} itself: only that participant's own keys may`);
      }
    }
    for (const role of this.delegated()) this.checkDelegation(name, role);
    this.document = readParticipants(this.content(this.top, PARTICIPANTS_FILE));
    const serial = this.document.get("serial") as number;
    if (serial < this.memory.serial) {
      const seen = `this machine has seen ${this.memory.serial}: nothing goes back`;
      throw new Untrusted(STEP, `participants.json has serial ${serial}; ${seen}`);
    }
    if (this.top.files.has(POLICY_FILE)) this.policy = readPolicy(this.content(this.top, POLICY_FILE));
  }

  // What the steps share.

  /** A file of a top role, its hash, form, signatures, version and expiry checked. */
  private async load(role: Kind, name: string, source: string, about: FileInfo | null): Promise<Metadata> {
    const found = load(role, this.file(name, about), name);
    await verify(this.root, role, found, name);
    if (about && found.version !== about.version) {
      throw new Untrusted(STEP, `${name} says that it is version ${found.version}, ${source} says ${about.version}`);
    }
    if (role === "timestamp" && this.isExpired(this.root)) {
      throw new Untrusted(STEP, `root ${this.root.version} expired on ${day(this.root.expires)}`);
    }
    this.same(role, found);
    if (this.isExpired(found)) {
      const when = momentText(found.expires).slice(0, 16).replace("T", " ");
      throw new Untrusted(STEP, `${name} expired on ${when} UTC: somebody keeps back a newer one, or nobody signed one`);
    }
    this.take(role, found);
    return found;
  }

  isExpired(found: Metadata): boolean {
    return this.reference >= found.expires;
  }

  file(name: string, about: FileInfo | null): Bytes {
    const data = this.files.get(name);
    if (!data) throw new Untrusted(STEP, `${name} is missing`);
    if (about) checkBytes(about, data, name);
    return data;
  }

  /** The content of a target, exactly as signed. */
  content(by: Metadata, path: string): Bytes {
    const [about, data] = [by.files.get(path), this.contents.get(path)];
    if (!about || !data) throw new Untrusted(STEP, `${path} is missing`);
    checkBytes(about, data, path);
    return data;
  }

  /** No version goes back. */
  private count(role: string, version: number): void {
    const seen = this.freshCount ? 0 : (this.memory.versions.get(role) ?? 0);
    if (version < seen) {
      throw new Untrusted(STEP, `${role} has version ${version}; this machine has seen ${seen}, and never goes back`);
    }
  }

  /** One version has one content. */
  same(role: string, found: Metadata): void {
    if (this.freshCount || this.memory.versions.get(role) !== found.version || !this.memory.digests.has(role)) return;
    if (this.memory.digests.get(role) !== digest(found)) {
      throw new Untrusted(STEP, `there are two different files of ${role} version ${found.version}: keep both, and tell the others`);
    }
  }

  take(role: string, found: Metadata): void {
    this.versions.set(role, found.version);
    this.digests.set(role, digest(found));
    this.expiries.set(role, found.expires);
  }

  delegated(): string[] {
    return [...this.top.roles.keys()].filter((role) => participantOf(role));
  }

  private checkDelegation(name: string, role: string): void {
    const about = this.top.roles.get(role)!;
    const folder = `participants/${participantOf(role)}/`;
    if (!about.paths.length || about.paths.some((path) => !path.startsWith(folder))) {
      throw new Untrusted(STEP, `${name} delegates to ${role} what is not under ${folder}`);
    }
    if (!about.terminating) {
      throw new Untrusted(STEP, `${name} lets others speak after ${role}: its delegation must be terminating`);
    }
  }
}

export function day(seconds: number): string {
  return iso(Math.floor(seconds / SECONDS_A_DAY));
}

function digest(found: Metadata): string {
  return hex(sha256(found.signedBytes));
}
