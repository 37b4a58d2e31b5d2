// Openings that the node's tests recorded, opened here: what the browser tests compare.

import { toSeconds } from "./days.ts";
import { Untrusted } from "./errors.ts";
import { fromPlain, toPlain } from "./json.ts";
import { openBundle } from "./opening.ts";
import { unb64u } from "./bytes.ts";
import { openList } from "./trustlist/list.ts";
import { memoryText, readMemory } from "./trustlist/memory.ts";

/** One opening of a trust list, or of a whole bundle (`bundle`: its bytes in base64url). */
export interface Recorded {
  trust?: unknown;
  bundle?: string;
  memory: string;
  now: string;
  reference?: string;
}

type Came = Record<string, unknown>;

/** What came of each opening, as plain JSON: the list or bundle, or the refusal. */
export async function replayAll(all: Recorded[]): Promise<Came[]> {
  const found: Came[] = [];
  for (const one of all) {
    try {
      found.push(await (one.bundle === undefined ? openedList(one) : openedBundle(one)));
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
      found.push({ step: error.step, reason: error.reason });
    }
  }
  return found;
}

async function openedBundle(one: Recorded): Promise<Came> {
  const machine = { root: "", remembered: one.memory, now: new Date(one.now) };
  const { bundle, remembered, problems } = await openBundle(unb64u(one.bundle), machine);
  return { bundle: bundle.asJson(), memory: remembered, problems };
}

async function openedList(one: Recorded): Promise<Came> {
  const found = await openList(fromPlain(one.trust), readMemory(one.memory), toSeconds(one.now)!, toSeconds(one.reference!)!);
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
}
