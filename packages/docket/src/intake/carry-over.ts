// SPDX-License-Identifier: Apache-2.0
// An account that was erased while a restriction was in force comes back as a new actor, and the restriction
// with it: sealed as a measure in the turn of the first event, before it is decided, so that log, standing
// and replay say the same.
import { formatTime } from "@docket/protocol";
import type { ActFacts, MeasureBody, RecordedRestriction } from "@docket/protocol";
import { actParts } from "../enforcement/parts.ts";
import type { Suppressed } from "../erasure/suppressions.ts";
import type { Actor } from "../evidence/actors.ts";
import { actChange } from "./standings.ts";
import type { Act, SealHooks, SitePorts } from "./site-ports.ts";

/** The reason of such a measure: `reasons.ts` has what the actor is told. */
export const carriedReason = "carried-over";

/** What such a measure is made with. */
export type CarryOverPorts = Pick<
  SitePorts,
  "suppressions" | "keys" | "clock" | "newRestrictionId" | "onNotice"
>;

/**
 * Imposes what lives on of an account's restrictions on its new actor, in this turn. Where there is nothing,
 * as nearly always, nothing is done.
 *
 * @param lookup the key under which the account is looked up
 */
export function carryOver(
  { suppressions, keys, clock, newRestrictionId, onNotice }: CarryOverPorts,
  actor: Actor,
  lookup: Uint8Array,
  act: (act: Act, hooks: SealHooks) => Promise<unknown>,
): readonly Promise<unknown>[] {
  const left = suppressions?.of(lookup) ?? [];
  if (left.length === 0 || suppressions === undefined) return [];
  const { undo, settle } = suppressions.take(lookup);
  const actors = actor.entry === undefined ? [] : [actor.entry];
  // A crash before that leaves the entry: the restriction is imposed once more, and ends at the same time.
  const onSealed = (): void => void settle().catch((error: unknown) => onNotice?.(String(error)));
  const carried = carriedAct(left, actor, { siteKey: keys.site, clock, newRestrictionId });
  return [act(carried, { actors, undo, onSealed })];
}

/** The act by which a new actor gets what lives on of an erased one's restrictions. */
function carriedAct(
  left: readonly Suppressed[],
  { pseudonym: subject, key }: Actor,
  ports: Pick<CarryOverPorts, "clock" | "newRestrictionId"> & { readonly siteKey: Uint8Array },
): Act {
  const restrictions = left.map((each) => withId(each, ports.newRestrictionId()));
  const facts: ActFacts = { v: 1, at: formatTime(ports.clock()), strikes: [], voided: [] };
  const body: Omit<MeasureBody, "parts"> = {
    kind: "measure",
    by: "docket",
    role: "docket",
    subject,
    subjectKind: "actor",
    cause: "manual",
    of: [],
    restrictions,
    ended: [],
    reason: carriedReason,
  };
  const told = { siteKey: ports.siteKey, actor: { pseudonym: subject, key } };
  const parts = actParts(facts, { reason: carriedReason }, told);
  return { body, parts, subject, change: actChange({ restrictions, ended: [] }, facts) };
}

function withId(suppressed: Suppressed, id: string): RecordedRestriction {
  const { ground: _, ...restriction } = suppressed;
  return { id, ...restriction };
}
