// SPDX-License-Identifier: Apache-2.0
// What the policy's pages say of changes, in words.
import type { ChangeRecord, PolicyChange, Proposal } from "./answers.ts";

/** The first characters of a release's id, by which it can be named. */
export function shortId(id: string): string {
  return id.slice(0, 10);
}

/** A share in basis points. */
export function percent(basisPoints: number): string {
  return `${Number((basisPoints / 100).toFixed(2))} %`;
}

/** One of so many, in per cent with one place. */
export function share(count: number, of: number): string {
  return of === 0 ? "–" : `${((100 * count) / of).toFixed(1)} %`;
}

/** Where a proposal stands, and what it waits for. */
export function stateOf({ state, approvals, approvalsNeeded, comesAt }: Proposal): string {
  const missing = approvalsNeeded - approvals.length;
  switch (state) {
    case "open":
      return missing === 1 ? "waits for an approval" : `waits for ${missing} approvals`;
    case "approved":
      return "approved, can be published";
    case "waiting":
      return comesAt === null
        ? "comes into force by itself"
        : `comes into force by itself at ${clockOf(comesAt)}`;
    case "stale":
      return "stale: another release came into force since; propose it again";
    case "published":
      return "published";
    case "cancelled":
      return "cancelled";
  }
}

/** A time of the day, UTC. */
export function clockOf(time: string): string {
  return `${time.slice(11, 16)} UTC`;
}

/** What a record of a change says. */
export function recordWords({ kind, via, of, release, candidate, level, list }: ChangeRecord): string {
  const named = (id: string | undefined): string =>
    id === undefined ? "a release" : `release ${shortId(id)}`;
  switch (kind) {
    case "proposal":
      if (list !== undefined) return `proposed a change of the list ${list}`;
      return level === undefined ? `proposed ${named(candidate)}` : `proposed level ${level}`;
    case "approval":
      return `approved record ${of}`;
    case "cancel":
      return `cancelled record ${of}`;
    case "level":
      return `the level of duties is ${level} now`;
    case "list":
      return `changed the list ${list}`;
    case "release":
      return `${named(release)} in force${viaWords[via ?? ""] ?? ""}`;
    default:
      return kind;
  }
}

const viaWords: Readonly<Record<string, string>> = {
  start: ", taken from the policy directory at a start",
  publish: ", published",
  rollback: ", by going back",
  "break-glass": ", for a time, by one person",
  revert: " again: the time of the other was over",
  lists: ", with a change of a list",
};

/** How a release came into force. */
export function howInForce(via: string | null): string {
  return (viaWords[via ?? ""] ?? "").replace(/^[, ]+/, "") || "in force";
}

/** A value of a change, short enough for a table. */
export function valueText(value: unknown): string {
  if (value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What a change is about. */
export function changeName({ what, policy, id, change }: PolicyChange): string {
  const name = policy === "" || what === "policy" ? id : `${policy}/${id}`;
  return `${what} ${name} ${change}`;
}

/** Days until a time, or since it, in words; `undefined` for none. */
export function endWords(untilMs: number | null, nowMs: number): string {
  if (untilMs === null) return "no end";
  const days = Math.ceil((untilMs - nowMs) / 86_400_000);
  if (days <= 0) return "ended";
  return days === 1 ? "within a day" : `in ${days} days`;
}
