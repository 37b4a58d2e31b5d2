// The offline engine: open a bundle, verify an artefact against it. Nothing here talks to a network or keeps anything.

export { Bundle } from "./bundle.ts";
export { type Machine, openBundle, type Opened } from "./opening.ts";
export { verify, type Circumstances } from "./engine.ts";
export { Untrusted } from "./errors.ts";
export type { Advice, Check, Facts, Report, ReportedCheck, Result, Verdict } from "./facts.ts";
export type { PaperCertificate } from "./certificate.ts";
export { fill } from "./texts.ts";
