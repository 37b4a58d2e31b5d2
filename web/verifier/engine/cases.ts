// A case file of conformance/, and what this engine answers to each of its cases.

import { unb64u } from "./bytes.ts";
import { Bundle } from "./bundle.ts";
import { verify } from "./engine.ts";
import { Untrusted } from "./errors.ts";
import type { Report } from "./facts.ts";

export interface CaseOf {
  name: string;
  /** The artefact as text, or its bytes in base64url. */
  artefact?: string;
  bytes?: string;
  now: string;
  authority?: string | null;
  transit?: boolean;
  beside?: string;
  proof?: string;
  bundle?: unknown;
}

export interface CaseFile {
  bundle: unknown;
  cases: CaseOf[];
}

export interface Answer {
  name: string;
  report?: Report;
  untrusted?: { step: string; reason: string };
}

/** What the engine says to every case, in order. */
export async function* reports(file: CaseFile): AsyncGenerator<Answer> {
  const common = new Bundle(file.bundle);
  for (const one of file.cases) {
    try {
      const bundle = one.bundle === undefined ? common : new Bundle(one.bundle);
      const artefact = one.bytes === undefined ? (one.artefact ?? "") : unb64u(one.bytes);
      const { authority = null, transit = false, beside = "", proof = "" } = one;
      const report = await verify(artefact, bundle, { now: new Date(one.now), authority, transit, beside, proof });
      yield { name: one.name, report };
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
      yield { name: one.name, untrusted: { step: error.step, reason: error.reason } };
    }
  }
}
