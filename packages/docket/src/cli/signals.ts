// SPDX-License-Identifier: Apache-2.0
// The first SIGINT or SIGTERM asks a command to end in good order; the next one ends the process at once.
import type { Terminal } from "./terminal.ts";

/**
 * A second signal counts only after this time, in ms: on Ctrl-C the terminal signals every process of the
 * group, and npm passes its own on, so that one keypress comes twice.
 */
export const secondSignalMs = 500;

const stopSignals = ["SIGINT", "SIGTERM"] as const;
/** A signal that asks for an end. */
export type StopSignal = (typeof stopSignals)[number];

/** Calls `listener` at the first signal. The result stops listening. */
export function onFirstSignal(
  { signals }: Pick<Terminal, "signals">,
  listener: (signal: StopSignal) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const heard = (signal: StopSignal): void => {
    if (timer !== undefined) return;
    // Once nobody listens, the next signal does what signals do: it ends the process.
    timer = setTimeout(forget, secondSignalMs);
    timer.unref();
    listener(signal);
  };
  const forget = (): void => {
    clearTimeout(timer);
    for (const signal of stopSignals) signals.off(signal, heard);
  };
  for (const signal of stopSignals) signals.on(signal, heard);
  return forget;
}
