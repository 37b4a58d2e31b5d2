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
      await this.store.set("remembered", opened.remembered);
      this.list = { text, written: opened.bundle.asJson(), bundle: opened.bundle, signed, adopted, problems: opened.problems };
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
    throw new Refusal("The list was refused: %(reason)s", { reason: String(error?.reason ?? error?.message ?? error).slice(0, 300) });
  }
}
