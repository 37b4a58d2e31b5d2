// Bytes: joining, comparing, base64url in its one right spelling, hexadecimal, SHA-256.

import { sha256 as hash } from "@noble/hashes/sha2.js";

import { PARSE, Untrusted } from "./errors.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export function sha256(data: Uint8Array): Bytes {
  return hash(data) as Bytes;
}

export function concat(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of hexadecimal digits; null where it is something else. */
export function unhex(text: string): Bytes | null {
  if (text.length % 2 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_none, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URLSAFE = STANDARD.replace("+/", "-_");

/** Base64url without padding (RFC 7515). */
export function b64u(data: Uint8Array): string {
  return encode(data, URLSAFE);
}

/** Base64 with padding (RFC 4648, section 4). */
export function b64(data: Uint8Array): string {
  const text = encode(data, STANDARD);
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

function encode(data: Uint8Array, alphabet: string): string {
  let text = "";
  for (let at = 0; at < data.length; at += 3) {
    const left = data.length - at;
    const bits = (data[at]! << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    text += alphabet[bits >> 18]! + alphabet[(bits >> 12) & 63]!;
    if (left > 1) text += alphabet[(bits >> 6) & 63]!;
    if (left > 2) text += alphabet[bits & 63]!;
  }
  return text;
}

/** The bytes of a base64url text. Padding, foreign characters and stray final bits are refused. */
export function unb64u(text: unknown, step = PARSE): Bytes {
  const padded = typeof text === "string" ? text + "=".repeat((4 - (text.length % 4)) % 4) : "!";
  if (!WHOLE_URLSAFE.test(padded)) throw new Untrusted(step, "a part is not base64url");
  const data = decode(padded);
  if (b64u(data) !== text) throw new Untrusted(step, "a part is not base64url in its one right spelling");
  return data;
}

/** The bytes of a standard base64 text with its padding; null where it is not in its one right spelling. */
export function unb64(text: string): Bytes | null {
  if (!WHOLE_STANDARD.test(text)) return null;
  const data = decode(text);
  return b64(data) === text ? data : null;
}

const WHOLE_STANDARD = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const WHOLE_URLSAFE = /^(?:[\w-]{4})*(?:[\w-]{2}==|[\w-]{3}=)?$/;

function decode(padded: string): Bytes {
  const size = (padded.length / 4) * 3 - (padded.endsWith("==") ? 2 : padded.endsWith("=") ? 1 : 0);
  const data = new Uint8Array(size);
  const value = (at: number): number => VALUES[padded.charCodeAt(at)]!;
  for (let at = 0, to = 0; at < padded.length; at += 4, to += 3) {
    const bits = (value(at) << 18) | (value(at + 1) << 12) | (value(at + 2) << 6) | value(at + 3);
    data[to] = bits >> 16;
    if (to + 1 < size) data[to + 1] = bits >> 8;
    if (to + 2 < size) data[to + 2] = bits;
  }
  return data;
}

const VALUES = new Uint8Array(128);
for (const alphabet of [STANDARD, URLSAFE]) for (let at = 0; at < 64; at++) VALUES[alphabet.charCodeAt(at)] = at;

/** A number of at most 32 bits in big-endian bytes. */
export function big(value: number, size: number): Bytes {
  return Uint8Array.from({ length: size }, (_none, at) => Math.floor(value / 2 ** (8 * (size - 1 - at))) & 0xff);
}
