// TUF metadata: its form, its keys, its signatures. Narrower than TUF on purpose, as the node is: Ed25519 and P-256
// keys only, each named by its hash so that it counts once, no succinct roles, strict JSON, sizes bounded.

import { sha512 } from "@noble/hashes/sha2.js";

import { b64, type Bytes, concat, hex, sha256, unb64, unhex } from "../bytes.ts";
import { KEY, Untrusted } from "../errors.ts";
import { type Json, type JsonObject, olpcCanonical, parseJson } from "../json.ts";
import { PublicKey } from "../keys.ts";
import { signatureBytes } from "../seal.ts";
import { first } from "../texts.ts";
import { Delegation, list, number, object, readMoment, text } from "./memory.ts";
import { STEP, TOP } from "./roles.ts";

export type Kind = "root" | "timestamp" | "snapshot" | "targets";

/** The most bytes of each kind that are read. */
const MOST: Record<Kind, number> = { root: 512_000, timestamp: 16_384, snapshot: 2_000_000, targets: 5_000_000 };
const MOST_KEYS = 32;

const DIGESTS = new Map<string, (data: Bytes) => string>([
  ["sha256", (data) => hex(sha256(data))],
  ["sha512", (data) => hex(sha512(data))],
]);

/** What is signed about a file: its length and hash where they are said, and, of metadata, its version. */
export interface FileInfo {
  version: number;
  length: number | null;
  /** Digests in hexadecimal, by algorithm; empty where none is said. */
  hashes: Map<string, string>;
}

/** A role as its delegator names it. */
export interface RoleInfo {
  keyids: string[];
  threshold: number;
  paths: string[];
  terminating: boolean;
}

/** Parsed metadata; whoever reads it has its signatures verified first. */
export interface Metadata {
  kind: Kind;
  version: number;
  expires: number;
  signed: JsonObject;
  signedBytes: Bytes;
  signatures: Map<string, string>;
  /** The roles that root or a delegation names, and the keys it shows. */
  roles: Map<string, RoleInfo>;
  keys: Map<string, PublicKey>;
  /** Why a key that is shown cannot be used. */
  unreadable: Map<string, Untrusted>;
  /** What snapshot and timestamp say of other metadata, and targets of its targets. */
  files: Map<string, FileInfo>;
  delegates: boolean;
}

/** Metadata of a kind from bytes, its form checked, its signatures not yet. */
export function load(kind: Kind, data: Bytes, name: string): Metadata {
  if (data.length > MOST[kind]) throw new Untrusted(STEP, `${name} is larger than any such file (${MOST[kind]} bytes at most)`);
  try {
    return parsed(kind, object(parseJson(data, STEP)), name);
  } catch (error) {
    if (!(error instanceof Untrusted)) throw error;
    const own = error.reason.startsWith(`${name} `);
    throw own ? error : new Untrusted(STEP, `${name} is not trust list metadata: ${first(error.message, 100)}`);
  }
}

function parsed(kind: Kind, written: JsonObject, name: string): Metadata {
  const signed = object(written.get("signed"));
  const found: Metadata = {
    kind,
    version: number(signed.get("version")),
    expires: readMoment(signed.get("expires")),
    signed,
    signedBytes: olpcCanonical(signed),
    signatures: new Map(),
    roles: new Map(),
    keys: new Map(),
    unreadable: new Map(),
    files: new Map(),
    delegates: false,
  };
  const type = text(signed.get("_type"));
  if (type !== kind) throw new Untrusted(STEP, `${name} is ${type} metadata, not ${kind}`);
  if (!text(signed.get("spec_version")).startsWith("1.") || found.version < 1) throw new Untrusted(STEP, "of another version");
  for (const one of list(written.get("signatures")).map(object)) {
    const keyid = text(one.get("keyid"));
    if (found.signatures.has(keyid)) throw new Untrusted(STEP, "a key signs twice");
    found.signatures.set(keyid, text(one.get("sig")));
  }
  READERS[kind](found, signed, name);
  checkRoles(found, name);
  return found;
}

const READERS: Record<Kind, (found: Metadata, signed: JsonObject, name: string) => void> = {
  root(found, signed, name) {
    readKeys(found, signed.get("keys"), name);
    for (const [role, about] of object(signed.get("roles"))) found.roles.set(role, roleInfo(object(about)));
    if (found.roles.size !== TOP.length || !TOP.every((role) => found.roles.has(role))) throw new Untrusted(STEP, "not the four roles");
  },
  timestamp(found, signed) {
    found.files.set("snapshot.json", fileInfo(object(signed.get("meta")).get("snapshot.json"), true));
  },
  snapshot(found, signed) {
    for (const [file, about] of object(signed.get("meta"))) found.files.set(file, fileInfo(about, true));
  },
  targets(found, signed, name) {
    for (const [path, about] of object(signed.get("targets"))) found.files.set(path, fileInfo(about, false));
    const delegations = signed.get("delegations") ?? null;
    if (delegations === null) return;
    found.delegates = true;
    const about = object(delegations);
    if (!about.has("roles")) {
      throw new Untrusted(STEP, `${name} delegates by hash (succinct roles), which this list does not use`);
    }
    readKeys(found, about.get("keys"), name);
    for (const one of list(about.get("roles")).map(object)) {
      const role = text(one.get("name"));
      if (found.roles.has(role) || TOP.includes(role)) throw new Untrusted(STEP, "a role twice, or one of the top");
      found.roles.set(role, roleInfo(one));
    }
  },
};

function readKeys(found: Metadata, written: Json | undefined, name: string): void {
  for (const [keyid, about] of object(written)) {
    // A key that no role uses is nobody's business.
    const key = tryKey(keyid, object(about), name);
    if (key instanceof PublicKey) found.keys.set(keyid, key);
    else found.unreadable.set(keyid, key);
  }
}

function tryKey(keyid: string, about: JsonObject, name: string): PublicKey | Untrusted {
  try {
    return publicKey(keyid, about, name);
  } catch (error) {
    if (!(error instanceof Untrusted)) throw error;
    return error.reason.startsWith(name) ? error : new Untrusted(STEP, `${name} names a key that cannot be read`);
  }
}

/** A TUF key as our public key, named by its key id, which must be the hash of it. */
function publicKey(keyid: string, about: JsonObject, name: string): PublicKey {
  const [keytype, scheme] = [text(about.get("keytype")), text(about.get("scheme"))];
  const value = text(object(about.get("keyval")).get("public"));
  let key: PublicKey;
  let spelled = value;
  if (keytype === "ed25519" && scheme === "ed25519") {
    key = new PublicKey({ kid: keyid, alg: "Ed25519", pub: unhex(value) ?? new Uint8Array() });
    spelled = hex(key.pub);
  } else if (keytype === "ecdsa" && scheme === "ecdsa-sha2-nistp256") {
    const der = unb64(value.replace(/-----[A-Z ]+-----/g, "").replace(/\s/g, "")) ?? new Uint8Array();
    key = new PublicKey({ kid: keyid, alg: "ES256", pub: der.slice(-65) });
    spelled = pem(key.pub);
  } else {
    throw new Untrusted(STEP, `${name} names a key of the kind ${scheme.slice(0, 40)}, which is not used here`);
  }
  key.checkLoads();
  const hashed = new Map<string, Json>([["keytype", keytype], ["scheme", scheme], ["keyval", new Map([["public", spelled]])]]);
  // Or else one could put another key under an old key's id, and the change would not look like one.
  if (hex(sha256(olpcCanonical(hashed))) !== keyid) {
    throw new Untrusted(STEP, `${name} names a key by an id that is not the hash of it`);
  }
  return key;
}

const SPKI = unhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")!;

function pem(point: Bytes): string {
  const lines = b64(concat(SPKI, point)).match(/.{1,64}/g)!;
  return `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`;
}

function roleInfo(about: JsonObject): RoleInfo {
  const keyids = list(about.get("keyids")).map(text);
  const threshold = number(about.get("threshold"));
  if (new Set(keyids).size !== keyids.length || threshold < 1) throw new Untrusted(STEP, "a role that nobody could sign");
  const paths = list(about.get("paths") ?? []).map(text);
  return { keyids, threshold, paths, terminating: about.get("terminating") === true };
}

function fileInfo(written: Json | undefined, ofMetadata: boolean): FileInfo {
  const about = object(written);
  const length = about.get("length") ?? null;
  const listed = about.get("hashes") ?? null;
  const hashes = new Map([...(listed === null ? [] : object(listed))].map(([name, value]) => [name, text(value)]));
  const needed = !ofMetadata || listed !== null;
  if ((needed && !hashes.size) || (!ofMetadata && length === null)) throw new Untrusted(STEP, "a target without length or hash");
  return { version: ofMetadata ? number(about.get("version")) : 0, length: length === null ? null : number(length), hashes };
}

/** Only our two kinds of key, each named by its hash so that it counts once. */
function checkRoles(found: Metadata, name: string): void {
  for (const [role, about] of found.roles) {
    for (const keyid of about.keyids) {
      const why = found.unreadable.get(keyid);
      if (why) throw why;
    }
    const count = about.keyids.filter((keyid) => found.keys.has(keyid)).length;
    if (count !== about.keyids.length || count > MOST_KEYS) {
      throw new Untrusted(STEP, `${name} names a key of ${role} that it does not show, or too many of them`);
    }
    if (about.threshold > count) {
      throw new Untrusted(STEP, `${name} wants ${about.threshold} of ${count} signatures of ${role}`);
    }
  }
}

/** Throws `Untrusted` unless enough keys that `delegator` names for `role` signed the metadata. */
export async function verify(delegator: Metadata, role: string, metadata: Metadata, name: string): Promise<void> {
  const about = delegator.roles.get(role);
  if (!about) throw new Untrusted(STEP, `${name}: nobody is named to sign ${role}`);
  const signed = await signedBy(about.keyids.map((keyid) => [keyid, delegator.keys.get(keyid)!]), metadata);
  if (signed < about.threshold) {
    throw new Untrusted(STEP, `${name} is signed by ${signed} of the ${about.threshold} keys of ${role} that are needed`);
  }
}

/** Throws `Untrusted` unless enough keys of a delegation signed the metadata. */
export async function verifyBy(delegation: Delegation, metadata: Metadata, name: string): Promise<void> {
  const signed = await signedBy([...delegation.keys], metadata);
  if (signed < delegation.threshold) {
    throw new Untrusted(STEP, `${name} is signed by ${signed} of the ${delegation.threshold} keys that are needed`);
  }
}

async function signedBy(keys: [string, PublicKey][], metadata: Metadata): Promise<number> {
  const counted = new Set<string>();
  for (const [keyid, key] of keys) {
    const written = unhex(metadata.signatures.get(keyid) ?? "");
    if (written?.length && (await holds(key, metadata.signedBytes, written))) counted.add(hex(key.pub));
  }
  return counted.size;
}

async function holds(key: PublicKey, message: Bytes, written: Bytes): Promise<boolean> {
  try {
    // TUF writes ECDSA in DER.
    await key.verify(message, key.alg === "ES256" ? signatureOf(written) : written);
    return true;
  } catch (error) {
    if (error instanceof Untrusted) return false;
    throw error;
  }
}

function signatureOf(written: Bytes): Bytes {
  try {
    return signatureBytes(written);
  } catch {
    throw new Untrusted(KEY, "the signature has not its form");
  }
}

/** The keys and threshold that targets names for a delegated role. */
export function delegationOf(targets: Metadata, role: string): Delegation {
  const about = targets.roles.get(role)!;
  return new Delegation(about.threshold, new Map(about.keyids.map((keyid) => [keyid, targets.keys.get(keyid)!])));
}

/** Throws `Untrusted` unless length and hash are those that were signed. */
export function checkBytes(about: FileInfo, data: Bytes, name: string): void {
  const names = [...about.hashes.keys()];
  if (names.length && !names.some((one) => DIGESTS.has(one))) {
    throw new Untrusted(STEP, `${name} is listed under ${first(names.join(", "), 40)}, not under SHA-256`);
  }
  const holds = names.every((one) => DIGESTS.get(one)?.(data) === about.hashes.get(one));
  if (!holds || (about.length !== null && about.length !== data.length)) throw new Untrusted(STEP, `${name} is not the file that was signed: its length or hash differs`);
}
