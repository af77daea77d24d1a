// SPDX-License-Identifier: Apache-2.0
// Where the files of a site's lists lie: below `lists/NAME/`, each named by what it is and its version. Bases
// and changes are written once and kept for good; snapshots come and go. A source, named by the hash of a
// file of the policy directory, holds the version of the base that the file makes: it isn't read again.
import { join } from "node:path";
import type { LogDisk } from "../log/disk.ts";
import type { LogPaths } from "../log/paths.ts";

/** What a file of a list is. */
export type ListFileKind = "base" | "change" | "snapshot" | "source";

/** The files of a site's lists. */
export interface ListStore {
  /** Where a file lies, for messages. */
  path(list: string, kind: ListFileKind, version: string): string;
  read(list: string, kind: ListFileKind, version: string): Uint8Array | undefined;
  /** Keeps a file; when it resolves, it survives power loss. Doesn't block the thread while it writes. */
  keep(list: string, kind: ListFileKind, version: string, bytes: Uint8Array): Promise<void>;
  /** The same at once, for what is done before a site is open. */
  keepNow(list: string, kind: ListFileKind, version: string, bytes: Uint8Array): void;
  /** The versions that there are files of. */
  versions(list: string, kind: ListFileKind): string[];
  remove(list: string, kind: ListFileKind, version: string): void;
}

/** The folder of a site's lists. */
export function listsDirectory(paths: Pick<LogPaths, "site">): string {
  return join(paths.site, "lists");
}

function isDerived(kind: ListFileKind): boolean {
  return kind === "snapshot" || kind === "source";
}

/**
 * The files of a site's lists on a disk.
 *
 * @param replaceLater puts a file in place durably without blocking the thread
 */
export function openListStore(
  disk: LogDisk,
  paths: Pick<LogPaths, "site">,
  replaceLater: (path: string, bytes: Uint8Array) => Promise<void>,
): ListStore {
  const folder = (list: string): string => join(listsDirectory(paths), list);
  const path = (list: string, kind: ListFileKind, version: string): string =>
    join(folder(list), `${kind}-${version}`);
  return {
    path,
    read: (list, kind, version) => disk.readFile(path(list, kind, version)),
    keep: async (list, kind, version, bytes) => {
      const place = path(list, kind, version);
      if (!isDerived(kind) && disk.readFile(place) !== undefined) return;
      disk.makeDirectory(folder(list));
      await replaceLater(place, bytes);
    },
    keepNow: (list, kind, version, bytes) => {
      const place = path(list, kind, version);
      if (!isDerived(kind) && disk.readFile(place) !== undefined) return;
      disk.makeDirectory(folder(list));
      disk.replaceFile(place, bytes, true);
    },
    versions: (list, kind) =>
      disk
        .list(folder(list))
        .filter((name) => name.startsWith(`${kind}-`))
        .map((name) => name.slice(kind.length + 1))
        .filter((version) => /^[A-Za-z0-9_-]{43}$/.test(version)),
    remove: (list, kind, version) => disk.remove(path(list, kind, version)),
  };
}
