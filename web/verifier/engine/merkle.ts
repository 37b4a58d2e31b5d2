// Inclusion in a Merkle tree of RFC 6962 (RFC 9162, 2.1.3.2), and that one tree is another's beginning (2.1.4.2).
// Indexes and sizes are bigints: a journal may grow to 2^63 - 1.

import { type Bytes, concat, equal, sha256 } from "./bytes.ts";
import { LOG, Untrusted } from "./errors.ts";

export const MAX_PROOF = 64;
const HASH_BYTES = 32;

export function leafHash(entry: Bytes): Bytes {
  return sha256(concat(Uint8Array.of(0), entry));
}

export function nodeHash(left: Bytes, right: Bytes): Bytes {
  return sha256(concat(Uint8Array.of(1), left, right));
}

/** Throws `Untrusted` unless the leaf hash stands at `index` of the tree of `size` leaves. */
export function verifyInclusion(leaf: Bytes, index: bigint, size: bigint, proof: Bytes[], root: Bytes): void {
  if (index < 0n || index >= size) throw new Untrusted(LOG, `a journal of ${size} entries has no entry ${index}`);
  lengths([leaf, root, ...proof]);
  let found = leaf;
  for (const [before, sibling] of steps(index, size - 1n, proof)) {
    found = before ? nodeHash(sibling, found) : nodeHash(found, sibling);
  }
  if (!equal(found, root)) throw new Untrusted(LOG, "the proof does not lead to the root of the journal");
}

/** Throws `Untrusted` unless the old tree is the new one's beginning. Old size 0 is refused: nothing would be shown. */
export function verifyConsistency(older: bigint, newer: bigint, proof: Bytes[], oldRoot: Bytes, newRoot: Bytes): void {
  if (older <= 0n || older > newer) {
    throw new Untrusted(LOG, `a tree of ${older} entries is no beginning of one of ${newer} that could be shown`);
  }
  lengths([oldRoot, newRoot, ...proof]);
  if (older === newer) {
    if (proof.length || !equal(oldRoot, newRoot)) {
      throw new Untrusted(LOG, "two trees of one size differ, or come with a proof");
    }
    return;
  }
  const [start, ...rest] = (older & (older - 1n)) === 0n ? [oldRoot, ...proof] : proof;
  if (!start) throw new Untrusted(LOG, "the proof of consistency is missing");
  let at = older - 1n;
  let last = newer - 1n;
  while (at % 2n) [at, last] = [at >> 1n, last >> 1n];
  let foundOld = start;
  let foundNew = start;
  for (const [before, sibling] of steps(at, last, rest)) {
    if (before) foundOld = nodeHash(sibling, foundOld);
    foundNew = before ? nodeHash(sibling, foundNew) : nodeHash(foundNew, sibling);
  }
  if (!equal(foundOld, oldRoot)) throw new Untrusted(LOG, "the proof does not lead to the older root");
  if (!equal(foundNew, newRoot)) throw new Untrusted(LOG, "the proof does not lead to the newer root");
}

/** Each hash of a proof, and whether it stands before what was found so far; from place `at` of `last` up. */
function* steps(at: bigint, last: bigint, proof: Bytes[]): Generator<[boolean, Bytes]> {
  for (const sibling of proof) {
    if (last === 0n) throw new Untrusted(LOG, "the proof is longer than the tree is high");
    const before = at % 2n === 1n || at === last;
    yield [before, sibling];
    // The right edge of a tree that is not full skips levels.
    while (before && at % 2n === 0n && at) [at, last] = [at >> 1n, last >> 1n];
    [at, last] = [at >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new Untrusted(LOG, "the proof is shorter than the tree is high");
}

function lengths(hashes: Bytes[]): void {
  if (hashes.length > MAX_PROOF + 2 || hashes.some((one) => one.length !== HASH_BYTES)) {
    throw new Untrusted(LOG, "a hash of the proof is not 32 bytes long, or there are too many");
  }
}
