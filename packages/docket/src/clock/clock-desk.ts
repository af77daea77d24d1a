// SPDX-License-Identifier: Apache-2.0
// What is sealed of the clock: each change of its state, and corrections after it went back. And heartbeats:
// while nothing else is sealed, a record that says when the next one comes at the latest, so that a silent
// stretch of the log is one that somebody cut out or in which nobody ran.
import type { ClockState, CustodyBody } from "@docket/protocol";
import type { ClockChange, ClockStatus, SiteClock } from "./site-clock.ts";

/** What the desk needs of the site. */
export type ClockDeskPorts = {
  readonly clock: SiteClock;
  /** Seals a record of the site's own; resolves with its index when it is durable. */
  readonly seal: (body: CustodyBody) => Promise<{ index: number }>;
  /** Number of sealed records, and the time of the last one in ms since 1970. */
  readonly log: () => { size: number; lastTimeMs: number };
  /** The state that the log's last `clock` record names. */
  readonly lastState: ClockState | undefined;
  readonly monotonicMs: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Told what the operator should know: a sentence. */
  readonly onNotice: (notice: string) => void;
};

/** The clock as the command line, HTTP and metrics see it. */
export interface ClockDesk {
  status(): ClockStatus;
  /** Asks the sources now. */
  check(): Promise<ClockStatus>;
}

/** How often it is looked whether something is to be sealed, in ms. */
const lookEveryMs = 1000;
/** A heartbeat comes a little before it was promised: this part of the time. */
const heartbeatAt = 0.9;
/** Most changes that wait to be sealed: while nothing can be sealed, the newest matter. */
const changesMax = 100;

/** Seals what there is to say of the clock. */
export class SealingClockDesk implements ClockDesk {
  readonly #ports: ClockDeskPorts;
  readonly #openedSize: number;
  readonly #changes: ClockChange[] = [];
  #sealedState: ClockState | undefined;
  /** Number of records when the correction that is the last one was sealed. */
  #correctedAt = -1;
  #seenSize: number;
  #quietSinceMs: number;
  #working: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(ports: ClockDeskPorts) {
    this.#ports = ports;
    this.#openedSize = this.#seenSize = ports.log().size;
    this.#quietSinceMs = ports.monotonicMs();
    this.#sealedState = ports.lastState;
    ports.clock.onChange((change) => this.#note(change));
    // The clock may have been checked while the log was opened.
    const { state, offsetMs, agreeing, asked } = ports.clock.status();
    if (state !== "unwatched" && state !== "unchecked") {
      const offset = offsetMs === null ? {} : { offsetMs: Math.round(offsetMs) };
      this.#note({ state, ...offset, agreeing, asked });
    }
  }

  status(): ClockStatus {
    return this.#ports.clock.status();
  }

  async check(): Promise<ClockStatus> {
    const status = await this.#ports.clock.check();
    await this.#work();
    return status;
  }

  /** Begins to look. */
  start(): void {
    if (this.#closed) return;
    this.#cancel = this.#ports.timer(lookEveryMs, () => {
      void this.#work();
      this.start();
    });
  }

  /** Asks the sources no more, and seals what is still to be said; resolves when that is durable. */
  async close(): Promise<void> {
    this.#cancel?.();
    this.#ports.clock.close();
    await this.#work();
    this.#closed = true;
  }

  #note(change: ClockChange): void {
    const notice = noticeOf(change, this.#ports.clock);
    if (notice !== undefined) this.#ports.onNotice(notice);
    if (this.#changes.push(change) > changesMax) this.#changes.shift();
    void this.#work();
  }

  // One at a time; what fails is tried again at the next look.
  #work(): Promise<void> {
    this.#working ??= this.#sealDue()
      .catch(() => undefined)
      .finally(() => (this.#working = undefined));
    return this.#working;
  }

  async #sealDue(): Promise<void> {
    const { log, monotonicMs } = this.#ports;
    const { size } = log();
    if (size !== this.#seenSize) {
      this.#seenSize = size;
      this.#quietSinceMs = monotonicMs();
    }
    // Until something is sealed in this run, there is nothing that the clock's state or a silence is about.
    if (size === this.#openedSize || this.#closed || this.#ports.clock.status().stopped) return;
    await this.#sealChanges();
    await this.#sealCorrection();
    await this.#sealHeartbeat();
  }

  async #sealChanges(): Promise<void> {
    for (let change = this.#changes[0]; change !== undefined; change = this.#changes[0]) {
      if (change.state !== this.#sealedState) {
        await this.#ports.seal({ kind: "clock", by: "docket", ...change });
        this.#sealedState = change.state;
      }
      this.#changes.shift();
    }
  }

  // Only sources that agree say that the clock is right and the last record's time was not.
  async #sealCorrection(): Promise<void> {
    const { clock, log, seal } = this.#ports;
    const { size, lastTimeMs } = log();
    if (clock.status().state !== "checked" || size === this.#correctedAt) return;
    const { nowMs, uncertaintyMs } = clock.reading();
    const backMs = lastTimeMs - nowMs;
    if (uncertaintyMs === null || backMs <= Math.max(clock.config.stepOverMs, uncertaintyMs)) return;
    const { index } = await seal({ kind: "clock-correction", by: "docket", backMs });
    this.#correctedAt = index + 1;
    this.#ports.onNotice(
      `The clock went back: the last record was ${backMs} ms ahead of what it and its sources say now. ` +
        `That is sealed as record ${index}, and later records are earlier.`,
    );
  }

  async #sealHeartbeat(): Promise<void> {
    const { clock, monotonicMs, seal } = this.#ports;
    const { heartbeatEveryMs } = clock.config;
    if (monotonicMs() - this.#quietSinceMs < heartbeatEveryMs * heartbeatAt) return;
    await seal({ kind: "heartbeat", by: "docket", everySeconds: Math.ceil(heartbeatEveryMs / 1000) });
  }
}

function noticeOf(change: ClockChange, { config }: SiteClock): string | undefined {
  const { offsetMs = 0, agreeing, asked } = change;
  const counted = `${agreeing} of ${asked} sources agree`;
  const unknown = "Records say nothing of how exact their times are";
  switch (change.state) {
    case "checked":
      return Math.abs(offsetMs) > config.stepOverMs
        ? `The clock is off by ${offsetMs} ms: ${counted}. Records say so; set the clock right.`
        : undefined;
    case "unreachable":
      return `The clock can't be checked: too few of its ${asked} sources answer. ${unknown}.`;
    case "disagreeing":
      return `The clock can't be checked: its sources disagree (${counted}). ${unknown}.`;
    case "drifting":
      return `The clock gains or loses more than ${config.driftPpm} millionths. ${unknown}.`;
    case "stepped":
      return config.onStep === "stop"
        ? `The clock jumped by ${offsetMs} ms: nothing is sealed until sources say that it is right, or it ` +
            "is set back."
        : `The clock jumped by ${offsetMs} ms. ${unknown} until its sources agree.`;
  }
}
