// SPDX-License-Identifier: Apache-2.0
// An installation: a data directory and the directory of its keys.
//
//   DIR/docket.json          what this directory is, and where its keys lie
//   DIR/log.vkey             the log's verifier keys, to give away
//   DIR/policy/              the policy, if no other directory is named
//   DIR/sites/main/…         the log (log/paths.ts), identity.sqlite and views.sqlite
//   DIR/access.sqlite        API keys, people and sessions; nothing in it lets anybody in
//   DIR/lock.sqlite          held by the one process that writes
//   DIR.keys/main/…          keys (evidence/keys.ts), not in the data directory
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { Succession } from "@docket/protocol";
import { emptyFrontier } from "@docket/tlog";
import { DocketError } from "./error.ts";
import {
  createOpaqueKeys,
  createSiteKeys,
  mainSite,
  readSiteKeys,
  signerKeysOf,
  verifierKeyOf,
} from "./evidence/keys.ts";
import type { KeyRing } from "./evidence/key-ring.ts";
import type { SiteKeys } from "./evidence/keys.ts";
import type { LogDisk } from "./log/disk.ts";
import { writeState } from "./log/materialised.ts";
import { readLibraryPolicy, writePolicy } from "./releases/policy-library.ts";
import { logPaths } from "./log/paths.ts";
import { verifierKeysOf } from "./log/signing-keys.ts";
import { firstPeriod, writeKeyHistory } from "./succession/key-history.ts";
import type { MaintainedLog } from "./succession/maintenance.ts";
import { threadUrl } from "./thread-url.ts";
import type { LogPaths } from "./log/paths.ts";

export { mainSite } from "./evidence/keys.ts";
const originBytes = 8;
/** The policy of the library that a data directory begins with. */
const firstPolicy = "comments";

/** A data directory and what belongs to it. */
export type Installation = {
  data: string;
  keysDirectory: string;
  policyDirectory: string;
  origin: string;
  /** Whether its log holds opaque entries, and no records. */
  opaque: boolean;
  paths: LogPaths;
  /** Opens protected keys, once they were asked for (key-providers/). */
  guard?: KeyRing | undefined;
  /** The log that this one goes on from, if any. */
  succeeds: Succession | undefined;
};

/** What a new log may be besides. */
export type CreateOptions = { opaque?: boolean | undefined; succeeds?: Succession | undefined };

/** Where the keys of a data directory lie, if nothing else is said: beside it. */
export function defaultKeysDirectory(data: string): string {
  const path = resolve(data);
  return join(dirname(path), `${basename(path)}.keys`);
}

/** Whether a directory is a data directory. */
export function isInstallation(data: string): boolean {
  return existsSync(join(data, "docket.json"));
}

/**
 * Makes a data directory with the site `main`: origin, keys, verifier key, an example policy, an empty log.
 *
 * @throws {DocketError} `usage` if there is something in the directory already
 */
export function createInstallation(
  disk: LogDisk,
  directory: string,
  keysDirectory?: string,
  options: CreateOptions = {},
): Installation {
  const opaque = options.opaque === true;
  const data = resolve(directory);
  if (existsSync(data) && readdirSync(data).length > 0) {
    throw new DocketError("usage", `${data} is not empty; name a new directory`);
  }
  const keys = resolve(keysDirectory ?? defaultKeysDirectory(data));
  if (keys === data || keys.startsWith(`${data}/`)) {
    throw new DocketError("usage", `${keys} lies inside the data directory; keys must lie outside of it`);
  }
  const origin = `docket-${randomBytes(originBytes).toString("hex")}/${mainSite}`;
  const signerKeys = opaque
    ? createOpaqueKeys(keys, mainSite, origin, randomBytes)
    : signerKeysOf(createSiteKeys(keys, mainSite, origin, randomBytes));
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const paths = logPaths(data, mainSite);
  for (const path of [paths.journal, paths.keptCheckpoints]) disk.makeDirectory(path);
  if (!opaque) for (const path of [paths.parts, paths.releases]) disk.makeDirectory(path);
  writeState(disk, paths, emptyFrontier());
  const site = opaque ? { v: 1, origin, opaque } : { v: 1, origin };
  disk.replaceFile(join(paths.site, "site.json"), Buffer.from(`${JSON.stringify(site)}\n`), true);
  if (options.succeeds !== undefined) {
    const text = `${JSON.stringify(options.succeeds)}\n`;
    disk.replaceFile(join(paths.site, "succeeds.json"), Buffer.from(text), true);
  }
  const vkeys = verifierKeysOf(signerKeys);
  writeKeyHistory(disk, paths, firstPeriod(origin, vkeys));
  disk.replaceFile(join(data, "log.vkey"), Buffer.from(`${vkeys.join("\n")}\n`), true);
  const policy = opaque ? undefined : readLibraryPolicy(firstPolicy);
  if (policy !== undefined) writePolicy(join(data, "policy"), `${firstPolicy}.yaml`, policy);
  // Last: a directory without it was never finished, and is refused.
  const content = { v: 1, keys: relative(data, keys) };
  disk.replaceFile(join(data, "docket.json"), Buffer.from(`${JSON.stringify(content)}\n`), true);
  return readInstallation(data);
}

/**
 * Reads what a data directory is.
 *
 * @param options directories that override those of the installation
 * @throws {DocketError} `usage` if it is none
 */
export function readInstallation(
  directory: string,
  options: { keys?: string | undefined; policy?: string | undefined } = {},
): Installation {
  const data = resolve(directory);
  const content = readJson(join(data, "docket.json"), data) as { v?: unknown; keys?: unknown };
  if (content.v !== 1 || typeof content.keys !== "string") {
    throw new DocketError("usage", `${join(data, "docket.json")} is not of a version that this docket knows`);
  }
  const paths = logPaths(data, mainSite);
  const site = readJson(join(paths.site, "site.json"), data) as { origin?: unknown; opaque?: unknown };
  const { origin } = site;
  const succeeds = join(paths.site, "succeeds.json");
  if (typeof origin !== "string") {
    throw new DocketError("directory_damaged", `${join(paths.site, "site.json")} names no origin`);
  }
  const keys = isAbsolute(content.keys) ? content.keys : join(data, content.keys);
  return {
    data,
    keysDirectory: resolve(options.keys ?? keys),
    policyDirectory: resolve(options.policy ?? join(data, "policy")),
    origin,
    opaque: site.opaque === true,
    paths,
    succeeds: existsSync(succeeds) ? (readJson(succeeds, data) as Succession) : undefined,
  };
}

/**
 * The log of an installation, for what is done to it while nothing else has it open. The caller holds its
 * lock.
 *
 * @param diskModule the URL of a module that exports the same disk
 */
export function maintainedLog(
  installation: Installation,
  disk: LogDisk,
  diskModule: string = threadUrl("./stores/files/node-disk", import.meta.url).href,
): MaintainedLog {
  const { origin, opaque, paths, keysDirectory, guard } = installation;
  return { origin, opaque, paths, keys: join(keysDirectory, mainSite), guard, disk, diskModule };
}

/** The file of the verifier keys that an installation gives away. */
export function verifierKeyPath(installation: Installation): string {
  return join(installation.data, "log.vkey");
}

/**
 * Reads the keys of an installation's main site.
 *
 * @throws {DocketError} `usage` if they are missing or belong to another log
 */
export function readKeys(installation: Installation): SiteKeys {
  const keys = readSiteKeys(installation.keysDirectory, mainSite, installation.guard);
  const name = verifierKeyOf(keys.signerKey).split("+")[0];
  if (name !== installation.origin) {
    throw new DocketError(
      "usage",
      `the keys in ${installation.keysDirectory} belong to the log ${name}, not to ${installation.origin}`,
    );
  }
  return keys;
}

function readJson(path: string, data: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new DocketError(
      "usage",
      `${data} is not a data directory of docket; make one with \`docket init ${data}\``,
      {
        cause: error,
      },
    );
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new DocketError("directory_damaged", `${path} is not JSON`, { cause: error });
  }
}
