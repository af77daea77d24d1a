// SPDX-License-Identifier: Apache-2.0
// `docket replay`: decisions made again from a data directory's published records, also while a server
// writes them. Nothing here writes, locks or recovers.
import { join } from "node:path";
import { parseLeaf } from "@docket/protocol";
import type { ActFacts, Facts } from "@docket/protocol";
import { tileWidth } from "@docket/tlog";
import { isReleaseFault, StateReplay } from "@docket/verify/replay";
import type { DecisionRecord } from "@docket/verify/replay";
import { DocketError } from "../../error.ts";
import { readInstallation, readKeys } from "../../installation.ts";
import { unlockInstallation } from "../../key-providers/unlock.ts";
import { journalledActors } from "../../log/journalled-actors.ts";
import { modelsDirectory } from "../../models/store.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { showProgress } from "../progress.ts";
import { checkpointSize, recordRange } from "../record-range.ts";
import type { RecordBound } from "../record-range.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { noEvidence } from "./evidence.ts";
import { logFileReader } from "./files.ts";
import { openListProof } from "./lists.ts";
import type { ListProof } from "./lists.ts";
import { openReplayPool } from "./pool.ts";
import type { ReplayPool } from "./pool.ts";
import { replayText } from "./print.ts";
import { Replayer } from "./replayer.ts";
import type { ReplayAnswer, ReplayerStart, StateItem } from "./replayer.ts";
import { findingsMax } from "./report.ts";
import type { ReplayReport } from "./report.ts";

/** What `docket replay` is told. */
export type ReplayOptions = {
  data: string;
  keys?: string | undefined;
  /** The first record, and the one after the last. */
  from?: RecordBound | undefined;
  to?: RecordBound | undefined;
  /** Whether signals, list hits and keys are computed again from the evidence. */
  evidence?: true | undefined;
  /** Whether each decision is looked at by itself, without what it read of the records before it. */
  alone?: true | undefined;
  json?: true | undefined;
};

/** Bundles that a thread is asked for at once: what it answers is held until its turn comes. */
const bundlesPerQuestion = 4;
/** From how many records on all cores are worth their start. */
const recordsForThreads = 4096;

/**
 * Replays, prints the report, and returns the exit code: 1 if anything is not as it was recorded.
 *
 * @throws {DocketError} `usage` if the directory, its keys or the range cannot be used
 */
export async function runReplay(options: ReplayOptions, terminal: Terminal): Promise<number> {
  const report = await replayDirectory(options, terminal);
  const text = options.json === true ? `${JSON.stringify(report)}\n` : replayText(report);
  await write(terminal, text);
  return report.verdict === "same" ? exitFine : exitWrong;
}

/**
 * Replays a data directory.
 *
 * @throws {DocketError} `usage`; `directory_damaged` if there is no telling how long the log is
 */
export async function replayDirectory(
  options: ReplayOptions,
  terminal: Pick<Terminal, "stderr" | "nowMs">,
): Promise<ReplayReport> {
  const installation = await unlockInstallation(readInstallation(options.data, { keys: options.keys }));
  if (installation.opaque) {
    throw new DocketError("usage", `${options.data} holds an opaque log, which has no decisions`);
  }
  const keys = readKeys(installation);
  const { paths, origin } = installation;
  const size = checkpointSize(disk.readFile(paths.checkpoint), paths.checkpoint);
  const { from, to } = recordRange(options, size, logFileReader(paths.site));
  const start: ReplayerStart = {
    directory: paths.site,
    releases: paths.releases,
    models: modelsDirectory(paths),
    origin,
    siteKey: keys.site,
    evidence:
      options.evidence === true
        ? {
            site: paths.site,
            identity: join(paths.site, "identity.sqlite"),
            journalled: journalledActors(disk, paths, origin),
            folder: keys.folder,
            hashing: keys.hashing,
          }
        : undefined,
  };
  const lists = openListProof(paths.site, keys.hashing);
  const run = new ReplayRun(start, lists, { from, to, size, alone: options.alone === true });
  const progress = showProgress(terminal);
  progress.step("records");
  const toRead = options.alone === true ? to - from : to;
  const pool = toRead < recordsForThreads ? hereOnly(start) : openReplayPool(start);
  try {
    await run.all(pool, (done, total) => progress.update(done, total));
  } finally {
    progress.end();
    await pool[Symbol.asyncDispose]();
  }
  return run.report(origin);
}

type Range = { from: number; to: number; size: number; alone: boolean };

/** One replay under way: takes the threads' answers in the log's order. */
class ReplayRun {
  readonly #range: Range;
  readonly #state: StateReplay | undefined;
  /** Opens releases for the state, and reads nothing else. */
  readonly #here: Replayer;
  readonly #report: ReplayReport;
  readonly #lists: ListProof;
  /** The first record that says that an entry of a list is held back. */
  #firstBrake = Number.POSITIVE_INFINITY;

  constructor(start: ReplayerStart, lists: ListProof, range: Range) {
    this.#range = range;
    this.#lists = lists;
    this.#state = range.alone ? undefined : new StateReplay();
    this.#here = new Replayer({ ...start, evidence: undefined }, logFileReader);
    const { from, to, size } = range;
    this.#report = {
      format: "docket-replay/v1",
      verdict: "same",
      origin: "",
      node: process.version,
      from,
      to,
      size,
      records: 0,
      decisions: 0,
      replayed: 0,
      releases: [],
      state: null,
      evidence: start.evidence === undefined ? null : noEvidence(),
      findings: [],
      findingCount: 0,
      unchecked: [],
    };
  }

  async all(pool: ReplayPool, onProgress: (done: number, total: number) => void): Promise<void> {
    const { from, to, size, alone } = this.#range;
    const firstBundle = alone ? Math.floor(from / tileWidth) : 0;
    const bundles = Math.ceil(to / tileWidth);
    const pending: Promise<ReplayAnswer>[] = [];
    let next = firstBundle;
    let taken = firstBundle;
    while (taken < bundles) {
      while (next < bundles && pending.length < pool.concurrency) {
        const count = Math.min(bundlesPerQuestion, bundles - next);
        const answer = pool.ask({ first: next, count, size, from, to, state: !alone });
        // Whether one failed is seen when its turn comes.
        answer.catch(() => undefined);
        pending.push(answer);
        next += count;
      }
      this.#take(await (pending.shift() as Promise<ReplayAnswer>));
      taken = Math.min(bundles, taken + bundlesPerQuestion);
      onProgress(Math.min(taken * tileWidth, to) - firstBundle * tileWidth, to - firstBundle * tileWidth);
    }
  }

  report(origin: string): ReplayReport {
    const report = this.#report;
    report.origin = origin;
    report.state = this.#state?.summary ?? null;
    report.findings.sort((a, b) => a.index - b.index);
    report.verdict = report.findingCount === 0 ? "same" : "different";
    report.unchecked = uncheckedOf(report, this.#range);
    return report;
  }

  #take(answer: ReplayAnswer): void {
    const report = this.#report;
    report.records += answer.records;
    report.decisions += answer.decisions;
    report.replayed += answer.replayed;
    if (report.evidence !== null) {
      for (const name of Object.keys(report.evidence) as (keyof typeof report.evidence)[]) {
        report.evidence[name] += answer.evidence[name];
      }
    }
    this.#firstBrake = Math.min(this.#firstBrake, ...answer.brakes);
    const held = answer.findings.filter((finding) => this.#mayBeHeld(finding));
    if (report.evidence !== null) report.evidence.heldEntries += held.length;
    const findings = answer.findings.filter((finding) => !held.includes(finding));
    this.#add(findings, answer.findingCount - held.length);
    for (const { id, index } of answer.releases) {
      if (report.releases.some((release) => release.id === id)) continue;
      const fault = this.#faultOf(id);
      report.releases.push({ id, first: index, fault });
      if (fault === null) continue;
      this.#add(
        [{ kind: "release", index, what: `release ${id}: ${fault}`, recorded: id, replayed: null }],
        1,
      );
    }
    if (this.#state === undefined) return;
    for (const item of answer.items) {
      if ("lost" in item) this.#state.lose(item.index, item.lost);
      else if ("adopted" in item) this.#adopt(this.#state, item);
      else this.#follow(this.#state, item);
    }
  }

  #mayBeHeld({ kind, index, what }: ReplayReport["findings"][number]): boolean {
    if (kind !== "evidence" || index < this.#firstBrake) return false;
    return !/^facts\.(event|values|keys|uncounted)/.test(what);
  }

  // A release is all that it names: its policies, and its lists in their versions.
  #faultOf(id: string): string | null {
    const release = this.#here.release(id);
    if (isReleaseFault(release)) return release.fault;
    const lists = this.#lists(release);
    return "fault" in lists ? lists.fault : null;
  }

  #adopt(state: StateReplay, { adopted, index }: { adopted: string; index: number }): void {
    const release = this.#here.release(adopted);
    if (isReleaseFault(release)) state.lose(index, `the release ${adopted} cannot be opened`);
    else state.adopt(release);
  }

  #follow(state: StateReplay, item: StateItem): void {
    const parsed = parseLeaf(item.leaf);
    const { from, to } = this.#range;
    const isAsked = parsed.index >= from && parsed.index < to;
    // The thread that opened them has checked that they are facts.
    if (parsed.kind === "verdict" || parsed.kind === "measure") {
      const found = state.act(parsed, JSON.parse(item.facts) as ActFacts, isAsked);
      this.#add(found, found.length);
      return;
    }
    const record = parsed as DecisionRecord;
    const facts = JSON.parse(item.facts) as Facts;
    const release = this.#here.release(record.release);
    if (isReleaseFault(release)) {
      state.lose(record.index, `the release ${record.release} cannot be opened`);
      return;
    }
    const found = state.follow(record, release, facts, isAsked);
    this.#add(found, found.length);
  }

  #add(findings: ReplayReport["findings"], count: number): void {
    this.#report.findingCount += count;
    for (const finding of findings) {
      if (this.#report.findings.length < findingsMax) this.#report.findings.push(finding);
    }
  }
}

function uncheckedOf({ size, state, evidence }: ReplayReport, { from, to, alone }: Range): string[] {
  const unchecked: string[] = [];
  unchecked.push("whether the records are those that were sealed: docket verify checks that");
  if (from > 0 || to < size) unchecked.push(`records outside of ${from} to ${to - 1}`);
  if (alone) unchecked.push("what decisions read of the records before them (--alone)");
  if (state !== null) {
    const { counters, limits, lostAt } = state;
    const several = (count: number, what: string): void => {
      if (count > 0) unchecked.push(`${count} values of counters and limits${what}`);
    };
    several(counters.late + limits.late, ", read by events that came later than is exact");
    several(counters.warming + limits.warming, " that were new and warmed from history");
    several(counters.estimated, " that are estimates of many different values");
    several(counters.forgotten + limits.forgotten, " where memory may have had to forget");
    if (lostAt !== null) {
      unchecked.push(`what decisions after record ${lostAt.index} read of those before: ${lostAt.reason}`);
    }
  }
  if (evidence === null) unchecked.push("signals, list hits and counters' keys (--evidence computes them)");
  else {
    const { erased, otherSignals, withoutLists, withoutModels, heldEntries } = evidence;
    if (erased > 0) unchecked.push(`the evidence of ${erased} decisions, which is erased`);
    if (otherSignals > 0) unchecked.push(`the signals of ${otherSignals} decisions: another version's`);
    if (withoutLists > 0) unchecked.push(`the evidence of ${withoutLists} decisions: their lists differ`);
    if (withoutModels > 0) {
      unchecked.push(`the evidence of ${withoutModels} decisions: their models are not here`);
    }
    if (heldEntries > 0) {
      unchecked.push(`${heldEntries} differences in what lists found after a brake held back an entry`);
    }
  }
  return unchecked;
}

// For a few records the start of threads would take longer than they save.
function hereOnly(start: ReplayerStart): ReplayPool {
  const replayer = new Replayer(start, logFileReader);
  return {
    concurrency: 1,
    ask: async (question) => replayer.replay(question),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
