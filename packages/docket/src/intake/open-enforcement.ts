// SPDX-License-Identifier: Apache-2.0
// Opens the desk of enforcement on a site.
import type { Policy } from "@docket/policy";
import { parseTime } from "@docket/protocol";
import type { Event } from "@docket/protocol";
import { enforcementKinds } from "../enforcement/case-state.ts";
import { EnforcementDesk } from "../enforcement/desk.ts";
import type { SubjectRegistry } from "../enforcement/subjects.ts";
import { keptReleasePath, loadKept, readKeptReleaseLater } from "../releases/release.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";
import { siteSignals } from "./site-signals.ts";
import { actChange } from "./standings.ts";

/** Releases whose policies are kept in memory for whoever looks at earlier decisions. */
const releasesRememberedMax = 32;

/** Opens the desk. Memory was rebuilt before, so the views have all of the log. */
export async function openEnforcement(
  { index, keys, clock, timer, paths, readLater, onNotice }: OpenSiteOptions,
  site: DocketSite,
  subjects: SubjectRegistry,
  newId: () => string,
): Promise<EnforcementDesk> {
  const leaves = await index.keptRecords([...enforcementKinds]);
  const desk = new EnforcementDesk(leaves, {
    act: ({ facts, restrictions, ended, ...act }, undo) =>
      site.act(
        { ...act, change: actChange({ restrictions: [...restrictions], ended: [...ended] }, facts) },
        { undo },
      ),
    seal: (body, parts) => site.seal(body, parts),
    settled: () => site.settled(),
    standingNow: (subject) => site.standingNow(subject),
    standings: () => site.standings,
    recorded: (at) => site.recorded(at),
    sitePart: (at, name) => site.sitePart(at, name),
    actorNamed: (accountId) => site.actorNamed(accountId),
    actorKey: (pseudonym) => site.actorKey(pseudonym),
    policies: policiesOf(site, (id) => readLater(keptReleasePath(paths, id))),
    decisions: (query) => index.decisions(query),
    caseRecords: (query) => index.caseRecords(query),
    collateral: {
      eventOf: async (at) => {
        const content = await site.openedPart(at, "content");
        return content === undefined ? undefined : (JSON.parse(content) as { event: Event }).event;
      },
      signals: (event) => siteSignals(event, keys.hashing),
    },
    subjects,
    siteKey: keys.site,
    hashing: keys.hashing,
    newId,
    clock,
    timer,
    onFault: (error) =>
      onNotice?.(`what ends by itself could not be sealed, and is tried again: ${String(error)}`),
  });
  await desk.readSubjects();
  site.listen({ onRecord: (record) => desk.record(record), onDecision: (row) => desk.decision(row) });
  return desk;
}

/** When the last record of an earlier opening was sealed, in ms since 1970; 0 if there is none. */
export async function lastRecordMs(site: DocketSite): Promise<number> {
  const { size } = site.status();
  if (size === 0) return 0;
  const { record } = await site.recorded(size - 1);
  return parseTime(record.time) ?? 0;
}

function policiesOf(
  site: DocketSite,
  read: (id: string) => Promise<Uint8Array | undefined>,
): (release: string) => Promise<readonly Policy[]> {
  const known = new Map<string, Promise<readonly Policy[]>>();
  return (id) => {
    if (site.release.id === id) return Promise.resolve(site.release.policies.policies);
    let policies = known.get(id);
    if (policies === undefined) {
      policies = readKeptReleaseLater(read, id).then((kept) => loadKept(kept).policies.policies);
      known.set(id, policies);
      policies.catch(() => known.delete(id));
      const [oldest] = known.keys();
      if (known.size > releasesRememberedMax && oldest !== undefined) known.delete(oldest);
    }
    return policies;
  };
}
