// SPDX-License-Identifier: Apache-2.0
// Has outside clocks stamp the log's newest published checkpoint, on schedule and on demand, and seals what
// they answer. Each is asked by itself: one that is slow, dead or lying costs its own stamp, and nothing
// else waits.
import { formatTime, parseTime } from "@docket/protocol";
import type { AnchorBody } from "@docket/protocol";
import { encodeBase64Url, parseCheckpoint, parseNote } from "@docket/tlog";
import { intervalsOf } from "@docket/verify";
import { DocketError } from "../error.ts";
import { anchorOfLeaf, asSaid, intervalOfRecord } from "./anchor-record.ts";
import type {
  AnchorListed,
  AnchorOutcome,
  AnchorPage,
  AnchorRound,
  ClockFigures,
  RecordInterval,
  SiteAnchors,
} from "./contract.ts";
import { StampFault } from "./outside-clock.ts";
import type { CheckedStamp, OutsideClock, StampedCheckpoint } from "./outside-clock.ts";
import { isDue, pauseMs } from "./schedule.ts";
import type { ClockState } from "./schedule.ts";

/** How often it is looked whether a clock is due, in ms. */
const lookIntervalMs = 1000;
/**
 * The newest anchors that are remembered, to tell the last of each clock and clocks that contradict others.
 */
export const recentAnchorsMax = 64;
/** Anchors that are read around a record to tell its interval. */
const nearAnchorsMax = 64;
/** Our clock and an outside one may differ by this much, in ms, before the operator is told. */
const offsetToldMs = 1000;

/** Which anchors of the log are asked for, in the log's order or from its end. */
export type AnchorQuery = { from: number; limit: number; newestFirst?: boolean };

/** What the desk leans on. */
export type AnchorPorts = {
  readonly clocks: readonly OutsideClock[];
  readonly everyMs: number;
  /** How long a clock has to answer, in ms. */
  readonly withinMs: number;
  /** The newest published checkpoint, a signed note; undefined before the first. */
  readonly newest: () => Promise<Uint8Array | undefined>;
  /** Keeps a checkpoint for good. */
  readonly keep: (note: Uint8Array) => Promise<void>;
  /** Seals a record; resolves when it is durable. */
  readonly seal: (body: AnchorBody) => Promise<{ readonly index: number; readonly leaf: string }>;
  /** Leaves of the log's anchors; `newestFirst` counts down from `from`. */
  readonly anchors: (query: AnchorQuery) => Promise<string[]>;
  /** Ms since 1970. */
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  readonly onNotice?: ((notice: string) => void) | undefined;
};

type Asked = {
  readonly clock: OutsideClock;
  state: ClockState;
  sealed: number;
  failures: number;
  fault: string | undefined;
  /** What is under way. */
  asking: Promise<AnchorOutcome> | undefined;
};

/** The outside time-stamps of a site. */
export class AnchorDesk implements SiteAnchors {
  readonly #ports: AnchorPorts;
  readonly #clocks: Asked[];
  readonly #closing = new AbortController();
  /** The newest anchors, oldest first. */
  readonly #recent: AnchorListed[];
  #othersSize: number;
  #stopTimer: (() => void) | undefined;

  /**
   * @param newest leaves of the newest anchors, newest first: at most {@link recentAnchorsMax}
   * @param size records of the log: whether all of them are anchors is not looked at
   */
  constructor(ports: AnchorPorts, newest: readonly string[], size: number) {
    this.#ports = ports;
    this.#recent = newest.map(anchorOfLeaf).reverse();
    this.#othersSize = size;
    this.#clocks = ports.clocks.map((clock) => {
      const last = this.#recent.findLast(
        ({ name, source }) => name === clock.name && source === clock.source,
      );
      const sealed = last && { atMs: parseTime(last.sealedAt) as number, size: last.size };
      return {
        clock,
        state: { last: sealed, failedInARow: 0, failedAtMs: 0 },
        sealed: 0,
        failures: 0,
        fault: undefined,
        asking: undefined,
      };
    });
  }

  /** Takes in that a record was sealed. */
  takeRecord(kind: string, index: number): void {
    if (kind !== "anchor" && kind !== "heartbeat") this.#othersSize = Math.max(this.#othersSize, index + 1);
  }

  /** Begins to ask on schedule, and goes on until {@link close}. */
  start(): void {
    if (this.#clocks.length === 0 || this.#stopTimer !== undefined) return;
    const look = (): void => {
      if (this.#closing.signal.aborted) return;
      this.#stopTimer = this.#ports.timer(lookIntervalMs, look);
      this.look().catch((error: unknown) => {
        this.#ports.onNotice?.(`outside clocks could not be asked: ${(error as Error).message}`);
      });
    };
    look();
  }

  /** Ends; requests on their way are given up. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#stopTimer?.();
    await Promise.all(this.#clocks.map(({ asking }) => asking ?? Promise.resolve()));
  }

  /** Asks the clocks that are due; resolves when all of them have answered or failed. */
  async look(): Promise<void> {
    if (
      !this.#clocks.some((asked) => asked.asking === undefined && this.#isDue(asked, Number.MAX_SAFE_INTEGER))
    )
      return;
    const newest = await this.#newest();
    if (newest === undefined) return;
    const due = this.#clocks.filter(
      (asked) => asked.asking === undefined && this.#isDue(asked, newest.checkpoint.size),
    );
    await Promise.all(due.map((asked) => this.#ask(asked, newest)));
  }

  async now(withinMs: number): Promise<AnchorRound> {
    if (this.#clocks.length === 0) {
      throw new DocketError(
        "usage",
        "no outside clock is configured; name authorities in the section anchors of docket.yaml",
      );
    }
    const newest = await this.#newest();
    if (newest === undefined) throw new DocketError("not_found", "nothing of the log is published yet");
    const outcomes = this.#clocks.map(({ clock: { name, source } }): AnchorOutcome => {
      return { name, source, state: "asked", index: null, stampedAt: null, fault: null };
    });
    const asking = this.#clocks.map(async (asked, place) => {
      outcomes[place] = await (asked.asking ?? this.#ask(asked, newest));
    });
    await this.#within(withinMs, Promise.all(asking));
    const { size, root } = newest.checkpoint;
    return { size, root: encodeBase64Url(root), outcomes };
  }

  async list(from: number, limit: number): Promise<AnchorPage> {
    const leaves = await this.#ports.anchors({ from, limit: limit + 1 });
    const anchors = leaves.map(anchorOfLeaf);
    return { anchors: anchors.slice(0, limit), next: anchors[limit]?.index ?? null };
  }

  async interval(index: number): Promise<RecordInterval> {
    const [before, after] = await Promise.all([
      this.#ports.anchors({ from: index, limit: nearAnchorsMax, newestFirst: true }),
      this.#ports.anchors({ from: index + 1, limit: nearAnchorsMax }),
    ]);
    return intervalOfRecord(index, [...before, ...after].map(anchorOfLeaf));
  }

  figures(): ClockFigures[] {
    return this.#clocks.map(({ clock, state, sealed, failures, fault }) => {
      const { name, source } = clock;
      return { name, source, size: state.last?.size ?? 0, lastMs: state.last?.atMs, sealed, failures, fault };
    });
  }

  #isDue({ state }: Asked, size: number): boolean {
    const { clock, everyMs } = this.#ports;
    return isDue(state, { nowMs: clock(), everyMs, size, othersSize: this.#othersSize });
  }

  async #newest(): Promise<{ note: Uint8Array; checkpoint: StampedCheckpoint } | undefined> {
    const note = await this.#ports.newest();
    if (note === undefined) return undefined;
    const checkpoint = parseCheckpoint(parseNote(note).text);
    return checkpoint.size === 0 ? undefined : { note, checkpoint };
  }

  // Never rejects.
  #ask(asked: Asked, newest: { note: Uint8Array; checkpoint: StampedCheckpoint }): Promise<AnchorOutcome> {
    const asking = this.#askNow(asked, newest).finally(() => {
      asked.asking = undefined;
    });
    asked.asking = asking;
    return asking;
  }

  async #askNow(
    asked: Asked,
    { note, checkpoint }: { note: Uint8Array; checkpoint: StampedCheckpoint },
  ): Promise<AnchorOutcome> {
    const { clock, withinMs, keep, seal } = this.#ports;
    const { name, source } = asked.clock;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(withinMs)]);
    const fromMs = clock();
    try {
      const { earliestMs, latestMs, ...stamp } = await orAborted(asked.clock.ask(checkpoint, signal), signal);
      this.#compareClocks(name, { fromMs, untilMs: clock(), earliestMs, latestMs });
      // A stamp is worth nothing without the checkpoint that it stamps. If the process ends between the two,
      // a kept checkpoint more does no harm.
      await keep(note);
      const { size, root } = checkpoint;
      const body = { kind: "anchor", by: "docket", size, root: encodeBase64Url(root), source, name } as const;
      const { index, leaf } = await seal({ ...body, ...stamp });
      this.#succeeded(asked, anchorOfLeaf(leaf));
      return { name, source, state: "anchored", index, stampedAt: stamp.stampedAt, fault: null };
    } catch (error) {
      const fault = (error as Error).message;
      if (!this.#closing.signal.aborted) this.#failed(asked, error);
      return { name, source, state: "failed", index: null, stampedAt: null, fault };
    }
  }

  #succeeded(asked: Asked, anchor: AnchorListed): void {
    const { clock } = asked;
    const last = { atMs: this.#ports.clock(), size: anchor.size };
    asked.state = { last, failedInARow: 0, failedAtMs: 0 };
    asked.sealed += 1;
    if (asked.fault !== undefined) this.#ports.onNotice?.(`${clock.name} stamps the log again`);
    asked.fault = undefined;
    this.#recent.push(anchor);
    if (this.#recent.length > recentAnchorsMax) this.#recent.shift();
    const { contradictions } = intervalsOf(this.#recent.map(asSaid));
    for (const { earlier, later } of contradictions) {
      if (earlier.index !== anchor.index && later.index !== anchor.index) continue;
      this.#ports.onNotice?.(
        `the stamp of ${later.name} in record ${later.index} is over one of ${earlier.name} in record ` +
          `${earlier.index} and says an earlier time: one of their clocks is wrong; both records prove it`,
      );
    }
  }

  #failed(asked: Asked, error: unknown): void {
    const { name } = asked.clock;
    const failedInARow = asked.state.failedInARow + 1;
    asked.state = { ...asked.state, failedInARow, failedAtMs: this.#ports.clock() };
    asked.failures += 1;
    const { message } = error as Error;
    const isTold = asked.fault === message;
    asked.fault = message;
    if (isTold) return;
    const what = error instanceof StampFault ? "gave no stamp" : "could not have its stamp sealed";
    const again = `it is asked again in ${pauseMs(failedInARow) / 1000} s, then less often`;
    this.#ports.onNotice?.(`the outside clock ${name} ${what}: ${message}; ${again}`);
  }

  // The stamp was made between the request and the answer.
  #compareClocks(
    name: string,
    at: { fromMs: number; untilMs: number; earliestMs: number; latestMs: number },
  ): void {
    const aheadMs = at.fromMs - at.latestMs;
    const behindMs = at.earliestMs - at.untilMs;
    const offMs = Math.max(aheadMs, behindMs);
    if (offMs <= offsetToldMs) return;
    const which = aheadMs > behindMs ? "ahead of" : "behind";
    this.#ports.onNotice?.(
      `this machine's clock (${formatTime(at.untilMs)}) is at least ${offMs} ms ${which} that of ${name}`,
    );
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.#ports.timer(ms, resolve);
    await Promise.race([work, promise]);
    stop();
  }
}

// A clock that doesn't heed the signal must not hold its place for ever.
async function orAborted(work: Promise<CheckedStamp>, signal: AbortSignal): Promise<CheckedStamp> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(new StampFault("it did not answer in time"));
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}
