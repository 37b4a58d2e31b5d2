// The engine as the page asks it. It is built beside this folder; the page only shows what it says.
import * as engine from "kp-engine";

export type Result = "pass" | "warn" | "fail" | "unknown";
export type Check = { id: number; name: string; result: Result; detail: string; template: string; facts: Record<string, string>; counts: boolean };
export type Report = {
  verdict: "valid" | "invalid" | "cannot_tell"; advice: string; proven: boolean; artefact: string; number: string; issuer: string; authority: string;
  issue_date: string | null; expiry_date: string | null; destination: string; seal: string; cid: string; check_code: string;
  data: { issued: string; age_days: number }; checks: Check[]; certificate?: any;
};
export type Question = { now: Date; authority?: string; transit?: boolean; beside?: string; proof?: string };

export const { Bundle, verify } = engine;
/** Opens a signed list; absent from an engine that does not know them. */
export const openBundle: ((text: string, how: { root: any; remembered: any; now: Date }) => Promise<any>) | undefined = (engine as any).openBundle;
