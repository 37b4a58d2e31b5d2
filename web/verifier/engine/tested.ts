// Everything that the browser tests reach for: the engine, and the readers that outside vectors are run through.

export { b64u, hex, unb64u, unhex } from "./bytes.ts";
export { reports } from "./cases.ts";
export { parse as parseCose } from "./cose.ts";
export * from "./index.ts";
export { canonical, parseJson, toPlain } from "./json.ts";
export { PublicKey } from "./keys.ts";
export { readCode } from "./qr.ts";
export { parseSdJwt } from "./sdjwt.ts";
export { decodeStatusList } from "./statuslist.ts";
export { replayAll } from "./replaying.ts";
export { leafHash, verifyConsistency, verifyInclusion } from "./merkle.ts";
export { Checkpoint, Note, VerifierKey } from "./notes.ts";
export { Policy } from "./policy.ts";
export { readPdf } from "./pdf.ts";
