// SPDX-License-Identifier: Apache-2.0
// What is worth knowing of policies that are right: it depends on the time, so loading can't say it.
import type { PolicySet } from "./program.ts";

/** A note on a policy: where, `file:line`, and what. */
export type PolicyNote = { readonly place: string; readonly message: string };

/**
 * Notes on a set of policies as of a time: exemptions that have ended, and apply no longer.
 *
 * @param atMs milliseconds since the epoch
 */
export function policyNotes(set: PolicySet, atMs: number): readonly PolicyNote[] {
  return set.policies.flatMap(({ exempt }) =>
    exempt.flatMap(({ id, owner, untilMs, place }) => {
      if (untilMs === undefined || untilMs > atMs) return [];
      const end = new Date(untilMs).toISOString();
      return [{ place, message: `the exemption "${id}" of ${owner} ended at ${end}; leave it out` }];
    }),
  );
}
