// Signed notes, checkpoints and cosignatures (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature).

import { b64, type Bytes, big, concat, hex, sha256, unb64, unhex } from "./bytes.ts";
import { LOG, Untrusted } from "./errors.ts";
import { PublicKey } from "./keys.ts";
import { first, fromUtf8, quoted, toUtf8 } from "./texts.ts";

/** Signature types: plain Ed25519 over the text, and Ed25519 with a time over a checkpoint. */
export const OF_LOG = 0x01;
export const COSIGNATURE = 0x04;

const MAX_BYTES = 65_536;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_SIGNATURES = 64;
const MAX_SIZE = 2n ** 63n - 1n;
const DASH = "\u2014 ";
const NAME = /^[^\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000+]+$/;

/** The bytes of standard base64 in its one right spelling. */
export function bytesOf(text: string): Bytes {
  if (!BASE64.test(text)) throw new Untrusted(LOG, "a part of the note is not base64");
  const data = unb64(text);
  if (!data) throw new Untrusted(LOG, "a part of the note is not base64 in its one right spelling");
  return data;
}

/** A whole number without leading zeroes, at most 2^63 - 1. */
export function decimal(text: string): bigint {
  const value = /^(?:0|[1-9][0-9]{0,18})$/.test(text) ? BigInt(text) : MAX_SIZE + 1n;
  if (value > MAX_SIZE) throw new Untrusted(LOG, `${quoted(first(text, 20))} is not a size or index as journals write it`);
  return value;
}

/** The 4 bytes that name a key in a note, in hexadecimal. */
export function keyId(name: string, kind: number, publicKey: Bytes): string {
  return hex(sha256(concat(toUtf8(`${name}\n`), Uint8Array.of(kind), publicKey)).subarray(0, 4));
}

/** The public key of a log or of a witness, with the name it signs by. */
export class VerifierKey {
  readonly id: string;

  constructor(
    readonly name: string,
    readonly kind: number,
    readonly publicKey: Bytes,
  ) {
    this.id = keyId(name, kind, publicKey);
  }

  /** The key of its text, `name+id+base64(kind || key)`. */
  static parse(text: string): VerifierKey {
    const [, name, written, material] = /^([^+]*)(?:\+([^+]*)(?:\+(.*))?)?$/s.exec(text)!;
    const data = bytesOf(material ?? "");
    if (!NAME.test(name!) || data.length !== 33 || ![OF_LOG, COSIGNATURE].includes(data[0]!)) {
      throw new Untrusted(LOG, "this is not the public key of a journal or a witness");
    }
    const key = new VerifierKey(name!, data[0]!, data.slice(1));
    if (key.id !== written) {
      throw new Untrusted(LOG, `the short name of the key ${quoted(first(name!, 60))} does not belong to it`);
    }
    return key;
  }

  /** A cosignature's time in seconds, null for a log's own. Throws `Untrusted` where the signature does not hold. */
  async verify(text: string, signature: Bytes): Promise<bigint | null> {
    const key = new PublicKey({ kid: this.name, alg: "Ed25519", pub: this.publicKey });
    if (this.kind === OF_LOG) {
      await key.verify(toUtf8(text), signature);
      return null;
    }
    const time = number(signature.subarray(0, 8));
    if (signature.length !== 72 || time > MAX_SIZE) {
      throw new Untrusted(LOG, `the cosignature of ${quoted(first(this.name, 60))} has not its form`);
    }
    await key.verify(toUtf8(`cosignature/v1\ntime ${time}\n${text}`), signature.slice(8));
    return time;
  }
}

function number(data: Bytes): bigint {
  return data.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** A signature line: who says it is theirs, the key's 4 bytes in hexadecimal, and the rest. */
export interface NoteSignature {
  name: string;
  id: string;
  signature: Bytes;
}

export interface Verified {
  key: VerifierKey;
  time: bigint | null;
}

/** A parsed, not yet verified note. `text` ends with a newline. */
export class Note {
  constructor(
    readonly text: string,
    readonly signatures: NoteSignature[],
  ) {}

  static parse(data: string | Uint8Array): Note {
    const written = typeof data === "string" ? toUtf8(data) : data;
    const whole = written.length <= MAX_BYTES ? decoded(written) : "";
    const gap = whole.lastIndexOf("\n\n");
    if (gap < 0 || /[\x00-\x09\x0b-\x1f]/.test(whole) || !whole.endsWith("\n") || gap + 2 === whole.length) {
      throw new Untrusted(LOG, "this is not a signed note");
    }
    const lines = whole.slice(gap + 2, -1).split("\n");
    if (lines.length > MAX_SIGNATURES) throw new Untrusted(LOG, "the note has more signatures than are read");
    return new Note(whole.slice(0, gap + 1), lines.map(signatureOf));
  }

  toString(): string {
    const lines = this.signatures.map((one) => `${DASH}${one.name} ${b64(concat(unhex(one.id)!, one.signature))}\n`);
    return `${this.text}\n${lines.join("")}`;
  }

  /** The signatures of known keys, perhaps none. One of a known key that does not hold throws `Untrusted`. */
  async verified(keys: Iterable<VerifierKey>): Promise<Verified[]> {
    const known = new Map([...keys].map((key) => [`${key.name} ${key.id}`, key]));
    const found: Verified[] = [];
    for (const one of this.signatures) {
      const key = known.get(`${one.name} ${one.id}`);
      if (key) found.push({ key, time: await key.verify(this.text, one.signature) });
    }
    return found;
  }
}

function decoded(data: Uint8Array): string {
  try {
    return fromUtf8(data);
  } catch {
    throw new Untrusted(LOG, "the note is not UTF-8");
  }
}

function signatureOf(line: string): NoteSignature {
  const space = line.lastIndexOf(" ");
  const name = line.slice(2, Math.max(2, space));
  if (!line.startsWith(DASH) || !NAME.test(name)) throw new Untrusted(LOG, "a line of the note is not a signature");
  const data = bytesOf(line.slice(space + 1));
  if (data.length < 5) throw new Untrusted(LOG, "a signature of the note is too short");
  return { name, id: hex(data.subarray(0, 4)), signature: data.slice(4) };
}

/** What a log says of itself: its name, its size in entries, its root. */
export class Checkpoint {
  constructor(
    readonly origin: string,
    readonly size: bigint,
    readonly root: Bytes,
  ) {}

  /** The text that is signed. */
  get text(): string {
    return `${this.origin}\n${this.size}\n${b64(this.root)}\n`;
  }

  /** The checkpoint of a note's text. */
  static parse(text: string): Checkpoint {
    const lines = text.replace(/\n$/, "").split("\n");
    if (lines.length < 3 || lines.includes("")) throw new Untrusted(LOG, "the note is not a checkpoint");
    const root = bytesOf(lines[2]!);
    if (root.length !== 32) throw new Untrusted(LOG, "the root of the checkpoint is not 32 bytes long");
    return new Checkpoint(lines[0]!, decimal(lines[1]!), root);
  }
}

/** A time as the 8 bytes of a cosignature. */
export function timeBytes(time: bigint): Bytes {
  return concat(big(Number(time >> 32n), 4), big(Number(time & 0xffffffffn), 4));
}
