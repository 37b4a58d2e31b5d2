// What the browser tests reach for: the engine, its answers to case files, recorded openings and outside vectors.

export { reports } from "./cases.ts";
export * from "./index.ts";
export { replayAll } from "./replaying.ts";
export * as vectors from "./vectors.ts";
