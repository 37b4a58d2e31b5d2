// The proof that a certificate stands in a journal, carried beside it (c2sp.org/tlog-proof, and as a QR text).

import { type Bytes, concat, hex } from "./bytes.ts";
import { type Cbor, loads } from "./cbor.ts";
import { LOG, Untrusted } from "./errors.ts";
import { leafHash, MAX_PROOF, verifyInclusion } from "./merkle.ts";
import { bytesOf, Checkpoint, decimal, Note, type NoteSignature, timeBytes } from "./notes.ts";
import { b45decode } from "./qr.ts";
import { length } from "./texts.ts";

const HEADER = "c2sp.org/tlog-proof@v1";
export const PROOF_CODE = "KPP1:";
const MAX_CHARS = 131_072;
const MAX_CODE_BYTES = 4096;

/** A parsed, not yet verified proof of the entry at `index`. `extra` is a note from before the entry, or empty. */
export class Proof {
  readonly checkpoint: Checkpoint;

  constructor(
    readonly index: bigint,
    readonly hashes: Bytes[],
    readonly note: Note,
    readonly extra: Bytes = new Uint8Array(),
  ) {
    this.checkpoint = Checkpoint.parse(note.text);
  }

  /** Throws `Untrusted` unless `entry` stands at the index; says nothing of who signed. */
  verify(entry: Bytes): void {
    const { size, root } = this.checkpoint;
    verifyInclusion(leafHash(entry), this.index, size, this.hashes, root);
  }

  static parse(written: string): Proof {
    const gap = length(written) <= MAX_CHARS ? written.indexOf("\n\n") : -1;
    const lines = written.slice(0, Math.max(0, gap)).split("\n");
    if (lines.shift() !== HEADER || gap < 0 || !lines.length) {
      throw new Untrusted(LOG, "this is not the proof of a journal entry");
    }
    const extra = lines[0]!.startsWith("extra ") ? bytesOf(lines.shift()!.slice(6)) : new Uint8Array();
    const index = lines.shift() ?? "";
    if (!index.startsWith("index ") || lines.length > MAX_PROOF) {
      throw new Untrusted(LOG, "the proof does not say of which entry it is");
    }
    const hashes = lines.map(bytesOf);
    return new Proof(decimal(index.slice(6)), hashes, Note.parse(written.slice(gap + 2)), extra);
  }

  /** The proof of a QR text; `names` gives witnesses' names by the 4 bytes of their keys, others are left out. */
  static fromCode(code: string, names: Map<string, string>): Proof {
    if (!code.startsWith(PROOF_CODE)) throw new Untrusted(LOG, "this is not the code of a proof");
    const data = b45decode(code.slice(PROOF_CODE.length));
    const payload = data.length <= MAX_CODE_BYTES ? loads(data) : null;
    const part = (key: number): Cbor => (payload instanceof Map ? payload.get(key) : undefined) ?? bad();
    const own = bytes(part(6));
    const head = new Checkpoint(text(part(5)), whole(part(2)), bytes(part(4)));
    const lines: NoteSignature[] = [{ name: head.origin, id: hex(own.subarray(0, 4)), signature: own.slice(4) }];
    for (const one of list(part(7))) {
      const [id, time, signature, more] = list(one);
      if (id === undefined || time === undefined || signature === undefined || more !== undefined) bad();
      const name = names.get(hex(bytes(id)));
      if (name === undefined) continue;
      const moment = whole(time);
      if (moment < 0n || moment >= 2n ** 64n) bad();
      lines.push({ name, id: hex(bytes(id)), signature: concat(timeBytes(moment), bytes(signature)) });
    }
    // Read again as text, so that a code says nothing that a text could not.
    const note = Note.parse(new Note(head.text, lines).toString());
    return new Proof(whole(part(1)), list(part(3)).map(bytes), note);
  }
}

function bad(): never {
  throw new Untrusted(LOG, "the code does not hold the proof of a journal entry");
}

function bytes(value: Cbor): Bytes {
  return value instanceof Uint8Array ? value : bad();
}

function list(value: Cbor): Cbor[] {
  return Array.isArray(value) ? value : bad();
}

function whole(value: Cbor): bigint {
  return typeof value === "number" || typeof value === "bigint" ? BigInt(value) : bad();
}

function text(value: Cbor): string {
  return typeof value === "string" ? value : bad();
}
