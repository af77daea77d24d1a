// SPDX-License-Identifier: Apache-2.0
// How far a long check has come: nothing in the first two seconds, then one line that is written over on a terminal,
// or a line every few seconds elsewhere.

/** How long a command says nothing, and how often it speaks on a terminal and elsewhere, in milliseconds. */
const silentMs = 2_000;
const terminalIntervalMs = 200;
const lineIntervalMs = 5_000;

/** Where progress goes. */
export type ProgressStream = { write(text: string): unknown; isTTY?: boolean };

/** Told how far the work has come; `end` clears what it left on a terminal. */
export type ProgressLine = { update(done: number, total: number): void; end(): void };

/**
 * A line of progress.
 *
 * @param nowMs a monotonic clock, in milliseconds
 */
export function progressLine(stream: ProgressStream, what: string, nowMs: () => number): ProgressLine {
  const terminal = stream.isTTY === true;
  const beganMs = nowMs();
  let spokenMs = beganMs + silentMs - (terminal ? terminalIntervalMs : lineIntervalMs);
  let shown = false;
  return {
    update(done, total) {
      const now = nowMs();
      if (now - beganMs < silentMs || now - spokenMs < (terminal ? terminalIntervalMs : lineIntervalMs))
        return;
      spokenMs = now;
      shown = true;
      const rate = done / ((now - beganMs) / 1000);
      const left = Math.ceil((total - done) / Math.max(rate, 1));
      const text = `${done} of ${total} ${what}, ${Math.round(rate)}/s, ${left} s left`;
      stream.write(terminal ? `\r\u001B[K${text}` : `${text}\n`);
    },
    end() {
      if (shown && terminal) stream.write("\r\u001B[K");
    },
  };
}
