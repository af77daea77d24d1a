// SPDX-License-Identifier: Apache-2.0
// The comment stream under a policy of 200 rules, 20 counters and 5 lists: everything that a decision takes
// but the log.
import { createSecretKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { createListView, evaluate } from "@docket/policy";
import type { EvaluationInput, ListKind, ListView, Signals } from "@docket/policy";
import type { Event } from "@docket/protocol";
import { Counters } from "../../../packages/docket/src/counters/counters.ts";
import { Limits } from "../../../packages/docket/src/counters/limits.ts";
import { counterKinds, declaredIn, limitKinds } from "../../../packages/docket/src/intake/counting.ts";
import { Engine } from "../../../packages/docket/src/intake/engine.ts";
import type { Subject } from "../../../packages/docket/src/intake/engine.ts";
import { siteSignals } from "../../../packages/docket/src/intake/site-signals.ts";
import { releaseOf } from "../../../packages/docket/src/releases/release.ts";
import type { Release } from "../../../packages/docket/src/releases/release.ts";
import { sharedPath, skipReason } from "../../shared-data.ts";
import { grouped, table } from "../log/markdown.ts";
import { median } from "../numbers.ts";
import type { PolicyBench, PolicySection } from "./context.ts";
import { generatedPolicy, policySize } from "./generated-policy.ts";

/** Rounds before those that are measured: the engine compiles what runs often, as it has in a server. */
export const warmUpRounds = 2;
/** Events that come together, as the lines of a batch do: all are looked at before the first is decided. */
const windowEvents = 64;
const streamName = "data/comments-youtube-stream/data.jsonl.gz";
/** The site's hashing key. */
export const hashing: KeyObject = createSecretKey(Buffer.alloc(32, 7));

/** An event and its time. */
export type Prepared = { readonly event: Event; readonly atMs: number };

/** Measures the stream's first `events` comments, in the order of their times. */
export async function measureStream(context: PolicyBench): Promise<PolicySection> {
  const prepared = readStream(context.events);
  const release = openRelease();
  const signals = prepared.map(({ event }) => siteSignals(event, hashing));
  const rates: Record<string, number[]> = { signals: [], evaluate: [], given: [], decide: [], together: [] };
  let outcomes: Record<string, number> = {};
  for (let round = -warmUpRounds; round < context.rounds; round++) {
    context.progress(`stream: round ${round + 1} of ${context.rounds}`);
    const measured = measureRound(prepared, signals, release);
    outcomes = measured.outcomes;
    if (round < 0) continue;
    for (const [name, rate] of Object.entries(measured.rates)) rates[name]?.push(rate);
    await Promise.resolve();
  }
  const perSecond = Object.fromEntries(Object.entries(rates).map(([name, own]) => [name, median(own)]));
  return {
    data: { events: prepared.length, ...policySize, perSecond, outcomes },
    text: textOf(perSecond, prepared.length, outcomes),
  };
}

function measureRound(
  prepared: readonly Prepared[],
  signals: readonly Signals[],
  release: Release,
): { rates: Record<string, number>; outcomes: Record<string, number> } {
  const outcomes: Record<string, number> = {};
  const decide = (given: boolean): number => {
    const engine = openEngine(release);
    let index = 0;
    return rateOf(prepared, (each) => {
      const own = given ? (signals[index++] ?? {}) : siteSignals(each.event, hashing);
      const { outcome } = engine.decide(subjectOf(each, own)).decided.conclusion;
      if (!given) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    });
  };
  const together = (): number => {
    const engine = openEngine(release);
    return (
      rateOf(windowsOf(prepared), (window) => {
        const looked = window.map((each) => subjectOf(each, siteSignals(each.event, hashing)));
        for (const subject of looked) engine.decide(subject);
      }) * windowEvents
    );
  };
  const inputs = prepared.map(({ event, atMs }, index) =>
    inputOf(event, atMs, signals[index] ?? {}, release),
  );
  const rates = {
    signals: rateOf(prepared, ({ event }) => siteSignals(event, hashing)),
    evaluate: rateOf(inputs, (input) => evaluate(release.policies, input)),
    given: decide(true),
    decide: decide(false),
    together: together(),
  };
  return { rates, outcomes };
}

function textOf(perSecond: Record<string, number>, events: number, outcomes: Record<string, number>): string {
  const { rules, counters, lists } = policySize;
  const row = (what: string, name: string): string[] => [what, grouped(perSecond[name] ?? Number.NaN)];
  const became = Object.entries(outcomes).map(([name, count]) => `${name} ${grouped(count)}`);
  return [
    table(
      [
        [`${rules} rules, ${counters} counters, ${lists} lists`, "events/s"],
        row("signals alone", "signals"),
        row("rules alone: signals and counters given, lists asked", "evaluate"),
        row("the whole decision without log, signals given", "given"),
        row(
          "the whole decision without log: signals, counters, limits, lists, rules, restrictions, facts",
          "decide",
        ),
        row(`the same of events that come ${windowEvents} together, as in a batch`, "together"),
      ],
      1,
    ),
    "",
    `${grouped(events)} comments in the order of their times, after ${warmUpRounds} rounds that don't ` +
      `count. What became of them: ${became.join(", ")}.`,
  ].join("\n");
}

/** The events in windows; what is left over is left out. */
function windowsOf(prepared: readonly Prepared[]): (readonly Prepared[])[] {
  const windows: (readonly Prepared[])[] = [];
  for (let from = 0; from + windowEvents <= prepared.length; from += windowEvents) {
    windows.push(prepared.slice(from, from + windowEvents));
  }
  return windows;
}

/** Events for each second of processor time, all threads together. */
function rateOf<Item>(items: readonly Item[], run: (item: Item) => void): number {
  const before = process.cpuUsage();
  for (const item of items) run(item);
  const { user, system } = process.cpuUsage(before);
  return (items.length * 1_000_000) / (user + system);
}

/** The stream's first comments, in the order of their times. */
export function readStream(count: number): Prepared[] {
  const path = sharedPath(streamName);
  if (path === undefined) throw new Error(skipReason(streamName));
  const lines = gunzipSync(readFileSync(path)).toString("utf8").trimEnd().split("\n");
  const rows = lines.map(
    (line) => JSON.parse(line) as { id: string; group: string; ts: string; author: string; text: string },
  );
  return rows
    .map(({ id, group, ts, author, text }): Prepared => {
      // The stream has neither addresses nor e-mail: some are made up, so that lists are asked.
      const number = Number.parseInt(author.slice(-6), 16) || 0;
      const ip = `${1 + (number % 220)}.${(number >> 8) % 256}.${number % 256}.${(number >> 4) % 256}`;
      const email = `${author}@${number % 50 === 0 ? "0-mail.com" : "mail.example"}`;
      const createdAt = new Date(Date.parse(ts) - (number % 1_000) * 3_600_000).toISOString();
      const actor = {
        id: author,
        name: author,
        ip,
        email,
        createdAt,
        attributes: { approvedPosts: number % 20, verified: number % 7 === 0 },
      };
      return {
        atMs: Date.parse(ts),
        event: { id, type: "comment", time: ts, actor, content: { text, group, language: "en" } },
      };
    })
    .sort((a, b) => a.atMs - b.atMs)
    .slice(0, count);
}

const listFiles: readonly (readonly [name: string, kind: ListKind, file: string])[] = [
  ["bad_terms", "term", "data/lists-comment-terms/wordpress_comment_blocklist.txt"],
  ["bad_patterns", "pattern", "data/patterns-smokedetector/bad_keywords.txt"],
  ["bad_domains", "domain", "data/lists-domains/referrer_spammers.txt"],
  ["bad_networks", "network", "data/lists-ip/ipsum_level3.txt"],
  ["throwaway", "emailHost", "data/lists-domains/disposable_email_domains.txt"],
];

/** The lines of the lists' files, by name. */
export function listLines(): Map<string, { kind: ListKind; lines: readonly string[] }> {
  const lists = listFiles.map(([name, kind, file]) => {
    const path = sharedPath(file);
    if (path === undefined) throw new Error(skipReason(file));
    return [name, { kind, lines: readFileSync(path, "utf8").split("\n") }] as const;
  });
  return new Map(lists);
}

export function openRelease(): Release {
  const views = new Map<string, ListView>();
  for (const [name, kind, file] of listFiles) {
    const path = sharedPath(file);
    if (path === undefined) throw new Error(skipReason(file));
    views.set(name, viewOf(kind, readFileSync(path, "utf8").split("\n")));
  }
  return releaseOf([{ path: "generated.yaml", text: generatedPolicy() }], () => ({ versions: [], views }));
}

/** The lines that are entries; others are comments, or in a syntax that lists don't take. */
function viewOf(kind: ListKind, lines: readonly string[]): ListView {
  const entries = lines.filter((line) => {
    try {
      createListView(kind, [{ value: line }]);
      return !line.startsWith("#");
    } catch {
      return false;
    }
  });
  return createListView(
    kind,
    entries.map((value) => ({ value })),
  );
}

/** An engine without anything in memory. */
export function openEngine(release: Release): Engine {
  const declared = declaredIn(release.policies);
  const counters = new Counters(counterKinds(declared.counters));
  const limits = new Limits(limitKinds(declared.limits));
  let restrictions = 0;
  return new Engine(
    release,
    { counters, limits, standings: new Map() },
    {
      hashing,
      entryHash: (_list, entry) => entry,
      effects: {
        effectsFor: () => ({ held: new Map(), caps: { has: () => false } }),
        listsFor: (lists) => lists,
        observe: () => () => undefined,
      },
      newRestrictionId: () => `r_${String(restrictions++).padStart(16, "0")}`,
    },
  );
}

/** An event as the engine takes it. */
export function subjectOf({ event, atMs }: Prepared, signals: Signals): Subject {
  const { id } = event.actor;
  return {
    event,
    eventHash: "",
    bodyHash: "",
    actor: `a_${id}`,
    source: "file",
    decidedAtMs: atMs,
    clock: "event",
    signals,
  };
}

export function inputOf(event: Event, atMs: number, signals: Signals, release: Release): EvaluationInput {
  const counters = new Map(release.policies.counters.map(({ id }, index) => [id, (atMs + index) % 7]));
  const { actor, content } = event;
  return {
    type: "comment",
    op: "create",
    decidedAt: atMs,
    actor,
    content,
    signals,
    counters,
    lists: release.lists,
    standing: { strikes: 0, restricted: false },
  };
}
