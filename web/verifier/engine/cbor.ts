// The small part of CBOR (RFC 8949) that a QR code of ours may hold, read strictly: whole numbers, byte and text
// strings, arrays, maps with whole numbers as keys, all of definite length and shortest form. Nothing else.

import type { Bytes } from "./bytes.ts";
import { PARSE, Untrusted } from "./errors.ts";
import { fromUtf8 } from "./texts.ts";

export type Cbor = number | bigint | string | Bytes | Cbor[] | CborMap;
export type CborMap = Map<number | bigint, Cbor>;

export const MAX_DEPTH = 4;

const EARLY = "the code ends too early, or a text in it is not UTF-8";
const SIZES: Record<number, [number, bigint]> = { 24: [1, 24n], 25: [2, 1n << 8n], 26: [4, 1n << 16n], 27: [8, 1n << 32n] };

/** The value of strictly read CBOR. */
export function loads(data: Bytes): Cbor {
  const reader = new Reader(data);
  const found = reader.items(1, 0);
  if (reader.at !== data.length) throw new Untrusted(PARSE, "bytes are left over");
  return found[0]!;
}

class Reader {
  at = 0;

  constructor(private readonly data: Bytes) {}

  /** `count` values from here on. */
  items(count: number, depth: number): Cbor[] {
    // Each item is one byte at least, so a count beyond what is left is a lie.
    if (depth > MAX_DEPTH || count > this.data.length - this.at) {
      throw new Untrusted(PARSE, "the code is nested too deep, or ends too early");
    }
    const found: Cbor[] = [];
    for (let item = 0; item < count; item++) found.push(this.item(depth));
    if (this.at > this.data.length) throw new Untrusted(PARSE, "the code ends too early");
    return found;
  }

  private item(depth: number): Cbor {
    const initial = this.data[this.at];
    if (initial === undefined) throw new Untrusted(PARSE, EARLY);
    this.at++;
    const major = (initial & 31) < 24 || SIZES[initial & 31] ? initial >> 5 : 8;
    const number = major === 8 ? 0 : this.number(initial & 31);
    if (major === 0) return number;
    if (major === 2 || major === 3) {
      const start = this.at;
      this.at += Number(number);
      const part = this.data.slice(start, this.at);
      return major === 2 ? part : text(part);
    }
    if (major === 4) return this.items(Number(number), depth + 1);
    if (major === 5) return this.map(Number(number), depth + 1);
    if (major === 1) return typeof number === "number" && number < Number.MAX_SAFE_INTEGER ? -1 - number : -1n - BigInt(number);
    throw new Untrusted(PARSE, "the code holds tags, fractions, unsaid lengths or other things it must not");
  }

  private number(written: number): number | bigint {
    if (written < 24) return written;
    const [size, least] = SIZES[written]!;
    const part = this.data.subarray(this.at, this.at + size);
    this.at += size;
    const value = part.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    if (value < least) throw new Untrusted(PARSE, "a number in the code is cut off, or longer than it needs to be");
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  private map(count: number, depth: number): CborMap {
    const items = this.items(2 * count, depth);
    const found: CborMap = new Map();
    for (let at = 0; at < items.length; at += 2) {
      const key = items[at];
      if ((typeof key !== "number" && typeof key !== "bigint") || found.has(key)) {
        throw new Untrusted(PARSE, "a field of the code has no number, or one that is already there");
      }
      found.set(key, items[at + 1]!);
    }
    return found;
  }
}

function text(part: Bytes): string {
  try {
    return fromUtf8(part);
  } catch {
    throw new Untrusted(PARSE, EARLY);
  }
}
