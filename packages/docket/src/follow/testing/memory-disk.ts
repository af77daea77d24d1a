// SPDX-License-Identifier: Apache-2.0
// A disk in memory for monitor and mirror: it also moves files, and knows when they were put in place.
import type { MirrorDisk } from "../mirror-files.ts";
import type { MonitorDisk } from "../monitor.ts";
import { MemoryDisk } from "../../testing/memory-disk.ts";

/** {@link MemoryDisk} with what the follower's disks have besides. */
export class FollowerMemoryDisk extends MemoryDisk implements MonitorDisk, MirrorDisk {
  /** Ms since 1970: when whatever is written now is put in place. */
  nowMs = 0;
  readonly #modified = new Map<string, number>();

  override replaceFile(path: string, bytes: Uint8Array, durable: boolean): void {
    super.replaceFile(path, bytes, durable);
    this.#modified.set(path, this.nowMs);
  }

  modifiedMs(path: string): number | undefined {
    return this.readFile(path) === undefined ? undefined : this.#modified.get(path);
  }

  rename(from: string, to: string): void {
    const bytes = this.readFile(from);
    if (bytes === undefined) throw Object.assign(new Error(`ENOENT: ${from}`), { code: "ENOENT" });
    // The content is as durable as it was: the mirror synced it before.
    this.replaceFile(to, bytes, false);
    this.syncFile(to);
    this.remove(from);
  }
}
