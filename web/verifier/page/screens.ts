// The other screens: expected arrivals, certificates seen, settings, and the list that waits for a yes.
import { bdi, handOver, h, row, type Child } from "./dom.ts";
import type { List, Waiting } from "./lists.ts";
import { first16 } from "./presentation.ts";
import { fileOf, keyOf, sha256, twice, type Entry } from "./seen.ts";
import type { Kind } from "./store.ts";
import { country, day, LANGUAGES, moment, n, t, whole } from "./words.ts";

export type Settings = { language: string; authority: string; post: string; officer: string; name: string; transit: boolean };

const empty = (text: string): HTMLElement => h("p", { class: "empty" }, text);

/** One awaited arrival: a cid alone, or with whatever the list says of it. */
type Expected = { cid: string; d?: string; number?: string; issuer?: string; seal?: string };
export const expectedOf = (list: List | null): Expected[] =>
  ((list?.written.expected ?? []) as any[]).map((one) => (typeof one === "string" ? { cid: one } : one)).filter((one) => typeof one?.cid === "string");

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The check code of a cid: its first 40 bits, to compare by voice. */
export function checkCode(cid: string): string {
  const bytes = atob(cid.slice(0, 8).replaceAll("-", "+").replaceAll("_", "/"));
  let bits = 0n;
  for (let place = 0; place < 5; place++) bits = (bits << 8n) | BigInt(bytes.charCodeAt(place) || 0);
  return Array.from({ length: 8 }, (_, place) => CROCKFORD[Number((bits >> BigInt(35 - 5 * place)) & 31n)]).join("");
}

export function expectedScreen(list: List | null, entries: Entry[]): HTMLElement {
  const awaited = expectedOf(list);
  const arrived = new Map(entries.filter((one) => one.what === "shown" && one.proven && one.cid16).map((one) => [one.cid16!, one]));
  const here = awaited.filter((one) => arrived.has(first16(one.cid))).length;
  const rows = awaited.map((one) => {
    const entry = arrived.get(first16(one.cid));
    const number = one.number ?? entry?.number;
    return h("tr", {}, h("th", { scope: "row" }, number ? bdi(number) : `${t("Check code")} `, number ? null : h("bdi", { class: "code" }, checkCode(one.cid))),
      h("td", {}, entry ? h("span", { class: "tag good" }, t("Arrived")) : h("span", { class: "tag info" }, t("Expected"))),
      h("td", {}, [one.issuer && country(one.issuer), one.seal && `${t("Seal")} ${one.seal}`, one.d && `${t("Issued")} ${day(one.d, "medium")}`, entry && moment(entry.at)].filter(Boolean).join(" · ") || "–"));
  });
  const none = !list ? t("There is no list on this device yet.") : list.written.expected === null ? t("This list knows of no advance notices: it cannot say what is expected.") : t("Nothing is expected.");
  return h("div", {}, h("h1", { tabindex: "-1" }, t("Expected arrivals")), h("p", { class: "lead" }, t("%(here)s of %(all)s have been scanned.", { here: whole(here), all: whole(awaited.length) })),
    awaited.length ? h("table", { class: "reflow" }, h("thead", {}, h("tr", {}, ...["Certificate", "State", "What is known"].map((name) => h("th", { scope: "col" }, t(name))))), h("tbody", {}, ...rows)) : empty(none));
}

const NOTE: Record<Kind, string> = {
  lasting: "", small: "This browser gives little memory: export the file of certificates seen every day.",
  visit: "THIS DEVICE REMEMBERS NOTHING after the page is closed: a certificate shown twice is not found. Use an ordinary window, not a private one, and export the file before you close.",
};
export const memoryNote = (kind: Kind): Child => (NOTE[kind] ? h("p", { class: "notice bad", role: "alert" }, t(NOTE[kind])) : null);

const SAID: Record<string, [string, string]> = { valid: ["good", "Valid"], invalid: ["bad", "Invalid"], cannot_tell: ["wait", "Cannot tell"] };

const verdictTag = (verdict = "cannot_tell"): HTMLElement => {
  const [tone, word] = SAID[verdict] ?? ["wait", "Cannot tell"];
  return h("span", { class: `tag ${tone}` }, t(word));
};

/** Uses of a certificate that an authority has reported, and that this device has seen too. */
export const usedElsewhere = (list: List | null, entries: Entry[], authority: string): { entry: Entry; authority: string }[] =>
  ((list?.written.used ?? []) as any[]).filter((one) => one?.authority !== authority).flatMap((one) => {
    const entry = entries.find((seen) => seen.what === "shown" && seen.proven && seen.cid16 === first16(String(one?.cid ?? "")));
    return entry ? [{ entry, authority: String(one.authority) }] : [];
  });

export function seenScreen(entries: Entry[], list: List | null, settings: Settings, device: string, pick: () => void): HTMLElement {
  const doubles = twice(entries);
  const used = usedElsewhere(list, entries, settings.authority);
  const shown = entries.filter((one) => one.what === "shown").sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const others = new Set(entries.map((one) => one.device).filter((one) => one !== device));
  const same = new Set(entries.filter((one) => one.what === "answer" && one.same).map((one) => `${one.device} ${one.of}`));
  const where = (one: Entry): string => `${one.name || one.device.slice(0, 8)}${one.post ? `, ${one.post}` : ""}: ${moment(one.at)}${one.officer ? ` (${one.officer})` : ""}`;
  const box = (one: Entry): string => {
    const found = entries.filter((other) => other.what === "compared" && other.device === one.device && other.of === one.n).at(-1);
    if (!found?.found) return t("Box not compared");
    return `${t("Seal")} ${found.found.seal} · ${found.found.parcels} · ${found.found.carats} ct${found.differences?.length ? ` · ${t("Differences found")}` : ""}`;
  };
  const save = async (): Promise<void> => {
    const text = JSON.stringify(fileOf(entries, device, settings.name, new Date()), null, 1);
    handOver(`seen-${(settings.name || device.slice(0, 8)).replace(/[^\w-]+/g, "-")}-${new Date().toISOString().slice(0, 10)}.json`, text);
    document.getElementById("exported")!.textContent = t("Written. SHA-256: %(hash)s", { hash: await sha256(text) });
  };
  return h("div", {}, h("h1", { tabindex: "-1" }, t("Certificates seen")),
    doubles.length + used.length > 0 && h("section", { class: "notice bad", role: "alert" }, h("h2", {}, t("Shown more than once")),
      h("ul", {}, ...doubles.map((one) => h("li", {}, bdi(one.number || one.key), ` (${country(one.issuer)})`, h("ul", {}, ...one.entries.map((entry) => h("li", {}, where(entry)))))),
        ...used.map((one) => h("li", {}, bdi(one.entry.number ?? ""), ` ${t("was confirmed by %(authority)s, and was shown here:", { authority: one.authority })} ${where(one.entry)}`))),
      h("p", {}, t("Hold these shipments and tell your supervisor: a certificate is used once."))),
    h("p", {}, `${n("%(n)s showing is remembered.", "%(n)s showings are remembered.", shown.length)} ${others.size ? n("Files of %(n)s other device are joined.", "Files of %(n)s other devices are joined.", others.size) : ""}`),
    h("div", { class: "actions no-print" }, h("button", { type: "button", class: "button", onclick: save }, t("Export for other devices")),
      h("button", { type: "button", class: "button secondary", onclick: pick }, t("Join a file of another device"))),
    h("p", { id: "exported", role: "status", class: "hint wrap" }),
    shown.length ? h("table", { class: "reflow" }, h("thead", {}, h("tr", {}, ...["Certificate", "Verdict", "Where and when", "The box"].map((name) => h("th", { scope: "col" }, t(name))))),
      h("tbody", {}, ...shown.slice(0, 500).map((one) => h("tr", {}, h("th", { scope: "row" }, bdi(one.number || "?")),
        h("td", {}, same.has(`${one.device} ${one.n}`) ? h("span", { class: "tag idle" }, t("Scanned again")) : verdictTag(one.verdict)), h("td", {}, where(one)), h("td", {}, keyOf(one) ? box(one) : t("Not proven")))))) : empty(t("No certificate has been scanned on this device.")));
}

/** A list that is not used until a person says so: unsigned, or the first root of trust. */
export function waitingPanel(waiting: Waiting, adopt: () => void, refuse: () => void, fingerprint: string): HTMLElement {
  return h("section", { class: "notice wait", "aria-labelledby": "waiting" },
    h("h2", { id: "waiting" }, waiting.signed ? t("A list of a trust that this device does not know yet") : t("This list is NOT SIGNED")),
    waiting.signed
      ? h("p", { class: "wrap" }, t("Compare the fingerprint of its root with the one that your authority published. From then on everything must follow from it."), " ", h("bdi", { class: "code" }, fingerprint))
      : h("p", {}, t("Nobody vouches for the list of %(date)s but whoever gave it to you. Use it only if you had it from your own authority’s hand.", { date: day(waiting.issued) })),
    h("div", { class: "actions" }, h("button", { type: "button", class: "button", onclick: adopt }, t("I had it from my authority: use it")),
      h("button", { type: "button", class: "button secondary", onclick: refuse }, t("Do not use it"))));
}

export function settingsScreen(settings: Settings, list: List | null, device: string, change: (settings: Settings) => void, pick: () => void): HTMLElement {
  const codes = Object.keys(list?.written.authorities ?? {}).sort();
  const keyed = codes.filter((code) => list?.written.authorities[code]?.keys?.length);
  const all = [...new Set([...codes, ...Object.keys(list?.written.participants ?? {})])];
  const field = (name: keyof Settings, label: string, hint: string, most = "60"): HTMLElement =>
    h("div", { class: "field" }, h("label", { for: `set-${name}` }, label), h("p", { class: "hint", id: `hint-${name}` }, hint),
      h("input", { id: `set-${name}`, name, value: String(settings[name]), maxlength: most, autocomplete: "off", "aria-describedby": `hint-${name}`, ...(name === "authority" ? { list: "authorities", autocapitalize: "characters" } : {}) }));
  const languages = h("select", { id: "set-language", name: "language" }, ...LANGUAGES.map(([code, name]) => h("option", { value: code, lang: code, selected: code === settings.language }, name)));
  const form = h("form", { autocomplete: "off" }, field("authority", t("My authority"), t("Its code, such as EU-BE. The destination is compared with it."), "8"), h("datalist", { id: "authorities" }, ...all.map((code) => h("option", { value: code }, country(code)))),
    h("div", { class: "choice" }, h("input", { type: "checkbox", id: "set-transit", name: "transit", checked: settings.transit }), h("label", { for: "set-transit" }, t("Goods only pass through here (transit)"))),
    field("post", t("My post"), t("Such as Airport, gate 4.")), field("name", t("Name of this device"), t("So that others know which device has seen a certificate.")),
    field("officer", t("Your initials"), t("They are kept with everything you scan and find."), "12"),
    h("div", { class: "field" }, h("label", { for: "set-language" }, t("Language")), languages), h("div", { class: "actions" }, h("button", { class: "button" }, t("Save"))), h("p", { role: "status", id: "saved" })) as HTMLFormElement;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = new FormData(form);
    const text = (name: string): string => String(said.get(name) ?? "").trim();
    change({ language: text("language"), authority: text("authority").toUpperCase(), post: text("post"), officer: text("officer"), name: text("name"), transit: said.has("transit") });
  });
  const about: Child[] = list
    ? [h("dl", { class: "summary" }, row(t("List of"), day(list.written.issued)), row(t("Signed"), list.signed ? t("Yes: every signature was checked.") : t("No: it was adopted by hand on %(date)s.", { date: day(list.adopted) })),
        row(t("Participants"), whole(Object.keys(list.written.participants ?? {}).length)), row(t("Authorities with keys"), keyed.join(", ") || "–")), ...list.problems.map((said) => h("p", { class: "notice wait" }, said))]
    : [empty(t("There is no list on this device yet."))];
  return h("div", {}, h("h1", { tabindex: "-1" }, t("Settings")), form, h("h2", {}, t("The list of whom to trust")), ...about,
    h("div", { class: "actions" }, h("button", { type: "button", class: "button secondary", onclick: pick }, t("Load a newer list"))), h("p", { class: "hint wrap" }, t("Device %(device)s", { device })));
}
