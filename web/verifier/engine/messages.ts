// The signed statements about a certificate: import receipt, voiding, correction. Each is a compact JWS.

import { unb64u } from "./bytes.ts";
import { Untrusted } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import { day, each, exactly, name, optional, problems, record, scaled, type Shape, type Shapes, text, truth, whole } from "./shapes.ts";

const CID_BYTES = 32;

const cid: Shape = (value) => {
  try {
    return typeof value === "string" && unb64u(value).length === CID_BYTES ? "" : "must be a cid";
  } catch (error) {
    if (error instanceof Untrusted) return "must be a cid";
    throw error;
  }
};

// What an inspection weighs it need not value: only the certificate must say both.
const FOUND_LINE = record({ hs: name, carats: optional(scaled), usd: optional(scaled) });
const COMMON: Shapes = { iss: name, authority: name, iat: whole, cid, kpc_number: name };

const SHAPES = new Map<string, Shapes>([
  [
    "kp-receipt+jwt",
    {
      ...COMMON,
      exporting: name,
      received: day,
      result: exactly("match", "discrepancy", "refused"),
      found: record({
        parcels: optional(whole),
        carats: optional(scaled),
        usd: optional(scaled),
        lines: each(FOUND_LINE),
        seal: text,
      }),
      exporter_ok: truth,
      importer_ok: truth,
      differences: each(record({ field: name, declared: text, found: text })),
      salt: name,
      approvals: whole,
    },
  ],
  [
    "kp-void+jwt",
    { ...COMMON, kind: exactly("VOID", "REPLACED", "LOST", "EXPIRED_RETURNED"), reason: text, replaced_by: optional(cid) },
  ],
  ["kp-correction+jwt", { ...COMMON, field: name, old: text, new: text, reason: text }],
]);

/** Everything in a signed message that has not its form; null where `typ` is no message of ours. */
export function messageProblems(typ: string, payload: JsonObject): string[] | null {
  const shapes = SHAPES.get(typ);
  return shapes ? problems(payload, shapes, {}) : null;
}
