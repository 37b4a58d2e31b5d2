// The one way in which reading bytes from outside can fail. Nothing else leaves this engine.

/** Bytes from outside failed a numbered step of a check. `step` is number and name, `reason` a sentence for people. */
export class Untrusted extends Error {
  readonly step: string;
  readonly reason: string;

  constructor(step: string, reason: string) {
    super(`${step}: ${reason}`);
    this.name = "Untrusted";
    this.step = step;
    this.reason = reason;
  }
}

export const PARSE = "1 parse";
export const KEY = "2 key";
export const SIGNATURE = "3 signature";
export const LOG = "8 log";
export const STATUS = "9 status";
export const BUNDLE = "0 bundle";
