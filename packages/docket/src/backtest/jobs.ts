// SPDX-License-Identifier: Apache-2.0
// Backtests beside a server's work: one at a time, each in a thread of its own, the others wait their turn.
import { loadPolicies, PolicyError } from "@docket/policy";
import type { PolicyFile } from "@docket/policy";
import { DocketError } from "../error.ts";
import type { Author } from "../releases/duties.ts";
import type { Changes } from "../releases/contract.ts";
import type { JobAnswer, JobCandidate } from "./job-runner.ts";
import {
  jobMemoryRecordsMax,
  jobRecordsMax,
  jobRunsMsMax,
  jobsKeptMax,
  jobsKeptMs,
  jobsWaitingMax,
} from "./jobs-contract.ts";
import type {
  BacktestJob,
  BacktestResult,
  BacktestState,
  BacktestWish,
  SiteBacktests,
} from "./jobs-contract.ts";
import type { BacktestReport } from "./report.ts";

/** What a run is given. */
export type JobRun = {
  readonly candidate: JobCandidate;
  readonly name: string;
  readonly size: number;
  readonly from: number;
  readonly to: number;
  readonly warmFrom: number;
  readonly memory: "cold" | "warm";
};

/** What backtests are made with. */
export type BacktestJobsPorts = {
  /** Records that are published. */
  readonly size: () => number;
  /** The first record of the blocks in which events decided since then lie, in ms since 1970. */
  readonly firstRecordSince: (ms: number) => Promise<number>;
  readonly changes: Pick<Changes, "kept" | "change">;
  /** Runs one, and tells how far it is. Rejects with the signal's reason once that is aborted. */
  readonly run: (
    run: JobRun,
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ) => Promise<JobAnswer>;
  /** A name that was not there. */
  readonly newId: () => string;
  /** Ms since 1970. */
  readonly clock: () => number;
  /** Calls back once after that many ms; gives what takes the call back. */
  readonly timer: (ms: number, run: () => void) => () => void;
};

type Job = {
  readonly id: string;
  readonly by: string;
  readonly atMs: number;
  readonly run: JobRun;
  readonly stopping: AbortController;
  state: BacktestState;
  done: number;
  total: number;
  startedMs: number | undefined;
  endedMs: number | undefined;
  why: string | undefined;
  report: BacktestReport | undefined;
};

/** Backtests of a site. */
export class BacktestJobs implements SiteBacktests {
  readonly #ports: BacktestJobsPorts;
  /** In the order in which they were asked for. */
  readonly #jobs = new Map<string, Job>();
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(ports: BacktestJobsPorts) {
    this.#ports = ports;
  }

  async begin({ by }: Author, wish: BacktestWish): Promise<BacktestJob> {
    this.#refuseTooMany();
    const { candidate, called } = await this.#candidateOf(wish.candidate);
    const range = await this.#rangeOf(wish);
    // Others may have asked meanwhile.
    this.#refuseTooMany();
    const { newId, clock } = this.#ports;
    const job: Job = {
      id: newId(),
      by,
      atMs: clock(),
      run: { candidate, name: wish.name ?? called, ...range },
      stopping: new AbortController(),
      state: "waiting",
      done: 0,
      total: range.to - (range.memory === "cold" ? range.from : range.warmFrom),
      startedMs: undefined,
      endedMs: undefined,
      why: undefined,
      report: undefined,
    };
    this.#jobs.set(job.id, job);
    this.#next();
    return this.#view(job);
  }

  list(): BacktestJob[] {
    this.#forget();
    return [...this.#jobs.values()].map((job) => this.#view(job)).reverse();
  }

  one(id: string): BacktestResult {
    const job = this.#find(id);
    return { ...this.#view(job), report: job.report ?? null };
  }

  stop({ by }: Author, id: string): BacktestJob {
    const job = this.#find(id);
    if (job.state === "waiting") this.#end(job, "stopped", `stopped by ${by}`);
    else if (job.state === "running") job.stopping.abort(new Error(`stopped by ${by}`));
    return this.#view(job);
  }

  /** Stops all; resolves when no thread is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#jobs.values()) {
      if (job.state === "waiting") this.#end(job, "stopped", "the site was closed");
      else job.stopping.abort(new Error("the site was closed"));
    }
    await this.#running;
  }

  #refuseTooMany(): void {
    this.#forget();
    if (this.#isClosed) throw new DocketError("log_closed", "the site is closed");
    const waiting = [...this.#jobs.values()].filter(({ state }) => state === "waiting").length;
    if (waiting < jobsWaitingMax) return;
    throw new DocketError("overloaded", `${waiting} backtests wait already; stop one, or ask again later`);
  }

  async #candidateOf(
    wanted: BacktestWish["candidate"],
  ): Promise<{ candidate: JobCandidate; called: string }> {
    if ("files" in wanted) {
      check(wanted.files);
      return { candidate: { files: wanted.files }, called: "policy files" };
    }
    if ("release" in wanted) {
      const { release } = wanted;
      const { id } = await this.#ports.changes.kept(release === "in-force" ? undefined : release);
      return { candidate: { release: id }, called: `release ${id.slice(0, 8)}` };
    }
    const { proposal } = await this.#ports.changes.change(wanted.of);
    const id = proposal?.candidate ?? null;
    if (id === null) throw new DocketError("not_found", `record ${wanted.of} proposes no release`);
    return { candidate: { release: id }, called: `proposal ${wanted.of}` };
  }

  async #rangeOf({ from, to, sinceMs, memory }: BacktestWish): Promise<Omit<JobRun, "candidate" | "name">> {
    const size = this.#ports.size();
    const end = Math.min(to ?? size, size);
    const first = from ?? (sinceMs === undefined ? 0 : await this.#ports.firstRecordSince(sinceMs));
    const begin = Math.max(first, end - jobRecordsMax);
    if (begin >= end) throw new DocketError("usage", `there are no records from ${begin} to before ${end}`);
    const warmFrom = Math.max(0, begin - jobMemoryRecordsMax);
    return { size, from: begin, to: end, warmFrom, memory: memory ?? (begin === 0 ? "cold" : "warm") };
  }

  #next(): void {
    if (this.#running !== undefined || this.#isClosed) return;
    const job = [...this.#jobs.values()].find(({ state }) => state === "waiting");
    if (job === undefined) return;
    this.#running = this.#run(job).finally(() => {
      this.#running = undefined;
      this.#next();
    });
  }

  async #run(job: Job): Promise<void> {
    const { signal } = job.stopping;
    job.state = "running";
    job.startedMs = this.#ports.clock();
    const minutes = jobRunsMsMax / 60_000;
    const tooLong = (): void => job.stopping.abort(new Error(`it took longer than ${minutes} minutes`));
    const takeBack = this.#ports.timer(jobRunsMsMax, tooLong);
    try {
      const answer = await this.#ports.run(job.run, signal, (done, total) => {
        job.done = done;
        job.total = total;
      });
      if ("failure" in answer) return this.#end(job, "failed", answer.failure);
      job.report = answer.report;
      job.done = job.total;
      this.#end(job, "done");
    } catch (error) {
      this.#end(job, signal.aborted ? "stopped" : "failed", (error as Error).message);
    } finally {
      takeBack();
    }
  }

  #end(job: Job, state: BacktestState, why?: string): void {
    job.state = state;
    job.why = why;
    job.endedMs = this.#ports.clock();
    this.#forget();
  }

  /** Of those that ended, the oldest go. */
  #forget(): void {
    const ended = [...this.#jobs.values()].filter(({ endedMs }) => endedMs !== undefined);
    const oldMs = this.#ports.clock() - jobsKeptMs;
    for (const [place, { id, endedMs = 0 }] of ended.entries()) {
      if (endedMs < oldMs || place < ended.length - jobsKeptMax) this.#jobs.delete(id);
    }
  }

  #find(id: string): Job {
    const job = this.#jobs.get(id);
    if (job !== undefined) return job;
    throw new DocketError("not_found", `there is no backtest ${JSON.stringify(id)}; a restart forgets them`);
  }

  #view({ id, by, atMs, run, state, done, total, startedMs, endedMs, why, report }: Job): BacktestJob {
    const iso = (ms: number | undefined): string | null =>
      ms === undefined ? null : new Date(ms).toISOString();
    const { name, from, to, memory } = run;
    return {
      id,
      name,
      by,
      at: new Date(atMs).toISOString(),
      state,
      from,
      to,
      memory,
      done,
      total,
      startedAt: iso(startedMs),
      endedAt: iso(endedMs),
      why: why ?? null,
      changed: report?.changed.decisions ?? null,
    };
  }
}

// Mistakes are said at once; the lists of the files are read in the thread.
function check(files: readonly PolicyFile[]): void {
  try {
    loadPolicies(files);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new DocketError("policy_invalid", error.message, { cause: error });
  }
}
