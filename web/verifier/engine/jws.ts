// Compact JWS (RFC 7515); `typ` says what it is, and is always checked.

import { type Bytes, sha256, unb64u } from "./bytes.ts";
import { PARSE, Untrusted } from "./errors.ts";
import { isObject, type JsonObject, parseJson } from "./json.ts";
import type { PublicKey } from "./keys.ts";
import { length, toUtf8 } from "./texts.ts";

/** The longest signed text that is read: far above any of ours, far below what hurts. */
export const MAX_CHARS = 262_144;

const HEADER_NAMES = ["alg", "kid", "typ"];

/** A parsed, not yet verified JWS. */
export class Jws {
  constructor(
    readonly header: JsonObject,
    readonly payload: JsonObject,
    readonly signingInput: Bytes,
    readonly signature: Bytes,
  ) {}

  /** The name of the key that is said to have signed, or empty. */
  get kid(): string {
    return (this.header.get("kid") as string | undefined) ?? "";
  }

  /** The statement's identity: SHA-256 of the signing input. The signature is not part of it. */
  get cid(): Bytes {
    return sha256(this.signingInput);
  }

  async verify(key: PublicKey): Promise<void> {
    key.checkJose(this.header.get("alg"));
    await key.verify(this.signingInput, this.signature);
  }
}

/** The parts of a compact JWS; with `typ`, refused where it says another. */
export function parseJws(text: string, typ?: string | null, most = MAX_CHARS): Jws {
  const parts = length(text) <= most ? text.split(".") : [];
  if (parts.length !== 3) throw new Untrusted(PARSE, "this is not a signed statement of three parts");
  const [header, payload] = parts.slice(0, 2).map((part) => parseJson(unb64u(part)));
  if (!isObject(header) || !isObject(payload)) {
    throw new Untrusted(PARSE, "the parts of the signed statement are not objects");
  }
  if ([...header].some(([name, value]) => !HEADER_NAMES.includes(name) || typeof value !== "string")) {
    throw new Untrusted(PARSE, "the header says more than algorithm, key and type");
  }
  if (typ != null && header.get("typ") !== typ) throw new Untrusted(PARSE, `this is not a statement of the type ${typ}`);
  return new Jws(header, payload, toUtf8(`${parts[0]}.${parts[1]}`), unb64u(parts[2]));
}
