// Whose cosignatures suffice: the witness policy of the trust list (c2sp.org/tlog-policy).

import { hex } from "./bytes.ts";
import { LOG, Untrusted } from "./errors.ts";
import { COSIGNATURE, type Note, OF_LOG, VerifierKey } from "./notes.ts";

const NOBODY = "none";
const MAX_LINES = 4096;

interface Group {
  threshold: number;
  members: string[];
}

/** Known logs, known witnesses by the policy's own names, groups, and the name of the quorum (`none`: nobody). */
export class Policy {
  readonly logs: VerifierKey[] = [];
  readonly witnesses = new Map<string, VerifierKey>();
  readonly groups = new Map<string, Group>();
  quorum = "";
  private readonly members = new Set<string>();

  static parse(text: string): Policy {
    const policy = new Policy();
    const lines = text.split("\n");
    if (/[\x00-\x08\x0b-\x1f\x7f]/.test(text) || lines.length > MAX_LINES) {
      throw new Untrusted(LOG, "the witness policy is no text of lines, or too long");
    }
    for (const [at, line] of lines.entries()) {
      const words = line.replaceAll("\t", " ").split(" ").filter(Boolean);
      if (words.length && !words[0]!.startsWith("#")) policy.line(at + 1, words);
    }
    if (!policy.quorum) throw new Untrusted(LOG, "the witness policy names no quorum");
    return policy;
  }

  /** The moment (seconds) from which enough witnesses had cosigned; null where they have not, or need not.
   *
   * `own` are public keys in hexadecimal that do not count: an authority does not witness its own journal. */
  async quorumTime(note: Note, own: ReadonlySet<string> = new Set()): Promise<bigint | null> {
    const names = new Map([...this.witnesses].map(([name, key]) => [key, name]));
    const times = new Map<string, bigint>();
    for (const { key, time } of await note.verified(names.keys())) {
      const name = names.get(key)!;
      if (time === null || own.has(hex(key.publicKey))) continue;
      const earlier = times.get(name);
      times.set(name, earlier === undefined || time < earlier ? time : earlier);
    }
    return this.timeOf(this.quorum, times);
  }

  private timeOf(name: string, times: Map<string, bigint>): bigint | null {
    const group = this.groups.get(name);
    if (!group) return times.get(name) ?? null;
    const found = group.members.map((member) => this.timeOf(member, times)).filter((time) => time !== null);
    found.sort((one, other) => (one < other ? -1 : Number(one > other)));
    return found[group.threshold - 1] ?? null;
  }

  private line(at: number, words: string[]): void {
    const [what, name, third, ...rest] = words as [string, string, string, ...string[]];
    const bad = (why: string): never => {
      throw new Untrusted(LOG, `line ${at} of the witness policy: ${why}`);
    };
    if (what === "log" && [2, 3].includes(words.length)) {
      this.logs.push(once(name, OF_LOG, this.logs, bad));
    } else if (what === "witness" && [3, 4].includes(words.length)) {
      if (this.isTaken(name)) bad(`the name ${name} is taken`);
      this.witnesses.set(name, once(third, COSIGNATURE, [...this.witnesses.values()], bad));
    } else if (what === "group" && words.length > 3) {
      if (this.isTaken(name)) bad(`the name ${name} is taken`);
      for (const member of rest) {
        if (!this.isKnown(member)) bad(`nobody is called ${member} above`);
        if (this.members.has(member)) bad(`${member} is a member already`);
        this.members.add(member);
      }
      const threshold = third === "any" ? 1 : third === "all" ? rest.length : /^[1-9][0-9]{0,4}$/.test(third) ? Number(third) : 0;
      if (threshold < 1 || threshold > rest.length) bad("the threshold is not one of its members");
      this.groups.set(name, { threshold, members: rest });
    } else if (what === "quorum" && words.length === 2 && !this.quorum) {
      if (name !== NOBODY && !this.isKnown(name)) bad(`nobody is called ${name} above`);
      this.quorum = name;
    } else {
      bad("not a line of a policy, or a second quorum");
    }
  }

  private isTaken(name: string): boolean {
    return name === NOBODY || this.isKnown(name);
  }

  private isKnown(name: string): boolean {
    return this.witnesses.has(name) || this.groups.has(name);
  }
}

function once(written: string, kind: number, before: VerifierKey[], bad: (why: string) => never): VerifierKey {
  const key = VerifierKey.parse(written);
  if (key.kind !== kind || before.some((other) => hex(other.publicKey) === hex(key.publicKey))) {
    bad("a key of another kind, or one that is already there");
  }
  return key;
}
