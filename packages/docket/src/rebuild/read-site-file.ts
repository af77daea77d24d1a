// SPDX-License-Identifier: Apache-2.0
// Reads files of a site's directory, as they are published.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReadSiteFile } from "./opened-records.ts";

/** Reads files below a directory with blocking calls; `undefined` for one that is not there. */
export function siteFileReader(site: string): ReadSiteFile {
  return (path) => {
    try {
      return readFileSync(join(site, path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  };
}
