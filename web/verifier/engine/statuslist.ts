// Token Status List with two bits an entry. `lst` is base64url of zlib; entry 0 sits in the lowest bits of byte 0.

import { type Bytes, unb64u } from "./bytes.ts";
import { STATUS, Untrusted } from "./errors.ts";
import { inflate } from "./inflate.ts";
import type { Json } from "./json.ts";

const BITS = 2;
const PER_BYTE = 8 / BITS;
const MAX_BYTES = 2 ** 22;

export const VALID = 0;
export const VOID = 1; // void, replaced, lost or stolen
export const SUSPENDED = 2; // under query
export const USED = 3; // import confirmed

export class StatusList {
  constructor(private readonly data: Bytes) {}

  get size(): number {
    return this.data.length * PER_BYTE;
  }

  /** The status at an index. */
  at(index: number): number {
    const byte = Number.isInteger(index) ? this.data[Math.floor(index / PER_BYTE)] : undefined;
    if (byte === undefined) throw new Untrusted(STATUS, "the list has no such entry");
    return (byte >> ((index % PER_BYTE) * BITS)) & 3;
  }
}

/** The list of its wire form. */
export function decodeStatusList(lst: Json | undefined, bits: Json | undefined = BITS): StatusList {
  if (bits !== BITS) throw new Untrusted(STATUS, "the status list has not two bits an entry");
  const packed = unb64u(lst, STATUS);
  let found;
  try {
    found = inflate(packed, MAX_BYTES);
  } catch {
    throw new Untrusted(STATUS, "the status list cannot be inflated");
  }
  if (found.data.length > MAX_BYTES || !found.ended || found.taken !== packed.length) {
    throw new Untrusted(STATUS, "the status list is too large, cut off, or has bytes left over");
  }
  return new StatusList(found.data);
}
