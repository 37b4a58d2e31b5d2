// COSE_Sign1 (RFC 9052): the signature form of the QR codes.

import { type Bytes, big, concat, hex } from "./bytes.ts";
import { type Cbor, type CborMap, loads } from "./cbor.ts";
import { KEY, PARSE, Untrusted } from "./errors.ts";
import { type PublicKey, SIGNATURE_BYTES } from "./keys.ts";
import { toUtf8 } from "./texts.ts";

const ALG = 1;
const KID = 4;
const TAG = 0xd2; // tag 18 in one byte
const EMPTY_MAP = 0xa0;
const CONTEXT = concat(big(0x846a, 2), toUtf8("Signature1"));

/** A parsed, not yet verified COSE_Sign1. `protectedBytes` is the header as signed. */
export class Sign1 {
  constructor(
    readonly protectedBytes: Bytes,
    readonly headers: CborMap,
    readonly unprotected: CborMap,
    readonly payload: Bytes,
    readonly signature: Bytes,
  ) {}

  /** The bytes of the Sig_structure (RFC 9052, section 4.4). An empty header map is signed as no bytes. */
  toBeSigned(external: Bytes = new Uint8Array()): Bytes {
    const header = this.protectedBytes;
    const written = header.length === 1 && header[0] === EMPTY_MAP ? new Uint8Array() : header;
    return concat(CONTEXT, bstr(written), bstr(external), bstr(this.payload));
  }

  async verify(key: PublicKey, external?: Bytes): Promise<void> {
    key.checkCose(this.headers.has(ALG) ? this.headers.get(ALG) : this.unprotected.get(ALG));
    await key.verify(this.toBeSigned(external), this.signature);
  }

  /** The 8-byte name of the key in hexadecimal. Refused unless the header is exactly ours. */
  shortKid(): string {
    const kid = this.headers.get(KID);
    const ours = this.unprotected.size === 0 && this.headers.size === 2 && this.headers.has(ALG);
    if (!ours || !(kid instanceof Uint8Array) || kid.length !== 8) {
      throw new Untrusted(KEY, "the header does not say just the algorithm and the key");
    }
    return hex(kid);
  }
}

/** The parts of a tagged COSE_Sign1. */
export function parse(data: Bytes): Sign1 {
  if (data[0] !== TAG) throw new Untrusted(PARSE, "the code does not hold a signed statement");
  const parts = loads(data.slice(1));
  if (!isFour(parts)) throw new Untrusted(PARSE, "the code does not hold a signed statement of four parts");
  const [header, unprotected, payload, signature] = parts;
  const headers = header.length ? loads(header) : new Map();
  if (!(headers instanceof Map)) throw new Untrusted(PARSE, "the header in the code has not its form");
  if (signature.length !== SIGNATURE_BYTES) throw new Untrusted(PARSE, "the signature in the code has not its form");
  if ([...headers.keys()].some((name) => unprotected.has(name))) throw new Untrusted(PARSE, "a header stands there twice");
  return new Sign1(header, headers, unprotected, payload, signature);
}

function isFour(parts: Cbor): parts is [Bytes, CborMap, Bytes, Bytes] {
  return (
    Array.isArray(parts) &&
    parts.length === 4 &&
    parts.every((part, at) => (at === 1 ? part instanceof Map : part instanceof Uint8Array))
  );
}

function bstr(data: Bytes): Bytes {
  const size = data.length;
  if (size < 24) return concat(big(0x40 | size, 1), data);
  if (size < 0x100) return concat(big(0x58, 1), big(size, 1), data);
  if (size < 0x10000) return concat(big(0x59, 1), big(size, 2), data);
  return concat(big(0x5a, 1), big(size, 4), data);
}
