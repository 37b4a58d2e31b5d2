// The page: takes what was scanned to the engine, remembers it, shows the verdict. It asks no network but, where it is served, its own node.
import { verify, type Question, type Report } from "./engine.ts";
import { bdi, fill, h, type Child } from "./dom.ts";
import { camera, dropped, fromFile, handScanner, hasCamera, type Read } from "./input.ts";
import { inside } from "./inside.ts";
import { Lists, looksLikeList, Refusal, textOf } from "./lists.ts";
import { cleaned, kindOf, Presentation } from "./presentation.ts";
import { BOX } from "./outcome.ts";
import { headline, reasons, resultScreen } from "./result.ts";
import { expectedScreen, memoryNote, seenScreen, settingsScreen, waitingPanel, type Settings } from "./screens.ts";
import { keyOf, next, sha256, showings, taken, type Entry, type Found } from "./seen.ts";
import { openStore, type Store } from "./store.ts";
import { asked, country, day, n, speak, t } from "./words.ts";

const VIEWS: [string, string][] = [["scan", "Scan"], ["expected", "Expected"], ["seen", "Seen"], ["settings", "Settings"]];
const BACKWARDS = 24 * 3_600_000;
const READ_TWICE = 10_000;
const place = (id: string): HTMLElement => document.getElementById(id)!;

let store: Store;
let lists: Lists;
let device = "";
let settings: Settings = { language: "", authority: "", post: "", officer: "", name: "", transit: false };
let shown: Presentation | null = null;
let pendingProof = "";
let message: { text: string; bad: boolean } | null = null;
let latest = 0; // the latest moment that this device has known

const view = (): string => VIEWS.find(([name]) => `#${name}` === location.hash)?.[0] ?? "scan";
const question = (now: Date): Question => ({ now, ...(settings.authority ? { authority: settings.authority } : {}), transit: settings.transit });

/** Say something to everybody: on the page, and to those who listen to it. */
function say(text: string, bad = false): void {
  message = { text, bad };
  place("live").textContent = text;
}

async function start(): Promise<void> {
  store = await openStore();
  lists = new Lists(store);
  settings = { ...settings, authority: inside.authority ?? "", ...(await store.get("settings")) };
  latest = (await store.get("latest")) ?? 0;
  device = (await store.get("device")) ?? crypto.randomUUID();
  await store.set("device", device);
  speak(settings.language || asked());
  const refused = await lists.start(new Date());
  if (refused) say(t(refused.sentence, refused.facts), true);
  void navigator.storage?.persist?.().catch(() => false);
  handScanner(take);
  dropped((files) => void files.reduce((before, file) => before.then(() => takeFile(file)), Promise.resolve()), take);
  addEventListener("hashchange", () => void draw(true));
  await draw(false);
  document.documentElement.dataset.ready = "yes";
  if (inside.form === "served") await served();
}

/** Where the page is served: keep itself for later, and fetch the node's list. Silence without a network is right. */
async function served(): Promise<void> {
  navigator.serviceWorker?.register("sw.js").catch(() => undefined);
  try {
    const answer = await fetch(inside.source ?? "bundle.json", { credentials: "same-origin" });
    if (!answer.ok) return;
    const text = await textOf(new Uint8Array(await answer.arrayBuffer()));
    if ((await lists.offer(text, new Date(), true)) === "waits" && !lists.waiting?.signed && (await store.get("source")) === location.origin) await lists.adopt(new Date());
    if (lists.waiting) await store.set("offered", location.origin);
    await draw(false);
  } catch {
    // no line: the list that this device has is used, and its age is shown
  }
}

const nowMoment = async (): Promise<Date> => {
  const now = new Date();
  if (now.getTime() > latest) await store.set("latest", (latest = now.getTime()));
  return now;
};

/** Texts from a scanner, a camera, a picture or the clipboard; or the bytes of a file. */
async function take(read: Read): Promise<void> {
  place("busy").hidden = false;
  place("live").textContent = "";
  message = null;
  try {
    if (location.hash !== "#scan" && location.hash !== "") history.replaceState(null, "", "#scan");
    if ("bytes" in read) await takeBytes(read.bytes);
    else await takeTexts(read.texts);
  } catch (error: any) {
    if (error instanceof Refusal) say(t(error.sentence, error.facts), true);
    else say(`${t("This could not be read")}. ${t("This says nothing about the certificate. Try again, or ask the issuing authority.")}`, true);
  }
  await draw(true);
  place("busy").hidden = true;
}

async function takeFile(file: File): Promise<void> {
  let read: Read;
  try {
    read = await fromFile(file);
  } catch (error: any) {
    message = { text: t(error?.message ?? "This could not be read"), bad: true };
    await draw(true);
    return say(message.text, true);
  }
  await take(read);
}

async function takeBytes(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (bytes[0] === 0x1f || bytes[0] === 0x7b || (bytes.length && bytes[0]! <= 0x20)) {
    const text = await textOf(bytes);
    const written = JSON.parse(text);
    if (written?.kind === "kp-seen") return join(written);
    if (looksLikeList(written)) return takeList(text);
    throw new Refusal("This file is neither a certificate, nor a list, nor a file of certificates seen.");
  }
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 1024)).trimStart();
  if (start.startsWith("%PDF-")) return judge(bytes);
  const text = bytes.includes(0) ? null : utf8(bytes);
  if (text === null) throw new Refusal("This file is neither a certificate, nor a list, nor a file of certificates seen.");
  await takeTexts([text]);
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

async function takeList(text: string): Promise<void> {
  const done = await lists.offer(text, await nowMoment());
  if (done === "used") say(t("The new list is in use."));
  if (done === "same") say(t("This list is in use already."));
  if (done !== "waits") return;
  await store.set("offered", "");
  say(t("Decide whether this list is to be used."));
}

async function join(file: unknown): Promise<void> {
  const known = await store.entries();
  let fresh: Entry[];
  try {
    fresh = await taken(file, known);
  } catch (error: any) {
    throw new Refusal(String(error?.message));
  }
  if (fresh.some((one) => one.device === device)) throw new Refusal("This file does not continue what is known of that device: one of the two was altered.");
  await store.add(fresh);
  history.replaceState(null, "", "#seen");
  say(n("%(n)s entry of another device was joined.", "%(n)s entries of another device were joined.", fresh.length));
}

/** Certificates first, so that a label or a proof beside one in the same picture finds it there. */
async function takeTexts(texts: string[]): Promise<void> {
  const order = ["credential", "certificate", "other", "label", "proof"];
  const codes = texts.map(cleaned).sort((a, b) => order.indexOf(kindOf(a.text)) - order.indexOf(kindOf(b.text)));
  if (codes.filter((one) => kindOf(one.text) === "certificate").length > 1) throw new Refusal("There are two certificates in this picture: show one at a time.");
  const ours = codes.filter((one) => kindOf(one.text) !== "other");
  for (const { text, layout } of ours.length ? ours : codes.slice(0, 1)) {
    if (layout) throw new Refusal("The hand scanner types on another keyboard layout: set it to the layout of the United States.");
    if (!text) throw new Refusal("There is no text to check.");
    if (kindOf(text) === "proof") await takeProof(text);
    else await judge(text);
  }
}

async function takeProof(text: string): Promise<void> {
  if (!shown?.report.proven) {
    pendingProof = text;
    return say(t("This is a proof from the issuer’s journal. Now scan the certificate that it belongs to."));
  }
  shown.proof = text;
  await shown.again(lists.list!.bundle, question(await nowMoment()));
  announce(shown);
}

async function judge(artefact: string | Uint8Array<ArrayBuffer>): Promise<void> {
  if (!lists.list) throw new Refusal("There is no list on this device yet: nothing can be checked. Load the list of your authority first.");
  const now = await nowMoment();
  let report: Report = await verify(artefact, lists.list.bundle, { ...question(now), proof: pendingProof });
  if (typeof artefact === "string" && !report.proven && artefact !== artefact.trim() && report.checks.length < 2) {
    artefact = artefact.trim(); // a clipboard may bring a space that no code ends in
    report = await verify(artefact, lists.list.bundle, { ...question(now), proof: pendingProof });
  }
  if (shown && (await joined(shown, artefact, report, now))) return announce(shown);
  const fresh = new Presentation(artefact, report);
  fresh.proof = pendingProof;
  pendingProof = "";
  fresh.clock = clockFinding(now);
  await remember(fresh, now);
  shown = fresh;
  announce(shown);
}

/** True where the artefact belongs to what is on the screen: its label, its credential, itself again. */
async function joined(current: Presentation, artefact: string | Uint8Array, report: Report, now: Date): Promise<boolean> {
  const [is, was] = [kindOf(artefact), kindOf(current.artefact)];
  const fresh = new Presentation(artefact, report);
  if (!current.report.proven) return false;
  if (is === "label" && was !== "label") {
    if (!report.proven && report.checks.length < 2) return false;
    current.label = { report, same: fresh.cid16 === current.cid16 };
    return true;
  }
  if (!report.proven || !fresh.cid16 || fresh.cid16 !== current.cid16) return false;
  if (was === "label" && is !== "label") {
    current.label = { report: current.report, same: true };
    current.artefact = artefact;
    current.report = report;
  } else if (is === "credential" && was === "certificate" && typeof artefact === "string") {
    current.beside = artefact;
    await current.again(lists.list!.bundle, question(now));
    current.report.certificate ??= report.certificate;
  } else {
    // A scanner often reads twice. Later it may be another copy of the paper: then it is a showing of its own, and is asked about.
    if (now.getTime() - Date.parse(current.entry!.at) > READ_TWICE) return false;
    say(t("This is the certificate on the screen."));
  }
  return true;
}

function clockFinding(now: Date): Presentation["clock"] {
  const made = Date.parse(lists.list!.written.issued);
  if (now.getTime() + BACKWARDS >= Math.max(made || 0, latest)) return null;
  return { name: "clock", result: "fail", template: "The clock of this device says %(now)s, which lies before what it has already seen: set it right.", facts: { now: now.toISOString().slice(0, 10) } };
}

/** Enter a showing into the chain of this device; what was known before it is what it is judged by. */
async function remember(fresh: Presentation, now: Date): Promise<void> {
  const { report } = fresh;
  const said = { proven: report.proven, cid16: fresh.cid16 || undefined, number: report.number.slice(0, 80) || undefined, artefact: report.artefact };
  for (let attempt = 0; ; attempt++) {
    const known = await store.entries();
    fresh.earlier = showings(known, keyOf(said));
    const about = { at: now.toISOString(), what: "shown", ...said, issuer: report.issuer.slice(0, 20), list: report.data.issued, ...me() } as const;
    fresh.entry = await next(known, device, about);
    const { verdict, advice } = fresh.outcome(); // as the officer sees it: a second showing is not remembered as valid
    fresh.entry = await next(known, device, { ...about, verdict, advice });
    try {
      return await store.add([fresh.entry]);
    } catch (error) {
      if (attempt > 4) throw error; // another window of this page took the number; its entry is read at the next attempt
    }
  }
}

const me = () => ({ name: settings.name || undefined, officer: settings.officer || undefined, post: settings.post || undefined, authority: settings.authority || undefined });

async function note(said: Partial<Entry> & Pick<Entry, "what">): Promise<void> {
  const entry = await next(await store.entries(), device, { at: (await nowMoment()).toISOString(), of: shown!.entry!.n, ...me(), ...said });
  await store.add([entry]);
}

/** The verdict, spoken. */
function announce(what: Presentation): void {
  const out = what.outcome();
  const { word, advice } = headline(what, out);
  place("live").textContent = [`${t("Verdict")}: ${word}.`, advice, ...reasons(what, out), what.report.number].join(" ");
}

const acts = {
  get officer(): string {
    return settings.officer;
  },
  same: async (yes: boolean): Promise<void> => {
    shown!.same = yes;
    await note({ what: "answer", same: yes });
    await draw(true);
    announce(shown!);
  },
  found: async (found: Found & { officer?: string }): Promise<void> => {
    const { seal, parcels, carats, officer } = found;
    shown!.found = { seal, parcels, carats };
    if (officer !== settings.officer) await store.set("settings", (settings = { ...settings, officer: officer ?? "" }));
    const differences = shown!.findings().filter((one) => one.result === "fail" && BOX.includes(one.name)).map((one) => one.name);
    await note({ what: "compared", found: shown!.found, differences });
    await draw(true);
    announce(shown!);
  },
  again: async (): Promise<void> => {
    shown!.found = null;
    await draw(false);
    place("found-seal").focus();
  },
  withdraw: async (): Promise<void> => {
    shown!.label = null;
    await draw(true);
    announce(shown!);
  },
  unprove: async (): Promise<void> => {
    shown!.proof = "";
    await shown!.again(lists.list!.bundle, question(await nowMoment()));
    await draw(true);
    announce(shown!);
  },
  next: async (): Promise<void> => {
    shown = null;
    message = null;
    pendingProof = "";
    await draw(true);
  },
};

function inputs(again: boolean): HTMLElement {
  const text = h("textarea", { id: "artefact", rows: "3", spellcheck: "false", autocomplete: "off", autocapitalize: "off", dir: "ltr", "aria-describedby": "artefact-hint" }) as HTMLTextAreaElement;
  const form = h("form", { class: "paste" }, h("label", { for: "artefact" }, t("Or paste the text of the code, or type the number of a paper")),
    h("p", { class: "hint", id: "artefact-hint" }, t("A hand scanner needs no field: just scan.")), text, h("div", { class: "actions" }, h("button", { class: "button" }, t("Verify"))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void take({ texts: [text.value] });
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void take({ texts: [text.value] });
    }
  });
  const file = (id: string, label: string, hint: string, more: Record<string, string>): HTMLElement =>
    h("div", { class: "field wide" }, h("label", { for: id }, label), h("p", { class: "hint", id: `${id}-hint` }, hint),
      h("input", { type: "file", id, "aria-describedby": `${id}-hint`, ...more, onchange: (event: Event) => takePicked(event.target as HTMLInputElement) }));
  return h("section", { class: "ways no-print", "aria-labelledby": again ? "more" : "" },
    again ? h("h2", { id: "more" }, t("Another code: its label, its proof, or the next certificate")) : null,
    hasCamera() ? camera(take) : null,
    file("photograph", t("Photograph the code"), t("On a telephone this opens the camera."), { accept: "image/*", capture: "environment" }),
    file("any-file", t("Or choose a file"), t("A picture, the PDF, the electronic certificate, a proof; also a list, or what another device has seen."), {}), form);
}

async function takePicked(input: HTMLInputElement): Promise<void> {
  for (const file of [...(input.files ?? [])]) await takeFile(file);
}

/** The age of what everything is judged by, always in sight. */
function head(): void {
  const list = lists.list;
  const age = list ? Math.max(0, Math.floor((Date.now() - Date.parse(list.written.issued)) / 86_400_000)) : 0;
  const tone = !list || age > 30 ? "bad" : age > 7 || !list.signed ? "wait" : "good";
  place("mark-text").textContent = t("Border check");
  place("skip").textContent = t("Skip to the content");
  fill(place("age"), h("span", { class: `tag ${tone}` }, list ? `${t("List: %(age)s", { age: n("%(n)s day old", "%(n)s days old", age) })}${list.signed ? "" : `, ${t("not signed")}`}` : t("No list")));
  place("where").textContent = [settings.authority && country(settings.authority), settings.post].filter(Boolean).join(", ");
  fill(place("nav"), ...VIEWS.map(([name, label]) => h("li", {}, h("a", { href: `#${name}`, ...(view() === name ? { "aria-current": "page" } : {}) }, t(label)))));
  place("navigation").setAttribute("aria-label", t("Main"));
  place("busy").textContent = t("One moment…");
  document.title = `${t("Border check")} – OpenKimberley`;
}

async function scanScreen(): Promise<Child[]> {
  if (shown && lists.list) return [resultScreen(shown, acts, lists.list.written.authorities ?? {}, lists.list.signed), inputs(true)];
  return [h("h1", { tabindex: "-1" }, t("Verify a certificate")), h("p", { class: "lead" }, t("Works without a network. What is scanned stays on this device.")),
    !settings.authority && h("p", { class: "notice info" }, t("Say first whose desk this is: then the destination is checked too."), " ", h("a", { href: "#settings" }, t("Settings"))), inputs(false)];
}

async function notices(): Promise<Child[]> {
  const said: Child[] = [memoryNote(store.kind)];
  if (message) said.push(h("p", { class: `notice ${message.bad ? "bad" : "info"}`, id: "message", tabindex: "-1" }, message.text));
  if (lists.waiting) {
    const fingerprint = lists.waiting.root ? ((await sha256(lists.waiting.root)).match(/.{4}/g) ?? []).join(" ") : "";
    said.push(waitingPanel(lists.waiting, async () => {
      await lists.adopt(new Date()).then(() => say(t("The list is in use.")), (error) => say(error instanceof Refusal ? t(error.sentence, error.facts) : t("This is not a list of Participants and keys."), true));
      if (await store.get("offered")) await store.set("source", location.origin);
      await draw(true);
    }, () => {
      lists.waiting = null;
      void draw(true);
    }, fingerprint));
  } else if (lists.list && !lists.list.signed && view() === "scan" && !shown) said.push(h("p", { class: "unsigned" }, t("The list in use is not signed: it was adopted by hand on %(date)s.", { date: day(lists.list.adopted) })));
  return said;
}

/** Draw the view anew; ``moved``: the focus goes to what is new. */
async function draw(moved: boolean): Promise<void> {
  head();
  const entries = view() === "scan" ? [] : await store.entries();
  const screen = view() === "expected" ? [expectedScreen(lists.list, entries)]
    : view() === "seen" ? [seenScreen(entries, lists.list, settings, device, () => chooseHere())]
    : view() === "settings" ? [settingsScreen(settings, lists.list, device, change, () => chooseHere())]
    : await scanScreen();
  fill(place("content"), ...(await notices()), ...screen);
  if (!moved) return;
  const goal = (message?.bad && document.getElementById("message")) || document.querySelector<HTMLElement>("#content h1");
  goal?.focus({ preventScroll: true });
  scrollTo({ top: 0, behavior: "instant" });
}

/** A file chooser from any view. */
function chooseHere(): void {
  const input = h("input", { type: "file" }) as HTMLInputElement;
  input.addEventListener("change", () => void takePicked(input));
  input.click();
}

async function change(said: Settings): Promise<void> {
  settings = said;
  await store.set("settings", settings);
  speak(settings.language || asked());
  shown = null;
  await draw(false);
  const saved = document.getElementById("saved");
  if (saved) saved.textContent = t("Saved.");
  document.querySelector<HTMLElement>("#content h1")?.focus();
}

start().catch((error) => {
  place("live").textContent = "This page cannot work in this browser.";
  fill(place("content"), h("h1", {}, "This page cannot work in this browser."), h("p", {}, String(error?.message ?? error)), bdi(navigator.userAgent));
});
