// SPDX-License-Identifier: Apache-2.0
// Going back: which release is meant, and how far one person goes back without another.
import { DocketError } from "../error.ts";
import type { ChangeState } from "./change-state.ts";
import type { Review } from "./review.ts";

/** Fewest characters of an id by which a release is named. */
export const idPrefixLengthMin = 6;

/**
 * The id of an earlier release: the one before the release in force if none is named; else one that was in
 * force or proposed, by its id or the beginning of it, or by the index of its record.
 *
 * @throws {DocketError} `not_found`, `change_conflict` if there is none before, `usage` if several are meant
 */
export function earlierRelease(state: ChangeState, name: string | undefined): string {
  if (name === undefined) return releaseBefore(state);
  if (/^\d{1,16}$/.test(name)) {
    const index = Number(name);
    const release = state.releases.find((past) => past.index === index)?.release;
    const found = release ?? state.proposals.get(index)?.candidate;
    if (found !== undefined) return found;
    throw new DocketError(
      "not_found",
      `record ${name} put no release in force; docket policy log lists them`,
    );
  }
  const known = new Set<string>();
  for (const { release } of state.releases) known.add(release);
  for (const { candidate } of state.proposals.values()) if (candidate !== undefined) known.add(candidate);
  if (known.has(name)) return name;
  const [first, ...more] =
    name.length < idPrefixLengthMin ? [] : [...known].filter((id) => id.startsWith(name));
  if (first === undefined) {
    const message = `no release ${name} was ever in force or proposed; docket policy log lists them`;
    throw new DocketError("not_found", message);
  }
  if (more.length > 0) throw new DocketError("usage", `${name} may be ${[first, ...more].join(" or ")}`);
  return first;
}

/**
 * Lets one person go back to a release only where the duties of the site allow it: everywhere at level solo;
 * else by one release, and only if that one was not itself gone back to, so that nobody walks back step by
 * step alone, and didn't come into force by breaking the glass; at level strict only to a milder one.
 *
 * @throws {DocketError} `approval_needed`, `change_conflict` if it never was in force
 */
export function refuseRollback(state: ChangeState, to: string, { restrictsMore }: Review): void {
  if (!state.releases.some(({ release }) => release === to)) {
    throw new DocketError("change_conflict", `the release ${to} was never in force; publish its proposal`);
  }
  const { level, provisional, inForce } = state;
  // What is there for a time only may be ended early by anybody who may publish.
  if (level === "solo" || provisional?.before === to) return;
  const since = inForce?.since;
  const oneBack = since?.previous === to && since.via !== "rollback" && since.via !== "revert";
  if (!oneBack) throw needsAnother(level, "goes back only by the release that came last", to);
  const came = state.releases.findLast(({ release, index }) => release === to && index < since.index);
  // Nobody else has agreed to it, and it would be there for good.
  if (came?.via === "break-glass") throw needsAnother(level, "doesn't go back to a broken glass", to);
  if (level === "strict" && restrictsMore)
    throw needsAnother(level, "goes back only to a milder release", to);
}

function releaseBefore({ provisional, inForce }: ChangeState): string {
  const before = provisional?.before ?? inForce?.since.previous;
  if (before !== undefined && before !== null) return before;
  throw new DocketError("change_conflict", "there is no release before the one in force");
}

function needsAnother(level: string, what: string, to: string): DocketError {
  return new DocketError(
    "approval_needed",
    `at level ${level} one person alone ${what}; propose it (docket policy propose --release ${to}), ` +
      "or break the glass",
  );
}
