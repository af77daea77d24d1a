// SPDX-License-Identifier: Apache-2.0
// A log as its published files show it: read without the directory's lock, so also while a server writes it.
import { join } from "node:path";
import type { PolicyFile, PolicySet } from "@docket/policy";
import type { DocketRecord, Facts, Receipt } from "@docket/protocol";
import { parseLeaf, receiptFormat } from "@docket/protocol";
import { parseCheckpoint, parseNote } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { SiteKeys } from "../evidence/keys.ts";
import { namedCounters } from "../intake/counting.ts";
import { factsOf } from "../intake/rebuild.ts";
import { readInstallation, readKeys } from "../installation.ts";
import { unlockInstallation } from "../key-providers/unlock.ts";
import type { Installation } from "../installation.ts";
import type { LogPaths } from "../log/paths.ts";
import { LogReader } from "../log/reader.ts";
import type { StoredRecord } from "../log/reader.ts";
import { releaseOf } from "../releases/release.ts";
import { disk } from "../stores/files/node-disk.ts";

/** A published record. `facts` are there for a decision where the site's keys are. */
export type PublishedRecord = { record: DocketRecord; facts: Facts | undefined };

/** A published log. */
export type PublishedLog = {
  /** Records that the checkpoint covered when the log was opened. */
  size: number;
  /** Whether facts can be read: the site's keys are there. */
  readable: boolean;
  /** @throws {DocketError} `not_found` beyond the published size */
  record(index: number): Promise<PublishedRecord>;
  /** @throws {DocketError} `not_found` beyond the published size */
  receipt(index: number): Promise<Receipt>;
  /**
   * The names that a release gives its counters, by the ids under which facts keep them; what is known of
   * them.
   */
  counterNames(release: string): ReadonlyMap<string, string>;
};

/**
 * Opens the published files of a data directory.
 *
 * @throws {DocketError} `usage` if it is none
 */
export async function openPublished(data: string): Promise<PublishedLog> {
  const installation = readInstallation(data);
  const { paths, origin } = installation;
  const checkpoint = disk.readFile(paths.checkpoint);
  const size = checkpoint === undefined ? 0 : parseCheckpoint(parseNote(checkpoint).text).size;
  const reader = new LogReader(paths);
  const keys = await keysIfThere(installation);
  const stored = (index: number): Promise<StoredRecord> => {
    if (index < size) return reader.record(index, size);
    throw new DocketError("not_found", `there is no published record ${index}; the log holds ${size}`);
  };
  return {
    size,
    readable: keys !== undefined,
    async record(index) {
      const found = await stored(index);
      const record = parseLeaf(found.leaf);
      const open = keys !== undefined && record.kind === "decision";
      return {
        record,
        stored: found,
        facts: open ? factsOf(found, { siteKey: keys.site, origin }) : undefined,
      };
    },
    counterNames: (release) => counterNames(paths, release),
    async receipt(index) {
      const { leaf, parts } = await stored(index);
      const proof = await reader.proof(index);
      const manifest = parts === undefined ? {} : { manifest: parts.manifest.toString("utf8") };
      return { format: receiptFormat, leaf, proof, ...manifest };
    },
  };
}

// A help for readers: a release that is not there, or of another version of the language, names nothing.
function counterNames(paths: LogPaths, release: string): Map<string, string> {
  const names = new Map<string, string>();
  const kept = disk.readFile(join(paths.releases, `${release}.json`));
  if (kept === undefined) return names;
  let policies: PolicySet;
  try {
    ({ policies } = releaseOf((JSON.parse(kept.toString("utf8")) as { files: PolicyFile[] }).files));
  } catch {
    return names;
  }
  const ids = new Map(namedCounters(policies).map(({ counter, id }) => [counter.id, id]));
  for (const policy of policies.policies) {
    for (const [name, counter] of policy.counters) names.set(ids.get(counter.id) ?? "", `counters.${name}`);
  }
  return names;
}

// Who reads a log need not have its keys: then records show what anyone may see.
async function keysIfThere(installation: Installation): Promise<SiteKeys | undefined> {
  try {
    return readKeys(await unlockInstallation(installation));
  } catch (error) {
    if (error instanceof DocketError) return undefined;
    throw error;
  }
}
