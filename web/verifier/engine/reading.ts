// From an artefact to what it claims. `Untrusted` (1 parse) for what is no certificate of ours.

import { unb64u } from "./bytes.ts";
import { type Bundle, statusKey } from "./bundle.ts";
import { certificateOfCode, certificateOfCredential } from "./certificate.ts";
import type { Cbor } from "./cbor.ts";
import { codeProblems, K, MAX_DAYS } from "./codes.ts";
import { claimProblems, endOf, ISSUERS, withheldIn } from "./credential.ts";
import { SECONDS_A_DAY, toDays } from "./days.ts";
import { PARSE, Untrusted } from "./errors.ts";
import { type Claims, claims } from "./facts.ts";
import type { Json, JsonObject } from "./json.ts";
import { type Jws, parseJws } from "./jws.ts";
import { messageProblems } from "./messages.ts";
import { type Code, FULL, PREFIXES, readCode } from "./qr.ts";
import { parseSdJwt, type SdJwt } from "./sdjwt.ts";
import { fromUtf8, length, strip, stripStart } from "./texts.ts";

const NOT_OURS = "not a KP digital certificate";
const NUMBER = /^[A-Z]{2}[A-Z /.-]{0,6}[0-9][0-9 /.-]{2,20}$/;

/** What a QR text, an SD-JWT, a signed message or a certificate number claims. */
export function read(artefact: string, bundle: Bundle): Claims {
  const text = artefact.replace(/^[\r\n\t]+|[\r\n\t]+$/g, ""); // not the space: it is a character of base45
  if (PREFIXES.includes(text.slice(0, 5))) return fromCode(readCode(text), bundle);
  const number = length(text) < 64 ? strip(text).toUpperCase() : "";
  if (NUMBER.test(number)) {
    const listed = bundle.participants.get(number.slice(0, 2));
    return claims("number", { number, participant: listed?.code ?? number.slice(0, 2) });
  }
  if (stripStart(text).startsWith("ey")) {
    return text.includes("~") ? fromCredential(parseSdJwt(strip(text))) : fromMessage(parseJws(strip(text)));
  }
  throw new Untrusted(PARSE, NOT_OURS);
}

/** The text of an artefact's bytes. */
export function textOf(data: Uint8Array): string {
  try {
    return fromUtf8(data);
  } catch {
    throw new Untrusted(PARSE, NOT_OURS);
  }
}

function fromCode(code: Code, bundle: Bundle): Claims {
  const { payload, prefix, statement } = code;
  const problems = codeProblems(prefix, payload);
  const authority = typeof payload.get(K.authority) === "string" ? (payload.get(K.authority) as string) : "";
  const found = claims(prefix === FULL ? "qr-full" : "qr-label", {
    authority,
    participant: bundle.participantOf(authority),
    kid: `kid8:${code.kid8}`,
    verify: (key) => statement.verify(key),
    problems,
  });
  if (problems.length) return found;
  const status = payload.get(K.status) as [number | bigint, number | bigint] | undefined;
  return {
    ...found,
    number: text(payload.get(K.number)),
    destination: text(payload.get(K.destination)),
    issued: payload.get(K.issued) as number,
    expires: payload.get(K.expires) as number,
    cid: payload.get(K.cid) as Claims["cid"],
    seal: text(payload.get(K.seal)),
    zone: payload.has(K.zone) ? text(payload.get(K.zone)) : null,
    zoneShown: prefix === FULL,
    logIndex: payload.has(K.log) ? BigInt(payload.get(K.log) as number | bigint) : null,
    status: status ? { list: statusKey(authority, status[0]), index: Number(status[1]) } : null,
    certificate: () => certificateOfCode(code),
  };
}

function text(value: Cbor | undefined): string {
  return typeof value === "string" ? value : "";
}

/** What a signed message about a certificate claims: a receipt, a voiding, a correction. */
function fromMessage(signed: Jws): Claims {
  const typ = (signed.header.get("typ") as string | undefined) ?? "";
  const shown = signed.payload;
  let problems = messageProblems(typ, shown);
  if (problems === null) throw new Untrusted(PARSE, NOT_OURS);
  const iat = shown.get("iat") as number;
  if (!problems.length && iat > MAX_DAYS * SECONDS_A_DAY) problems = ["iat: lies beyond the calendar"];
  const issuer = textClaim(shown, "iss");
  const found = claims(typ.replace(/^kp-/, "").replace(/\+jwt$/, ""), {
    authority: textClaim(shown, "authority"),
    participant: issuer.startsWith(ISSUERS) ? issuer.slice(ISSUERS.length) : issuer,
    kid: signed.kid,
    verify: (key) => signed.verify(key),
    problems,
  });
  if (problems.length) return found;
  const day = Math.floor(iat / SECONDS_A_DAY);
  return { ...found, number: textClaim(shown, "kpc_number"), cid: unb64u(shown.get("cid")), issued: day, signedOn: day };
}

function textClaim(shown: JsonObject, name: string): string {
  const value = shown.get(name);
  return typeof value === "string" ? value : "";
}

/** What an SD-JWT claims, as far as it shows it. */
export function fromCredential(signed: SdJwt, kind = "sd-jwt"): Claims {
  const shown = signed.claims;
  let problems = claimProblems(shown);
  if (!problems.length) problems = binding(shown);
  const found = claims(kind, {
    kid: signed.kid,
    verify: (key) => signed.verify(key),
    cid: signed.cid,
    problems,
    authority: textClaim(shown, "authority"),
    participant: textClaim(shown, "participant"),
  });
  if (problems.length) return found;
  const signedOn = Math.floor(number(shown, "iat") / SECONDS_A_DAY);
  const issueDate = shown.get("issue_date") as string | undefined;
  const place = (shown.get("status") as JsonObject).get("status_list") as JsonObject;
  return {
    ...found,
    number: textClaim(shown, "kpc_number"),
    signedOn,
    issued: issueDate === undefined ? signedOn : toDays(issueDate),
    issueShown: issueDate !== undefined,
    expires: Math.floor((number(shown, "exp") - 1) / SECONDS_A_DAY),
    destination: textClaim(shown, "destination"),
    seal: textClaim(shown, "seal"),
    zone: (shown.get("zone") as string | null | undefined) ?? null,
    zoneShown: shown.has("zone"),
    countersigned: (shown.get("countersign") as JsonObject[] | undefined) ?? null,
    status: { list: place.get("uri") as string, index: place.get("idx") as number },
    certificate: () => certificateOfCredential(shown),
    problems: arithmetic(signed),
    withheld: withheldIn(shown),
    hidden: hidden(signed),
  };
}

/** How many signed claims the text does not disclose, whatever they are. */
function hidden(signed: SdJwt): number {
  const digests = (signed.jwt.payload.get("_sd") as Json[] | undefined) ?? [];
  return Math.max(0, digests.length - signed.disclosures.filter((one) => one.depth === 1).length);
}

function number(shown: JsonObject, name: string): number {
  return shown.get(name) as number;
}

function binding(shown: JsonObject): string[] {
  const wrong: string[] = [];
  if (shown.get("iss") !== ISSUERS + textClaim(shown, "participant")) {
    wrong.push("iss: is not the address of the Participant named");
  }
  if (Math.max(number(shown, "iat"), number(shown, "nbf"), number(shown, "exp")) > MAX_DAYS * SECONDS_A_DAY) {
    return ["iat, nbf, exp: a time lies beyond the calendar"];
  }
  if (shown.has("expiry_date") && number(shown, "exp") !== endOf(textClaim(shown, "expiry_date"))) {
    wrong.push("exp: is not the end of the expiry date");
  }
  return wrong;
}

/** Totals equal the sum of lines, wherever all lines and the total are shown. */
function arithmetic(signed: SdJwt): string[] {
  const lines = signed.claims.get("lines") as JsonObject[] | undefined;
  if (lines === undefined) return [];
  const withheld = signed.disclosures.some((one) => one.name === "lines" && (one.value as Json[]).length !== lines.length);
  if (withheld) return [];
  return [
    ["total_carats", "carats"],
    ["total_usd", "usd"],
  ]
    .filter(([total, part]) => {
      const sum = lines.reduce((all, line) => all + hundredths(line.get(part!)), 0n);
      return signed.claims.has(total!) && hundredths(signed.claims.get(total!)) !== sum;
    })
    .map(([total]) => `${total}: is not the sum of the lines`);
}

function hundredths(written: Json | undefined): bigint {
  return BigInt((written as string).replace(".", "").trim());
}
