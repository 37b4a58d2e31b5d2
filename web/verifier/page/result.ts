// The screen of a verdict: words, shape and colour; the essentials; the box compared; every check; what to do next and whom to ask.
import { bdi, fill, h, row, shape, type Child } from "./dom.ts";
import type { Check } from "./engine.ts";
import { BOX, hundredths, wholeNumber, type Finding, type Outcome } from "./outcome.ts";
import { says, type Presentation } from "./presentation.ts";
import type { Found } from "./seen.ts";
import { carats, country, day, moment, n, t } from "./words.ts";

const VERDICT = { valid: "Valid", invalid: "Invalid", cannot_tell: "Cannot tell" };
const ADVICE: Record<string, string> = {
  accept: "Accept: nothing found against it.", hold: "Hold the shipment until a supervisor has decided.",
  reject: "Do not accept it. Keep the paper and tell your supervisor.", ask_issuer: "Ask the issuing authority before you decide.",
  no_certificate: "This is a message about a certificate, not a certificate: let no goods pass on it.",
};
const RESULT: Record<string, [string, string]> = {
  pass: ["good", "Passed"], fail: ["bad", "Failed"], warn: ["wait", "Warning"], unknown: ["wait", "Could not be checked"],
};
const FRESH_DAYS = 7;

export type Acts = { same: (yes: boolean) => void; found: (found: Found) => void; again: () => void; next: () => void; withdraw: () => void; unprove: () => void; officer: string };

/** A sentence of the engine or of the device in the reader's language; moments in the facts are said as moments. */
export function sentence(one: { template: string; facts?: Record<string, string>; detail?: string }): string {
  const facts = Object.fromEntries(Object.entries(one.facts ?? {}).map(([key, said]) => [key, key === "when" ? moment(said) : String(said)]));
  return one.template ? t(one.template, facts) : one.detail ?? "";
}

const tag = (result: string): HTMLElement => h("span", { class: `tag ${RESULT[result]?.[0] ?? "wait"}` }, t(RESULT[result]?.[1] ?? "Could not be checked"));

/** What is said large: a valid paper is not yet an accepted box. */
export function headline(shown: Presentation, out: Outcome): { word: string; advice: string } {
  const age = shown.report.data.age_days;
  const old = out.advice === "accept" && age > FRESH_DAYS ? ` ${n("The list is %(n)s day old.", "The list is %(n)s days old.", age)}` : "";
  const advice = out.advice === "accept" && !shown.found ? t("The paper is good. Now compare the box before you accept.") : t(ADVICE[out.advice] ?? ADVICE["hold"]!);
  const word = out.advice === "no_certificate" ? "Not a certificate" : VERDICT[out.verdict] ?? VERDICT.cannot_tell;
  return { word: t(word), advice: advice + old };
}

/** The sentences that made the verdict, the gravest first. */
export function reasons(shown: Presentation, out: Outcome): string[] {
  const grave = (one: { result: string }): number => ["fail", "warn", "unknown"].indexOf(one.result);
  const engines = shown.report.checks.filter((one) => one.result !== "pass" && one.counts !== false && (out.verdict !== "invalid" || one.result === "fail"));
  const own = out.because.filter((one) => one.result !== "unknown");
  return [...engines, ...own].sort((a, b) => grave(a) - grave(b)).slice(0, 4).map(sentence);
}

export function resultScreen(shown: Presentation, acts: Acts, authorities: Record<string, any>, signed: boolean): HTMLElement {
  const out = shown.outcome();
  const { word, advice } = headline(shown, out);
  const because = reasons(shown, out);
  const banner = h("section", { class: `verdict ${out.tone}`, "aria-label": t("Verdict") }, shape(out.tone),
    h("div", {}, h("h1", { tabindex: "-1", id: "verdict" }, word), h("p", { class: "advice" }, advice),
      because.length > 0 && h("ul", { class: "because" }, ...because.map((said) => h("li", {}, said)))));
  return h("div", { class: "result" }, banner, question(shown, acts), essentials(shown, signed), box(shown, acts, out), nextStep(shown, out, authorities), checks(shown), record(shown),
    h("div", { class: "actions no-print" }, h("button", { type: "button", class: "button secondary", onclick: () => window.print() }, t("Print this result")),
      h("button", { type: "button", class: "button secondary", onclick: acts.next }, t("Next certificate"))));
}

function question(shown: Presentation, acts: Acts): Child {
  const before = shown.open();
  if (shown.label && !shown.label.same)
    return h("section", { class: "notice wait" }, h("h2", {}, t("Two certificates are mixed up here")),
      h("p", {}, t("Scan the label of this box. Or look at the other label by itself.")),
      h("button", { type: "button", class: "button secondary", onclick: acts.withdraw }, t("Take that label away")));
  if (shown.proof && shown.report.checks.some((one) => one.id === 8 && one.result === "fail"))
    return h("section", { class: "notice wait" }, h("h2", {}, t("Is this the proof of this certificate?")),
      h("p", {}, t("A proof of another certificate proves nothing here. Take it away if it came from another paper.")),
      h("button", { type: "button", class: "button secondary", onclick: acts.unprove }, t("Take the proof away")));
  if (!before) return null;
  const minutes = Math.max(1, Math.round((Date.parse(shown.entry!.at) - Date.parse(before.at)) / 60_000));
  return h("section", { class: "notice wait", role: "group", "aria-labelledby": "same-question" },
    h("h2", { id: "same-question" }, t("Is this the same presentation?")),
    h("p", {}, n("The certificate was shown here %(n)s minute ago. Is it the same paper, with the same box, still before you?", "The certificate was shown here %(n)s minutes ago. Is it the same paper, with the same box, still before you?", minutes)),
    h("div", { class: "actions" }, h("button", { type: "button", class: "button", onclick: () => acts.same(true) }, t("Yes, the same")),
      h("button", { type: "button", class: "button secondary", onclick: () => acts.same(false) }, t("No, another paper or box"))));
}

function essentials(shown: Presentation, signed: boolean): HTMLElement {
  const report = shown.report;
  const age = report.data.age_days;
  const said = (text: string | undefined | null): Child => (text ? bdi(text) : "–");
  const claimed = report.proven || report.artefact === "number" ? null : h("p", { class: "notice bad" }, t("Nothing here is proven: it is only what the paper says of itself."));
  return h("div", {}, claimed, h("dl", { class: "essentials" },
    h("div", { class: "whole" }, h("dt", {}, t("Number")), h("dd", { class: "large-number" }, said(report.number))),
    row(t("Issuer"), country(report.issuer)), row(t("Seal"), said(report.seal)), row(t("Destination"), country(report.destination)),
    row(t("Valid until"), day(report.expiry_date, "medium")), row(t("Check code"), h("bdi", { class: "code" }, report.check_code || "–")),
    h("div", { class: age > FRESH_DAYS ? "old" : "" }, h("dt", {}, t("Age of the list")),
      h("dd", {}, n("%(n)s day old", "%(n)s days old", age), " ", h("span", { class: "on" }, day(report.data.issued, "medium")), signed ? null : h("span", { class: "unsigned" }, t("not signed"))))));
}

function box(shown: Presentation, acts: Acts, out: Outcome): Child {
  const report = shown.report;
  if (!report.proven && report.artefact !== "number") return null;
  if (shown.found) {
    const rows = shown.findings().filter((one) => BOX.includes(one.name));
    return h("section", { "aria-labelledby": "box" }, h("h2", { id: "box" }, t("The box")), table(rows.map((one) => [t(one.name), one.result, sentence(one)])),
      h("button", { type: "button", class: "button secondary no-print", onclick: acts.again }, t("I typed it wrong: type again")));
  }
  if (out.verdict === "invalid" || out.advice === "no_certificate") return null;
  return h("section", { class: "compare no-print", "aria-labelledby": "box" }, h("h2", { id: "box" }, t("Now the box: type what you find")),
    h("p", { class: "hint" }, t("Read the seal off the container, count the parcels, weigh. The page compares.")), comparison(acts));
}

type Field = { name: string; label: string; mode: string; wrong: (typed: string) => string; filled?: string };

function comparison(acts: Acts): HTMLElement {
  const needed = (typed: string): string => (typed.trim() ? "" : t("Type what you find."));
  const fields: Field[] = [
    { name: "seal", label: t("Seal on the container"), mode: "text", wrong: needed },
    { name: "parcels", label: t("Number of parcels"), mode: "numeric", wrong: (typed) => (wholeNumber(typed) === null ? t("Type a whole number.") : "") },
    { name: "carats", label: t("Weight in carats"), mode: "decimal", wrong: (typed) => (hundredths(typed) === null ? t("Type carats with at most two decimals, such as 120.50.") : "") },
    { name: "officer", label: t("Your initials"), mode: "text", wrong: needed, filled: acts.officer },
  ];
  const form = h("form", { novalidate: true, autocomplete: "off" }) as HTMLFormElement;
  const inputs = fields.map((field) => {
    const input = h("input", { id: `found-${field.name}`, name: field.name, inputmode: field.mode, maxlength: "80", dir: "auto", value: field.filled ?? "", "aria-describedby": `wrong-${field.name}` }) as HTMLInputElement;
    const error = h("p", { class: "error", id: `wrong-${field.name}` });
    form.append(h("div", { class: "field" }, h("label", { for: input.id }, field.label), error, input));
    return { field, input, error };
  });
  form.append(h("div", { class: "actions" }, h("button", { class: "button" }, t("Compare"))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    let first: HTMLInputElement | null = null;
    for (const { field, input, error } of inputs) {
      const wrong = field.wrong(input.value);
      fill(error, wrong);
      input.toggleAttribute("aria-invalid", false);
      if (wrong) input.setAttribute("aria-invalid", "true");
      if (wrong) first ??= input;
    }
    if (first) return first.focus();
    const typed = Object.fromEntries(inputs.map(({ field, input }) => [field.name, input.value.trim()]));
    acts.found(typed as unknown as Found);
  });
  return form;
}

const NEXT: Record<string, string[]> = {
  accept: ["Let the shipment go on.", "Confirm the import at your desk as soon as there is a line, or hand in the file of certificates seen."],
  hold: ["Keep paper and box together, sealed and in your sight.", "Tell your supervisor, and say the reasons above."],
  reject: ["Do not give the paper back, and do not let the box go.", "Write down who carried it. Tell your supervisor.", "Warn the issuing authority: somebody may be using its name."],
  ask_issuer: ["Keep paper and box together until the answer is here.", "Read out the number and the check code. Use an address that you know, never one from the paper or its carrier."],
  no_certificate: ["Ask for the certificate itself. Without one, no goods pass."],
};

function nextStep(shown: Presentation, out: Outcome, authorities: Record<string, any>): Child {
  if (out.advice === "accept" && !shown.found) return null;
  const { authority, issuer } = shown.report;
  const routes: any[] = Array.isArray(authorities[authority]?.routes) ? authorities[authority].routes : [];
  return h("section", { "aria-labelledby": "next" }, h("h2", { id: "next" }, t("What to do now")), h("ol", {}, ...(NEXT[out.advice] ?? NEXT["hold"]!).map((said) => h("li", {}, t(said)))),
    out.advice !== "accept" && h("dl", { class: "summary" }, row(t("Whom to ask"), t("Your supervisor"), issuer ? h("br") : null, issuer ? `${t("Issuing authority")}: ${country(issuer)}${authority && authority !== issuer ? ` (${authority})` : ""}` : null),
      ...routes.slice(0, 4).map((route) => row(String(route?.kind ?? ""), bdi(String(route?.url ?? ""))))));
}

const table = (rows: [string, string, string][]): HTMLElement =>
  h("table", { class: "reflow checks" }, h("thead", {}, h("tr", {}, ...["Step", "Result", "What was found"].map((name) => h("th", { scope: "col" }, t(name))))),
    h("tbody", {}, ...rows.map(([name, result, said]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, tag(result)), h("td", {}, said)))));

function checks(shown: Presentation): HTMLElement {
  const physical = shown.findings().filter((one) => BOX.includes(one.name));
  const box = ["fail", "unknown", "pass"].find((result) => physical.some((one) => one.result === result));
  const engines = shown.report.checks.map((one: Check): [string, string, string] =>
    one.id === 13 && box ? [`13. ${t(one.name)}`, box, physical.map(sentence).join(" ")] : [`${one.id}. ${t(one.name)}`, one.result, sentence(one)]);
  const own = shown.findings().filter((one: Finding) => !BOX.includes(one.name));
  return h("section", { "aria-labelledby": "every" }, h("h2", { id: "every" }, t("Every check")),
    table([...engines, ...own.map((one): [string, string, string] => [t(one.name), one.result, sentence(one)])]));
}

function record(shown: Presentation): Child {
  const certificate: any = shown.report.proven ? shown.report.certificate : null;
  if (!certificate) return null;
  const party = (one: any): string => [one?.name, one?.address].filter((said) => typeof said === "string" && said).join(", ");
  const box = says(shown.report);
  const rows: [string, Child][] = [
    [t("Origin"), [certificate.origin ?? []].flat().map((code) => country(code === "mixed" ? "***" : String(code))).join(", ")],
    [t("Exporter"), party(certificate.exporter)], [t("Importer"), party(certificate.importer)],
    [t("Parcels"), box.parcels === null ? "" : String(box.parcels)],
    ...(certificate.lines ?? []).map((line: any): [string, string] => [t("Line %(hs)s", { hs: String(line?.hs ?? "") }), line?.carats ? `${line.carats} ct${line.usd ? `, US$ ${line.usd}` : ""}` : ""]),
    [t("Total"), box.carats === null ? "" : carats(box.carats)], [t("Issued"), day(shown.report.issue_date)],
    [t("Security paper"), certificate.paper_serial ? bdi(String(certificate.paper_serial)) : ""],
  ];
  return h("section", { "aria-labelledby": "record" }, h("h2", { id: "record" }, t("What the signed record says")),
    h("p", {}, t("Compare this with the paper and the box. The signed record is the truth; the paper is its picture.")),
    h("dl", { class: "summary" }, ...rows.filter(([, said]) => said).map(([name, said]) => row(name, said))));
}
