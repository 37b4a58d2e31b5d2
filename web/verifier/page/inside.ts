// What was put into the page when it was written: sentences, the list of whom to trust, the reader of codes.
import { unpack } from "./lzma.ts";

/** The JSON of one of the page's data blocks; null where it has none or it is broken. */
export function block(id: string): any {
  try {
    return JSON.parse(document.getElementById(id)?.textContent || "null");
  } catch {
    return null;
  }
}

/** The unpacked bytes of one of the page's parts. */
export function unpacked(id: string): Uint8Array<ArrayBuffer> {
  const text = atob((document.getElementById(id)?.textContent ?? "").trim());
  return unpack(Uint8Array.from(text, (letter) => letter.charCodeAt(0)), 4 * 1024 * 1024);
}

const MOST = 64 * 1024 * 1024;

/** The bytes without their gzip wrapping, if they have one. Throws beyond 64 MB. */
export async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > MOST) throw new Error("too large");
    parts.push(next.value as Uint8Array<ArrayBuffer>);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** How the page was made: ``form`` is "stick" or "served"; ``bundle`` the list, if one travels inside. */
export type Inside = { form: "stick" | "served"; bundle?: any; authority?: string; made?: string; version?: string; source?: string };
export const inside: Inside = { form: "stick", ...(block("kp-data") ?? {}) };
