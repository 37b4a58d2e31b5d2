// The content of the two QR codes: `KPC1:` on the certificate, `KPL1:` on the bag.

import type { Cbor, CborMap } from "./cbor.ts";
import { FULL } from "./qr.ts";

export const LABEL_CID_BYTES = 16;
export const MAX_DAYS = 100 * 366; // 2070: a date beyond is a mistake, and must not overflow the calendar
const MAX_AMOUNT = 10 ** 15;

const FIELDS = [
  "version",
  "number",
  "issue_date",
  "expiry_date",
  "origin",
  "destination",
  "exporter",
  "importer",
  "lines",
  "parcels",
  "seal",
  "cid",
  "status",
  "log index",
  "authority",
  "paper_serial",
  "zone",
];

export const K = {
  version: 1,
  number: 2,
  issued: 3,
  expires: 4,
  origins: 5,
  destination: 6,
  exporter: 7,
  importer: 8,
  lines: 9,
  parcels: 10,
  seal: 11,
  cid: 12,
  status: 13,
  log: 14,
  authority: 15,
  paper: 16,
  zone: 17,
} as const;

const LABEL_NEEDS = [K.version, K.number, K.issued, K.expires, K.destination, K.cid, K.authority] as number[];
const FULL_NEEDS = [...LABEL_NEEDS, K.origins, K.exporter, K.importer, K.lines];
const LABEL_KNOWS = [...LABEL_NEEDS, K.seal, K.status, K.log];
const FULL_KNOWS = [...FULL_NEEDS, K.parcels, K.seal, K.status, K.log, K.paper, K.zone];

/** Everything in a code's content that is not as the profile says, each as `field: what is wrong`. */
export function codeProblems(prefix: string, payload: CborMap): string[] {
  const full = prefix === FULL;
  const missing = (full ? FULL_NEEDS : LABEL_NEEDS).filter((key) => !payload.has(key));
  const foreign = [...payload.keys()].map(Number).filter((key) => !(full ? FULL_KNOWS : LABEL_KNOWS).includes(key));
  if (missing.length || foreign.length) {
    return [
      ...missing.sort(ascending).map((key) => `${FIELDS[key - 1]}: is missing`),
      ...foreign.sort(ascending).map((key) => `${FIELDS[key - 1] ?? key}: is not known here`),
    ];
  }
  const has = (key: number): boolean => payload.has(key);
  const isText = (key: number): boolean => typeof payload.get(key) === "string";
  const wrong: number[] = [K.number, K.destination, K.authority].filter((key) => !isText(key) || !payload.get(key));
  wrong.push(...[K.seal, K.paper, K.zone].filter((key) => has(key) && !isText(key)));
  wrong.push(...[K.issued, K.expires].filter((key) => !whole(payload.get(key), MAX_DAYS)));
  wrong.push(...[K.parcels, K.log].filter((key) => has(key) && !whole(payload.get(key), MAX_AMOUNT)));
  if (payload.get(K.version) !== 1) wrong.push(K.version);
  const cid = payload.get(K.cid);
  if (!(cid instanceof Uint8Array) || cid.length !== (full ? 32 : LABEL_CID_BYTES)) wrong.push(K.cid);
  const status = has(K.status) ? payload.get(K.status) : [0, 0];
  if (!Array.isArray(status) || status.length !== 2 || !status.every((part) => whole(part, 2 ** 53))) wrong.push(K.status);
  if (full) wrong.push(...fullProblems(payload));
  return wrong.map((key) => `${FIELDS[key - 1]}: has not its form`);
}

function fullProblems(payload: CborMap): number[] {
  const wrong: number[] = [K.exporter, K.importer].filter((key) => {
    const party = payload.get(key);
    return !Array.isArray(party) || party.length !== 2 || !party.every((part) => typeof part === "string");
  });
  const origins = payload.get(K.origins);
  if (!Array.isArray(origins) || !origins.every((code) => typeof code === "string")) wrong.push(K.origins);
  const lines = payload.get(K.lines);
  if (!Array.isArray(lines) || !lines.length || !lines.every(isLine)) wrong.push(K.lines);
  return wrong;
}

function isLine(line: Cbor): boolean {
  return (
    Array.isArray(line) &&
    line.length === 3 &&
    whole(line[0], 799_999) &&
    (line[0] as number) >= 7000 &&
    whole(line[1], MAX_AMOUNT) &&
    whole(line[2], MAX_AMOUNT)
  );
}

function whole(value: Cbor | undefined, most: number): boolean {
  return (typeof value === "number" || typeof value === "bigint") && value >= 0 && value <= most;
}

function ascending(one: number, other: number): number {
  return one - other;
}

/** The HS code of its number: 710231 is 7102.31. */
export function hsText(number: number): string {
  return number < 10_000 ? String(number) : `${Math.floor(number / 100)}.${String(number % 100).padStart(2, "0")}`;
}
