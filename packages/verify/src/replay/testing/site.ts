// SPDX-License-Identifier: Apache-2.0
// A site in a few lines, for tests of replay: it decides events by real policies, with counters and limits
// that are counted as plainly as can be, by looking through all events before.
import {
  applyDecision,
  cleanStanding,
  computeSignals,
  concludeDecision,
  counterEntries,
  counts,
  enforce,
  evaluate,
  factsOf,
  languageVersion,
  readStanding,
  restrictionFromRecord,
  shingleKey,
  signalDefinitions,
  signalsVersion,
} from "@docket/policy";
import type { EvaluationInput, FieldPath, PolicyFile, Scalar, Standing } from "@docket/policy";
import { encodeDisclosed, formatTime } from "@docket/protocol";
import type { Facts } from "@docket/protocol";
import { encodeEvent, normaliseEvent } from "@docket/protocol/events";
import type { Event } from "@docket/protocol/events";
import { encodeBase64Url, sha256, utf8 } from "@docket/tlog";
import type { DecisionRecord } from "../decision.ts";
import type { EvidencePorts, OpenedEvidence } from "../evidence.ts";
import { declarationHash, isReleaseFault, openRelease } from "../release.ts";
import type { ReplayRelease } from "../release.ts";

/** A decision with all that was kept of it. */
export type Decided = { record: DecisionRecord; facts: Facts; evidence: OpenedEvidence };

/** What a release's file holds. */
export function keptRelease(files: readonly PolicyFile[]): { id: string; text: string } {
  const manifest = JSON.stringify({
    format: "docket-release/v1",
    language: languageVersion,
    signals: signalsVersion,
    files: files.map(({ path, text }) => ({ path, sha256: digest(text) })),
    lists: [],
    models: [],
  });
  return { id: digest(manifest), text: JSON.stringify({ manifest, files }) };
}

/** A release of one policy. */
export function releaseOf(text: string): ReplayRelease {
  const kept = keptRelease([{ path: "p.yaml", text }]);
  const release = openRelease(kept.id, kept.text);
  if (isReleaseFault(release)) throw new Error(release.fault);
  return release;
}

/** Keyed hashes, with no key. */
export const ports: EvidencePorts = {
  fingerprint: (text) => digest(`fingerprint ${text}`).slice(0, 22),
  campaigns: {
    shingleKey: shingleKey(new Uint8Array(16)),
    domainKey: (domain) => digest(`domain ${domain}`).slice(0, 16),
  },
  eventId: (id) => digest(`event ${id}`).slice(0, 22),
  contentId: (id) => digest(`content ${id}`).slice(0, 22),
  body: (encoded) => digest(`body ${encoded}`).slice(0, 22),
  cell: (path, value) => digest(`${path}\n${value}`).slice(0, 16),
  hit: (list, entry) => `${list}:${digest(entry).slice(0, 11)}`,
};

type Counted = { keys: Record<string, string[][]>; uncounted: string[]; actor: string; atMs: number };

/** Decides events one after the other, under one release. */
export function createSite(release: ReplayRelease): (event: Event, atMs: number) => Decided {
  const standings = new Map<string, Standing>();
  const before: Counted[] = [];
  const { policies } = release;
  return (event, atMs) => {
    const index = before.length;
    const actor = `a_${digest(event.actor.id).slice(0, 22)}`;
    const standing = standings.get(actor) ?? cleanStanding;
    const about = policies.policies.filter((policy) => policy.on.includes(event.type));
    const read = readStanding(standing, about, atMs);
    const input: EvaluationInput = {
      type: event.type,
      op: event.op ?? "create",
      decidedAt: atMs,
      actor: event.actor,
      content: event.content,
      signals: computeSignals(
        { text: event.content?.text, title: event.content?.title },
        { fingerprint: ports.fingerprint },
      ),
      counters: new Map(),
      standing: {
        strikes: read.strikes,
        restricted: read.restrictions.some(({ kind }) => kind !== "warn"),
        limited: [],
      },
    };
    const counted = { ...keysOf(release, input), actor, atMs };
    const values = countersOf(release, counted, before);
    const evaluation = evaluate(policies, {
      ...input,
      counters: new Map([...values].map(([hash, value]) => [release.counters.get(hash)?.id ?? "", value])),
    });
    let ids = 0;
    const enforcement = enforce(evaluation, about, read, atMs, new Set(), () => restrictionId(index, ids++));
    const conclusion = concludeDecision(evaluation, enforcement);
    const { outcome, rules, restrictions, reasons, disclosed } = conclusion;
    before.push(counted);
    standings.set(
      actor,
      applyDecision(standing, {
        decidedAtMs: atMs,
        refused: outcome === "delay" || outcome === "reject",
        strikes: conclusion.facts.strikes.map((strike) => ({ ...strike, atMs })),
        restrictions: restrictions.map(restrictionFromRecord),
      }),
    );
    const time = formatTime(atMs);
    const facts: Facts = {
      v: 1,
      event: {
        id: ports.eventId(event.id),
        body: ports.body(encodeEvent(event)),
        type: event.type,
        op: event.op ?? "create",
        time,
        inReplyTo: null,
      },
      decidedAt: time,
      clock: "event",
      source: "file",
      values: valuesOf(release, input, evaluation.clauses),
      counters: Object.fromEntries(values),
      keys: counted.keys,
      ...(counted.uncounted.length > 0 && { uncounted: counted.uncounted }),
      standing: read,
      clauses: evaluation.clauses,
      ...conclusion.facts,
    };
    const record: DecisionRecord = {
      v: 1,
      index,
      prev: "",
      time,
      uncertaintyMs: null,
      kind: "decision",
      by: "operator",
      actor,
      outcome,
      rules,
      restrictions,
      release: release.id,
      parts: "",
    };
    const evidence = {
      content: `{"v":1,"event":${encodeEvent(normaliseEvent(event))}}`,
      disclosed: reasons.length === 0 ? undefined : encodeDisclosed({ v: 1, reasons, facts: disclosed }),
      personalFacts: undefined,
    };
    return { record, facts, evidence };
  };
}

function valuesOf({ policies }: ReplayRelease, input: EvaluationInput, clauses: string): Facts["values"] {
  const values: Facts["values"] = { ...factsOf(policies, input, clauses).values };
  for (const { name, personal } of signalDefinitions) {
    const value = input.signals[name];
    if (!personal && value !== undefined) values[`signals.${name}`] = value as Facts["values"][string];
  }
  return values;
}

function keysOf(
  { policies, counters }: ReplayRelease,
  input: EvaluationInput,
): Pick<Counted, "keys" | "uncounted"> {
  const keys: Record<string, string[][]> = {};
  const uncounted: string[] = [];
  const cell = (path: FieldPath, value: Scalar): string =>
    path === "actor.id" ? "@" : ports.cell(path, value);
  for (const [hash, counter] of counters) {
    const entries = counterEntries(policies, counter, input);
    if (entries === undefined) continue;
    keys[hash] = entries.map(({ by, of }) => {
      const key = by.map((value, place) => cell(counter.by[place] ?? "", value)).join("|");
      if (of === undefined) return [key];
      return [key, counter.kind === "sum" ? String(of) : cell(counter.of ?? "", of)];
    });
    if (!counts(policies, counter, input)) uncounted.push(hash);
  }
  return { keys, uncounted: uncounted.sort() };
}

// By looking through all events before: the definition itself.
function countersOf(
  { counters }: ReplayRelease,
  { keys, actor, atMs }: Counted,
  before: readonly Counted[],
): Map<string, number> {
  const values = new Map<string, number>();
  for (const [hash, own] of Object.entries(keys)) {
    const counter = counters.get(hash);
    if (counter === undefined) continue;
    const last = Math.floor(atMs / counter.bucketMs);
    const read = own.map(([key = ""]) => {
      const name = key.replaceAll("@", actor);
      const within = before.flatMap((event) => {
        const bucket = Math.floor(event.atMs / counter.bucketMs);
        if (bucket > last || bucket <= last - 60 || event.uncounted.includes(hash)) return [];
        return (event.keys[hash] ?? [])
          .filter(([each = ""]) => each.replaceAll("@", event.actor) === name)
          .map(([, value = ""]) => value.replaceAll("@", event.actor));
      });
      if (counter.kind === "distinct") return new Set(within).size;
      if (counter.kind === "sum") return within.reduce((sum, value) => sum + Number(value), 0);
      return within.length;
    });
    values.set(hash, Math.max(0, ...read));
  }
  return values;
}

function restrictionId(index: number, place: number): string {
  return `r_${declarationHash(`${index} ${place}`)}`;
}

function digest(text: string): string {
  return encodeBase64Url(sha256(utf8(text)));
}
