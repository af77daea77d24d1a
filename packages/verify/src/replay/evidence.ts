// SPDX-License-Identifier: Apache-2.0
// One decision made again from its evidence: the event that the content part holds. Signals, scores, list
// hits and counters' keys are computed from it and held against the facts; then it is decided on them, and
// what only the affected user may read is held against its parts. Counters, limits, standing and what was
// held back come from the facts, which the state before the record vouches for.
import {
  keptPersonalValues,
  computeSignals,
  concludeDecision,
  counterEntries,
  counts,
  enforce,
  evaluate,
  factsOf,
  lookupFacts,
  modelFacts,
  recordedLookups,
  recordedReports,
  scoreModels,
  signalDefinitions,
  signalInputOf,
} from "@docket/policy";
import type {
  Conclusion,
  Evaluation,
  EvaluationInput,
  FieldPath,
  ListView,
  Model,
  Scalar,
  SignalOptions,
} from "@docket/policy";
import { encodeDisclosed, parseTime } from "@docket/protocol";
import type { Facts } from "@docket/protocol";
import { checkDecisionRequest, encodeEvent } from "@docket/protocol/events";
import type { Event } from "@docket/protocol/events";
import { capsOf, policyFactsOf, recordedIds } from "./decision.ts";
import type { DecisionRecord } from "./decision.ts";
import { sameJson } from "./finding.ts";
import type { ReplayFinding } from "./finding.ts";
import type { ReplayRelease } from "./release.ts";

/** What only the site can compute: keyed hashes, and its lists. */
export type EvidencePorts = {
  /** The fingerprint of a normalised text. */
  readonly fingerprint: (text: string) => string;
  /** What campaigns are found by. */
  readonly campaigns: NonNullable<SignalOptions["campaigns"]>;
  /** What facts keep of an event's id and of its encoding. */
  readonly eventId: (id: string) => string;
  readonly body: (encodedEvent: string) => string;
  /** What facts keep of a content's id. */
  readonly contentId: (id: string) => string;
  /** What stands in a counter's key for the value of a field. */
  readonly cell: (path: FieldPath, value: Scalar) => string;
  /** What facts keep of a list's entry that was hit: `list:hash`. */
  readonly hit: (list: string, entry: string) => string;
};

/** What the actor's key opened. */
export type OpenedEvidence = {
  /** Plaintext of the part `content`. */
  readonly content: string;
  /** Plaintexts of `disclosed` and `personalFacts`; `undefined` where there is no such part. */
  readonly disclosed: string | undefined;
  readonly personalFacts: string | undefined;
};

/** What a release names besides its policies, by name. */
export type ReleaseAids = {
  readonly lists: ReadonlyMap<string, ListView>;
  readonly models: ReadonlyMap<string, Model>;
};

/** Decides again from evidence, and tells what differs. */
export function replayEvidence(
  release: ReplayRelease,
  aids: ReleaseAids,
  record: DecisionRecord,
  facts: Facts,
  evidence: OpenedEvidence,
  ports: EvidencePorts,
): ReplayFinding[] {
  const differs = (what: string, recorded: unknown, replayed: unknown): ReplayFinding[] =>
    sameJson(recorded, replayed) ? [] : [{ kind: "evidence", index: record.index, what, recorded, replayed }];
  const event = readContent(evidence.content);
  if (event === undefined) return differs("the part content", "an event", "something else");
  const input = inputOf(release, aids, facts, event, ports);
  if (typeof input === "string") return differs(input, "declared", "not declared");
  const evaluation = evaluate(release.policies, input);
  const conclusion = conclude(release, record, facts, evaluation);
  const encoded = encodeEvent(event);
  const counted = keysOf(release, input, ports);
  return [
    ...differs("facts.event", facts.event, eventFacts(event, encoded, facts, ports)),
    ...mapDifferences("facts.values", facts.values, valuesOf(release, input, evaluation), differs),
    ...mapDifferences("facts.keys", facts.keys, counted.keys, differs),
    ...differs("facts.uncounted", facts.uncounted ?? [], counted.uncounted),
    ...differs("facts.clauses", facts.clauses, evaluation.clauses),
    ...differs("facts.hits", facts.hits ?? [], hitsOf(evaluation, ports)),
    ...differs("outcome", record.outcome, conclusion.outcome),
    ...differs("the part disclosed", evidence.disclosed ?? null, disclosedText(conclusion)),
    ...differs("the part personalFacts", evidence.personalFacts ?? null, personalText(evaluation)),
  ];
}

function readContent(plaintext: string): Event | undefined {
  try {
    const { event } = JSON.parse(plaintext) as { event: never };
    const checked = checkDecisionRequest(event).event;
    return plaintext === `{"v":1,"event":${encodeEvent(checked)}}` ? checked : undefined;
  } catch {
    return undefined;
  }
}

function inputOf(
  release: ReplayRelease,
  { lists, models }: ReleaseAids,
  facts: Facts,
  event: Event,
  ports: EvidencePorts,
): EvaluationInput | string {
  const read = policyFactsOf(release, facts);
  if (typeof read === "string") return read;
  const { standing } = facts;
  return {
    type: event.type,
    op: event.op ?? "create",
    decidedAt: parseTime(facts.decidedAt) ?? 0,
    actor: event.actor,
    content: event.content,
    fields: event.fields,
    signals: computeSignals(signalInputOf(event.content), {
      fingerprint: ports.fingerprint,
      campaigns: release.policies.campaigns === undefined ? undefined : ports.campaigns,
      // Identified by tables that may have changed since: the record vouches for it.
      language: () => read.values["signals.language"] as string | undefined,
    }),
    // The state before the record vouches for it, as for counters.
    campaign: read.values["campaign.id"] as string | undefined,
    models: scoreModels(release.policies, models, event.type, event.content),
    lookups: recordedLookups(release.policies, release.policies, event.type, facts.values).lookups,
    reports: recordedReports(facts.values),
    counters: new Map(Object.entries(read.counters)),
    limits: new Map(Object.entries(read.limits)),
    shadowLimits: new Map(Object.entries(read.shadowLimits)),
    lists,
    held: new Map(Object.entries(read.held)) as EvaluationInput["held"],
    standing: {
      strikes: standing.strikes,
      restricted: standing.restrictions.some(({ kind }) => kind !== "warn"),
      limited: standing.restrictions.flatMap((each) => (each.kind === "limit" ? [each.ability] : [])),
    },
  };
}

function conclude(
  release: ReplayRelease,
  record: DecisionRecord,
  facts: Facts,
  evaluation: Evaluation,
): Conclusion {
  const about = release.policies.policies.filter((policy) => policy.on.includes(facts.event.type));
  const decidedAtMs = parseTime(facts.decidedAt) ?? 0;
  const { standing } = facts;
  const ids = recordedIds(record);
  return concludeDecision(evaluation, enforce(evaluation, about, standing, decidedAtMs, capsOf(facts), ids));
}

// Facts of decisions made before contents had a hash have none.
function eventFacts(event: Event, encoded: string, recorded: Facts, ports: EvidencePorts): Facts["event"] {
  const content = recorded.event.content === undefined ? undefined : event.content?.id;
  return {
    id: ports.eventId(event.id),
    body: ports.body(encoded),
    type: event.type,
    op: event.op ?? "create",
    time: event.time ?? null,
    inReplyTo: event.inReplyTo ?? null,
    ...(content === undefined ? {} : { content: ports.contentId(content) }),
  };
}

// What conditions read and isn't personal, and every signal that isn't; and what models said.
function valuesOf(
  { policies }: ReplayRelease,
  input: EvaluationInput,
  { clauses }: Evaluation,
): Record<string, unknown> {
  const values: Record<string, unknown> = {
    ...factsOf(policies, input, clauses).values,
    ...Object.fromEntries(modelFacts(input.models)),
    ...Object.fromEntries(lookupFacts(input.lookups)),
  };
  if (input.campaign !== undefined) values["campaign.id"] = input.campaign;
  for (const { name, personal } of signalDefinitions) {
    const value = input.signals[name];
    if (!personal && value !== undefined) values[`signals.${name}`] = value;
  }
  return values;
}

/** Stands for the record's actor in a recorded key. */
const actorMark = "@";

type Keys = { keys: Record<string, unknown>; uncounted: string[] };

function keysOf(
  { policies, counters, limits }: ReplayRelease,
  input: EvaluationInput,
  { cell }: EvidencePorts,
): Keys {
  const keys: Record<string, unknown> = {};
  const uncounted: string[] = [];
  const said = (path: FieldPath, value: Scalar): string =>
    path === "actor.id" ? actorMark : cell(path, value);
  for (const [hash, counted] of [...counters, ...limits]) {
    if ("kind" in counted && counted.kind === "campaigns") {
      if (counted.on.includes(input.type)) keys[hash] = campaignKeys(input);
      continue;
    }
    const entries = counterEntries(policies, counted, input);
    if (entries === undefined) continue;
    keys[hash] = entries.map(({ by, of }) => {
      const key = by.map((value, place) => said(counted.by[place] as FieldPath, value)).join("|");
      if (of === undefined || !("kind" in counted)) return [key];
      return [key, counted.kind === "sum" ? String(of) : said(counted.of as FieldPath, of)];
    });
    if (!counts(policies, counted, input)) uncounted.push(hash);
  }
  return { keys, uncounted: uncounted.sort() };
}

function campaignKeys({ signals }: EvaluationInput): string[][] {
  const { shingles, domainKeys } = signals;
  const keys = typeof shingles === "string" ? [[shingles, actorMark]] : [];
  return [...keys, ...((domainKeys ?? []) as readonly string[]).map((key) => [key, actorMark])];
}

function hitsOf({ hits }: Evaluation, ports: EvidencePorts): string[] {
  return hits.map(({ list, entry }) => ports.hit(list, entry));
}

function disclosedText({ reasons, disclosed }: Conclusion): string | null {
  return reasons.length === 0 ? null : encodeDisclosed({ v: 1, reasons, facts: disclosed });
}

function personalText(evaluation: Evaluation): string | null {
  const values = keptPersonalValues(evaluation);
  return Object.keys(values).length === 0 ? null : JSON.stringify({ v: 1, values });
}

function mapDifferences(
  name: string,
  recorded: Readonly<Record<string, unknown>>,
  replayed: Readonly<Record<string, unknown>>,
  differs: (what: string, recorded: unknown, replayed: unknown) => ReplayFinding[],
): ReplayFinding[] {
  const keys = new Set([...Object.keys(recorded), ...Object.keys(replayed)]);
  return [...keys].flatMap((key) => differs(`${name}.${key}`, recorded[key] ?? null, replayed[key] ?? null));
}
