// Zlib and gzip streams (RFC 1950 to 1952), unpacked no further than a limit. Our own, and not the browser's DecompressionStream:
// it is synchronous, stops at the limit before memory is spent, and tells a broken stream from one that is cut off.

import type { Bytes } from "./bytes.ts";

/** What came out (at most `limit` + 1 bytes), whether the stream came to its end, and how many bytes it took. */
export interface Inflated {
  data: Bytes;
  ended: boolean;
  taken: number;
}

class CutOff extends Error {}
class Full extends Error {}

/** Unpack a zlib stream. Throws a plain `Error` where it is broken; one that is cut off or too large is told as such. */
export function inflate(packed: Uint8Array, limit: number): Inflated {
  return unpack(packed, limit, (stream) => stream.zlib());
}

/** Unpack a gzip stream, likewise. */
export function gunzip(packed: Uint8Array, limit: number): Inflated {
  return unpack(packed, limit, (stream) => stream.gzip());
}

export function isGzip(data: Uint8Array): boolean {
  return data[0] === 0x1f && data[1] === 0x8b;
}

function unpack(packed: Uint8Array, limit: number, run: (stream: Stream) => void): Inflated {
  const stream = new Stream(packed, limit);
  let ended = false;
  try {
    run(stream);
    ended = true;
  } catch (error) {
    if (!(error instanceof CutOff || error instanceof Full)) throw error;
  }
  return { data: stream.output(), ended, taken: stream.at };
}

/** A canonical Huffman code: how many codes there are of each length, and the symbols in their order. */
interface Code {
  counts: Uint16Array;
  symbols: Uint16Array;
}

const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385,
  24577,
];
const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

class Stream {
  at = 0;
  private bits = 0;
  private count = 0;
  private out: Bytes;
  private size = 0;

  constructor(
    private readonly packed: Uint8Array,
    private readonly limit: number,
  ) {
    this.out = new Uint8Array(Math.min(limit + 1, Math.max(1024, 4 * packed.length)));
  }

  output(): Bytes {
    return this.out.slice(0, this.size);
  }

  zlib(): void {
    const method = this.byte();
    const flags = this.byte();
    if (((method << 8) | flags) % 31 || (method & 15) !== 8 || method >> 4 > 7) throw new Error("no zlib stream");
    if (flags & 32) throw new Error("a preset dictionary is asked for");
    while (!this.block());
    const stated = this.four().reduce((sum, byte) => sum * 256 + byte, 0);
    if (stated !== adler32(this.out.subarray(0, this.size))) throw new Error("the check sum is wrong");
  }

  gzip(): void {
    const [first, second, method, flags] = this.four();
    if (first !== 0x1f || second !== 0x8b || method !== 8 || flags! & 0xe0) throw new Error("no gzip stream");
    this.skip(6);
    if (flags! & 4) this.skip(this.byte() | (this.byte() << 8));
    if (flags! & 8) while (this.byte());
    if (flags! & 16) while (this.byte());
    if (flags! & 2) this.skip(2);
    while (!this.block());
    const number = (bytes: number[]): number => bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
    const data = this.out.subarray(0, this.size);
    if (number(this.four()) !== crc32(data) || number(this.four()) !== data.length) throw new Error("the check sum is wrong");
  }

  private four(): number[] {
    this.bits = this.count = 0;
    return [this.byte(), this.byte(), this.byte(), this.byte()];
  }

  private skip(count: number): void {
    for (let left = count; left; left--) this.byte();
  }

  private byte(): number {
    const found = this.packed[this.at];
    if (found === undefined) throw new CutOff();
    this.at++;
    return found;
  }

  private take(count: number): number {
    while (this.count < count) {
      this.bits |= this.byte() << this.count;
      this.count += 8;
    }
    const found = this.bits & ((1 << count) - 1);
    this.bits >>>= count;
    this.count -= count;
    return found;
  }

  private put(byte: number): void {
    if (this.size === this.out.length) {
      const larger = new Uint8Array(Math.min(this.limit + 1, 2 * this.size));
      larger.set(this.out);
      this.out = larger;
    }
    this.out[this.size++] = byte;
    if (this.size > this.limit) throw new Full();
  }

  /** One block; true if it was the last. */
  private block(): boolean {
    const last = this.take(1) === 1;
    const kind = this.take(2);
    if (kind === 0) this.stored();
    else if (kind === 1) this.coded(FIXED, FIXED_DISTANCES);
    else if (kind === 2) this.coded(...this.tables());
    else throw new Error("a block of no known kind");
    return last;
  }

  private stored(): void {
    this.bits = this.count = 0;
    const size = this.byte() | (this.byte() << 8);
    const check = this.byte() | (this.byte() << 8);
    if (size !== (check ^ 0xffff)) throw new Error("a stored block of two lengths");
    for (let left = size; left; left--) this.put(this.byte());
  }

  private tables(): [Code, Code] {
    const literals = this.take(5) + 257;
    const distances = this.take(5) + 1;
    const used = this.take(4) + 4;
    if (literals > 286 || distances > 30) throw new Error("too many symbols");
    const lengths = new Uint8Array(19);
    for (let at = 0; at < used; at++) lengths[ORDER[at]!] = this.take(3);
    const outer = code(lengths, true);
    const all = new Uint8Array(literals + distances);
    for (let at = 0; at < all.length; ) {
      const symbol = this.symbol(outer);
      if (symbol < 16) {
        all[at++] = symbol;
        continue;
      }
      if (symbol === 16 && at === 0) throw new Error("nothing to repeat");
      const value = symbol === 16 ? all[at - 1]! : 0;
      const times = symbol === 16 ? 3 + this.take(2) : symbol === 17 ? 3 + this.take(3) : 11 + this.take(7);
      if (at + times > all.length) throw new Error("a repetition too long");
      all.fill(value, at, at + times);
      at += times;
    }
    if (all[256] === 0) throw new Error("no end of block");
    return [code(all.subarray(0, literals), false), code(all.subarray(literals), false)];
  }

  private symbol(table: Code): number {
    let value = 0;
    let start = 0;
    let index = 0;
    for (let size = 1; size < 16; size++) {
      value |= this.take(1);
      const count = table.counts[size]!;
      if (value - count < start) return table.symbols[index + value - start]!;
      index += count;
      start = (start + count) << 1;
      value <<= 1;
    }
    throw new Error("a code of no symbol");
  }

  private coded(literals: Code, distances: Code): void {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.put(symbol);
        continue;
      }
      const at = symbol - 257;
      if (at >= LENGTHS.length) throw new Error("a length of no meaning");
      const length = LENGTHS[at]! + this.take(LENGTH_BITS[at]!);
      const far = this.symbol(distances);
      if (far >= DISTANCES.length) throw new Error("a distance of no meaning");
      const distance = DISTANCES[far]! + this.take(DISTANCE_BITS[far]!);
      if (distance > this.size) throw new Error("a distance too far back");
      for (let left = length; left; left--) this.put(this.out[this.size - distance]!);
    }
  }
}

/** The code of these lengths. Refused: more codes than fit, and fewer unless there is just one. */
function code(lengths: Uint8Array, whole: boolean): Code {
  const counts = new Uint16Array(16);
  for (const size of lengths) counts[size]!++;
  counts[0] = 0;
  let left = 1;
  for (let size = 1; size < 16; size++) {
    left = left * 2 - counts[size]!;
    if (left < 0) throw new Error("more codes than fit");
  }
  const used = counts.reduce((sum, count) => sum + count, 0);
  if (left > 0 && used > 0 && (whole || used !== counts[1])) throw new Error("fewer codes than needed");
  if (used === 0 && whole) throw new Error("no codes");
  const places = new Uint16Array(16);
  for (let size = 1; size < 15; size++) places[size + 1] = places[size]! + counts[size]!;
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((size, symbol) => {
    if (size) symbols[places[size]!++] = symbol;
  });
  return { counts, symbols };
}

const FIXED = code(
  Uint8Array.from({ length: 288 }, (_none, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
  false,
);
const FIXED_DISTANCES = code(new Uint8Array(32).fill(5), false);

function adler32(data: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let at = 0; at < data.length; ) {
    for (const stop = Math.min(at + 3800, data.length); at < stop; at++) {
      low += data[at]!;
      high += low;
    }
    low %= 65521;
    high %= 65521;
  }
  return high * 65536 + low;
}

function crc32(data: Uint8Array): number {
  let sum = -1;
  for (const byte of data) sum = CRC[(sum ^ byte) & 0xff]! ^ (sum >>> 8);
  return ~sum >>> 0;
}

const CRC = Int32Array.from({ length: 256 }, (_none, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});
