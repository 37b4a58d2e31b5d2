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
  const data = typeof text === "string" ? lenient(text + "=".repeat((4 - (text.length % 4)) % 4)) : null;
  if (data === null) throw new Untrusted(step, "a part is not base64url");
  if (b64u(data) !== text) throw new Untrusted(step, "a part is not base64url in its one right spelling");
  return data;
}

/** The bytes of a standard base64 text with its padding; null where it is not in its one right spelling. */
export function unb64(text: string): Bytes | null {
  const data = lenient(text);
  return data !== null && b64(data) === text ? data : null;
}

/** Base64 of either alphabet, foreign characters passed over; null where its characters do not come out even. */
function lenient(text: string): Bytes | null {
  const data: number[] = [];
  let bits = 0;
  let place = 0;
  let pads = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) return null;
    if (code === 61) {
      if (place >= 2 && place + ++pads >= 4) return Uint8Array.from(data);
      continue;
    }
    const value = VALUES[code]!;
    if (value > 63) continue;
    pads = 0;
    bits = ((bits << 6) | value) & 0xffffff;
    if (place) data.push((bits >> (6 - 2 * place)) & 0xff);
    place = (place + 1) % 4;
  }
  return place ? null : Uint8Array.from(data);
}

const VALUES = new Uint8Array(128).fill(255);
for (const alphabet of [STANDARD, URLSAFE]) for (let at = 0; at < 64; at++) VALUES[alphabet.charCodeAt(at)] = at;

/** A number of at most 32 bits in big-endian bytes. */
export function big(value: number, size: number): Bytes {
  return Uint8Array.from({ length: size }, (_none, at) => Math.floor(value / 2 ** (8 * (size - 1 - at))) & 0xff);
}
