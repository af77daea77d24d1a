// SPDX-License-Identifier: Apache-2.0
// `docket views rebuild`: makes the views again, and says whether they are what they were.
import { join } from "node:path";
import { parseCheckpoint, parseNote } from "@docket/tlog";
import { DocketError } from "../../error.ts";
import { readInstallation, readKeys } from "../../installation.ts";
import { unlockInstallation } from "../../key-providers/unlock.ts";
import { rebuildViews } from "../../rebuild/rebuild-views.ts";
import type { RebuiltViews } from "../../rebuild/rebuild-views.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { lockDirectory } from "../../stores/sqlite/directory-lock.ts";
import { exitFine } from "../failure.ts";
import { showProgress } from "../progress.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket views rebuild` is told. */
export type RebuildOptions = { data: string; keys?: string | undefined; json?: true | undefined };

/** Exit code if the new views are not what the old ones were. */
export const exitDiffers = 1;

/**
 * Runs `docket views rebuild`.
 *
 * @throws {DocketError} `directory_locked`, `directory_damaged`, `usage`
 */
export async function runRebuild(options: RebuildOptions, terminal: Terminal): Promise<number> {
  const installation = await unlockInstallation(readInstallation(options.data, { keys: options.keys }));
  const { data, paths, origin } = installation;
  if (installation.opaque) throw new DocketError("usage", `${data} holds an opaque log, which has no views`);
  const lock = lockDirectory(join(data, "lock.sqlite"), data);
  const progress = showProgress(terminal);
  progress.step("records");
  try {
    const checkpoint = disk.readFile(paths.checkpoint);
    const rebuilt = await rebuildViews({
      site: paths.site,
      origin,
      siteKey: readKeys(installation).site,
      viewsPath: join(paths.site, "views.sqlite"),
      size: checkpoint === undefined ? 0 : parseCheckpoint(parseNote(checkpoint).text).size,
      nowMs: terminal.nowMs,
      onProgress: (done, total) => progress.update(done, total),
    });
    progress.end();
    await write(terminal, options.json === true ? `${JSON.stringify(rebuilt)}\n` : rebuiltText(rebuilt));
    return rebuilt.same === false ? exitDiffers : exitFine;
  } finally {
    progress.end();
    lock.release();
  }
}

function rebuiltText({ records, tookMs, before, after, same, kept }: RebuiltViews): string {
  const rate = tookMs > 0 ? `, ${Math.round(records / (tookMs / 1000))} a second` : "";
  const lines = [
    `${records} records taken in, in ${(tookMs / 1000).toFixed(1)} s${rate}.`,
    before === null
      ? "There were no views of this version to compare with."
      : `before  ${before.digest}  ${before.rows} rows of ${before.size} records`,
    `after   ${after.digest}  ${after.rows} rows of ${after.size} records`,
  ];
  if (same === true) lines.push("The views are the same.");
  if (same === false) {
    lines.push(`FAILED: the views were not what the log says. They are now; the old ones lie in ${kept}.`);
  }
  return lines.map((line) => `${line}\n`).join("");
}
