// Texts as the Python engine sees them: counted in code points, stripped of its white space, UTF-8 read strictly.
// Both engines must say the same sentence about the same bytes, so the wording of Python's codec is kept.

const WHITE = "[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const ENDS = new RegExp(`^${WHITE}+|${WHITE}+$`, "g");
const START = new RegExp(`^${WHITE}+`);

/** How many code points a text has. */
export function length(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) {
    if (isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1))) {
      count--;
      at++;
    }
  }
  return count;
}

/** The first `count` code points. */
export function first(text: string, count: number): string {
  return text.length <= count ? text : Array.from(text.slice(0, 2 * count)).slice(0, count).join("");
}

/** Without white space on both sides. */
export function strip(text: string): string {
  return text.replace(ENDS, "");
}

/** Without white space in front. */
export function stripStart(text: string): string {
  return text.replace(START, "");
}

/** The order of code points, which is also that of UTF-8 bytes. */
export function byCodePoint(one: string, other: string): number {
  const size = Math.min(one.length, other.length);
  for (let at = 0; at < size; at++) {
    const a = one.charCodeAt(at);
    const b = other.charCodeAt(at);
    if (a !== b) {
      const surrogates = Number(isSurrogate(a)) - Number(isSurrogate(b));
      return surrogates || a - b;
    }
  }
  return one.length - other.length;
}

export function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** What Python says of the first unpaired surrogates in a text; empty where there are none. */
export function surrogateProblem(text: string): string {
  const points = Array.from(text);
  const at = points.findIndex((point) => point.length === 1 && isSurrogate(point.charCodeAt(0)));
  if (at < 0) return "";
  let end = at;
  while (end < points.length && points[end]!.length === 1 && isSurrogate(points[end]!.charCodeAt(0))) end++;
  const written = `\\u${points[at]!.charCodeAt(0).toString(16)}`;
  return end === at + 1
    ? `'utf-8' codec can't encode character '${written}' in position ${at}: surrogates not allowed`
    : `'utf-8' codec can't encode characters in position ${at}-${end - 1}: surrogates not allowed`;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The text of UTF-8 bytes. Throws an `Error` with Python's wording where they are none. */
export function fromUtf8(data: Uint8Array): string {
  try {
    return strict.decode(data);
  } catch {
    throw new Error(utf8Problem(data));
  }
}

export function toUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

function utf8Problem(data: Uint8Array): string {
  let at = 0;
  while (at < data.length) {
    const [size, wrong, good] = sequence(data, at);
    if (wrong) {
      const where =
        good === 1
          ? `byte 0x${data[at]!.toString(16).padStart(2, "0")} in position ${at}`
          : `bytes in position ${at}-${at + good - 1}`;
      return `'utf-8' codec can't decode ${where}: ${wrong}`;
    }
    at += size;
  }
  return "'utf-8' codec can't decode bytes";
}

/** Length of the sequence at a place, what is wrong with it, and how many of its bytes that is about. */
function sequence(data: Uint8Array, at: number): [number, string, number] {
  const lead = data[at]!;
  if (lead < 0x80) return [1, "", 0];
  const size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (size === 0) return [1, "invalid start byte", 1];
  for (let next = 1; next < size; next++) {
    const byte = data[at + next];
    if (byte === undefined) return [size, "unexpected end of data", next];
    if (!continues(lead, next, byte)) return [size, "invalid continuation byte", next];
  }
  return [size, "", 0];
}

function continues(lead: number, next: number, byte: number): boolean {
  const low = next > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = next > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return byte >= low && byte <= high;
}

/** A text in quotation marks, as Python's `repr` writes it. */
export function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(/[\\'\x00-\x1f\x7f]/g, (character) => {
    if (character === "'") return mark === "'" ? "\\'" : "'";
    return { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return mark + inner + mark;
}

/** A gettext template with its named facts put in, as Python's `%` does. */
export function fill(template: string, facts: Record<string, string>): string {
  return template.replace(/%(?:\((\w+)\)s|%)/g, (_whole, name?: string) => (name === undefined ? "%" : (facts[name] ?? "")));
}
