// SPDX-License-Identifier: Apache-2.0
// What a site leans on besides its log: opened as the configuration says, and handed to it. Wires the
// engines.
import { readAccessConfig } from "./access/config.ts";
import type { OidcConfig } from "./access/config.ts";
import { readSecret } from "./evidence/key-folder.ts";
import type { KeyFolder } from "./evidence/key-folder.ts";
import type { SiteKeys } from "./evidence/keys.ts";
import { randomPool } from "./evidence/random.ts";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { AlertDesk } from "./alerts/alert-desk.ts";
import { readAlertsConfig } from "./alerts/config.ts";
import { openAlerts } from "./alerts/open-alerts.ts";
import type { OpenAlertsOptions } from "./alerts/open-alerts.ts";
import { postQuery } from "./anchors/authority.ts";
import { readAnchorsConfig } from "./anchors/config.ts";
import { nodeTimestampCrypto } from "./anchors/node-crypto.ts";
import { openClocks } from "./anchors/open-clocks.ts";
import type { Anchoring } from "./anchors/open-clocks.ts";
import { exchangeOverUdp } from "./anchors/roughtime-server.ts";
import { previewer } from "./backtest/preview.ts";
import { postWith } from "./delivery/webhooks/post.ts";
import { refusedNowFinder } from "./backtest/refused-now.ts";
import { readConfiguration } from "./config/configuration.ts";
import type { Configuration } from "./config/configuration.ts";
import { DocketError } from "./error.ts";
import type { Installation } from "./installation.ts";
import { mainSite, readKeys } from "./installation.ts";
import type { RebuildProgress } from "./intake/rebuild.ts";
import type { AccessPorts } from "./intake/open-access.ts";
import { readPolicyDirectory } from "./releases/policy-directory.ts";
import { readReplicasConfig } from "./copies/config.ts";
import type { DrillResult } from "./copies/drill-result.ts";
import { startReplication } from "./copies/replication.ts";
import { networkPorts } from "./clock/network.ts";
import { firstCheckWithinMs, makeClock } from "./clock/open-clock.ts";
import { encryptKeysBackup } from "./key-desk/backup.ts";
import { readKeysConfig } from "./key-providers/config.ts";
import { DnsLookups } from "./lookups/dns-lookups.ts";
import { dnsResolver } from "./lookups/dns-resolver.ts";
import { rebuildBehindViews } from "./rebuild/behind-views.ts";
import { openTextIndex } from "./search/text-index.ts";
import type { SiteSettings } from "./settings/settings-desk.ts";
import { openAsideFile } from "./stores/files/aside-file.ts";
import { counterSnapshotFile } from "./stores/files/counter-snapshot.ts";
import { disk } from "./stores/files/node-disk.ts";
import { webhookProgressFiles, webhookSecretFiles } from "./stores/files/webhook-files.ts";
import { pendingReadings } from "./stores/files/pending-reads.ts";
import { readBelow, readIfThere } from "./stores/files/read-files.ts";
import { createDurably, replaceDurably } from "./stores/files/replace-durably.ts";
import { openSqliteAccess } from "./stores/sqlite/access-client.ts";
import { accessPath } from "./stores/sqlite/access-file.ts";
import { settleKeyStore } from "./stores/sqlite/settle-key-store.ts";
import { openSiteIndex } from "./stores/sqlite/site-index-client.ts";
import { version } from "./version.ts";
import { repeatWindowMs } from "./views/site-index.ts";
import type { OpenSiteOptions } from "./intake/open-site.ts";

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
  /** Restores the newest copy in a scratch place and checks it; without it no drill can be run. */
  drill?: (() => Promise<DrillResult>) | undefined;
  /** Variables of the environment, which replicas' keys may be in (default: the process's). */
  variables?: Readonly<Record<string, string | undefined>> | undefined;
  /** Ms since 1970; the system's clock if left out. */
  clock?: (() => number) | undefined;
};

/** What a site is opened with, and what goes on beside it. */
export type Engines = {
  /** All that a site needs but who signs and where its threads find their disk. */
  readonly site: Omit<OpenSiteOptions, "diskModule" | "formerKeys" | "primacy">;
  /** Opens what tells people that something is wrong, beside the open site. */
  alerts(settings: SiteSettings): Promise<AlertDesk>;
  /** Resolves when the clock was held against its sources, or they have had their time. */
  ready(): Promise<void>;
  /** Closes them after the site. */
  close(): Promise<void>;
  /** Closes them where the site could not be opened. */
  abandon(): Promise<void>;
};

/**
 * Opens them.
 *
 * @param unlocked the installation with what opens its keys
 * @throws {DocketError} `configuration_invalid`, `usage`
 */
export async function openEngines(
  installation: Installation,
  unlocked: Installation,
  options: OpenInstallationOptions,
): Promise<Engines> {
  const { data, origin, paths } = installation;
  const configuration = readConfiguration(data);
  const keys = readKeys(unlocked);
  const onKeysChanged = keysCopier(unlocked, keys.folder, configuration, options);
  await onKeysChanged?.().catch((error: unknown) =>
    options.onNotice?.(`the copy of the keys could not be written: ${(error as Error).message}`),
  );
  await rebuildBehind(installation, keys, options);
  const index = openIndex(installation, keys);
  const identity = join(paths.site, "identity.sqlite");
  const file = join(paths.site, "search.sqlite");
  const texts = openTextIndex({ paths, origin, folder: keys.folder, identity, file }, runLater);
  const lookups = openLookups(options);
  // A mistake in it is told before anything is opened.
  const alertsConfig = readAlertsConfig(configuration.section("alerts"));
  const sealingClock = makeClock(configuration.section("clock"), networkPorts, runLater);
  // Sources are asked while the log is opened.
  const clockChecked = sealingClock.start();
  const replication = startReplication({
    config: readReplicasConfig(configuration.section("replicas")),
    data,
    folder: keys.folder,
    paths,
    origin,
    variables: options.variables ?? process.env,
  });
  const close = async (): Promise<void> => {
    await replication.close();
    lookups.close();
  };
  return {
    site: {
      ...platform(installation, options),
      configuration,
      keys,
      onKeysChanged,
      index,
      texts,
      lookups,
      replication,
      sealingClock,
      anchoring: anchoringOf(installation, configuration),
      webhooks: {
        secrets: webhookSecretFiles(keys.folder, randomPool()),
        progress: webhookProgressFiles(join(paths.site, "webhooks")),
        post: postWith(fetch, options.clock ?? Date.now),
        random: Math.random,
      },
      access: accessOf(installation, keys, configuration),
    },
    alerts: (settings) =>
      openAlerts({
        ...alertPorts(installation, keys, configuration, options),
        config: alertsConfig,
        thresholds: () => settings.current,
      }),
    ready: () => waitAtMost(clockChecked, firstCheckWithinMs),
    close,
    abandon: async () => {
      sealingClock.close();
      await close();
      await index.close().catch(() => undefined);
    },
  };
}

/** What no configuration changes: files, threads, time, chance. */
function platform(installation: Installation, options: OpenInstallationOptions): Platform {
  const { origin, paths, policyDirectory } = installation;
  return {
    paths,
    origin,
    disk,
    asideFile: openAsideFile,
    replaceLater: replaceDurably,
    createLater: createDurably,
    readLater: readIfThere,
    snapshotAt: counterSnapshotFile,
    pendingReadings: pendingReadings(paths.site),
    takesEdits: options.takesEdits,
    policyFiles: () => readPolicyDirectory(policyDirectory),
    listFile: (path) => readBelow(policyDirectory, path),
    succeeds: installation.succeeds,
    version,
    clock: options.clock ?? Date.now,
    random: randomPool(),
    timer: runLater,
    previewer,
    refusedNow: refusedNowFinder,
    drill: options.drill,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    ...(options.onNotice === undefined ? {} : { onNotice: options.onNotice }),
  };
}

type Platform = Omit<
  Engines["site"],
  | "access"
  | "anchoring"
  | "configuration"
  | "index"
  | "keys"
  | "lookups"
  | "onKeysChanged"
  | "replication"
  | "sealingClock"
  | "texts"
  | "webhooks"
>;

function rebuildBehind(
  { paths, origin }: Installation,
  keys: SiteKeys,
  { onProgress, onNotice }: OpenInstallationOptions,
): Promise<void> {
  return rebuildBehindViews({
    disk,
    site: paths.site,
    checkpoint: paths.checkpoint,
    origin,
    siteKey: keys.site,
    viewsPath: viewsPathOf(paths),
    nowMs: () => performance.now(),
    onProgress,
    onNotice,
  });
}

const viewsPathOf = ({ site }: Installation["paths"]): string => join(site, "views.sqlite");

function openIndex({ paths }: Installation, keys: SiteKeys): ReturnType<typeof openSiteIndex> {
  const identityPath = join(paths.site, "identity.sqlite");
  return openSiteIndex({
    identityPath,
    keyStore: settleKeyStore(identityPath, keys, randomPool()),
    viewsPath: viewsPathOf(paths),
    repeatWindowMs,
  });
}

function openLookups({ dnsServers, onNotice }: OpenInstallationOptions): DnsLookups {
  return new DnsLookups({
    resolver: dnsResolver(dnsServers ?? []),
    clock: () => performance.now(),
    timer: runLater,
    onNotice,
  });
}

function accessOf(installation: Installation, keys: SiteKeys, configuration: Configuration): AccessPorts {
  const config = readAccessConfig(configuration.section("access"));
  const store = openSqliteAccess(accessPath(installation.data), mainSite);
  const oidcSecret = async ({ secret }: OidcConfig): Promise<string> => {
    const text = "env" in secret ? process.env[secret.env] : readSecret(keys.folder, secret.file).trim();
    if (text === undefined || text === "") throw new DocketError("usage", "the client's secret is not there");
    return text;
  };
  const { feed, keys: apiKeys, people } = store;
  return { config, people, keys: apiKeys, feed, oidcSecret, fetch, close: () => store.close() };
}

function alertPorts(
  { data, origin, paths }: Installation,
  { folder }: SiteKeys,
  configuration: Configuration,
  options: OpenInstallationOptions,
): Omit<OpenAlertsOptions, "config" | "thresholds"> {
  const clock = options.clock ?? Date.now;
  return {
    origin,
    folder,
    clock,
    publicUrl: readAccessConfig(configuration.section("access")).publicUrl,
    directory: paths.site,
    variables: options.variables ?? process.env,
    readText: (path) => readFile(resolve(data, path), "utf8"),
    read: readIfThere,
    replace: replaceDurably,
    post: postWith(fetch, clock),
    random: randomPool(),
    timer: runLater,
    onNotice: (notice) => options.onNotice?.(notice),
  };
}

function anchoringOf({ data }: Installation, configuration: Configuration): Anchoring {
  return openClocks(readAnchorsConfig(configuration.section("anchors")), {
    crypto: nodeTimestampCrypto,
    random: randomPool(),
    post: postQuery,
    exchange: exchangeOverUdp,
    readFile: (path) => disk.readFile(resolve(data, path)),
  });
}

// A copy of the keys, where the configuration wants one: never older than the keys.
function keysCopier(
  { origin, data }: Installation,
  folder: KeyFolder,
  configuration: Configuration,
  { clock = Date.now }: OpenInstallationOptions,
): (() => Promise<void>) | undefined {
  const { backup } = readKeysConfig(configuration.section("keys"), data);
  if (backup === undefined) return undefined;
  return async () => {
    const copy = await encryptKeysBackup(folder, { origin, nowMs: clock() }, backup.recipients);
    await replaceDurably(backup.to, copy);
  };
}

/** Waits for something no longer than that. */
export async function waitAtMost(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, end]);
  clearTimeout(timer);
}

function runLater(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  // It is told to stop when the installation is closed; until then it keeps no process alive.
  timer.unref();
  return () => clearTimeout(timer);
}
