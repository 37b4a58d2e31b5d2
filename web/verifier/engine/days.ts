// Days since 1970-01-01, without time zones. Years 1 to 9999, as Python's dates.

export const SECONDS_A_DAY = 86_400;
const MILLISECONDS_A_DAY = 86_400_000;

/** The day of a date written YYYY-MM-DD (or YYYYMMDD); null where it is none. */
export function toDays(text: string): number | null {
  const found = /^(\d{4})(-?)(\d\d)\2(\d\d)$/.exec(text);
  if (!found) return null;
  return civil(Number(found[1]), Number(found[3]), Number(found[4]));
}

function civil(year: number, month: number, day: number): number | null {
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  const same = moment.getUTCFullYear() === year && moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day;
  return same && year >= 1 ? Math.round(moment.getTime() / MILLISECONDS_A_DAY) : null;
}

/** The date of a day, YYYY-MM-DD. */
export function iso(day: number): string {
  const moment = new Date(day * MILLISECONDS_A_DAY);
  const year = String(moment.getUTCFullYear()).padStart(4, "0");
  return `${year}-${two(moment.getUTCMonth() + 1)}-${two(moment.getUTCDate())}`;
}

export function year(day: number): number {
  return new Date(day * MILLISECONDS_A_DAY).getUTCFullYear();
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

const MOMENT = /^(\d{4}-?\d\d-?\d\d)(?:.(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/s;

/** The seconds since 1970 of an ISO 8601 moment, UTC where it names no zone; null where it is none. */
export function toSeconds(text: string): number | null {
  const found = MOMENT.exec(text);
  const day = found ? toDays(found[1]!) : null;
  if (!found || day === null) return null;
  const [hours, minutes, seconds] = [found[2], found[3], found[4]].map((part) => Number(part ?? 0)) as [number, number, number];
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const zone = found[6] ?? "Z";
  const ahead = zone === "Z" ? 0 : Number(zone.slice(0, 3)) * 3600 + Number(zone[0] + "60") * Number(zone.slice(3).replace(":", "") || 0);
  const fraction = Number(`0.${found[5] ?? 0}`);
  // Python's int() cuts towards zero.
  return Math.trunc(day * SECONDS_A_DAY + hours * 3600 + minutes * 60 + seconds + fraction - ahead);
}
