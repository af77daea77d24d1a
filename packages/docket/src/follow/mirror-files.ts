// SPDX-License-Identifier: Apache-2.0
// The files of a mirror. What was fetched and found genuine waits in `incoming/` until all of it is there;
// then it is synced, moved into place, and the checkpoint that covers it follows last. So whoever reads or
// serves the directory finds at every moment a checkpoint with everything that it covers.
import { dirname, join } from "node:path";
import type { LogDisk } from "../log/disk.ts";
import { writeMirrorState } from "./mirror-state.ts";
import type { MirrorState } from "./mirror-state.ts";

/** The disk of a mirror. */
export type MirrorDisk = LogDisk & {
  /** Moves a file; what was synced of it stays durable. Its new name takes `syncDirectory`. */
  rename(from: string, to: string): void;
};

/** The files of one run. Paths are relative, as tlog-tiles writes them. */
export class MirrorFiles {
  readonly #disk: MirrorDisk;
  readonly #directory: string;
  readonly #incoming: string;
  /** Verified and waiting. */
  readonly #staged = new Set<string>();
  /** Found in place and verified, but perhaps never synced. */
  readonly #found = new Set<string>();
  readonly #made = new Set<string>();
  /** Files in place that were damaged, and of which the right content waits. */
  readonly repaired: Set<string> = new Set();

  constructor(disk: MirrorDisk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    this.#incoming = join(directory, "incoming");
  }

  /** A file that lies in place, or waits since a run that was interrupted, if it is genuine. */
  genuine(path: string, isGenuine: (bytes: Uint8Array) => boolean): Uint8Array | undefined {
    const inPlace = this.#disk.readFile(join(this.#directory, path));
    if (inPlace !== undefined && isGenuine(inPlace)) {
      this.#found.add(path);
      return inPlace;
    }
    if (inPlace !== undefined) this.repaired.add(path);
    const waiting = this.#disk.readFile(join(this.#incoming, path));
    if (waiting === undefined || !isGenuine(waiting)) return undefined;
    this.#staged.add(path);
    return waiting;
  }

  /** Lets a verified file wait. */
  stage(path: string, bytes: Uint8Array): void {
    const target = join(this.#incoming, path);
    this.#makeDirectory(dirname(target));
    this.#disk.replaceFile(target, bytes, false);
    this.#staged.add(path);
  }

  /**
   * Puts all that waits in place, then the checkpoint. A crash before the checkpoint: the old one still
   * covers what it covered, and the next run goes on with what waits or lies there. After it: the next run
   * removes what is obsolete.
   *
   * @param state what is true afterwards, but for the partial tiles
   * @param before what was true
   */
  place(checkpoint: Uint8Array, state: Omit<MirrorState, "partials">, before: MirrorState): void {
    const disk = this.#disk;
    const partials = [
      ...new Set([...before.partials, ...[...this.#staged, ...this.#found].filter(isPartial)]),
    ];
    // Known before they are there, so that none is forgotten.
    writeMirrorState(disk, this.#directory, { ...before, partials });
    for (const path of this.#staged) disk.syncFile(join(this.#incoming, path));
    for (const path of this.#staged) {
      const target = join(this.#directory, path);
      this.#makeDirectory(dirname(target));
      disk.rename(join(this.#incoming, path), target);
    }
    for (const path of this.#found) disk.syncFile(join(this.#directory, path));
    const changed = new Set(
      [...this.#staged, ...this.#found].map((path) => dirname(join(this.#directory, path))),
    );
    for (const directory of changed) disk.syncDirectory(directory);
    disk.replaceFile(join(this.#directory, "checkpoint"), checkpoint, true);
    const isOver = (path: string): boolean =>
      this.#disk.readFile(join(this.#directory, fullOf(path))) !== undefined;
    const over = new Set(partials.filter(isOver).map((path) => dirname(join(this.#directory, path))));
    for (const path of over) disk.remove(path);
    // Before the state forgets them: a power loss must not bring them back.
    for (const path of new Set(Array.from(over, dirname))) disk.syncDirectory(path);
    writeMirrorState(disk, this.#directory, { ...state, partials: partials.filter((path) => !isOver(path)) });
    disk.remove(this.#incoming);
  }

  #makeDirectory(path: string): void {
    if (this.#made.has(path)) return;
    this.#disk.makeDirectory(path);
    this.#made.add(path);
  }
}

function isPartial(path: string): boolean {
  return /\.p\/\d{1,3}$/.test(path);
}

/**
 * The full tile of a partial one. Until it is there, a reader who has an older checkpoint may still ask for
 * the partial one (C2SP tlog-tiles).
 */
function fullOf(path: string): string {
  return path.replace(/\.p\/\d{1,3}$/, "");
}
