// SPDX-License-Identifier: Apache-2.0
// The state of a verification in a file, so that an interrupted one goes on where it was. The file is
// replaced as a whole: whoever reads it sees one state or the one before.
import { open, rename, rm } from "node:fs/promises";
import { stateBytesMax } from "@docket/verify";
import { readText } from "./directory.ts";
import { UsageError } from "./trust-files.ts";

/** How often it is written while a verification runs, in ms. */
export const stateIntervalMs = 5_000;

/** A state file. */
export type StateFile = {
  /** What an earlier run left; undefined if there was none. */
  text: string | undefined;
  /** Told of each state: writes one now and then, and remembers the last. */
  note(stateAt: (time: string) => string, last: boolean): void;
  /**
   * At the end: writes the last state or, if anything was wrong, puts back what an earlier run left, which
   * may be what shows that the log was rolled back.
   */
  close(nothingWrong: boolean): Promise<void>;
};

/**
 * Opens a state file, which need not exist yet.
 *
 * @param nowMs a monotonic clock in ms
 * @param dateMs ms since 1970
 * @throws {UsageError} where it cannot be read
 */
export async function openStateFile(
  path: string,
  nowMs: () => number,
  dateMs: () => number,
): Promise<StateFile> {
  const text = await readText(path, stateBytesMax);
  const now = (): string => new Date(dateMs()).toISOString();
  let writtenMs = nowMs();
  let isWritten = false;
  let last: string | undefined;
  let writing: Promise<void> | undefined;
  return {
    text,
    note(stateAt, isLast) {
      if (isLast) last = stateAt(now());
      if (isLast || writing !== undefined || nowMs() - writtenMs < stateIntervalMs) return;
      writtenMs = nowMs();
      isWritten = true;
      writing = replaceFile(path, stateAt(now())).finally(() => (writing = undefined));
      // That it failed is seen again at the end, where it is waited for.
      writing.catch(() => undefined);
    },
    async close(nothingWrong) {
      await writing?.catch(() => undefined);
      if (nothingWrong && last !== undefined) await replaceFile(path, last);
      else if (!nothingWrong && isWritten && text !== undefined) await replaceFile(path, text);
      else if (!nothingWrong && isWritten) await rm(path, { force: true });
    },
  };
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await using file = await open(temporary, "w", 0o600);
    await file.writeFile(text);
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    throw new UsageError(`the state cannot be written to ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}
