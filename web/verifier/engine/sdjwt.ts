// SD-JWT (RFC 9901): one signature over everything, each claim shown or withheld by itself.
// Not used, so refused: key binding, other digests than SHA-256. Decoy digests are accepted.

import { b64u, type Bytes, sha256, unb64u } from "./bytes.ts";
import { PARSE, Untrusted } from "./errors.ts";
import { isObject, type Json, type JsonObject, MAX_DEPTH, parseJson } from "./json.ts";
import { type Jws, MAX_CHARS, parseJws } from "./jws.ts";
import type { PublicKey } from "./keys.ts";
import { length, toUtf8 } from "./texts.ts";

export const TYP = "dc+sd-jwt";
const MAX_DISCLOSURES = 512;
const RESERVED = ["_sd", "...", "_sd_alg"];

/** One shown claim (`name` set) or array element (`name` null). */
export interface Disclosure {
  name: string | null;
  value: Json;
  /** How deep it came to stand: 1 is a claim of the payload itself. */
  depth: number;
}

/** A parsed, not yet verified SD-JWT. `claims` is the payload with everything shown put in its place. */
export class SdJwt {
  constructor(
    readonly jwt: Jws,
    readonly claims: JsonObject,
    readonly disclosures: Disclosure[],
  ) {}

  get kid(): string {
    return this.jwt.kid;
  }

  get cid(): Bytes {
    return this.jwt.cid;
  }

  async verify(key: PublicKey): Promise<void> {
    await this.jwt.verify(key);
  }
}

/** The identity (cid) of an SD-JWT text: SHA-256 of its JWS signing input. */
export function signingInputHash(text: string): Bytes {
  return parseJws(text.split("~")[0]!).cid;
}

/** The SD-JWT of a text, its disclosures matched with the signed digests (RFC 9901, section 7.1). */
export function parseSdJwt(text: string, typ: string | null = TYP): SdJwt {
  const [signed, ...rest] = length(text) <= MAX_CHARS ? text.split("~") : [""];
  const jwt = parseJws(signed!, typ);
  if (!rest.length || rest[rest.length - 1] !== "") {
    throw new Untrusted(PARSE, "the text does not end as an SD-JWT without key binding does");
  }
  if (rest.length > MAX_DISCLOSURES) throw new Untrusted(PARSE, "there are too many disclosures");
  if (jwt.payload.has("_sd_alg") && jwt.payload.get("_sd_alg") !== "sha-256") {
    throw new Untrusted(PARSE, "the digests are not SHA-256");
  }
  const reading = new Reading(rest.slice(0, -1));
  const claims = reading.object(new Map([...jwt.payload].filter(([name]) => name !== "_sd_alg")), 0);
  return new SdJwt(jwt, claims, reading.finish());
}

/** Puts disclosures in the places of their digests, once each. */
class Reading {
  private readonly shown: Disclosure[];
  private readonly waiting: Map<string, Disclosure>;
  private readonly seen = new Set<string>();

  constructor(texts: string[]) {
    const order = texts.map((text) => b64u(sha256(toUtf8(text))));
    this.shown = texts.map(disclosure);
    this.waiting = new Map(order.map((digest, at) => [digest, this.shown[at]!]));
    if (this.waiting.size !== texts.length) throw new Untrusted(PARSE, "a disclosure stands there twice");
  }

  /** The disclosure that a signed digest belongs to, if it is shown. */
  private take(digest: Json): Disclosure | null {
    if (typeof digest !== "string") throw new Untrusted(PARSE, "a digest is not a text");
    if (this.seen.has(digest)) throw new Untrusted(PARSE, "a digest was signed twice");
    this.seen.add(digest);
    const shown = this.waiting.get(digest) ?? null;
    this.waiting.delete(digest);
    return shown;
  }

  private place(shown: Disclosure, depth: number): Json {
    if (depth > MAX_DEPTH) throw new Untrusted(PARSE, "disclosures are nested too deep");
    shown.depth = depth;
    return this.value(shown.value, depth);
  }

  private value(value: Json, depth: number): Json {
    if (isObject(value)) return this.object(value, depth);
    return Array.isArray(value) ? this.array(value, depth) : value;
  }

  object(value: JsonObject, depth: number): JsonObject {
    const digests = value.has("_sd") ? value.get("_sd")! : [];
    if (!Array.isArray(digests) || value.has("...")) {
      throw new Untrusted(PARSE, "reserved names are used for something else");
    }
    const found: JsonObject = new Map();
    for (const [name, inner] of value) if (name !== "_sd") found.set(name, this.value(inner, depth + 1));
    for (const digest of digests) {
      const shown = this.take(digest);
      if (!shown) continue;
      if (shown.name === null || RESERVED.includes(shown.name) || found.has(shown.name)) {
        throw new Untrusted(PARSE, "a disclosure has no name, a reserved one, or one that is already there");
      }
      found.set(shown.name, this.place(shown, depth + 1));
    }
    return found;
  }

  private array(value: Json[], depth: number): Json[] {
    const found: Json[] = [];
    for (const element of value) {
      if (!isObject(element) || !element.has("...")) {
        found.push(this.value(element, depth + 1));
        continue;
      }
      if (element.size !== 1) throw new Untrusted(PARSE, "an array element says more than its digest");
      const shown = this.take(element.get("...")!);
      if (!shown) continue;
      if (shown.name !== null) throw new Untrusted(PARSE, "a claim is shown in the place of an array element");
      found.push(this.place(shown, depth + 1));
    }
    return found;
  }

  finish(): Disclosure[] {
    if (this.waiting.size) throw new Untrusted(PARSE, "something is shown that nobody signed");
    return this.shown;
  }
}

function disclosure(text: string): Disclosure {
  const content = parseJson(unb64u(text));
  if (!Array.isArray(content) || ![2, 3].includes(content.length) || typeof content[0] !== "string") {
    throw new Untrusted(PARSE, "a disclosure is not a salt with a value, or with a name and a value");
  }
  if (content.length === 2) return { name: null, value: content[1]!, depth: 0 };
  if (typeof content[1] !== "string") throw new Untrusted(PARSE, "the name in a disclosure is not a text");
  return { name: content[1], value: content[2]!, depth: 0 };
}
