// The certificate that an artefact holds, as far as it shows it, in the form of the node's certificate JSON.

import type { Cbor } from "./cbor.ts";
import { hsText, K } from "./codes.ts";
import { iso } from "./days.ts";
import { isObject, type Json, type JsonObject, toPlain } from "./json.ts";
import { type Code, FULL } from "./qr.ts";

/** Names as in the certificate JSON of the node; what is not known is left out. */
export type PaperCertificate = Record<string, unknown>;

const TITLE = "Kimberley Process Certificate";
const STATEMENT =
  "The rough diamonds in this shipment have been handled in accordance with the provisions of the Kimberley Process " +
  "Certification Scheme for rough diamonds";

export function certificateOfCode(code: Code): PaperCertificate {
  const get = (key: number): Cbor | undefined => code.payload.get(key);
  const full = code.prefix === FULL;
  const authority = get(K.authority) as string;
  const destination = get(K.destination) as string;
  const lines = ((get(K.lines) as [number, number, number][] | undefined) ?? []).map(([hs, carats, cents]) => ({
    hs: hsText(hs),
    carats: fixed(carats),
    usd: fixed(cents),
  }));
  const sum = (place: 1 | 2): bigint => (get(K.lines) as number[][]).reduce((total, line) => total + BigInt(line[place]!), 0n);
  const origins = (get(K.origins) as string[] | undefined) ?? [];
  return said({
    number: get(K.number),
    issuer: before(authority),
    issuing_authority: authority,
    issue_date: iso(get(K.issued) as number),
    expiry_date: iso(get(K.expires) as number),
    title: TITLE,
    statement: full ? STATEMENT : "",
    english: full ? true : null,
    origin: full && !origins.length ? "mixed" : origins,
    destination: before(destination),
    destination_authority: destination,
    exporter: full ? party(get(K.exporter) as string[]) : null,
    importer: full ? party(get(K.importer) as string[]) : null,
    parcels: plain(get(K.parcels)),
    lines,
    total_carats: full ? fixed(sum(1)) : null,
    total_usd: full ? fixed(sum(2)) : null,
    seals: code.payload.has(K.seal) ? [get(K.seal)] : [],
    zone: get(K.zone) ?? "",
    paper_serial: get(K.paper) ?? "",
  });
}

export function certificateOfCredential(claims: JsonObject): PaperCertificate {
  const get = (name: string): Json | null => claims.get(name) ?? null;
  const destination = (get("destination") as string | null) ?? "";
  const origin = (get("origin") as string[] | null) ?? [];
  const seal = get("seal");
  const named = (name: string): unknown => {
    const written = get(name);
    return isObject(written)
      ? { name: written.get("name"), address: written.get("address"), licence: written.get("id") }
      : null;
  };
  return said({
    number: get("kpc_number"),
    issuer: get("participant"),
    issuing_authority: get("issuing_authority") ?? "",
    issue_date: get("issue_date"),
    expiry_date: get("expiry_date"),
    title: get("title") ?? TITLE,
    statement: get("statement") ?? STATEMENT,
    english: get("english") ?? true,
    origin: get("mixed") ? (origin.length ? ["mixed", ...origin] : "mixed") : origin,
    origin_shares: trimmed(toPlain(get("origin_shares") ?? new Map())),
    destination: before(destination),
    destination_authority: destination,
    exporter: named("exporter"),
    importer: named("importer"),
    same_party_reason: get("same_party_reason") ?? "",
    parcels: get("parcels"),
    parcel_reference: get("parcel_reference") ?? "",
    lines: trimmed(toPlain(get("lines") ?? [])),
    total_carats: trimmed(get("total_carats")),
    total_usd: trimmed(get("total_usd")),
    seals: get("seals") ?? (seal ? [seal] : []),
    validated: claims.has("validated_by") ? said({ by: get("validated_by"), date: get("validated_on") }) : null,
    zone: get("zone") ?? "",
    countersigned_by: ((get("countersign") as JsonObject[] | null) ?? []).map((one) => one.get("role")),
    paper_serial: get("paper_serial") ?? "",
    draws_on: get("draws_on") ?? [],
  });
}

/** Without what is not known. */
function said(written: PaperCertificate): PaperCertificate {
  return Object.fromEntries(Object.entries(written).filter(([, value]) => !isNothing(value)));
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Amounts may end in a newline, which their shape passes over. */
function trimmed(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/\n$/, "");
  if (Array.isArray(value)) {
    return value.map((line: Record<string, unknown>) => ({ ...line, carats: trimmed(line["carats"]), usd: trimmed(line["usd"]) }));
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, trimmed(inner)]));
}

function party([name, address]: string[]): unknown {
  return { name, address, licence: "" };
}

function fixed(hundredths: number | bigint): string {
  const digits = String(hundredths).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function plain(value: Cbor | undefined): unknown {
  return typeof value === "bigint" ? Number(value) : (value ?? null);
}

function before(authority: string): string {
  return authority.split("-")[0]!;
}
