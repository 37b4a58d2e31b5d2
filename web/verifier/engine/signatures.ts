// Ed25519 and ECDSA P-256 with SHA-256. The browser's own cryptography first; @noble/curves where it is absent (an old
// browser without Ed25519, or a page opened where the browser gives no cryptography).

import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";

import type { Bytes } from "./bytes.ts";

type Check = (pub: Bytes, message: Bytes, signature: Bytes) => Promise<boolean>;

const P256: EcKeyImportParams & EcdsaParams = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Whether a 64-byte signature is of this 32-byte Ed25519 key over the message. */
export const verifyEd25519: Check = async (pub, message, signature) => {
  if (isSmallOrder(pub)) return false;
  const native = await natively({ name: "Ed25519" }, pub, message, signature);
  return native ?? quietly(() => ed25519.verify(signature, message, pub, { zip215: false }));
};

/** Whether r and s, 64 bytes, are the signature of this P-256 point over the message. */
export const verifyP256: Check = async (pub, message, signature) => {
  const point = uncompressed(pub);
  if (!point) return false;
  const native = await natively(P256, point, message, signature);
  return native ?? quietly(() => p256.verify(signature, message, point, { prehash: true, lowS: false }));
};

/** Whether bytes are a point of P-256, compressed or not. */
export function isPoint(pub: Bytes): boolean {
  return uncompressed(pub) !== null;
}

function uncompressed(pub: Bytes): Bytes | null {
  try {
    return p256.Point.fromBytes(pub).toBytes(false) as Bytes;
  } catch {
    return null;
  }
}

/** The answer of WebCrypto; null where it cannot do this at all. */
async function natively(
  algorithm: EcKeyImportParams | { name: string },
  pub: Bytes,
  message: Bytes,
  signature: Bytes,
): Promise<boolean | null> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle || missing.has(algorithm.name)) return null;
  let key: CryptoKey;
  try {
    key = await subtle.importKey("raw", pub, algorithm, false, ["verify"]);
  } catch (error) {
    if ((error as Error).name !== "NotSupportedError") return false;
    missing.add(algorithm.name);
    return null;
  }
  try {
    return await subtle.verify(algorithm, key, signature, message);
  } catch {
    return false;
  }
}

const missing = new Set<string>();

function quietly(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

/** Whether the key is one of the few points under which many signatures hold for any message. Nobody's key is. */
function isSmallOrder(pub: Bytes): boolean {
  const known = small.get(pub);
  if (known !== undefined) return known;
  const found = quietly(() => ed25519.Point.fromBytes(pub, true).isSmallOrder());
  small.set(pub, found);
  return found;
}

const small = new WeakMap<Bytes, boolean>();
