// SPDX-License-Identifier: Apache-2.0
// Separation of duties: how many persons a change takes, and which. Of apps Docket knows keys, not persons:
// what counts as another person is another key or account, and one that is older than the proposal, so that
// nobody makes themself a second one for it. docs/operations/policy-changes.md says the same in a table.
import type { DutyLevel } from "@docket/protocol";
import { dutyLevels } from "@docket/protocol";
import type { Role } from "../access/permissions.ts";

/** What one person decided alone comes into force so much later, and can be cancelled until then; in ms. */
export const aloneDelayMs = 600_000;
/** Longest time for which one person may put a release in force by breaking the glass, in ms. */
export const breakGlassMsMax = 86_400_000;

/** Who does something. `operator` is whoever has the data directory. */
export type Author = { readonly by: string; readonly role: Role | "operator" };

/** What is to be approved, as far as duties ask for it. */
export type Approvable = {
  /** Whoever proposed it, and the role that they had. */
  readonly by: string;
  readonly role: string | undefined;
  /** The record's index: keys that were made after it don't count. */
  readonly index: number;
  readonly restrictsMore: boolean;
  readonly approvals: readonly { readonly by: string; readonly alone: boolean }[];
};

/** The stricter of two levels. */
export function stricterLevel(a: DutyLevel, b: DutyLevel): DutyLevel {
  return dutyLevels.indexOf(a) >= dutyLevels.indexOf(b) ? a : b;
}

/** How many different persons must approve. */
export function approvalsNeeded(level: DutyLevel, restrictsMore: boolean): number {
  return level === "strict" && restrictsMore ? 2 : 1;
}

/** An API key or a person: the role, and the index of the record by which they were made. */
export type KnownKey = {
  readonly role: string;
  readonly madeAt: number;
  /** Of a key in the place of others: the first of them. Both are one person's. */
  readonly holder?: string | undefined;
};
/** API keys and people by id. */
export type Keys = ReadonlyMap<string, KnownKey>;

/** Whose key or account it is, as far as the log knows. */
export function holderOf(keys: Keys, by: string): string {
  return keys.get(by)?.holder ?? by;
}

/**
 * Whether enough have approved. Each approval is judged by the level as it is now: what one person approved
 * alone at level solo counts for nothing once the level was raised.
 */
export function isApproved(level: DutyLevel, subject: Approvable, keys: Keys): boolean {
  const counted = subject.approvals.filter(({ by }) => doubt(level, subject, by, keys) === undefined);
  return counted.length >= approvalsNeeded(level, subject.restrictsMore);
}

/**
 * When something that only whoever proposed it approved comes into force by itself, in ms since 1970;
 * `undefined` if that does not apply.
 */
export function comesAtMs(
  level: DutyLevel,
  { approvals }: { approvals: readonly { readonly atMs: number; readonly alone: boolean }[] },
): number | undefined {
  if (level !== "solo" || approvals.length === 0 || approvals.some(({ alone }) => !alone)) return undefined;
  return Math.max(...approvals.map(({ atMs }) => atMs)) + aloneDelayMs;
}

/** Why somebody may not approve something, in words; `undefined` if they may. */
export function objection(
  level: DutyLevel,
  subject: Approvable,
  approver: Author,
  keys: Keys,
): string | undefined {
  const holder = holderOf(keys, approver.by);
  if (subject.approvals.some(({ by }) => holderOf(keys, by) === holder))
    return "you have approved it already";
  return doubt(level, subject, approver.by, keys);
}

function doubt(level: DutyLevel, subject: Approvable, by: string, keys: Keys): string | undefined {
  if (level === "solo") return undefined;
  if (holderOf(keys, by) === holderOf(keys, subject.by))
    return `you proposed it; at level ${level} somebody else approves`;
  const key = keys.get(by);
  if (by !== "operator" && (key === undefined || key.madeAt > subject.index)) {
    return `your key was made after the proposal; at level ${level} it takes one that was there before`;
  }
  const role = key?.role ?? "operator";
  if (level === "strict" && role === subject.role) {
    return `whoever proposed it has the role ${role} too; at level strict another role approves`;
  }
  return undefined;
}
