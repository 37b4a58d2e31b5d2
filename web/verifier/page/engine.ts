// The engine as the page asks it; the page only shows what it says.
export { Bundle, openBundle, verify, type Report, type ReportedCheck as Check } from "../engine/index.ts";

export type Question = { now: Date; authority?: string; transit?: boolean; beside?: string; proof?: string };
