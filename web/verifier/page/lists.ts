// The list of whom to trust: taken from inside the page, from a file or from the node; opened, remembered, and never exchanged for an older one.
import { Bundle, openBundle } from "./engine.ts";
import { inflated, inside } from "./inside.ts";
import type { Store } from "./store.ts";

/** A list in use. ``signed``: every signature in it was checked; else somebody adopted it by hand. */
export type List = { text: string; written: any; bundle: Bundle; signed: boolean; adopted: string; problems: string[] };
type Kept = { text: string; signed: boolean; adopted: string };
/** A list that waits for a person: an unsigned one, or the first root that this device ever sees. */
export type Waiting = { text: string; issued: string; node: string; root: string; signed: boolean };

const NOT_A_LIST = "This is not a list of Participants and keys.";
const REFUSED = "The list was refused: %(reason)s";
const OLDER = "This list of %(new)s is older than the one of %(old)s on this device: it was refused.";

export class Refusal extends Error {
  constructor(readonly sentence: string, readonly facts: Record<string, string> = {}) {
    super(sentence);
  }
}

const read = (text: string): any => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** True where bytes look like a list, packed or not. */
export const looksLikeList = (written: any): boolean =>
  !!written && typeof written === "object" && ((written.v === 1 && !!written.participants) || (written.v === 2 && !!written.trust));

export const textOf = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> => new TextDecoder().decode(await inflated(bytes));

/** The oldest root that a signed list carries: what a device adopts at its first use. */
const rootIn = (written: any): string => {
  const roots = Object.keys(written.trust?.metadata ?? {}).filter((name) => /^\d+\.root\.json$/.test(name));
  roots.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  return roots.length ? String(written.trust.metadata[roots[0]!]) : "";
};

/** The second at which each part was signed that the trust list does not number: an authority's own, each status list. */
type Parts = { local: Record<string, number>; lists: Record<string, number> };

/** What a signed statement says. Only for statements whose signature the engine has checked. */
const said = (text: unknown): any => {
  try {
    const bytes = Uint8Array.from(atob(String(text).split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
};

/** When the parts were signed that the engine believed of a list; `opened` is what it made of it. */
const partsOf = (written: any, opened: any): Parts => {
  const parts: Parts = { local: {}, lists: {} };
  const local = written.local ? said(written.local) : null;
  if (local) parts.local[String(local.authority)] = local.iat;
  for (const text of Array.isArray(written.status_lists) ? written.status_lists : []) {
    const told = said(text);
    const believed = opened.status_lists?.[told?.sub];
    if (!believed || believed.lst !== told.status_list?.lst || Date.parse(believed.exp) !== told.exp * 1000) continue; // was left out
    parts.lists[told.sub] = Math.min(told.iat, parts.lists[told.sub] ?? told.iat); // of a twin that nobody signed, the date makes nothing newer
  }
  return parts;
};

/** Refuses a list that goes back behind what this device knows: what was used or void since would look good again. */
function checkParts(known: Parts, brought: Parts): void {
  const refuse = (reason: string): never => {
    throw new Refusal(REFUSED, { reason });
  };
  const date = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 16);
  const older = (what: string, at: number, before: number): string =>
    `${what} is of ${date(at)}, older than the one of ${date(before)} on this device: ask your authority for its newest list`;
  for (const [authority, before] of Object.entries(known.local)) {
    const at = brought.local[authority];
    const others = Object.keys(brought.local);
    if (!others.length) refuse(`it lacks the part that ${authority} signed for its officers, and this device has the one of ${date(before)}: ask your authority for its newest list`);
    if (at === undefined) refuse(`it is for the officers of ${others.join(", ")}, and this device is one of ${authority}`);
    else if (at < before) refuse(older(`the part that ${authority} signed for its officers`, at, before));
  }
  // A status list that is missing is no step back: its issuer is asked then.
  for (const [uri, at] of Object.entries(brought.lists)) {
    const before = known.lists[uri];
    if (before !== undefined && at < before) refuse(older(`the status list ${uri.split("/").slice(-2).join("/")}`, at, before));
  }
}

/** The newer of both; no moment to come is kept, or a list dated ahead would have every later one refused. */
const newest = (known: Record<string, number>, brought: Record<string, number>, now: Date): Record<string, number> => {
  const kept = { ...known };
  for (const [name, at] of Object.entries(brought)) kept[name] = Math.max(kept[name] ?? 0, Math.min(at, Math.floor(now.getTime() / 1000)));
  return kept;
};

export class Lists {
  list: List | null = null;
  waiting: Waiting | null = null;

  constructor(private readonly store: Store) {}

  /** At the start: what this device has, then what the page carries if that is newer. Says what it did not take, and why. */
  async start(now: Date): Promise<Refusal | null> {
    const kept: Kept | undefined = await this.store.get("list");
    const said = (refused: unknown): Refusal => (refused instanceof Refusal ? refused : new Refusal(NOT_A_LIST));
    const lost = kept ? await this.use(kept, now).then(() => null, said) : null;
    if (!inside.bundle) return lost;
    return this.offer(JSON.stringify(inside.bundle), now, true).then(() => (this.list ? null : lost), said);
  }

  /**
   * A list that somebody hands over. A signed one is opened and used; an unsigned one, or the first root, waits for a person.
   * ``quiet``: an older one is passed over without a word, as the one inside the page is once the device has a newer one.
   */
  async offer(text: string, now: Date, quiet = false): Promise<"used" | "waits" | "same"> {
    const written = read(text);
    if (!looksLikeList(written)) throw new Refusal(NOT_A_LIST);
    if (text === this.list?.text) return "same";
    if (written.v === 2) return this.offerSigned(text, written, now, quiet);
    if (this.list?.signed) throw new Refusal("This list is not signed, and this device has a signed one: it was refused.");
    const marks: Record<string, string> = (await this.store.get("marks")) ?? {};
    const node = String(written.node ?? "");
    const before = marks[node];
    if (before && Date.parse(written.issued) < Date.parse(before)) {
      if (quiet) return "same";
      throw new Refusal(OLDER, { new: String(written.issued).slice(0, 10), old: before.slice(0, 10) });
    }
    if (before === written.issued && this.list && !this.list.signed) return "same";
    new Bundle(written); // throws where it is none
    this.waiting = { text, issued: String(written.issued), node, root: "", signed: false };
    return "waits";
  }

  private async offerSigned(text: string, written: any, now: Date, quiet: boolean): Promise<"used" | "waits" | "same"> {
    if (!(await this.store.get("root"))) {
      const root = rootIn(written);
      if (!root) throw new Refusal(NOT_A_LIST);
      this.waiting = { text, issued: "", node: "", root, signed: true };
      return "waits";
    }
    try {
      await this.use({ text, signed: true, adopted: now.toISOString() }, now);
    } catch (error) {
      if (quiet && this.list?.signed) return "same";
      throw error;
    }
    return "used";
  }

  /** A person has said yes to the list that waits. */
  async adopt(now: Date): Promise<void> {
    const waiting = this.waiting;
    if (!waiting) return;
    if (waiting.signed) await this.store.set("root", waiting.root);
    try {
      await this.use({ text: waiting.text, signed: waiting.signed, adopted: now.toISOString() }, now);
    } catch (error) {
      if (waiting.signed) await this.store.set("root", "");
      throw error;
    }
    this.waiting = null;
  }

  private async use(kept: Kept, now: Date): Promise<void> {
    const { text, signed, adopted } = kept;
    if (signed) {
      const opened = await opening(text, { root: await this.store.get("root"), remembered: (await this.store.get("remembered")) ?? null, now });
      const known: Parts = (await this.store.get("parts")) ?? { local: {}, lists: {} };
      const written = opened.bundle.asJson();
      const brought = partsOf(read(text), written);
      checkParts(known, brought);
      await this.store.set("remembered", opened.remembered);
      await this.store.set("parts", { local: newest(known.local, brought.local, now), lists: newest(known.lists, brought.lists, now) });
      this.list = { text, written, bundle: opened.bundle, signed, adopted, problems: opened.problems };
    } else {
      const written = read(text);
      this.list = { text, written, bundle: new Bundle(written), signed, adopted, problems: [] };
      const marks: Record<string, string> = (await this.store.get("marks")) ?? {};
      await this.store.set("marks", { ...marks, [String(written.node ?? "")]: written.issued });
    }
    await this.store.set("list", kept);
  }
}

async function opening(...how: Parameters<typeof openBundle>): ReturnType<typeof openBundle> {
  try {
    return await openBundle(...how);
  } catch (error: any) {
    throw new Refusal(REFUSED, { reason: String(error?.reason ?? error?.message ?? error).slice(0, 300) });
  }
}
