// What the device remembers. IndexedDB; where the browser has none, its small store; where that fails too, nothing beyond this visit.
import type { Entry } from "./seen.ts";

export type Kind = "lasting" | "small" | "visit";

export interface Store {
  kind: Kind;
  get(key: string): Promise<any>;
  set(key: string, value: unknown): Promise<void>;
  entries(): Promise<Entry[]>;
  /** Adds entries, all or none; rejects where one of that device and number is there already. */
  add(entries: Entry[]): Promise<void>;
}

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function lasting(): Promise<Store> {
  const opening = indexedDB.open("openkimberley-verifier", 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("kept");
    opening.result.createObjectStore("seen", { keyPath: ["device", "n"] });
  };
  const database = await done(opening);
  const within = (name: string, mode: IDBTransactionMode = "readonly") => database.transaction(name, mode).objectStore(name);
  const store: Store = {
    kind: "lasting",
    get: (key) => done(within("kept").get(key)),
    set: async (key, value) => void (await done(within("kept", "readwrite").put(value, key))),
    entries: () => done(within("seen").getAll()),
    add: (entries) =>
      new Promise((resolve, reject) => {
        const act = database.transaction("seen", "readwrite");
        act.oncomplete = () => resolve();
        act.onabort = act.onerror = () => reject(act.error);
        for (const entry of entries) act.objectStore("seen").add(entry);
      }),
  };
  await store.set("tried", Date.now()); // a private window may open a store and then refuse to write
  return store;
}

function small(storage: Pick<Storage, "getItem" | "setItem">, kind: Kind): Store {
  const read = (key: string): any => JSON.parse(storage.getItem(`kp:${key}`) ?? "null");
  const write = (key: string, value: unknown): void => storage.setItem(`kp:${key}`, JSON.stringify(value));
  write("tried", Date.now());
  return {
    kind,
    get: async (key) => read(key) ?? undefined,
    set: async (key, value) => write(key, value),
    entries: async () => read("seen") ?? [],
    add: async (entries) => {
      const known: Entry[] = read("seen") ?? [];
      if (entries.some((one) => known.some((other) => other.device === one.device && other.n === one.n))) throw new Error("taken");
      write("seen", [...known, ...entries]);
    },
  };
}

/** The best memory that this browser gives. */
export async function openStore(): Promise<Store> {
  try {
    return await lasting();
  } catch {
    try {
      return small(localStorage, "small");
    } catch {
      const held = new Map<string, string>();
      return small({ getItem: (key) => held.get(key) ?? null, setItem: (key, value) => void held.set(key, value) }, "visit");
    }
  }
}
