// SPDX-License-Identifier: Apache-2.0
// Opens an installation for writing: takes its lock, loads keys and policy, opens the site. Wires the
// engines.
import { randomPool } from "./evidence/random.ts";
import { join } from "node:path";
import { DocketError } from "./error.ts";
import type { Installation } from "./installation.ts";
import { maintainedLog, readKeys, verifierKeyPath } from "./installation.ts";
import type { RebuildProgress } from "./intake/rebuild.ts";
import { openSite } from "./intake/open-site.ts";
import type { DocketSite } from "./intake/site.ts";
import { keepRelease, loadRelease } from "./intake/release.ts";
import type { Release } from "./intake/release.ts";
import { disk } from "./stores/files/node-disk.ts";
import { lockDirectory } from "./stores/sqlite/directory-lock.ts";
import { openSiteIndex } from "./stores/sqlite/site-index-client.ts";
import { settleOpening } from "./succession/opening.ts";
import { threadUrl } from "./thread-url.ts";
import { version } from "./version.ts";
import { repeatWindowMs } from "./views/site-index.ts";

/** An installation that is open for writing. */
export type OpenInstallation = { site: DocketSite; release: Release; close(): Promise<void> };

/** What may be given from outside. `diskModule` is the URL of a module that exports `disk`. */
export type OpenInstallationOptions = {
  diskModule?: string | undefined;
  onProgress?: RebuildProgress | undefined;
};

/**
 * Opens an installation for writing.
 *
 * @throws {DocketError} `directory_locked`, `directory_damaged`, `policy_invalid`, `usage`; `log_unproven`,
 *   `log_behind` or `log_retired` where the log may not sign (succession/)
 */
export async function openInstallation(
  installation: Installation,
  options: OpenInstallationOptions = {},
): Promise<OpenInstallation> {
  const { paths } = installation;
  const release = loadRelease(installation.policyDirectory);
  const lock = lockDirectory(join(installation.data, "lock.sqlite"), installation.data);
  const diskModule = options.diskModule ?? threadUrl("./stores/files/node-disk", import.meta.url).href;
  try {
    const log = maintainedLog(installation, disk, diskModule);
    const { formerKeys, primacy } = await settleOpening(log, verifierKeyPath(installation));
    const keys = readKeys(installation);
    keepRelease(disk, paths, release);
    const index = openSiteIndex({
      identityPath: join(paths.site, "identity.sqlite"),
      viewsPath: join(paths.site, "views.sqlite"),
      repeatWindowMs,
    });
    const site = await openSite({
      paths,
      origin: installation.origin,
      keys,
      release,
      index,
      diskModule,
      formerKeys,
      primacy,
      succeeds: installation.succeeds,
      version,
      clock: Date.now,
      random: randomPool(),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    }).catch(async (error: unknown) => {
      await index.close().catch(() => undefined);
      throw error;
    });
    return {
      site,
      release,
      async close() {
        await site.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    if (error instanceof DocketError) throw error;
    throw new DocketError(
      "internal",
      `${installation.data} could not be opened: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
