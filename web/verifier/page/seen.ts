// What was shown on which device: a chain of entries, one device's file joined to another's, and the same certificate found twice.
// Pure but for the hash.

export type Found = { seal: string; parcels: string; carats: string };
type Maybe = string | undefined;
export type Entry = {
  v: 1; device: string; n: number; at: string; what: "shown" | "answer" | "compared"; prev: string; hash: string;
  name?: Maybe; officer?: Maybe; post?: Maybe; authority?: Maybe;
  cid16?: Maybe; number?: Maybe; issuer?: Maybe; artefact?: Maybe; verdict?: Maybe; advice?: Maybe; proven?: boolean; list?: Maybe;
  of?: number; same?: boolean; found?: Found; differences?: string[];
};
export type Twice = { key: string; number: string; issuer: string; entries: Entry[] };
export type SeenFile = { v: 1; kind: "kp-seen"; device: string; name: string; written: string; head: string; entries: Entry[] };

export const SAME_MINUTES = 10;
const FIRST = "";

/** Canonical JSON of an entry without its hash: keys sorted, nothing between. The values are text, whole numbers and truths only. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    const members = Object.entries(value).filter(([, said]) => said !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, said]) => `${JSON.stringify(key)}:${canonical(said)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256 in hex. */
export async function sha256(text: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function sealed(entry: Omit<Entry, "hash">): Promise<Entry> {
  const { hash: _, ...bare } = entry as Entry;
  return JSON.parse(JSON.stringify({ ...bare, hash: await sha256(canonical(bare)) }));
}

/** The entries of one device in their order. */
export const chainOf = (entries: Entry[], device: string): Entry[] =>
  entries.filter((one) => one.device === device).sort((a, b) => a.n - b.n);

/** The next entry of a device's chain. */
export function next(entries: Entry[], device: string, said: Omit<Entry, "v" | "device" | "n" | "prev" | "hash">): Promise<Entry> {
  const last = chainOf(entries, device).at(-1);
  return sealed({ v: 1, device, n: (last?.n ?? 0) + 1, prev: last?.hash ?? FIRST, ...said });
}

/** The file that carries a device's memory to another. */
export function fileOf(entries: Entry[], device: string, name: string, at: Date): SeenFile {
  const chain = chainOf(entries, device);
  return { v: 1, kind: "kp-seen", device, name, written: at.toISOString(), head: chain.at(-1)?.hash ?? FIRST, entries: chain };
}

const WORD = /^[\w.:/+=-]{1,200}$/;
const isText = (value: unknown, most = 200): boolean => value === undefined || (typeof value === "string" && value.length <= most);

function isEntry(one: any, device: string): one is Entry {
  return one && one.v === 1 && one.device === device && Number.isSafeInteger(one.n) && one.n > 0 && ["shown", "answer", "compared"].includes(one.what)
    && !Number.isNaN(Date.parse(one.at)) && WORD.test(one.hash)
    && ["at", "prev", "name", "officer", "post", "authority", "cid16", "number", "issuer", "artefact", "verdict", "advice", "list"].every((key) => isText(one[key]))
    && (one.found === undefined || (one.found && ["seal", "parcels", "carats"].every((key) => isText(one.found[key]))));
}

/**
 * The entries of another device's file that are new here. Throws a sentence where the file is none, its chain is broken, or it does not
 * continue what is known of that device: then one of the two was altered.
 */
export async function taken(file: any, known: Entry[]): Promise<Entry[]> {
  if (file?.v !== 1 || file.kind !== "kp-seen" || !WORD.test(String(file.device)) || !Array.isArray(file.entries)) throw new Error("This is not a file of certificates seen.");
  let prev = FIRST;
  for (const [place, one] of file.entries.entries()) {
    if (!isEntry(one, file.device)) throw new Error("This is not a file of certificates seen.");
    if (one.n !== place + 1 || one.prev !== prev || (await sealed(one)).hash !== one.hash) throw new Error("The chain of this file is broken: an entry was changed or taken out.");
    prev = one.hash;
  }
  if (file.head !== prev) throw new Error("The chain of this file is broken: an entry was changed or taken out.");
  const before = chainOf(known, file.device);
  if (before.some((one) => file.entries[one.n - 1] && file.entries[one.n - 1].hash !== one.hash)) throw new Error("This file does not continue what is known of that device: one of the two was altered.");
  return file.entries.slice(before.length);
}

/** What a certificate is remembered by: the first 16 bytes of its cid once it is proven; a paper by its number. */
export const keyOf = (one: Pick<Entry, "cid16" | "number" | "proven" | "artefact">): string =>
  one.proven && one.cid16 ? one.cid16 : one.artefact === "number" && one.number ? `number:${one.number.toUpperCase().replace(/[^0-9A-Z]/g, "")}` : "";

/** Every showing of a certificate that counts as one of its own: not those that an officer said were the same presentation. */
export function showings(entries: Entry[], key: string): Entry[] {
  const same = new Set(entries.filter((one) => one.what === "answer" && one.same).map((one) => `${one.device} ${one.of}`));
  return entries
    .filter((one) => one.what === "shown" && key && keyOf(one) === key && !same.has(`${one.device} ${one.n}`))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** Certificates that were shown more than once, on one device or on two. */
export function twice(entries: Entry[]): Twice[] {
  const keys = [...new Set(entries.filter((one) => one.what === "shown").map(keyOf).filter(Boolean))];
  return keys
    .map((key) => ({ key, entries: showings(entries, key) }))
    .filter((one) => one.entries.length > 1)
    .map((one) => ({ ...one, number: one.entries[0]?.number ?? "", issuer: one.entries[0]?.issuer ?? "" }));
}

/** True where a showing is so near to another on this device that it may be the same paper, scanned again. */
export const near = (earlier: Entry, at: Date, device: string): boolean =>
  earlier.device === device && Math.abs(at.getTime() - Date.parse(earlier.at)) <= SAME_MINUTES * 60_000;
