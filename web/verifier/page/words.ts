// The page's words in seven languages. The sentences are those of the program's own catalogs; what has no translation stays English.
import { block } from "./inside.ts";

type Catalog = { ids: string[]; plurals: [string, string][]; [language: string]: any };

export const LANGUAGES: [string, string][] = [
  ["en", "English"], ["fr", "Français"], ["pt", "Português"], ["ru", "Русский"], ["ar", "العربية"], ["es", "Español"], ["zh-hans", "中文"],
];
const ORDER = ["zero", "one", "two", "few", "many", "other"];

const catalog: Catalog = block("kp-words") ?? { ids: [], plurals: [] };
let said = new Map<string, string>();
let counted = new Map<string, string[]>();
export let language = "en";

/** Speak this language from now on. */
export function speak(code: string): void {
  language = LANGUAGES.some(([known]) => known === code) ? code : "en";
  const { one = [], many = [] } = catalog[language] ?? {};
  said = new Map(catalog.ids.map((id, place) => [id, one[place] || id]));
  counted = new Map(catalog.plurals.map(([id], place) => [id, many[place] || []]));
  document.documentElement.lang = language;
  document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
}

/** The language that the browser asks for, of those the page has. */
export function asked(): string {
  for (const wanted of navigator.languages ?? []) {
    const code = wanted.toLowerCase().startsWith("zh") ? "zh-hans" : wanted.slice(0, 2).toLowerCase();
    if (LANGUAGES.some(([known]) => known === code)) return code;
  }
  return "en";
}

const named = (sentence: string, facts: Record<string, string>): string =>
  sentence.replace(/%\((\w+)\)s/g, (whole, name) => facts[name] ?? whole).replaceAll("%%", "%");

/** A sentence in the reader's language, its facts filled in. */
export const t = (sentence: string, facts: Record<string, string> = {}): string => named(said.get(sentence) ?? sentence, facts);

/** A sentence that counts something, in the reader's plural. */
export function n(one: string, many: string, count: number): string {
  const rule = new Intl.PluralRules(tag()).select(count);
  const forms = counted.get(one) ?? [];
  const known = forms.length === 1 ? ["other"] : language === "ru" ? ["one", "few", "many"] : language === "ar" ? ORDER : ["one", "other"];
  const form = forms[Math.max(0, known.indexOf(rule))] || forms.at(-1);
  return named(form || (count === 1 ? one : many), { n: whole(count) });
}

const tag = (): string => ({ en: "en-GB", "zh-hans": "zh-Hans" })[language] ?? language;
const LATIN = { numberingSystem: "latn" } as const;

export const whole = (count: number): string => new Intl.NumberFormat(tag(), LATIN).format(count);

/** A day (YYYY-MM-DD) in the reader's words. */
export function day(iso: string | null | undefined, style: "long" | "medium" = "long"): string {
  if (!iso || !/^\d{4}-\d\d-\d\d/.test(iso)) return "–";
  return new Intl.DateTimeFormat(tag(), { ...LATIN, dateStyle: style, timeZone: "UTC" }).format(new Date(iso.slice(0, 10) + "T12:00:00Z"));
}

/** A moment in the reader's words, by the clock of this device. */
export const moment = (iso: string): string =>
  new Intl.DateTimeFormat(tag(), { ...LATIN, dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));

const OURS: Record<string, string> = { EU: "European Union", EC: "European Union", TW: "Chinese Taipei", "***": "Mixed origin" };

/** A country in the reader's words, as the Scheme names it; an unknown code as it is. */
export function country(code: string | null | undefined): string {
  if (!code) return "–";
  if (OURS[code]) return t(OURS[code]);
  if (code.startsWith("EU-")) return `${country(code.slice(3))} (${code})`;
  if (!/^[A-Z]{2}$/.test(code)) return code;
  try {
    return new Intl.DisplayNames([tag()], { type: "region" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** Hundredths of a carat, always with two decimals. */
export const carats = (hundredths: bigint): string => {
  const shown = new Intl.NumberFormat(tag(), { ...LATIN, minimumFractionDigits: 2 }).format(Number(hundredths) / 100);
  return `${shown} ct`;
};
