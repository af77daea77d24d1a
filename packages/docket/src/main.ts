// SPDX-License-Identifier: Apache-2.0
// Opens an installation for writing: takes its lock, opens what a site leans on, then the site, then what
// people do with it.
import type { AlertDesk } from "./alerts/alert-desk.ts";
import { randomPool } from "./evidence/random.ts";
import { join } from "node:path";
import { openBacktestJobs } from "./backtest/open-jobs.ts";
import type { SiteBacktests } from "./backtest/jobs-contract.ts";
import { openEngines, waitAtMost } from "./engines.ts";
import type { Engines, OpenInstallationOptions } from "./engines.ts";
import { DocketError } from "./error.ts";
import type { Installation } from "./installation.ts";
import { mainSite, maintainedLog, verifierKeyPath } from "./installation.ts";
import { lastRecordMs } from "./intake/open-enforcement.ts";
import { replayTombstones } from "./erasure/replay-tombstones.ts";
import { openSite } from "./intake/open-site.ts";
import type { OpenedSite } from "./intake/open-site.ts";
import { heldRulesFinder } from "./patterns/held-rules.ts";
import type { HeldRulesFinder } from "./patterns/held-rules.ts";
import { settleProtection } from "./key-providers/protection.ts";
import { keyFolderPath, unlockInstallation } from "./key-providers/unlock.ts";
import { OpaqueLog } from "./log/opaque-log.ts";
import { disk } from "./stores/files/node-disk.ts";
import { lockDirectory } from "./stores/sqlite/directory-lock.ts";
import type { Signing } from "./succession/maintenance.ts";
import { settleOpening } from "./succession/opening.ts";
import { threadUrl } from "./thread-url.ts";

export type { OpenInstallationOptions } from "./engines.ts";

/** An installation that is open for writing. */
export type OpenInstallation = OpenedSite & Beside & { close(): Promise<void> };

/** What a site's record is read for beside its work. */
export type Beside = {
  /** Candidates over recorded history, beside the work of the site. */
  backtests: SiteBacktests;
  /** What rules found while they were held back. */
  heldRules: HeldRulesFinder;
  /** Tells people what is wrong, once it is started. */
  alerts: AlertDesk;
};

/** An installation with an opaque log that is open for writing. */
export type OpenOpaqueInstallation = { log: OpaqueLog; close(): Promise<void> };

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
  if (installation.opaque) {
    throw new DocketError("usage", `${installation.data} holds an opaque log: it takes entries, not events`);
  }
  return underLock(installation, options, async (signing, diskModule, unlocked) => {
    const engines = await openEngines(installation, unlocked, options);
    const opened = await openSite({
      ...engines.site,
      diskModule,
      formerKeys: signing.formerKeys,
      primacy: signing.primacy,
    }).catch(async (error: unknown) => {
      await engines.abandon();
      throw error;
    });
    await engines.ready();
    const started = await startDesks(opened);
    const { closeBeside, ...beside } = await openBeside(unlocked, engines, opened);
    return {
      ...started,
      ...beside,
      close: async () => {
        await closeBeside();
        await started.close();
        await engines.close();
      },
    };
  });
}

// What became due while nobody was there is done now, and the rest when it is.
async function startDesks(opened: OpenedSite): Promise<OpenedSite & { close(): Promise<void> }> {
  const {
    site,
    changes,
    lists,
    enforcement,
    delivery,
    batches,
    requests,
    readings,
    anchors,
    clockDesk,
    copies,
  } = opened;
  const close = async (): Promise<void> => {
    await copies.close();
    await waitAtMost(Promise.all([opened.gaps.close(), clockDesk.close()]), closeDesksWithinMs);
    await anchors.close();
    await opened.erasures.close();
    await opened.retention.close();
    await opened.search.close();
    requests.close();
    opened.live.close();
    await opened.access?.close();
    await readings.close();
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
    // Whoever was erased is so before anything is answered.
    await opened.keyDesk.settle();
    await opened.erasures.start();
    await enforcement.start(lastMs);
    await batches.start();
    await requests.start();
    await readings.start();
    clockDesk.start();
    // What was left aside may lie on a disk that hangs: it is decided when it can be read.
    void opened.gaps.start();
    await copies.start();
  } catch (error) {
    await close();
    throw error;
  }
  return { ...opened, close };
}

async function openBeside(
  { policyDirectory }: Installation,
  engines: Engines,
  { site, changes, labels, settings }: OpenedSite,
): Promise<Beside & { closeBeside: () => Promise<void> }> {
  const { paths, origin, keys, index, random, clock, timer } = engines.site;
  const alerts = await engines.alerts(settings);
  const backtests = openBacktestJobs({
    paths,
    origin,
    keys,
    policyDirectory,
    changes,
    labels,
    firstRecordSince: (ms) => index.firstRecordSince(ms),
    publishedSize: () => site.status().publishedSize,
    inForce: () => site.release.id,
    random,
    clock,
    timer,
  });
  const heldRules = heldRulesFinder({
    indexed: () => site.indexed(),
    latestMs: () => index.latestDecidedMs(),
    decisionCounts: (query) => index.decisionCounts(query),
  });
  const closeBeside = async (): Promise<void> => {
    await alerts.close();
    await backtests.close();
  };
  return { backtests, heldRules, alerts, closeBeside };
}

/** What is still to be sealed of the clock and of gaps is waited for no longer than this, in ms. */
const closeDesksWithinMs = 2000;

// Whatever protects the keys is asked here, and not again while this process runs.
async function openKeys(installation: Installation): Promise<Installation> {
  const unlocked = await unlockInstallation(installation);
  const { guard } = settleProtection({ path: keyFolderPath(unlocked), guard: unlocked.guard }, randomPool());
  return { ...unlocked, guard };
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
  open: (signing: Signing, diskModule: string, unlocked: Installation) => Promise<Opened>,
): Promise<Opened> {
  const lock = lockDirectory(join(installation.data, "lock.sqlite"), installation.data);
  const diskModule = options.diskModule ?? threadUrl("./stores/files/node-disk", import.meta.url).href;
  try {
    const unlocked = await openKeys(installation);
    const log = maintainedLog(unlocked, disk, diskModule);
    const { origin, paths, keysDirectory } = installation;
    // Before anything is read: whoever was erased stays so where an older copy was put back.
    replayTombstones({ keys: join(keysDirectory, mainSite), site: paths.site, origin, disk });
    const signing = await settleOpening(log, verifierKeyPath(installation));
    const opened = await open(signing, diskModule, unlocked);
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
