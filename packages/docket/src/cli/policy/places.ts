// SPDX-License-Identifier: Apache-2.0
// Where policies lie: a directory that is named, or the one of the data directory.
import { resolve } from "node:path";
import { isInstallation, readInstallation } from "../../installation.ts";
import { DocketError } from "../../error.ts";

/** A directory of policies, or the data directory whose policies are meant. */
export type DirectoryOptions = { directory?: string | undefined; data: string };

/**
 * The directory of policies that is meant.
 *
 * @throws {DocketError} `usage` if none is named and there is no data directory
 */
export function policyDirectoryOf({ directory, data }: DirectoryOptions): string {
  if (directory !== undefined) return directory;
  if (isInstallation(data)) return shortPath(readInstallation(data).policyDirectory, data);
  throw new DocketError("usage", `${data} is no data directory; name a directory of policies, or --data`);
}

// As it was typed, where that says the same: messages name files that can be clicked.
function shortPath(path: string, data: string): string {
  const root = resolve(data);
  return path.startsWith(root) ? `${data.replace(/\/+$/, "")}${path.slice(root.length)}` : path;
}
