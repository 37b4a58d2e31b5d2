// What a certificate as a signed credential may say: the shape of every claim.

import { SECONDS_A_DAY, toDays } from "./days.ts";
import type { JsonObject } from "./json.ts";
import { day, each, exactly, isTrue, name, optional, problems, record, scaled, type Shapes, text, truth, valuesOf, whole } from "./shapes.ts";

export const ISSUERS = "https://kp.example/p/";
const VCT = "https://kp.example/vct/kpc/1";

const PARTY = record({ name: text, address: text, id: text });
const LINE = record({ hs: name, carats: scaled, usd: scaled });

const VISIBLE: Shapes = {
  iss: name,
  vct: exactly(VCT),
  iat: whole,
  nbf: whole,
  exp: whole,
  kpc_number: name,
  participant: name,
  authority: name,
  replaces: optional(name),
  status: record({ status_list: record({ idx: whole, uri: name }) }),
};

const CLAIMS: Shapes = {
  issue_date: day,
  expiry_date: day,
  issuing_authority: text,
  origin: each(name),
  mixed: isTrue,
  destination: text,
  exporter: optional(PARTY),
  importer: optional(PARTY),
  parcels: optional(whole),
  lines: each(LINE),
  total_carats: scaled,
  total_usd: scaled,
  value_band: text,
  seal: optional(text),
  paper_serial: text,
  zone: optional(name),
  validated_by: text,
  remarks: text,
  countersign: each(record({ role: name }, { kid: name, jws: name })),
  seals: each(name),
  kind: exactly("EXPORT", "TECHNICAL_RETURN", "TECHNICAL_SEIZED", "TECHNICAL_RESEARCH"),
  title: text,
  statement: text,
  english: truth,
  origin_shares: valuesOf(scaled),
  parcel_reference: name,
  same_party_reason: name,
  draws_on: each(name),
  validated_on: day,
};

/** Claims that every credential holds: where one is not shown, it is withheld. */
const ALWAYS = [
  "issue_date",
  "expiry_date",
  "issuing_authority",
  "destination",
  "exporter",
  "importer",
  "parcels",
  "lines",
  "total_carats",
  "total_usd",
  "value_band",
  "seal",
  "paper_serial",
  "zone",
  "countersign",
  "validated_by",
  "remarks",
];

/** The claims that every credential holds and this one does not show. */
export function withheldIn(shown: JsonObject): string[] {
  return ALWAYS.filter((name) => !shown.has(name));
}

/** Everything that is not as the schema of a credential says. What is not shown is no problem. */
export function claimProblems(claims: JsonObject): string[] {
  return problems(claims, VISIBLE, CLAIMS);
}

/** The second at which a day is over in UTC, since 1970. */
export function endOf(written: string): number {
  return (toDays(written)! + 1) * SECONDS_A_DAY;
}
