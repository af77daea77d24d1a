// SPDX-License-Identifier: Apache-2.0
// When segments of the journal may go: their records must be in synced files, and the actors in them in the
// synced identity map. Usually that is in time; where somebody is erased it is now.
import { DocketError } from "../error.ts";
import type { Log } from "../log/log.ts";
import type { SiteIndex } from "../views/site-index.ts";
import type { IndexFeed } from "./index-feed.ts";

/** What a journal is kept with. */
export type JournalKeeperPorts = {
  readonly log: Pick<Log, "sync" | "rotate" | "release">;
  readonly index: Pick<SiteIndex, "makeDurable">;
  readonly feed: Pick<IndexFeed, "size" | "caughtUp">;
};

/** Keeps the journal of one site short. */
export class JournalKeeper {
  readonly #ports: JournalKeeperPorts;

  constructor(ports: JournalKeeperPorts) {
    this.#ports = ports;
  }

  /** Lets segments go whose records all lie below `size`, which is synced. It never rejects. */
  async release(size: number): Promise<void> {
    const { index, log, feed } = this.#ports;
    try {
      const upTo = Math.min(size, feed.size);
      await index.makeDurable();
      await log.release(upTo);
    } catch {
      // The segments stay: nothing is lost, and the next sync tries again.
    }
  }

  /**
   * Makes files of all that the journal holds now and lets it go. Resolves when no segment holds any record
   * that was sealed before the call, with how many records those are: their files are synced.
   *
   * @throws {DocketError} `log_closed`, `sealing_failed` or `internal` where that can't be done now, for
   *   example because the disk is full; then it may be tried again
   */
  async vacate(): Promise<number> {
    const { index, log, feed } = this.#ports;
    const end = await log.rotate();
    await log.sync();
    await feed.caughtUp();
    if (feed.size < end) {
      throw new DocketError("internal", "the site's index stands still, so the journal can't be let go");
    }
    await index.makeDurable();
    const left = await log.release(end);
    if (left > 0) {
      throw new DocketError("internal", `${left} segments of the journal could not be removed`);
    }
    return end;
  }
}
