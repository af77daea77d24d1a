// SPDX-License-Identifier: Apache-2.0
// The backtest: how fast recorded decisions are decided again on one core, and how fast a thread reads them.
// The log is made in memory, with the same bytes that a data directory has.
import { hash, randomBytes } from "node:crypto";
import { createListView } from "@docket/policy";
import type { ListKind } from "@docket/policy";
import { encodeLeaf, recordVersion } from "@docket/protocol";
import type { DecisionBody, Facts } from "@docket/protocol";
import { encodeEvent } from "@docket/protocol/events";
import { bundleName, encodeEntryBundle, entriesPath, tileWidth, utf8 } from "@docket/tlog";
import { itemsOf } from "../../../packages/docket/src/backtest/batch.ts";
import type { Batch } from "../../../packages/docket/src/backtest/batch.ts";
import { candidateOfFiles } from "../../../packages/docket/src/backtest/candidate.ts";
import { countedBesides } from "../../../packages/docket/src/backtest/known-counters.ts";
import { countedIds, Preparer } from "../../../packages/docket/src/backtest/preparer.ts";
import { BacktestRun } from "../../../packages/docket/src/backtest/run.ts";
import { unwrapKey, wrapKey } from "../../../packages/docket/src/evidence/keys.ts";
import { sealParts } from "../../../packages/docket/src/evidence/seal.ts";
import { declaredIn } from "../../../packages/docket/src/intake/counting.ts";
import { draftDecision } from "../../../packages/docket/src/intake/draft.ts";
import { siteSignals } from "../../../packages/docket/src/intake/site-signals.ts";
import { logPaths } from "../../../packages/docket/src/log/paths.ts";
import { encodeRecordParts } from "../../../packages/docket/src/log/parts-bundle.ts";
import { encodeKeptRelease } from "../../../packages/docket/src/releases/release.ts";
import type { Release } from "../../../packages/docket/src/releases/release.ts";
import { disk } from "../../../packages/docket/src/stores/files/node-disk.ts";
import { grouped, table } from "../log/markdown.ts";
import { median } from "../numbers.ts";
import type { PolicyBench, PolicySection } from "./context.ts";
import { generatedPolicy, policySize } from "./generated-policy.ts";
import { hashing, listLines, openEngine, readStream, subjectOf, warmUpRounds } from "./stream-table.ts";

const origin = "docket-bench/main";
const siteKey = Buffer.alloc(32, 5);
const keyEncryption = Buffer.alloc(32, 6);
const paths = logPaths("/nonexistent", "main");

/** The recorded decisions, in every form that is measured. */
type Recorded = {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly wrapped: ReadonlyMap<string, Uint8Array>;
  readonly opened: readonly { readonly record: DecisionBody & { index: number }; readonly facts: Facts }[];
  readonly size: number;
};

/** Records a stream, and makes what its backtest needs. */
export function setUp(events: number): {
  log: Recorded;
  preparer: Preparer;
  candidate: ReturnType<typeof loaded>;
  known: readonly string[];
  ids: readonly string[];
} {
  const recorded = loaded(policyText(600));
  const candidate = loaded(policyText(500));
  const log = record(events, recorded.release);
  const known = declaredIn(recorded.release.policies).counters.map(({ id }) => id);
  const start = {
    known,
    paths,
    origin,
    siteKey,
    folder: { path: "" },
    hashing,
    identity: "",
    journalled: [],
    candidate: candidate.plain,
    brakedFrom: Number.POSITIVE_INFINITY,
    withEventHashes: false,
  };
  const ids = countedIds(countedBesides(declaredIn(candidate.release.policies), known));
  const kept = encodeKeptRelease(recorded.release);
  const preparer = new Preparer(start, {
    disk: { ...disk, readFile: (path) => (path.includes(recorded.release.id) ? kept : undefined) },
    read: (path) => log.files.get(path),
    actorKey: (pseudonym) => {
      const wrapped = log.wrapped.get(pseudonym);
      return wrapped && unwrapKey(keyEncryption, pseudonym, wrapped);
    },
    nowMs: () => performance.now(),
  });
  return { log, preparer, candidate, known, ids };
}

/** Measures a candidate that is the recorded policy with another threshold, over the comment stream. */
export async function measureBacktest(context: PolicyBench): Promise<PolicySection> {
  context.progress("backtest: recording");
  const { log, preparer, candidate, known, ids } = setUp(context.events);
  const rates: Record<"prepare" | "decide" | "both" | "read", number[]> = {
    prepare: [],
    decide: [],
    both: [],
    read: [],
  };
  let said = { changed: 0, facts: 0, evidence: 0 };
  for (let round = -warmUpRounds; round < context.rounds; round++) {
    context.progress(`backtest: round ${round + 1} of ${context.rounds}`);
    const prepared = timed(() => prepareOpened(preparer, log));
    const run = new BacktestRun({
      candidate: candidate.release,
      known,
      hashing,
      from: 0,
      declared: () => undefined,
      sample: undefined,
    });
    const decided = timed(() => prepared.result.forEach((batch) => run.take(batch)));
    if (round < 0) continue;
    rates.prepare.push(log.size / prepared.seconds);
    rates.decide.push(log.size / decided.seconds);
    rates.both.push(log.size / (prepared.seconds + decided.seconds));
    const { changed, coverage } = run.report();
    said = { changed: changed.decisions, facts: coverage.facts, evidence: coverage.evidence };
    await Promise.resolve();
  }
  // Afterwards: what reading leaves to be cleared away would count with deciding.
  for (let round = -1; round < context.rounds; round++) {
    const read = timed(() => readAll(preparer, log, ids));
    if (round >= 0) rates.read.push(log.size / read.seconds);
  }
  const perSecond = Object.fromEntries(Object.entries(rates).map(([name, own]) => [name, median(own)]));
  return {
    data: { events: log.size, ...said, ...policySize, perSecond },
    text: textOf(perSecond, log.size, said),
  };
}

function readAll(preparer: Preparer, { size }: Recorded, ids: readonly string[]): void {
  for (let first = 0; first < Math.ceil(size / tileWidth); first++) {
    const batch = preparer.prepare({ first, count: 1, size, warm: 0, from: 0, to: size });
    for (const item of itemsOf(batch, ids)) if (item.kind === "lost") throw new Error(item.why);
  }
}

function textOf(
  perSecond: Record<string, number>,
  events: number,
  said: { changed: number; facts: number; evidence: number },
): string {
  const { rules, counters, lists } = policySize;
  const { changed, facts, evidence } = said;
  const row = (what: string, name: string): string[] => [what, grouped(perSecond[name] ?? Number.NaN)];
  return [
    table(
      [
        [`backtest of ${rules} rules, ${counters} counters, ${lists} lists, on one core`, "events/s"],
        row("from opened facts to what changes: both of the next two", "both"),
        row("clauses that need no memory, from facts, packed for the deciding thread", "prepare"),
        row("in its turn: counters, limits, standing, the rest, brakes, comparison", "decide"),
        row("reading besides: checking, opening and parsing records, packed like that; by all cores", "read"),
      ],
      1,
    ),
    "",
    `${grouped(events)} comments; ${grouped(changed)} decisions change, ${grouped(facts)} are made from ` +
      `facts and ${grouped(evidence)} from the event. All of it is as fast as the slower of reading, ` +
      "which all cores do, and the last step, which one does.",
  ].join("\n");
}

/** What facts do for, packed as threads do; the others are made from the event beforehand. */
export function prepareOpened(preparer: Preparer, { opened }: Recorded): Batch[] {
  const batches: Batch[] = [];
  for (let from = 0; from < opened.length; from += 2048) {
    const writer = preparer.writer();
    for (const { record: each, facts } of opened.slice(from, from + 2048)) {
      writer.add(preparer.prepareDecision(each, facts, true, () => undefined));
    }
    batches.push(writer.finish(2048, 0));
  }
  return batches;
}

function policyText(points: number): string {
  return generatedPolicy()
    .replace("points: 600", `points: ${points}`)
    .replace(/ {2}(\w+): \{ kind: (\w+) \}/g, "  $1: { kind: $2, file: $1.txt }");
}

function loaded(text: string): ReturnType<typeof candidateOfFiles> {
  const lists = listLines();
  const listFile = (path: string): Uint8Array | undefined => {
    const lines = lists.get(path.replace(/\.txt$/, ""));
    return lines === undefined ? undefined : utf8(entriesOf(lines.kind, lines.lines).join("\n"));
  };
  const ports = { disk: { ...disk, readFile: () => undefined }, paths, hashing };
  return candidateOfFiles(ports, [{ path: "generated.yaml", text }], listFile, undefined);
}

function entriesOf(kind: ListKind, lines: readonly string[]): string[] {
  return lines.filter((line) => {
    try {
      createListView(kind, [{ value: line }]);
      return !line.startsWith("#");
    } catch {
      return false;
    }
  });
}

function record(count: number, release: Release): Recorded {
  const engine = openEngine(release);
  const files = new Map<string, Uint8Array>();
  const wrapped = new Map<string, Uint8Array>();
  const opened: { record: DecisionBody & { index: number }; facts: Facts }[] = [];
  const key = Buffer.alloc(32, 9);
  let leaves: Uint8Array[] = [];
  let parts: Buffer[] = [];
  const stream = readStream(count);
  for (const [index, each] of stream.entries()) {
    const hashed = hash("sha256", each.event.actor.id, "buffer").subarray(0, 16);
    const pseudonym = `a_${hashed.toString("base64url")}`;
    if (!wrapped.has(pseudonym)) wrapped.set(pseudonym, wrapKey(keyEncryption, pseudonym, key, randomBytes));
    const subject = { ...subjectOf(each, siteSignals(each.event, hashing)), actor: pseudonym };
    const { decided } = engine.decide({ ...subject, eventHash: "x".repeat(22), bodyHash: "y".repeat(22) });
    const encoded = encodeEvent(each.event);
    const draft = draftDecision(decided, encoded, { pseudonym, key }, "k_AAAAAAAAAAAAAAAA", siteKey);
    const { manifest, manifestHash, sealed } = sealParts(draft.parts, origin, randomBytes);
    const time = new Date(each.atMs).toISOString();
    const header = { v: recordVersion, index, prev: "A".repeat(43), time, uncertaintyMs: null } as const;
    leaves.push(utf8(encodeLeaf(header, draft.body, manifestHash)));
    parts.push(encodeRecordParts(manifest, sealed));
    opened.push({
      record: { ...(JSON.parse(`{${draft.body.replace(/^[{,]?|}$/g, "")}}`) as DecisionBody), index },
      facts: decided.facts,
    });
    if (leaves.length < tileWidth && index < stream.length - 1) continue;
    const bundle = Math.floor(index / tileWidth);
    files.set(entriesPath(bundle, leaves.length), encodeEntryBundle(leaves));
    files.set(`parts/${bundleName(bundle)}`, Buffer.concat(parts));
    [leaves, parts] = [[], []];
  }
  return { files, wrapped, opened, size: stream.length };
}

/** Seconds of processor time, all threads together. */
function timed<Result>(run: () => Result): { result: Result; seconds: number } {
  const before = process.cpuUsage();
  const result = run();
  const { user, system } = process.cpuUsage(before);
  return { result, seconds: (user + system) / 1_000_000 };
}
