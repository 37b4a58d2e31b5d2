// QR texts: prefix, base45, perhaps zlib, a COSE_Sign1 over a CBOR map with the keys 1 to 23. Never a web address.
// Limits come before work: 4,296 characters (the largest QR code holds no more), 4,096 bytes inflated.

import type { Bytes } from "./bytes.ts";
import { type CborMap, loads } from "./cbor.ts";
import { parse, type Sign1 } from "./cose.ts";
import { PARSE, Untrusted } from "./errors.ts";
import { inflate } from "./inflate.ts";
import { length } from "./texts.ts";

export const FULL = "KPC1:";
export const LABEL = "KPL1:";
export const PREFIXES = [FULL, LABEL];

const MAX_CHARS = 4296;
const MAX_BYTES = 4096;
const MAX_KEY = 23;
const ZLIB = 0x78;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A parsed, not yet verified QR text. `kid8` is the short name of the key that is said to have signed. */
export interface Code {
  prefix: string;
  kid8: string;
  payload: CborMap;
  statement: Sign1;
}

export function readCode(text: string): Code {
  if (length(text) > MAX_CHARS) throw new Untrusted(PARSE, "the text is longer than any QR code");
  const prefix = text.slice(0, 5);
  if (!PREFIXES.includes(prefix)) throw new Untrusted(PARSE, "the text does not begin as a certificate's QR code does");
  const statement = parse(unpack(b45decode(text.slice(5))));
  const payload = loads(statement.payload);
  if (!(payload instanceof Map) || !payload.size || [...payload.keys()].some((key) => key < 1 || key > MAX_KEY)) {
    throw new Untrusted(PARSE, "the content is not a map with the keys 1 to 23");
  }
  return { prefix, kid8: statement.shortKid(), payload, statement };
}

/** The bytes of a base45 text (RFC 9285), read strictly. */
export function b45decode(text: string, most = MAX_CHARS): Bytes {
  const values = Array.from(text, (character) => ALPHABET.indexOf(character));
  if (values.includes(-1) || values.length % 3 === 1 || values.length > most) refuse45();
  const data: number[] = [];
  for (let at = 0; at < values.length; at += 3) {
    const three = at + 2 < values.length;
    const sum = values[at]! + 45 * values[at + 1]! + 2025 * (three ? values[at + 2]! : 0);
    if (sum > (three ? 0xffff : 0xff)) refuse45();
    if (three) data.push(sum >> 8);
    data.push(sum & 0xff);
  }
  return Uint8Array.from(data);
}

function refuse45(): never {
  throw new Untrusted(PARSE, "the text is not base45");
}

function unpack(data: Bytes): Bytes {
  if (data[0] !== ZLIB) {
    if (data.length > MAX_BYTES) throw new Untrusted(PARSE, "the content is larger than allowed");
    return data;
  }
  let found;
  try {
    found = inflate(data, MAX_BYTES);
  } catch {
    throw new Untrusted(PARSE, "the content cannot be inflated");
  }
  if (found.data.length > MAX_BYTES) throw new Untrusted(PARSE, "the content is larger than allowed");
  if (!found.ended || found.taken !== data.length) {
    throw new Untrusted(PARSE, "the content is cut off, or has bytes left over");
  }
  return found.data;
}

/** Eight characters to compare by voice: the first 40 bits of the cid in Crockford's base32. */
export function checkCode(cid: Bytes): string {
  const number = cid.slice(0, 5).reduce((sum, byte) => sum * 256 + byte, 0);
  return [35, 30, 25, 20, 15, 10, 5, 0].map((shift) => CROCKFORD[Math.floor(number / 2 ** shift) % 32]).join("");
}
