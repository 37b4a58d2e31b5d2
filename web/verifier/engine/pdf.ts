// Reading a PDF made by a node: its attached credential, and whether its page was altered after it was sealed.
//
//   a. exactly one byte range, from the first byte of the file to the last, leaving out the seal and nothing else
//   b. the seal is the one shape that a node writes, padded with zeros: byte by byte
//   c. the ECDSA signature over its attributes is good, and these hold the SHA-256 of the file
//
// No PDF parser runs on foreign bytes. Whose certificate sealed is for check 3 to say, by the list.

import { type Bytes, concat, equal, hex, sha256, unhex } from "./bytes.ts";
import { PARSE, Untrusted } from "./errors.ts";
import type { SealFinding } from "./facts.ts";
import { inflate } from "./inflate.ts";
import { certificateKey, sealParts, sealShape, signatureBytes, signedAttributes } from "./seal.ts";
import { verifyP256 } from "./signatures.ts";

const MAX_PDF_BYTES = 10 * 1024 * 1024;
const MAX_ATTACHMENT_BYTES = 256 * 1024;
const MAX_ATTACHMENTS = 8;
const MAX_CMS_HEX = 64 * 1024;

const SIGNS_OF_A_SEAL = [
  "/ByteRange",
  "ETSI.CAdES.detached",
  "adbe.pkcs7",
  "(KPSeal)",
  "/DocMDP",
  "Adobe.PPK",
  "/SigFlags",
  "/FT /Sig",
  "/FT/Sig",
];
const SPACE = "[ \\t\\n\\r\\f\\v]";
const RANGE = new RegExp(
  `/ByteRange${SPACE}{0,3}\\[${SPACE}{0,3}(\\d{1,9})${SPACE}{1,3}(\\d{1,9})${SPACE}{1,3}(\\d{1,9})${SPACE}{1,3}(\\d{1,9})${SPACE}{0,60}\\]`,
);
const EMBEDDED = new RegExp(`/Type${SPACE}{0,8}/EmbeddedFile(?![A-Za-z0-9_])`, "g");
const LENGTH = new RegExp(`/Length${SPACE}{1,3}(\\d{1,9})(?![A-Za-z0-9_])(?!${SPACE}+\\d+${SPACE}+R)`);
const FILTER = new RegExp(`/Filter${SPACE}{0,3}(\\[[^\\]]{0,200}\\]?|/[A-Za-z0-9#]{1,40})`);
const SD_JWT = /^ey[\w-]{1,2000}\.[\w-]{2,100000}\.[\w-]{2,12000}~[\w~.-]*$/;
const JWS = /^ey[\w-]{1,2000}\.[\w-]{2,100000}\.[\w-]{2,12000}$/;
const PROOF_HEADER = "c2sp.org/tlog-proof@v1\n";
const TIME = new RegExp(`/M${SPACE}{0,3}\\(D(?::|\\\\072)(\\d{14})Z\\)`);

export interface PdfReading {
  /** The attached SD-JWT, not verified here. */
  credential: string | null;
  /** The attached proof of the journal, likewise. */
  proof: string;
  seal: SealFinding;
}

export function isPdf(data: Uint8Array): boolean {
  return /^[\t-\r ]*%PDF-/.test(latin(data.subarray(0, 1024)));
}

/** The attached credential and the state of the seal. */
export async function readPdf(data: Bytes): Promise<PdfReading> {
  if (data.length > MAX_PDF_BYTES) {
    throw new Untrusted(PARSE, `the file is larger than ${MAX_PDF_BYTES / 1024 / 1024} MB`);
  }
  const text = latin(data); // one character for each byte, so that places in one are places in the other
  if (new RegExp(`/Encrypt${SPACE}{0,3}\\d+${SPACE}+\\d+${SPACE}+R`).test(text)) throw new Untrusted(PARSE, "the PDF is encrypted");
  return { ...statements(data, text), seal: await sealOf(data, text) };
}

function latin(data: Uint8Array): string {
  let text = "";
  for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
  return text;
}

/** The attached credential and proof. A receipt may be there too: it is no certificate. */
function statements(data: Bytes, text: string): { credential: string | null; proof: string } {
  const [credentials, receipts, proofs] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const content of attachments(data, text)) {
    const raw = latin(content);
    const written = raw.replace(/^[\t-\r ]+|[\t-\r ]+$/g, "");
    if (SD_JWT.test(written)) credentials.add(written);
    else if (JWS.test(written)) receipts.add(written);
    else if (raw.startsWith(PROOF_HEADER)) proofs.add(new TextDecoder("utf-8", { ignoreBOM: true }).decode(content));
  }
  if (credentials.size > 1 || receipts.size > 1 || proofs.size > 1) {
    throw new Untrusted(PARSE, "the PDF holds more than one signed statement");
  }
  return { credential: [...credentials][0] ?? null, proof: [...proofs][0] ?? "" };
}

/** The content of each embedded file, bounded. */
function* attachments(data: Bytes, text: string): Generator<Bytes> {
  let count = 0;
  for (const mention of text.matchAll(EMBEDDED)) {
    if (count++ >= MAX_ATTACHMENTS) throw new Untrusted(PARSE, `the PDF has more than ${MAX_ATTACHMENTS} attachments`);
    const place = mention.index;
    const start = text.lastIndexOf(" obj", place - 4);
    const end = place + mention[0].length;
    const opening = /stream\r?\n/.exec(text.slice(end, end + 2000));
    if (start < place - 2000 || start < 0 || !opening) continue; // a mention of the words, not a stream
    const content = attachment(data, text.slice(start, end + opening.index), end + opening.index + opening[0].length);
    if (content !== null) yield content;
  }
}

/** The stream that begins at a place, unpacked; null if it is damaged or packed in a way that is not unpacked here. */
function attachment(data: Bytes, header: string, at: number): Bytes | null {
  const filters = FILTER.exec(header);
  if (!filters) {
    const size = Number(LENGTH.exec(header)?.[1] ?? 0);
    if (size > MAX_ATTACHMENT_BYTES) tooLarge();
    return data.slice(at, at + size);
  }
  if (filters[1]!.replace(/^[[\] \r\n\t]+|[[\] \r\n\t]+$/g, "") !== "/FlateDecode") return null;
  let content: Bytes;
  try {
    content = inflate(data.subarray(at), MAX_ATTACHMENT_BYTES).data;
  } catch {
    return null;
  }
  if (content.length > MAX_ATTACHMENT_BYTES) tooLarge();
  return content;
}

function tooLarge(): never {
  throw new Untrusted(PARSE, `an attachment is larger than ${MAX_ATTACHMENT_BYTES / 1024} kB`);
}

const ALTERED: SealFinding = { state: "altered", certificateSha256: "" };

/** The state of the seal. One that cannot be read was broken by whoever changed the file. */
async function sealOf(data: Bytes, text: string): Promise<SealFinding> {
  if (!SIGNS_OF_A_SEAL.some((sign) => text.includes(sign))) return { state: "unsigned", certificateSha256: "" };
  try {
    return (await checkedSeal(data, text)) ?? ALTERED;
  } catch {
    return ALTERED;
  }
}

async function checkedSeal(data: Bytes, text: string): Promise<SealFinding | null> {
  const range = RANGE.exec(text);
  if (!range || text.split("/ByteRange").length !== 2) return null;
  const [first, before, after, rest] = range.slice(1).map(Number) as [number, number, number, number];
  if (first !== 0 || before <= 0 || before >= after || after + rest !== data.length) return null; // a
  if (before < range.index + range[0].length && after > range.index) return null;
  if (after - before > MAX_CMS_HEX || text[before] !== "<" || text[after - 1] !== ">") return null;
  const digits = text.slice(before + 1, after - 1);
  const padded = unhex(digits);
  if (!padded) return null;
  const { certificate, signature, digest } = sealParts(padded);
  const own = sha256(concat(data.subarray(0, before), data.subarray(after)));
  if (!equal(digest, own)) return null;
  const shape = hex(sealShape(own, certificate, signature)).toUpperCase();
  if (digits !== shape.padEnd(digits.length, "0")) return null; // b
  const { point, ok } = certificateKey(certificate, statedTime(text, before, after));
  const holds = await verifyP256(point, signedAttributes(own, certificate), signatureBytes(signature)); // c
  if (!holds) return null;
  return { state: ok ? "intact" : "unknown_signer", certificateSha256: hex(sha256(certificate)) };
}

/** The signing time written next to the seal, as YYYYMMDDhhmmss in UTC; it is inside the sealed bytes. */
function statedTime(text: string, before: number, after: number): string {
  const found = TIME.exec(text.slice(Math.max(0, before - 600), before)) ?? TIME.exec(text.slice(after, after + 600));
  if (!found) throw new Error("the seal states no time");
  return found[1]!;
}
