// SPDX-License-Identifier: Apache-2.0
// Opens an installation for writing: takes its lock, loads keys and policy, opens the site. Wires the
// engines.
import { randomPool } from "./evidence/random.ts";
import { join } from "node:path";
import { previewer } from "./backtest/preview.ts";
import { postWith } from "./delivery/webhooks/post.ts";
import { refusedNowFinder } from "./backtest/refused-now.ts";
import { DocketError } from "./error.ts";
import type { Installation } from "./installation.ts";
import { mainSite, maintainedLog, readKeys, verifierKeyPath } from "./installation.ts";
import type { RebuildProgress } from "./intake/rebuild.ts";
import { lastRecordMs } from "./intake/open-enforcement.ts";
import { openSite } from "./intake/open-site.ts";
import type { OpenedSite } from "./intake/open-site.ts";
import { readPolicyDirectory } from "./releases/policy-directory.ts";
import { DnsLookups } from "./lookups/dns-lookups.ts";
import { dnsResolver } from "./lookups/dns-resolver.ts";
import { OpaqueLog } from "./log/opaque-log.ts";
import { counterSnapshotFile } from "./stores/files/counter-snapshot.ts";
import { disk } from "./stores/files/node-disk.ts";
import { webhookProgressFiles, webhookSecretFiles } from "./stores/files/webhook-files.ts";
import { readBelow, readIfThere } from "./stores/files/read-files.ts";
import { replaceDurably } from "./stores/files/replace-durably.ts";
import { lockDirectory } from "./stores/sqlite/directory-lock.ts";
import { openSiteIndex } from "./stores/sqlite/site-index-client.ts";
import type { Signing } from "./succession/maintenance.ts";
import { settleOpening } from "./succession/opening.ts";
import { threadUrl } from "./thread-url.ts";
import { version } from "./version.ts";
import { repeatWindowMs } from "./views/site-index.ts";

/** An installation that is open for writing. */
export type OpenInstallation = OpenedSite & { close(): Promise<void> };

/** An installation with an opaque log that is open for writing. */
export type OpenOpaqueInstallation = { log: OpaqueLog; close(): Promise<void> };

/** What may be given from outside. `diskModule` is the URL of a module that exports `disk`. */
export type OpenInstallationOptions = {
  diskModule?: string | undefined;
  onProgress?: RebuildProgress | undefined;
  /** Whether an edited policy directory is taken, where the level allows it (default: true). */
  takesEdits?: boolean | undefined;
  /** Told what the operator should know: a sentence. */
  onNotice?: ((notice: string) => void) | undefined;
  /** Servers that lists in the DNS are asked through, `ADDRESS` or `ADDRESS:PORT` (default: the system's). */
  dnsServers?: readonly string[] | undefined;
  /** Ms since 1970; the system's clock if left out. */
  clock?: (() => number) | undefined;
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
  if (installation.opaque) {
    throw new DocketError("usage", `${installation.data} holds an opaque log: it takes entries, not events`);
  }
  return underLock(installation, options, async ({ formerKeys, primacy }, diskModule) => {
    const keys = readKeys(installation);
    const index = openSiteIndex({
      identityPath: join(paths.site, "identity.sqlite"),
      viewsPath: join(paths.site, "views.sqlite"),
      repeatWindowMs,
    });
    const lookups = new DnsLookups({
      resolver: dnsResolver(options.dnsServers ?? []),
      clock: () => performance.now(),
      timer: runLater,
      onNotice: options.onNotice,
    });
    const opened = await openSite({
      lookups,
      paths,
      origin: installation.origin,
      keys,
      index,
      disk,
      replaceLater: replaceDurably,
      readLater: readIfThere,
      diskModule,
      snapshotAt: counterSnapshotFile,
      takesEdits: options.takesEdits,
      policyFiles: () => readPolicyDirectory(installation.policyDirectory),
      listFile: (path) => readBelow(installation.policyDirectory, path),
      formerKeys,
      primacy,
      succeeds: installation.succeeds,
      version,
      clock: options.clock ?? Date.now,
      random: randomPool(),
      previewer,
      refusedNow: refusedNowFinder,
      timer: runLater,
      webhooks: {
        secrets: webhookSecretFiles(join(installation.keysDirectory, mainSite, "webhooks")),
        progress: webhookProgressFiles(join(paths.site, "webhooks")),
        post: postWith(fetch, options.clock ?? Date.now),
        random: Math.random,
      },
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      ...(options.onNotice === undefined ? {} : { onNotice: options.onNotice }),
    }).catch(async (error: unknown) => {
      lookups.close();
      await index.close().catch(() => undefined);
      throw error;
    });
    const started = await startDesks(opened);
    return {
      ...started,
      close: async () => {
        await started.close();
        lookups.close();
      },
    };
  });
}

// What became due while nobody was there is done now, and the rest when it is.
async function startDesks(opened: OpenedSite): Promise<OpenInstallation> {
  const { site, changes, lists, enforcement, delivery, batches } = opened;
  const close = async (): Promise<void> => {
    await batches.close();
    await delivery.close();
    await enforcement.close();
    await changes.close();
    await lists.close();
    await site.close();
  };
  try {
    // What is sealed from here on says nothing of when the last process ended.
    const lastMs = await lastRecordMs(site);
    await changes.start();
    await lists.start();
    await enforcement.start(lastMs);
    await batches.start();
  } catch (error) {
    await close();
    throw error;
  }
  return { ...opened, close };
}

function runLater(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  // It is told to stop when the installation is closed; until then it keeps no process alive.
  timer.unref();
  return () => clearTimeout(timer);
}

/**
 * Opens an installation whose log is opaque, for writing.
 *
 * @throws {DocketError} as {@link openInstallation}
 */
export async function openOpaqueInstallation(
  installation: Installation,
  options: Pick<OpenInstallationOptions, "diskModule"> = {},
): Promise<OpenOpaqueInstallation> {
  const { paths, origin, data } = installation;
  if (!installation.opaque) {
    throw new DocketError("usage", `${data} holds a log of records; an opaque one is made by init --opaque`);
  }
  return underLock(installation, options, async (signing, diskModule) => {
    const log = await OpaqueLog.open({ paths, origin, diskModule, ...signing });
    await log.published(log.opening.size, true).catch(async (error: unknown) => {
      await log.close();
      throw error;
    });
    return { log, close: () => log.close() };
  });
}

// Takes the lock, settles who may sign, and opens; what was opened gives the lock back when it is closed.
async function underLock<Opened extends { close(): Promise<void> }>(
  installation: Installation,
  options: Pick<OpenInstallationOptions, "diskModule">,
  open: (signing: Signing, diskModule: string) => Promise<Opened>,
): Promise<Opened> {
  const lock = lockDirectory(join(installation.data, "lock.sqlite"), installation.data);
  const diskModule = options.diskModule ?? threadUrl("./stores/files/node-disk", import.meta.url).href;
  try {
    const log = maintainedLog(installation, disk, diskModule);
    const signing = await settleOpening(log, verifierKeyPath(installation));
    const opened = await open(signing, diskModule);
    return {
      ...opened,
      async close() {
        await opened.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    if (error instanceof DocketError) throw error;
    const message = `${installation.data} could not be opened: ${(error as Error).message}`;
    throw new DocketError("internal", message, { cause: error });
  }
}
