// SPDX-License-Identifier: Apache-2.0
// Does what a batch says, one decision after the other, each as an ordinary sealed act. If the process dies
// here, the records tell which are done: the next start goes on with the others.
import { DocketError } from "../error.ts";

/** Decisions that are worked on side by side: enough that a batch of the log holds several. */
const sideBySide = 8;
/** How long to wait when the log has too much to do, in milliseconds; what people wait for goes first. */
const busyWaitMs = 250;
/** Decisions by which the time left is estimated. */
const estimatedFromMin = 10;

/** What came of one decision. */
export type Outcome = "made" | "passed";

/** What a runner leans on. */
export type RunnerPorts = {
  /** Decisions of the batch, in their order. */
  readonly indexes: readonly number[];
  /** Those that records say are done. */
  readonly done: ReadonlySet<number>;
  /** Does one. Rejections other than `overloaded` end the run. */
  readonly act: (index: number) => Promise<Outcome>;
  readonly wait: (ms: number) => Promise<void>;
  /** Ms; need not be since 1970. */
  readonly nowMs: () => number;
};

/** One run of a batch. */
export class BatchRun {
  readonly #ports: RunnerPorts;
  readonly #beganMs: number;
  readonly #total: number;
  #made: number;
  #passed = 0;
  #handled = 0;
  #stopped = false;
  readonly finished: Promise<"done" | "stopped">;

  constructor(ports: RunnerPorts) {
    this.#ports = ports;
    this.#made = ports.done.size;
    this.#beganMs = ports.nowMs();
    const left = ports.indexes.filter((index) => !ports.done.has(index));
    this.#total = left.length;
    this.finished = this.#run(left);
    // Whoever began it looks at it when they want to.
    this.finished.catch(() => undefined);
  }

  get made(): number {
    return this.#made;
  }

  get passed(): number {
    return this.#passed;
  }

  /** About how long it takes still, in seconds. */
  get secondsLeft(): number | null {
    if (this.#handled < estimatedFromMin) return null;
    const perDecision = (this.#ports.nowMs() - this.#beganMs) / this.#handled;
    return Math.round(((this.#total - this.#handled) * perDecision) / 1000);
  }

  /** Begins no further decision; those under way come to their end. */
  stop(): void {
    this.#stopped = true;
  }

  async #run(left: readonly number[]): Promise<"done" | "stopped"> {
    let next = 0;
    const work = async (): Promise<void> => {
      while (!this.#stopped && next < left.length) {
        const index = left[next++] as number;
        try {
          await this.#one(index);
        } catch (error) {
          this.#stopped = true;
          throw error;
        }
      }
    };
    // Each comes to its end before a failure is told: nothing is sealed after that.
    const results = await Promise.allSettled(Array.from({ length: sideBySide }, work));
    for (const result of results) if (result.status === "rejected") throw result.reason;
    return this.#handled === this.#total ? "done" : "stopped";
  }

  async #one(index: number): Promise<void> {
    for (;;) {
      try {
        if ((await this.#ports.act(index)) === "made") this.#made += 1;
        else this.#passed += 1;
        this.#handled += 1;
        return;
      } catch (error) {
        if (!(error instanceof DocketError) || error.code !== "overloaded" || this.#stopped) throw error;
        await this.#ports.wait(busyWaitMs);
      }
    }
  }
}
