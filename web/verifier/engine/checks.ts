// The numbered checks, each on its own. One that could not be made says so: it is neither passed nor failed.
// Templates are the English message ids of the node, letter for letter: the page translates by them.

import { cidKey, type Participant, plainNumber, type Span, statusAt } from "./bundle.ts";
import { iso, year } from "./days.ts";
import { Untrusted } from "./errors.ts";
import { type Check, check, type Facts, type SealFinding } from "./facts.ts";
import { type Case, countersigned, entered, type Logged, UNLOGGED } from "./journal.ts";
import type { PublicKey } from "./keys.ts";
import { SUSPENDED, USED, VOID } from "./statuslist.ts";
import { byCodePoint, first } from "./texts.ts";

// How old the data may be (trust policy): fresh; said aloud; hold; beyond that nobody can tell.
const FRESH_DAYS = 7;
export const SAID_DAYS = 30;
const HOLD_DAYS = 90;

const TRADES = ["PARTICIPANT", "TRADING_ENTITY"];
const NEVER = ["APPLICANT", "NON_PARTICIPANT"];

interface Signed {
  key: PublicKey | null;
  found: Check;
  signature: Check;
}

/** 2 and 3: the key is an authority's on the list, of its algorithm and for this use; it signed these bytes. */
export async function keyAndSignature(it: Case): Promise<Signed> {
  const { claims, bundle } = it;
  const keys = bundle.keys.get(claims.kid) ?? [];
  const key = keys.find((one) => one.authority === claims.authority) ?? keys[0] ?? null;
  const unchecked = check(3, "unknown", "There is no key to check the signature with.");
  if (!key || !claims.verify) return { key: null, found: noKey(it), signature: unchecked };
  const facts = { kid: key.kid, authority: key.authority };
  if (key.use !== "sign") {
    const found = check(2, "fail", "The key %(kid)s of %(authority)s is not one that signs certificates.", facts);
    return { key: null, found, signature: unchecked };
  }
  const found = check(2, "pass", "The key %(kid)s of %(authority)s is on the list.", facts);
  try {
    await claims.verify(key);
  } catch (error) {
    if (!(error instanceof Untrusted)) throw error;
    if (error.step.startsWith("2")) {
      const other = check(2, "fail", "The code names another algorithm than the key %(kid)s has.", facts);
      return { key: null, found: other, signature: unchecked };
    }
    const forged = "The signature does not belong to this content: something was changed, or it is a forgery.";
    return { key, found, signature: check(3, "fail", forged) };
  }
  return { key, found, signature: check(3, "pass", "The signature is right: nothing was changed since it was signed.") };
}

function noKey(it: Case): Check {
  const { claims, bundle } = it;
  const facts = { date: bundle.listDate, issuer: claims.participant || "?" };
  if (!bundle.participants.has(claims.participant)) {
    return check(2, "unknown", "%(issuer)s has no key on the list of %(date)s.", facts);
  }
  if (!bundle.hasKeys(claims.authority, claims.participant)) {
    return check(2, "unknown", "%(issuer)s has no key on the list of %(date)s: ask the issuing authority.", facts, { ask: true });
  }
  if (it.age > SAID_DAYS) {
    return check(2, "unknown", "The key is not on the list of %(date)s, which may be too old to know it.", facts, { ask: true });
  }
  return check(2, "fail", "No authority of a Participant has this key on the list of %(date)s.", facts);
}

/** 4: the authority, the Participant and the number belong to the key that signed. */
export function binding(it: Case, key: PublicKey | null): Check {
  const { claims, bundle } = it;
  if (!key) return check(4, "unknown", "Without the key nobody can tell whose certificate this is.");
  const authority = bundle.authorities.get(key.authority)!;
  const facts = { number: claims.number, authority: authority.code, named: claims.authority || claims.participant };
  if (claims.authority !== authority.code || claims.participant !== authority.participant) {
    return check(4, "fail", "The key is of %(authority)s, but the certificate names %(named)s.", facts);
  }
  if (authority.patterns.length && !authority.patterns.some((pattern) => pattern.test(claims.number))) {
    return check(4, "fail", "%(authority)s writes no number like %(number)s.", facts);
  }
  return inRange(it, facts) ?? check(4, "pass", "The number %(number)s is one of %(authority)s.", facts);
}

function inRange(it: Case, facts: Facts): Check | null {
  const ranges = it.bundle.authorities.get(it.claims.authority)!.ranges;
  if (!ranges.length) return null;
  const { number } = it.claims;
  const digits = number.match(/[0-9]+/g)?.at(-1) ?? "";
  const value = digits && digits.length < 19 ? BigInt(digits) : -1n;
  const holding = ranges.filter((one) => one.first <= value && value <= one.last && number.startsWith(one.series));
  if (!holding.length) {
    return check(4, "fail", "The number %(number)s is in no range that %(authority)s has registered.", facts);
  }
  const issued = year(it.claims.issued ?? 0);
  if (holding.some((one) => one.year === 0 || one.year === issued)) return null;
  const years = { year: String(holding[0]!.year), issued: String(issued) };
  const template = "The number %(number)s is of the range of %(year)s, but was issued in %(issued)s.";
  return check(4, "fail", template, { ...facts, ...years });
}

/** 5: the content has its form, the lines add up, the dates are in order. */
export function content(it: Case): Check {
  const { claims } = it;
  const problems = [...claims.problems];
  if (claims.issued !== null && claims.expires !== null && claims.expires < claims.issued) {
    problems.push("expiry_date: lies before the date of issue");
  }
  if (problems.length) {
    const facts = { problems: first(problems.join("; "), 500) };
    return check(5, "fail", "The content is not that of a certificate: %(problems)s", facts);
  }
  return check(5, "pass", "The content has its form, and what it adds up to is right.");
}

/** 6: the key was in use when the certificate was signed, and not compromised.
 *
 * When that was, witnesses tell where the journal's proof holds (assurance high); else only the issuer (low). */
export function time(it: Case, key: PublicKey | null, logged: Logged): Check {
  const { claims } = it;
  if (!key || claims.issued === null) return check(6, "unknown", "Without the key nobody can tell whether it was in use.");
  const day = claims.issued;
  const since = key.compromisedSince === null ? "" : iso(key.compromisedSince);
  const facts = { kid: key.kid, date: iso(day), since };
  const { after, by } = logged;
  const { notBefore, notAfter } = key;
  const afterItsEnd = notAfter !== null && (day > notAfter || (after !== null && after > notAfter));
  const beforeItsStart = notBefore !== null && (day < notBefore || (by !== null && by < notBefore));
  if (afterItsEnd || beforeItsStart) {
    return check(6, "fail", "The key %(kid)s was not in use on %(date)s, the date of issue.", facts);
  }
  const doubt = key.state === "active" ? null : outOfUse(key, day, logged, facts);
  if (doubt) return doubt;
  if (claims.signedOn !== null && Math.abs(claims.signedOn - day) > 1) {
    return check(6, "warn", "The certificate is dated %(date)s but was signed on another day.", facts);
  }
  if (by !== null) {
    const template = "The key %(kid)s was in use; witnesses saw the entry by %(witnessed)s (assurance high).";
    return check(6, "pass", template, { ...facts, witnessed: iso(by) });
  }
  return check(6, "pass", "The key %(kid)s was in use on %(date)s (assurance low: the date is the issuer's word).", facts);
}

/** The doubt that a retired or compromised key leaves about a certificate of that day, if it leaves one. */
function outOfUse(key: PublicKey, day: number, logged: Logged, facts: Facts): Check | null {
  if (key.state === "retired") {
    if (key.notAfter !== null) return null;
    const template = "The key %(kid)s is retired, and the list does not say since when.";
    return check(6, "unknown", template, facts, { ask: true });
  }
  const since = key.compromisedSince;
  // Witnesses saw it while the key was still in good hands.
  if (since !== null && logged.by !== null && logged.by < since) return null;
  if (since === null || day >= since || (logged.after !== null && logged.after >= since)) {
    return check(6, "fail", "The key %(kid)s is compromised: nothing signed with it since %(since)s counts.", facts);
  }
  const template = "The key %(kid)s is compromised since %(since)s; only the issuer can say if this was signed before.";
  return check(6, "unknown", template, facts, { ask: true });
}

/** 7: on the date of issue the issuer could trade, under its conditions, and so could the destination.
 *
 * Where the list pins how far a journal had come when a status began, the entry's place decides, not the date. */
export async function participant(it: Case, logged: Logged = UNLOGGED): Promise<Check> {
  const { claims, bundle } = it;
  const day = claims.issued ?? it.day;
  const facts: Facts = { code: claims.participant || "?", date: iso(day), list: bundle.listDate };
  const listed = bundle.participants.get(claims.participant);
  if (!listed) {
    if (it.age > SAID_DAYS) {
      const template = "%(code)s is not on the list of %(list)s, which may be too old to know it.";
      return check(7, "unknown", template, facts, { ask: true });
    }
    return check(7, "fail", "%(code)s has never been a Participant: its certificate is a fake (R178).", facts);
  }
  facts["name"] = listed.name;
  return (
    frozen(it, listed, day, logged, facts) ??
    (await issuer(it, spanOf(it, listed, day, logged), facts)) ??
    destinationTrades(it, day, facts) ??
    ownRules(it, day) ??
    pending(it, facts) ??
    stale(it, facts) ??
    check(7, "pass", "%(name)s was a Participant free to issue on %(date)s (list of %(list)s).", facts)
  );
}

/** The status that counts: that of the day, unless witnesses saw the entry in a place from before it began.
 *
 * A place that no quorum saw is the word of an issuer that may no longer issue. */
function spanOf(it: Case, listed: Participant, day: number, logged: Logged): Span | null {
  const span = statusAt(listed, day);
  const size = span ? frozenAt(it, span) : null;
  if (!span || size === null || logged.place === null || logged.by === null) return span;
  return logged.place < size ? statusAt(listed, span.start - 1) : span;
}

/** The objection to a certificate that is dated before a status, but was entered after it began. */
function frozen(it: Case, listed: Participant, day: number, logged: Logged, facts: Facts): Check | null {
  const place = logged.place ?? it.claims.logIndex;
  if (place === null) return null;
  for (const span of listed.history) {
    const size = frozenAt(it, span);
    if (size === null || span.start <= day || place < size || TRADES.includes(span.status)) continue;
    const since = { since: iso(span.start), size: String(size), status: span.status, source: span.source };
    const template =
      "It is dated %(date)s, but was entered in the journal after %(since)s, when %(name)s was no longer " +
      "free to issue: %(status)s (%(source)s; frozen at %(size)s entries).";
    return check(7, "fail", template, { ...facts, ...since });
  }
  return null;
}

function frozenAt(it: Case, span: Span): bigint | null {
  const journal = it.bundle.authorities.get(it.claims.authority)?.journal;
  return journal ? (span.frozen.get(journal.name) ?? null) : null;
}

/** The doubt about a Participant whose keys were exchanged without the word of its old ones. */
function pending(it: Case, facts: Facts): Check | null {
  const reason = it.bundle.pending.get(it.claims.participant);
  if (!reason) return null;
  return check(7, "warn", "The keys of %(name)s are in question: %(reason)s", { ...facts, reason }, { ask: true });
}

async function issuer(it: Case, span: Span | null, facts: Facts): Promise<Check | null> {
  if (!span || NEVER.includes(span.status)) {
    return check(7, "fail", "%(name)s was not a Participant on %(date)s: its certificate is a fake (R178).", facts);
  }
  if (TRADES.includes(span.status)) return null;
  facts["status"] = span.status;
  facts["source"] = span.source;
  facts["zones"] = [...span.zones].sort(byCodePoint).join(", ");
  if (span.status !== "RESTRICTED") {
    return check(7, "fail", "%(name)s could not issue on %(date)s: %(status)s (%(source)s).", facts);
  }
  const { zone, zoneShown } = it.claims;
  if (!span.zones.length || (zone !== null && span.zones.includes(zone))) return countersigned(it, span.countersigners, facts);
  if (zone === null && !zoneShown) {
    const template = "%(name)s may export only from certain zones (%(zones)s); this does not show the zone.";
    return check(7, "unknown", template, facts);
  }
  const template = "%(name)s could export on %(date)s only from certain zones (%(zones)s): %(source)s.";
  return check(7, "fail", template, facts);
}

function destinationTrades(it: Case, day: number, facts: Facts): Check | null {
  const { destination } = it.claims;
  if (!destination) return null;
  const listed = it.bundle.participants.get(it.bundle.participantOf(destination));
  if (!listed && it.age > SAID_DAYS) return null;
  const span = listed ? statusAt(listed, day) : null;
  if (span && [...TRADES, "RESTRICTED"].includes(span.status)) return null;
  const template = "The destination %(destination)s was not a Participant in trade on %(date)s.";
  return check(7, "fail", template, { ...facts, destination });
}

function ownRules(it: Case, day: number): Check | null {
  for (const code of [it.claims.participant, it.bundle.participantOf(it.claims.destination)]) {
    const ban = it.bundle.bans.get(code);
    if (ban && ban.start <= day && (ban.end === null || day < ban.end)) {
      const template = "A rule of this state's own forbids trade with %(code)s: %(reason)s";
      return check(7, "fail", template, { code, reason: ban.reason });
    }
  }
  return null;
}

function stale(it: Case, facts: Facts): Check | null {
  facts["age"] = String(it.age);
  if (it.age <= FRESH_DAYS) return null;
  if (it.age <= SAID_DAYS) {
    const template = "%(name)s was a Participant free to issue on %(date)s; the list is %(age)s days old.";
    return check(7, "pass", template, facts);
  }
  if (it.age <= HOLD_DAYS) {
    return check(7, "warn", "The list is %(age)s days old: get a new one before you let the goods go.", facts);
  }
  return check(7, "unknown", "The list is %(age)s days old: too old to tell.", facts);
}

/** 9: the issuer's status list has not taken the certificate back, and no alert names its number. */
export function status(it: Case): Check {
  const { claims, bundle } = it;
  if (bundle.alerts.has(plainNumber(claims.number))) {
    const result = claims.verify ? "warn" : "fail";
    return check(9, result, "The number %(number)s is on the alert list.", { number: claims.number }, { ask: true });
  }
  return listedStatus(it, { issuer: claims.participant });
}

function listedStatus(it: Case, facts: Facts): Check {
  const place = it.claims.status;
  const listed = place ? it.bundle.statuses.get(place.list) : undefined;
  if (!place || !listed || place.index >= listed.entries.size) {
    return check(9, "unknown", "This bundle has no status of the certificate: ask %(issuer)s.", facts, { ask: true });
  }
  const found = listed.entries.at(place.index);
  if (found === VOID) return check(9, "fail", "%(issuer)s has made the certificate void.", facts);
  if (found === SUSPENDED) return check(9, "warn", "%(issuer)s has the certificate under query.", facts, { ask: true });
  if (found === USED && (it.authority === null || !usedBy(it).has(it.authority))) {
    return check(9, "fail", "The certificate was already confirmed: it cannot be used again.", facts);
  }
  if (listed.expires < it.seconds) return check(9, "warn", "The status list of %(issuer)s is out of date.", facts);
  return check(9, "pass", "%(issuer)s has not taken the certificate back.", facts);
}

/** 10: nobody has confirmed the certificate before, and the importing authority was told to expect it. */
export function use(it: Case): Check {
  const { authority, bundle } = it;
  const users = usedBy(it);
  const others = [...users].filter((one) => one !== authority).sort(byCodePoint);
  if (others.length) {
    const template = "The certificate was already confirmed by %(authority)s: this is a second use.";
    return check(10, "fail", template, { authority: others.join(", ") });
  }
  const facts = { authority: authority ?? "" };
  if (users.size) {
    const template = "%(authority)s has confirmed this certificate: refuse a second shipment under it.";
    return check(10, "warn", template, facts);
  }
  if (authority === null || bundle.expected === null) {
    const template = "No advance notice could be looked for: no importing authority or no notices.";
    return check(10, "unknown", template, {}, { counts: false });
  }
  const told = bundle.node === authority || !bundle.authorities.has(bundle.node);
  if (told && bundle.expected.has(cidKey(it.claims.cid))) {
    const template = "%(authority)s was told to expect this certificate, and has not seen it before.";
    return check(10, "pass", template, facts);
  }
  const template = "No advance notice of this certificate has come: ask the issuing authority.";
  return check(10, "warn", template, facts, { ask: true });
}

function usedBy(it: Case): Set<string> {
  return it.bundle.used.get(cidKey(it.claims.cid)) ?? new Set();
}

/** 11: the certificate is in force today. */
export function validity(it: Case): Check {
  const { claims } = it;
  if (claims.expires === null || claims.issued === null) {
    return check(11, "unknown", "The dates of the certificate are not known.");
  }
  const facts = { issued: iso(claims.issued), expires: iso(claims.expires) };
  if (it.day > claims.expires) return check(11, "fail", "The certificate expired on %(expires)s.", facts);
  // A day of grace: the issuer's date may be ahead of UTC.
  if (claims.issued > it.day + 1) {
    return check(11, "fail", "The certificate is dated %(issued)s, a day that has not come.", facts);
  }
  return check(11, "pass", "The certificate is in force until %(expires)s.", facts);
}

/** 12: the certificate is for the authority that looks at it. */
export function destination(it: Case): Check {
  const { authority, bundle } = it;
  const boundFor = it.claims.destination;
  if (authority === null) {
    const template = "No importing authority was named to compare with the destination.";
    return check(12, "unknown", template, {}, { counts: false });
  }
  const facts = { destination: boundFor, authority };
  if (!boundFor) return check(12, "unknown", "The destination is not shown.");
  const mine = bundle.participantOf(authority);
  if (boundFor === authority || boundFor === mine) {
    return check(12, "pass", "The certificate is for %(destination)s.", facts);
  }
  if (bundle.participantOf(boundFor) === mine) {
    const template = "The certificate is for %(destination)s, another authority of the same Participant.";
    return check(12, "warn", template, facts);
  }
  if (it.transit) return check(12, "warn", "The goods pass through on their way to %(destination)s.", facts);
  return check(12, "fail", "The certificate is for %(destination)s, not for %(authority)s.", facts);
}

/** 13: what only the officer can see. It counts once the officer has written down what was found. */
export function physical(it: Case): Check {
  const template = "Now compare by eye: seal %(seal)s, number of parcels, weight of every line.";
  return check(13, "unknown", template, { seal: it.claims.seal || "?" }, { counts: false });
}

/** 3, for a PDF: the page was not altered after it was sealed by the authority. Null where that holds. */
export function pageSeal(it: Case, finding: SealFinding): Check | null {
  if (finding.state === "altered") return check(3, "fail", "The page was altered after it was sealed.");
  if (finding.state === "unsigned") {
    return check(3, "unknown", "The page carries no seal: only the credential inside it can be believed.");
  }
  const known = it.bundle.authorities.get(it.claims.authority)?.sealCertificates ?? new Set<string>();
  if (known.has(finding.certificateSha256.toLowerCase())) return null;
  const facts = { authority: it.claims.authority, date: it.bundle.listDate };
  if (known.size && it.age <= SAID_DAYS) {
    return check(3, "fail", "The page was sealed with a certificate that %(authority)s has not listed.", facts);
  }
  return check(3, "unknown", "The seal of the page cannot be told from the list of %(date)s.", facts, { ask: true });
}

/** The checks of a signed message about a certificate: key, signature, whose key it is, form, time, Participant. */
export async function messageChecks(it: Case): Promise<Check[]> {
  const { key, found, signature } = await keyAndSignature(it);
  if (signature.result === "fail") return [found, signature];
  const further = it.claims.number ? [time(it, key, UNLOGGED), await participant(it)] : [];
  return [found, signature, speaksFor(it, key), content(it), ...further];
}

/** 4, for a message: a key speaks only for its own authority. */
function speaksFor(it: Case, key: PublicKey | null): Check {
  const { claims } = it;
  if (!key) return check(4, "unknown", "Without the key nobody can tell whose word this is.");
  const authority = it.bundle.authorities.get(key.authority)!;
  const facts = { authority: key.authority, named: `${claims.participant}, ${claims.authority}` };
  if (authority.code !== claims.authority || authority.participant !== claims.participant) {
    return check(4, "fail", "The key is of %(authority)s, but the message names %(named)s.", facts);
  }
  return check(4, "pass", "The message is the word of %(authority)s.", facts);
}

/** Every check of a digital certificate from 2 on, in order. */
export async function allChecks(it: Case, seal: SealFinding | null = null): Promise<Check[]> {
  const { key, found, signature } = await keyAndSignature(it);
  const page = seal && signature.result === "pass" ? pageSeal(it, seal) : null;
  const before = [found, page ?? signature];
  if (signature.result === "fail") return before; // nothing that follows could be believed
  if (it.claims.problems.length && !it.claims.number) return [...before, content(it)]; // nothing else can be read
  const logged = await entered(it);
  return [
    ...before,
    binding(it, key),
    content(it),
    time(it, key, logged),
    await participant(it, logged),
    logged.check,
    status(it),
    use(it),
    validity(it),
    destination(it),
    physical(it),
  ];
}
