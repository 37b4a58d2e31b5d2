// Outside vectors and bent input, run against this engine for the browser tests. Each answers with the step at which
// the engine refused, empty where it did not; whatever is not `Untrusted` is thrown.

import { type Bytes, unb64u, unhex } from "./bytes.ts";
import { Bundle } from "./bundle.ts";
import { parse as parseCose } from "./cose.ts";
import { verify } from "./engine.ts";
import { Untrusted } from "./errors.ts";
import { canonical, parseJson, toPlain } from "./json.ts";
import { PublicKey } from "./keys.ts";
import { verifyConsistency, verifyInclusion } from "./merkle.ts";
import { Note, VerifierKey } from "./notes.ts";
import { openBundle } from "./opening.ts";
import { parseSdJwt } from "./sdjwt.ts";
import { decodeStatusList } from "./statuslist.ts";
import { toUtf8 } from "./texts.ts";

type Vector = Record<string, string>;

async function step(run: () => unknown): Promise<string> {
  try {
    await run();
    return "";
  } catch (error) {
    if (error instanceof Untrusted) return error.step;
    throw error;
  }
}

const bytes = (text: string | undefined): Bytes => Uint8Array.from(atob(text ?? ""), (one) => one.charCodeAt(0));
const key = (one: Vector): PublicKey => new PublicKey({ kid: "vector", alg: one["alg"]!, pub: unhex(one["pub"]!)! });

export function cose(all: Vector[]): Promise<string[]> {
  return Promise.all(
    all.map((one) => step(() => parseCose(unhex(one["code"]!)!).verify(key(one), unhex(one["external"]!)!))),
  );
}

export function signatures(all: Vector[]): Promise<string[]> {
  return Promise.all(all.map((one) => step(() => key(one).verify(unhex(one["msg"]!)!, unhex(one["sig"]!)!))));
}

export async function sdJwts(issuer: Vector, tokens: string[]): Promise<unknown[]> {
  const found = [];
  for (const token of tokens) {
    const one = parseSdJwt(token, null);
    await one.verify(key(issuer));
    found.push(toPlain(one.claims));
  }
  return found;
}

export function sdJwtSteps(tokens: string[]): Promise<string[]> {
  return Promise.all(tokens.map((token) => step(() => parseSdJwt(token, null))));
}

export function statusEntries(lst: string): number[] {
  const list = decodeStatusList(lst);
  return Array.from({ length: list.size }, (_none, at) => list.at(at));
}

export function statusStep(lst: string, bits: number): Promise<string> {
  return step(() => decodeStatusList(lst, bits));
}

/** The canonical text of each strict JSON text; null where it is refused. */
export async function canonicals(texts: string[]): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for (const text of texts) {
    let made: string | null = null;
    await step(() => {
      made = new TextDecoder().decode(canonical(parseJson(toUtf8(text))));
    });
    found.push(made);
  }
  return found;
}

export function inclusions(all: (Vector & { proof: string[] | null })[]): Promise<string[]> {
  const run = (one: Vector & { proof: string[] | null }): Promise<string> =>
    step(() => {
      const [index, size] = [BigInt(one["leafIdx"]!), BigInt(one["treeSize"]!)];
      verifyInclusion(bytes(one["leafHash"]), index, size, (one.proof ?? []).map(bytes), bytes(one["root"]));
    });
  return Promise.all(all.map(run));
}

export function consistencies(all: (Vector & { proof: string[] | null })[]): Promise<string[]> {
  const run = (one: Vector & { proof: string[] | null }): Promise<string> =>
    step(() => {
      const [older, newer] = [BigInt(one["size1"]!), BigInt(one["size2"]!)];
      verifyConsistency(older, newer, (one.proof ?? []).map(bytes), bytes(one["root1"]), bytes(one["root2"]));
    });
  return Promise.all(all.map(run));
}

/** How many signatures of the key a note bears, or the step at which it is refused. */
export async function noteOf(vkey: string, note: string): Promise<number | string> {
  let count = 0;
  const refused = await step(async () => {
    count = (await Note.parse(note).verified([VerifierKey.parse(vkey)])).length;
  });
  return refused || count;
}

export interface Good {
  seed: number;
  rounds: number;
  now: string;
  bundle: unknown;
  artefacts: string[];
  proofs: string[];
  signed: string;
  root: string;
}

/** Artefacts, proofs, bundles and lists bent at random: how often each verdict came. */
export async function bent(good: Good): Promise<Record<string, number>> {
  const { chance, pick, bend } = bending(good.seed);
  const now = new Date(good.now);
  const bundle = new Bundle(good.bundle);
  const written = JSON.stringify(good.bundle);
  const verdicts: Record<string, number> = {};
  for (let round = 0; round < good.rounds; round++) {
    const text = bend(pick(good.artefacts));
    const circumstances = { now, authority: "EU-BE", proof: bend(pick(good.proofs)), beside: pick(["", text]) };
    const report = await verify(chance() < 0.5 ? text : toUtf8(text), bundle, circumstances);
    verdicts[report.verdict] = (verdicts[report.verdict] ?? 0) + 1;
    await step(() => new Bundle(bend(written)));
    await step(() => openBundle(bend(good.signed), { root: pick([good.root, bend(good.root)]), now }));
  }
  return verdicts;
}

function bending(seed: number) {
  let state = seed;
  const chance = (): number => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const pick = <T>(list: T[]): T => list[Math.floor(chance() * list.length)]!;
  const bend = (text: string): string => {
    let found = text;
    for (let left = pick([1, 1, 2, 4]); left; left--) {
      const at = Math.floor(chance() * found.length);
      const again = found.slice(at, at + 30);
      const put = pick(["", "A", "~", ".", "0", "\0", "\ud800", '"', "{", "9".repeat(40), again]);
      found = found.slice(0, at) + put + found.slice(at + pick([0, 1, 1, 3, 50]));
    }
    return found;
  };
  return { chance, pick, bend };
}

/** The engine's report on files given in base64url. */
export async function files(all: string[], written: unknown, now: string, authority: string): Promise<unknown[]> {
  const bundle = new Bundle(written);
  const found = [];
  for (const one of all) found.push(await verify(unb64u(one), bundle, { now: new Date(now), authority }));
  return found;
}
