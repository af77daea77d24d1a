// SPDX-License-Identifier: Apache-2.0
// Opens what looks for patterns of abuse.
import { explanationText } from "@docket/policy";
import type { PolicySet } from "@docket/policy";
import type { Facts, OpenedPart } from "@docket/protocol";
import type { SiteEnforcement } from "../enforcement/contract.ts";
import { openPart } from "../evidence/seal.ts";
import { explainRecord, releaseShelf } from "../explanation/explain-record.ts";
import { LogReader } from "../log/reader.ts";
import { PatternsDesk } from "../patterns/patterns-desk.ts";
import type { DecisionFacts } from "../patterns/patterns-desk.ts";
import { declaredIn } from "./counting.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** Opens the patterns of a site. */
export function openPatterns(
  options: OpenSiteOptions,
  site: DocketSite,
  enforcement: Pick<SiteEnforcement, "standingOf">,
): PatternsDesk {
  const { index, keys, clock, readLater, paths } = options;
  const shelf = releaseShelf(readLater, paths);
  const reader = new LogReader(paths);
  return new PatternsDesk({
    decisions: (query) => index.decisions(query),
    keptPage: (query) => index.keptPage(query),
    decisionGroups: (query) => index.decisionGroups(query),
    decisionSeries: (query) => index.decisionSeries(query),
    outcomeShares: (query) => index.outcomeShares(query),
    actorFigures: (actor) => index.actorFigures(actor),
    caseRecords: (query) => index.caseRecords(query),
    labels: (query) => index.labels(query),
    countedFields: () => countedFields(site.release.policies),
    factsOf: async (at) => {
      const { facts } = await site.recorded(at);
      return facts && factsByName(facts, counterNames(site.release.policies));
    },
    restrictionsOf: async (at) => {
      const { record } = await site.recorded(at);
      return record.kind === "decision" ? record.restrictions.map(({ id }) => id) : [];
    },
    standingOf: (actor, atMs) => enforcement.standingOf(actor, atMs),
    latestMs: () => index.latestDecidedMs(),
    indexed: () => site.indexed(),
    actorNamed: (accountId) => site.actorNamed(accountId),
    origin: site.origin,
    siteKey: keys.site,
    clock,
    seal: (body, parts) => site.seal(body, parts),
    receipt: (at) => site.receipt(at),
    opening: (at, by, reason) => site.opening(at, by, reason),
    openedSitePart: async (at, name): Promise<OpenedPart | undefined> => {
      const { publishedSize } = site.status();
      const stored = await reader.record(at, publishedSize);
      const sealed = stored.parts?.parts.find((part) => part.name === name);
      const opened = sealed && openPart(sealed.bytes, name, keys.site, site.origin);
      if (opened === undefined) return undefined;
      const { secret, plaintext } = opened;
      return { name, secret: secret.toString("base64url"), plaintext: plaintext.toString("utf8") };
    },
    explained: async (at) => {
      const { record, facts, disclosed } = await site.recorded(at);
      if (record.kind !== "decision" || facts === undefined) return undefined;
      return explanationText(await explainRecord({ record, facts, disclosed }, shelf, "en"));
    },
  });
}

/** The field that a counter of one field counts by, by the counter's hash. */
export function countedFields(policies: PolicySet): Map<string, string> {
  const { counters, limits } = declaredIn(policies);
  const counted = [
    ...counters.map(({ counter, id }) => ({ id, by: counter.by })),
    ...limits.map(({ limit, id }) => ({ id, by: limit.by })),
  ];
  return new Map(counted.flatMap(({ id, by }) => (by.length === 1 ? [[id, by[0] as string] as const] : [])));
}

function counterNames(policies: PolicySet): Map<string, string> {
  const { counters } = declaredIn(policies);
  return new Map(
    counters.map(({ counter: { kind, of, by, overMs }, id }) => {
      const counted = kind === "count" ? "events" : `${kind} ${of ?? ""}`.trim();
      return [id, `${counted} by ${by.join(" and ")} over ${overMs / 60_000}m`];
    }),
  );
}

// What a decision read, by the names that policies know it by; not who it was and when.
function factsByName(facts: Facts, names: ReadonlyMap<string, string>): DecisionFacts {
  const { values, counters, limits = {}, standing } = facts;
  const named: Record<string, string> = {};
  for (const [path, value] of Object.entries(values)) named[path] = JSON.stringify(value);
  for (const [id, value] of Object.entries(counters)) named[`counter ${names.get(id) ?? id}`] = String(value);
  for (const [id, value] of Object.entries(limits)) named[`limit ${id}`] = `${value} ms`;
  if (standing.strikes > 0) named["standing.strikes"] = String(standing.strikes);
  if (standing.restrictions.length > 0) named["standing.restrictions"] = String(standing.restrictions.length);
  return named;
}
