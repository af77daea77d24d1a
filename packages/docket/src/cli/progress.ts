// SPDX-License-Identifier: Apache-2.0
// How far a long command has come, on standard error: nothing in the first two seconds of a step, then a bar
// on a terminal, or a line every few seconds elsewhere.
import type { SingleBar } from "cli-progress";
import type { Output, Terminal } from "./terminal.ts";

/** How long a step says nothing, in ms. */
export const silentMs = 2000;
/** How long the rate is watched before it is told, in ms: what comes first takes longer than the rest. */
const watchedMs = 1000;
/** How often it speaks where there is no terminal, in ms. */
export const lineIntervalMs = 5000;

/** Told how far the work is. A total of `undefined` is not known. */
export type Progress = {
  /** Begins a step; the one before has ended. */
  step(what: string): void;
  update(done: number, total: number | undefined): void;
  /** Leaves nothing behind on a terminal. Call it also when the work failed. */
  end(): void;
};

/** Shows progress on a terminal's standard error. */
export function showProgress(terminal: Pick<Terminal, "stderr" | "nowMs">): Progress {
  const { stderr, nowMs } = terminal;
  const show = stderr.isTTY === true ? bar(stderr) : lines(stderr, nowMs);
  let what = "";
  let stepMs = nowMs();
  let first: { ms: number; done: number } | undefined;
  return {
    step(name) {
      show.end();
      what = name;
      stepMs = nowMs();
      first = undefined;
    },
    update(done, total) {
      if (done === 0) return;
      const now = nowMs();
      first ??= { ms: now, done };
      const watched = now - first.ms;
      if (now - stepMs < silentMs || watched < watchedMs) return;
      show.update(what, done, total, (done - first.done) / (watched / 1000));
    },
    end: () => show.end(),
  };
}

/** Rate and time left, in words. */
export function paceText(done: number, total: number | undefined, rate: number): string {
  const pace = `${Math.round(rate).toLocaleString("en")}/s`;
  if (total === undefined || rate <= 0) return pace;
  return `${pace}, ${durationText((Math.max(0, total - done) / rate) * 1000)} left`;
}

/** A length of time in words: `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

type Show = {
  update(what: string, done: number, total: number | undefined, rate: number): void;
  end(): void;
};

function lines(stderr: Output, nowMs: () => number): Show {
  let spokenMs = Number.NEGATIVE_INFINITY;
  return {
    update(what, done, total, rate) {
      if (nowMs() - spokenMs < lineIntervalMs) return;
      spokenMs = nowMs();
      const of = total === undefined ? "" : ` of ${total.toLocaleString("en")}`;
      stderr.write(`${what}: ${done.toLocaleString("en")}${of}, ${paceText(done, total, rate)}\n`);
    },
    end: () => undefined,
  };
}

function bar(stderr: Output): Show {
  let shown: SingleBar | undefined;
  let steps = 0;
  let loading: Promise<void> | undefined;
  const load = async (what: string, done: number, total: number | undefined, rate: number): Promise<void> => {
    const step = steps;
    // Loaded only now: most commands never show one.
    const { default: progress } = await import("cli-progress");
    loading = undefined;
    if (step !== steps) return;
    const format = "{what} {bar} {percentage} % | {value}/{total} | {pace}";
    const options = { format, stream: stderr, clearOnComplete: true, fps: 5 };
    shown = new progress.SingleBar(options, progress.Presets.shades_classic);
    shown.start(total ?? Math.max(done, 1), done, { what, pace: paceText(done, total, rate) });
  };
  return {
    update(what, done, total, rate) {
      if (shown === undefined) {
        loading ??= load(what, done, total, rate);
        return;
      }
      shown.setTotal(total ?? Math.max(done, 1));
      shown.update(done, { what, pace: paceText(done, total, rate) });
    },
    end() {
      steps++;
      shown?.stop();
      shown = undefined;
    },
  };
}
