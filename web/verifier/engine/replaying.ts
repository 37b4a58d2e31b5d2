// Openings of trust lists that the node's tests recorded, opened here: what the browser tests compare.

import { toSeconds } from "./days.ts";
import { Untrusted } from "./errors.ts";
import { fromPlain, toPlain } from "./json.ts";
import { openList } from "./trustlist/list.ts";
import { memoryText, readMemory } from "./trustlist/memory.ts";

export interface Recorded {
  trust: unknown;
  memory: string;
  now: string;
  reference: string;
}

/** What came of one opening, as plain JSON: the list, or the refusal. */
export async function replay(one: Recorded): Promise<Record<string, unknown>> {
  try {
    const memory = readMemory(one.memory);
    const found = await openList(fromPlain(one.trust), memory, toSeconds(one.now)!, toSeconds(one.reference)!);
    return {
      participants: toPlain(found.participants),
      authorities: toPlain(found.authorities),
      policy: found.policy,
      roles: toPlain(found.roles),
      root_version: found.rootVersion,
      serial: found.serial,
      issued: found.issued,
      expires: found.expires,
      pending: toPlain(found.pending),
      memory: memoryText(found.memory),
    };
  } catch (error) {
    if (error instanceof Untrusted) return { step: error.step, reason: error.reason };
    throw error;
  }
}

/** The same for many, in order. */
export async function replayAll(all: Recorded[]): Promise<Record<string, unknown>[]> {
  const found = [];
  for (const one of all) found.push(await replay(one));
  return found;
}
