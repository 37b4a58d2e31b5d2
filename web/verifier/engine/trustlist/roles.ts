// The roles of the trust list: names and paths.

export const STEP = "0 trust list";
export const TOP = ["root", "targets", "snapshot", "timestamp"];
export const PARTICIPANTS_FILE = "participants.json";
export const POLICY_FILE = "witness-policy.txt";

/** How long, in seconds, an emergency change of a participant's keys is announced before it counts. */
export const NOTICE = 14 * 86_400;

export const CODE = /^[A-Z]{2}$/;
const AUTHORITY = /^[A-Z]{2}(-[A-Z0-9]{1,8})?$/;

/** The delegated role of a participant: `participant-BW`. */
export function roleOf(code: string): string {
  return `participant-${code}`;
}

/** The participant of a delegated role; empty for any other role. */
export function participantOf(role: string): string {
  return /^participant-([A-Z]{2})$/.exec(role)?.[1] ?? "";
}

/** Participant and authority of a `keys.json`; two empty texts for any other path. */
export function authorityOf(path: string): [string, string] {
  const found = /^participants\/([A-Z]{2})\/authorities\/([A-Z0-9-]{2,11})\/keys\.json$/.exec(path);
  return found && AUTHORITY.test(found[2]!) ? [found[1]!, found[2]!] : ["", ""];
}

/** Participant and version of a continuity file; empty and 0 for any other path. */
export function continuityOf(path: string): [string, number] {
  const found = /^continuity\/([A-Z]{2})-([1-9][0-9]{0,8})\.jws$/.exec(path);
  return found ? [found[1]!, Number(found[2])] : ["", 0];
}

/** The participant of a key ceremony's transcript; empty for any other path. */
export function ceremonyOf(path: string): string {
  return /^ceremonies\/([A-Z]{2})-[1-9][0-9]{0,8}\.json$/.exec(path)?.[1] ?? "";
}

/** The role that lists a target: its participant's for `participants/XX/...`, else targets. */
export function signerRole(path: string): string {
  const [head, code] = path.split("/");
  return head === "participants" && code !== undefined && CODE.test(code) ? roleOf(code) : "targets";
}
