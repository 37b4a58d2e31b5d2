// The one shape of a page's seal: CMS signed data (RFC 5652) in DER, a function of digest, certificate and signature.

import { big, type Bytes, concat, sha256 } from "./bytes.ts";

/** One element of DER: its tag, its content, and the whole of it. */
interface Element {
  tag: number;
  content: Bytes;
  whole: Bytes;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const OCTETS = 0x04;
const OID = 0x06;

/** Certificate, signature (DER) and stated digest out of a seal. Throws anything where it is not one. */
export function sealParts(padded: Bytes): { certificate: Bytes; signature: Bytes; digest: Bytes } {
  const content = children(children(element(padded, 0).content)[1]!.content)[0]!;
  const [, , , certificates, signers] = children(content.content);
  const signer = children(children(signers!.content)[0]!.content);
  const attributes = children(signer[3]!.content).map((one) => children(one.content));
  const stated = attributes.find(([kind]) => same(kind!.whole, oid("2a864886f70d010904")));
  return {
    certificate: children(certificates!.content)[0]!.whole,
    signature: signer[5]!.content,
    digest: children(stated![1]!.content)[0]!.content,
  };
}

/** The DER of the seal that a node writes for these three values. */
export function sealShape(digest: Bytes, certificate: Bytes, signature: Bytes): Bytes {
  const fields = tbs(certificate);
  const signer = der(
    SEQUENCE,
    der(INTEGER, big(1, 1)),
    der(SEQUENCE, fields.issuer, fields.serial),
    SHA256,
    der(0xa0, attributesContent(digest, certificate)),
    der(SEQUENCE, oid("2a8648ce3d040302")),
    der(OCTETS, signature),
  );
  const data = der(
    SEQUENCE,
    der(INTEGER, big(1, 1)),
    der(SET, SHA256),
    der(SEQUENCE, DATA),
    der(0xa0, certificate),
    der(SET, signer),
  );
  return der(SEQUENCE, oid("2a864886f70d010702"), der(0xa0, data));
}

/** The bytes that the seal's signature is over. */
export function signedAttributes(digest: Bytes, certificate: Bytes): Bytes {
  return der(SET, attributesContent(digest, certificate));
}

function attributesContent(digest: Bytes, certificate: Bytes): Bytes {
  const byHash = der(SEQUENCE, der(SEQUENCE, der(SEQUENCE, der(OCTETS, sha256(certificate)))));
  const attributes = [
    der(SEQUENCE, oid("2a864886f70d010903"), der(SET, DATA)),
    der(SEQUENCE, oid("2a864886f70d010904"), der(SET, der(OCTETS, digest))),
    der(SEQUENCE, oid("2a864886f70d010910022f"), der(SET, byHash)),
  ];
  // A set is in the order of its bytes.
  return concat(...attributes.sort((one, other) => compare(one, other)));
}

/** The P-256 point of a certificate, and whether it is for sealing and was in force at a time (YYYYMMDDhhmmss). */
export function certificateKey(certificate: Bytes, at: string): { point: Bytes; ok: boolean } {
  const { validity, spki, extensions } = tbs(certificate);
  const [algorithm, key] = children(spki.content);
  if (!same(algorithm!.content, P256)) throw new Error("the key is not of P-256");
  const [from, until] = children(validity.content).map(moment);
  return { point: key!.content.slice(1), ok: from! <= at && at <= until! && mayseal(extensions) };
}

function mayseal(extensions: Bytes | null): boolean {
  if (!extensions) return false;
  for (const one of children(element(extensions, 0).content)) {
    const parts = children(one.content);
    if (!same(parts[0]!.whole, oid("551d0f"))) continue;
    return (element(parts[parts.length - 1]!.content, 0).content[1]! & 0x80) !== 0;
  }
  return false;
}

function moment(one: Element): string {
  const digits = String.fromCharCode(...one.content).replace(/Z$/, "");
  return one.tag === 0x17 ? (Number(digits.slice(0, 2)) < 50 ? "20" : "19") + digits : digits;
}

function tbs(certificate: Bytes) {
  const fields = children(children(element(certificate, 0).content)[0]!.content).filter((one) => one.tag !== 0xa0);
  const [serial, , issuer, validity, , spki] = fields;
  const extensions = fields.find((one) => one.tag === 0xa3);
  return {
    serial: serial!.whole,
    issuer: issuer!.whole,
    validity: validity!,
    spki: spki!,
    extensions: extensions ? extensions.content : null,
  };
}

/** r and s, 64 bytes, of an ECDSA signature in DER; empty where it is not one in its one right spelling. */
export function signatureBytes(signature: Bytes): Bytes {
  const parts = children(element(signature, 0).content).map((one) => {
    const trimmed = one.content[0] === 0 ? one.content.slice(1) : one.content;
    return concat(new Uint8Array(Math.max(0, 32 - trimmed.length)), trimmed);
  });
  const joined = concat(...parts);
  return parts.length === 2 && joined.length === 64 ? joined : new Uint8Array();
}

function element(data: Uint8Array, at: number): Element {
  const tag = data[at]!;
  let size = data[at + 1]!;
  let start = at + 2;
  if (size > 0x80) {
    const count = size & 0x7f;
    if (count > 3) throw new Error("an element too large");
    size = data.subarray(start, start + count).reduce((sum, byte) => sum * 256 + byte, 0);
    start += count;
  }
  if (!(start + size <= data.length)) throw new Error("an element that ends too late");
  return { tag, content: data.slice(start, start + size) as Bytes, whole: data.slice(at, start + size) as Bytes };
}

function children(data: Uint8Array): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < data.length; at += found[found.length - 1]!.whole.length) found.push(element(data, at));
  return found;
}

function der(tag: number, ...parts: Uint8Array[]): Bytes {
  const content = concat(...parts);
  const size = content.length;
  const length = size < 0x80 ? big(size, 1) : size < 0x100 ? big(0x8100 | size, 2) : concat(big(0x82, 1), big(size, 2));
  return concat(big(tag, 1), length, content);
}

function oid(digits: string): Bytes {
  return der(OID, Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16)));
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return compare(one, other) === 0;
}

function compare(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    if (one[at] !== other[at]) return one[at]! - other[at]!;
  }
  return one.length - other.length;
}

const SHA256 = der(SEQUENCE, oid("608648016503040201"), der(0x05));
const DATA = oid("2a864886f70d010701");
const P256 = concat(oid("2a8648ce3d0201"), oid("2a8648ce3d030107"));
