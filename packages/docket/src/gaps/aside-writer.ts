// SPDX-License-Identifier: Apache-2.0
// Writes lines aside while others go on: one write at a time, of all that came meanwhile. A write that fails
// is tried again with what comes next; one that hangs holds up nothing but itself.
import type { AsideFile, AsideLine, AsideLines, GapSoFar, PassedEvent } from "./aside.ts";

/** Between two writes, in ms: each is synced. */
const pauseMs = 250;
/** After one that failed, in ms. */
const failurePauseMs = 5000;
/** Most lines of one write. */
const linesMax = 1000;

/** What the writer needs. */
export type AsideWriterPorts = {
  readonly file: AsideFile;
  readonly lines: AsideLines;
  readonly pause: (ms: number) => Promise<void>;
};

/** The file aside, as it is written. */
export class AsideWriter {
  readonly #file: AsideFile;
  readonly #lines: AsideLines;
  readonly #pause: (ms: number) => Promise<void>;
  readonly #waiting: AsideLine[] = [];
  #gap: GapSoFar | undefined;
  #writing: Promise<void> | undefined;
  #begun = false;
  /** Whether there may be a file. */
  holds = false;

  constructor({ file, lines, pause }: AsideWriterPorts) {
    this.#pause = pause;
    this.#file = file;
    this.#lines = lines;
  }

  /** Lets it write: what an earlier run left was read. */
  begin(): void {
    this.#begun = true;
    this.#write();
  }

  /** Notes an event that passed. */
  event(passed: PassedEvent): void {
    this.#waiting.push({ kind: "event", ...passed });
    this.#write();
  }

  /** Notes how far the gap is. Of several notes the last counts. */
  gap(soFar: GapSoFar): void {
    this.#gap = soFar;
    this.#write();
  }

  /** Resolves when there is nothing to write; where writes fail, not before they work again. */
  async written(): Promise<void> {
    await this.#writing;
  }

  /**
   * Removes the file, if nothing is being written: all that it holds is sealed.
   *
   * @throws the error of the file system
   */
  async clear(): Promise<void> {
    if (!this.holds || this.#writing !== undefined) return;
    // What could not be written is sealed too.
    this.#waiting.length = 0;
    this.#gap = undefined;
    this.holds = false;
    const removing = this.#file.remove();
    // What comes meanwhile is written behind it.
    this.#writing = removing
      .catch(() => undefined)
      .finally(() => {
        this.#writing = undefined;
        this.#write();
      });
    try {
      await removing;
    } catch (error) {
      this.holds = true;
      throw error;
    }
  }

  #write(): void {
    if (!this.#begun || (this.#waiting.length === 0 && this.#gap === undefined)) return;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      // What came after the last look.
      this.#write();
    });
  }

  async #writeAll(): Promise<void> {
    // What comes in the same turn goes along.
    await Promise.resolve();
    while (this.#waiting.length > 0 || this.#gap !== undefined) {
      const lines = this.#waiting.splice(0, linesMax);
      const gap = this.#gap;
      this.#gap = undefined;
      this.holds = true;
      try {
        const all: AsideLine[] = gap === undefined ? lines : [...lines, { kind: "gap", ...gap }];
        await this.#file.append(this.#lines.encode(all));
        await this.#pause(pauseMs);
      } catch {
        // Some of it may be there: of a gap the last line counts, and an event that stands there twice is
        // decided once.
        this.#waiting.unshift(...lines);
        this.#gap ??= gap;
        await this.#pause(failurePauseMs);
      }
    }
  }
}
