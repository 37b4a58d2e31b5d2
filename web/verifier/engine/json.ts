// Strict JSON (whole numbers only, no name twice, bounded depth) and its canonical forms. Objects are Maps, so that
// their order is the written one and no name has a meaning of its own.

import { BUNDLE, PARSE, Untrusted } from "./errors.ts";
import { type Bytes } from "./bytes.ts";
import { byCodePoint, first, fromUtf8, length, surrogateProblem, toUtf8 } from "./texts.ts";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

export const MAX_DEPTH = 16;
const READ_DEPTH = 900; // beyond this Python's own reader gives up, with other words

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

/** The value of JSON bytes from outside. Whatever is not strict is `Untrusted`. */
export function parseJson(data: Uint8Array, step = PARSE): Json {
  try {
    const value = new Reader(fromUtf8(data)).document();
    examine(value, 0);
    return value;
  } catch (error) {
    throw new Untrusted(step, `a part is not the JSON asked for: ${first((error as Error).message, 80)}`);
  }
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): Json {
    if (this.text.startsWith("\ufeff")) this.fail("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0);
    this.space();
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) this.fail("Extra data", this.at);
    return value;
  }

  private fail(what: string, at: number): never {
    const before = this.text.slice(0, at);
    const lines = before.split("\n");
    const column = length(lines[lines.length - 1]!) + 1;
    throw new Error(`${what}: line ${lines.length} column ${column} (char ${length(before)})`);
  }

  private space(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "-")) this.at++;
  }

  private value(depth: number): Json {
    const start = this.at;
    const character = this.text[start];
    if (character === '"') return this.string();
    if (character === "{" || character === "[") {
      if (depth > READ_DEPTH) {
        const what = character === "{" ? "object" : "array";
        throw new Error(`maximum recursion depth exceeded while decoding a JSON ${what} from a unicode string`);
      }
      return character === "{" ? this.object(depth) : this.array(depth);
    }
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, start)) {
        this.at += word.length;
        if (value === undefined) throw noNumber(word);
        return value;
      }
    }
    return this.number(start);
  }

  private number(start: number): Json {
    NUMBER.lastIndex = start;
    const found = NUMBER.exec(this.text);
    if (!found) this.fail("Expecting value", start);
    this.at = NUMBER.lastIndex;
    const written = found[0];
    if (found[1] !== undefined || found[2] !== undefined) throw noNumber(written);
    const value = Number(written);
    if (!Number.isSafeInteger(value)) throw new Error("a number is larger than 2^53 - 1");
    return value + 0;
  }

  private string(): string {
    const opening = this.at++;
    let found = "";
    for (;;) {
      const start = this.at;
      while (this.at < this.text.length && !STOPS.test(this.text[this.at]!)) this.at++;
      found += this.text.slice(start, this.at);
      const stop = this.text[this.at];
      if (stop === undefined) this.fail("Unterminated string starting at", opening);
      if (stop === '"') {
        this.at++;
        return found;
      }
      if (stop !== "\\") this.fail("Invalid control character at", this.at);
      found += this.escape(opening);
    }
  }

  private escape(opening: number): string {
    const at = this.at;
    const kind = this.text[at + 1];
    if (kind === undefined) this.fail("Unterminated string starting at", opening);
    if (kind !== "u") {
      const meant = ESCAPES[kind];
      if (meant === undefined) this.fail("Invalid \\escape", at);
      this.at += 2;
      return meant;
    }
    const digits = this.text.slice(at + 2, at + 6);
    // The digits must be followed by something, be it only the closing quote.
    if (!/^[0-9a-fA-F]{4}$/.test(digits) || at + 6 >= this.text.length) this.fail("Invalid \\uXXXX escape", at + 1);
    this.at += 6;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private object(depth: number): JsonObject {
    const found: JsonObject = new Map();
    let count = 0;
    this.at++;
    this.space();
    if (this.text[this.at] === "}") {
      this.at++;
      return found;
    }
    for (;;) {
      if (this.text[this.at] !== '"') this.fail("Expecting property name enclosed in double quotes", this.at);
      const name = this.string();
      this.space();
      if (this.text[this.at] !== ":") this.fail("Expecting ':' delimiter", this.at);
      this.at++;
      this.space();
      found.set(name, this.value(depth + 1));
      count++;
      this.space();
      const next = this.text[this.at];
      if (next === "}") break;
      if (next !== ",") this.fail("Expecting ',' delimiter", this.at);
      this.at++;
      this.space();
    }
    this.at++;
    if (found.size !== count) throw new Error("a name stands twice in one object");
    return found;
  }

  private array(depth: number): Json[] {
    const found: Json[] = [];
    this.at++;
    this.space();
    if (this.text[this.at] === "]") {
      this.at++;
      return found;
    }
    for (;;) {
      found.push(this.value(depth + 1));
      this.space();
      const next = this.text[this.at];
      if (next === "]") break;
      if (next !== ",") this.fail("Expecting ',' delimiter", this.at);
      this.at++;
      this.space();
    }
    this.at++;
    return found;
  }
}

const STOPS = /["\\\x00-\x1f]/;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const WORDS: [string, Json | undefined][] = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", undefined],
  ["Infinity", undefined],
  ["-Infinity", undefined],
];
const ESCAPES: Record<string, string> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

function noNumber(written: string): Error {
  return new Error(`${written.slice(0, 20)} is not a whole number; amounts are written as text`);
}

function examine(value: Json, depth: number): void {
  if (depth > MAX_DEPTH) throw new Error(`nested deeper than ${MAX_DEPTH}`);
  if (typeof value === "string") {
    examineText(value);
  } else if (isObject(value)) {
    for (const [name, inner] of value) {
      examineText(name);
      examine(inner, depth + 1);
    }
  } else if (Array.isArray(value)) {
    for (const inner of value) examine(inner, depth + 1);
  }
}

function examineText(text: string): void {
  const problem = surrogateProblem(text);
  if (problem) throw new Error(problem);
}

/** The canonical bytes of a value (RFC 8785). */
export function canonical(value: Json): Bytes {
  return toUtf8(written(value, (one, other) => (one < other ? -1 : Number(one > other)), JSON.stringify));
}

/** The canonical bytes that TUF metadata are signed over (OLPC): only quotes and backslashes are escaped. */
export function olpcCanonical(value: Json): Bytes {
  return toUtf8(written(value, byCodePoint, (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`));
}

function written(value: Json, order: (one: string, other: string) => number, quote: (text: string) => string): string {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return `[${value.map((inner) => written(inner, order, quote)).join(",")}]`;
  if (isObject(value)) {
    const names = [...value.keys()].sort(order);
    return `{${names.map((name) => `${quote(name)}:${written(value.get(name)!, order, quote)}`).join(",")}}`;
  }
  return String(value);
}

/** A value of plain JavaScript objects as `Json`. Throws `Untrusted` for what strict JSON cannot say. */
export function fromPlain(value: unknown, step = BUNDLE): Json {
  return parseJson(toUtf8(JSON.stringify(value) ?? ""), step);
}

/** A `Json` value as plain JavaScript objects. */
export function toPlain(value: Json): unknown {
  if (isObject(value)) return Object.fromEntries([...value].map(([name, inner]) => [name, toPlain(inner)]));
  return Array.isArray(value) ? value.map(toPlain) : value;
}
