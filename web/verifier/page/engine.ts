// The engine as the page asks it; the page only shows what it says.
import * as engine from "../engine/index.ts";

export type { Report, ReportedCheck as Check } from "../engine/index.ts";
export type Question = { now: Date; authority?: string; transit?: boolean; beside?: string; proof?: string };

export const { Bundle, verify } = engine;
/** Opens a signed list; absent from an engine that does not know them. */
export const openBundle: ((text: string, how: { root: any; remembered: any; now: Date }) => Promise<any>) | undefined = (engine as any).openBundle;
