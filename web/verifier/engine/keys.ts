// Public keys as a trust list states them. The algorithm belongs to the key: a header may repeat it, not choose it.

import { type Bytes, b64u, hex, sha256, unb64u } from "./bytes.ts";
import { toDays } from "./days.ts";
import { KEY, SIGNATURE, Untrusted } from "./errors.ts";
import { isObject, type Json } from "./json.ts";
import { isPoint, verifyEd25519, verifyP256 } from "./signatures.ts";
import { first } from "./texts.ts";

export const SIGNATURE_BYTES = 64;

const JOSE_NAMES: Record<string, Json[]> = { Ed25519: ["Ed25519", "EdDSA"], ES256: ["ES256"] };
const COSE_NUMBERS: Record<string, unknown[]> = { Ed25519: [-19, -8], ES256: [-9, -7] };
const STATES = ["active", "retired", "compromised"];

export interface KeyFields {
  kid: string;
  alg: string;
  pub: Bytes;
  use?: string;
  /** First and last day it signs, and the day from which nothing signed with it counts; days since 1970-01-01. */
  notBefore?: number | null;
  notAfter?: number | null;
  state?: string;
  compromisedSince?: number | null;
  authority?: string;
}

export class PublicKey {
  readonly kid: string;
  readonly alg: string;
  readonly pub: Bytes;
  readonly use: string;
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  readonly state: string;
  readonly compromisedSince: number | null;
  readonly authority: string;

  constructor(fields: KeyFields) {
    this.kid = fields.kid;
    this.alg = fields.alg;
    this.pub = fields.pub;
    this.use = fields.use ?? "sign";
    this.notBefore = fields.notBefore ?? null;
    this.notAfter = fields.notAfter ?? null;
    this.state = fields.state ?? "active";
    this.compromisedSince = fields.compromisedSince ?? null;
    this.authority = fields.authority ?? "";
  }

  /** The first 8 bytes of the SHA-256 of the raw public key, in hexadecimal. */
  get kid8(): string {
    return hex(sha256(this.pub).subarray(0, 8));
  }

  /** Throws `Untrusted` (3 signature) unless `signature` is this key's over `message`. */
  async verify(message: Bytes, signature: Bytes): Promise<void> {
    if (signature.length !== SIGNATURE_BYTES) {
      throw new Untrusted(SIGNATURE, `the signature is ${signature.length} bytes long, not ${SIGNATURE_BYTES}`);
    }
    this.checkLoads();
    const verify = this.alg === "Ed25519" ? verifyEd25519 : verifyP256;
    if (!(await verify(this.pub, message, signature))) {
      throw new Untrusted(SIGNATURE, "the signature does not belong to this content and key");
    }
  }

  checkJose(alg: Json | undefined): void {
    if (!JOSE_NAMES[this.alg]?.includes(alg as Json)) this.refuseAlgorithm();
  }

  checkCose(alg: unknown): void {
    if (!COSE_NUMBERS[this.alg]?.includes(alg)) this.refuseAlgorithm();
  }

  private refuseAlgorithm(): never {
    throw new Untrusted(KEY, `the header names another algorithm than the key ${this.kid} has`);
  }

  checkLoads(): void {
    if (this.alg !== "Ed25519" && this.alg !== "ES256") {
      throw new Untrusted(KEY, `the key ${this.kid} is of an algorithm that is not used here`);
    }
    if (this.alg === "Ed25519" ? this.pub.length !== 32 : !isPoint(this.pub)) {
      throw new Untrusted(KEY, `the key ${this.kid} is not a public key of ${this.alg}`);
    }
  }

  /** The key of a `keys.json` entry. */
  static read(written: Json, authority = ""): PublicKey {
    const about = isObject(written) ? written : new Map<string, Json>();
    const state = text(about.get("state"), "active");
    if (!STATES.includes(state)) refuse(`'${first(state, 20)}' is no state of a key`);
    const key = new PublicKey({
      kid: text(about.get("kid")),
      alg: text(about.get("alg")),
      pub: unb64u(about.get("pub"), KEY),
      use: text(about.get("use"), "sign"),
      notBefore: day(about.get("nbf")),
      notAfter: day(about.get("naf")),
      state,
      compromisedSince: day(about.get("compromised_since")),
      authority,
    });
    key.checkLoads();
    return key;
  }

  asJson(): Record<string, Json> {
    return { kid: this.kid, use: this.use, alg: this.alg, pub: b64u(this.pub), state: this.state };
  }
}

function refuse(why: string): never {
  throw new Untrusted(KEY, `an entry of the key list is not a key: ${why}`);
}

function text(value: Json | undefined, otherwise?: string): string {
  const found = value === undefined ? otherwise : value;
  return typeof found === "string" && found ? found : refuse("text is missing");
}

function day(value: Json | undefined): number | null {
  if (value === undefined || value === null || value === "") return null;
  return (typeof value === "string" ? toDays(first(value, 10)) : null) ?? refuse("a day is not a date");
}
