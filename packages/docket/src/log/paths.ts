// SPDX-License-Identifier: Apache-2.0
// Where the files of a site's log lie. Everything below `tile/` and `checkpoint` is what C2SP tlog-tiles
// serves.
import { join } from "node:path";

/** The paths of one site's log. */
export type LogPaths = {
  site: string;
  journal: string;
  checkpoint: string;
  keptCheckpoints: string;
  /** Rows of the checkpoints that were published in the last 24 hours. */
  recentCheckpoints: string;
  parts: string;
  state: string;
  releases: string;
};

/** The paths of the log of `site` in a data directory. */
export function logPaths(data: string, site: string): LogPaths {
  const directory = join(data, "sites", site);
  return {
    site: directory,
    journal: join(directory, "journal"),
    checkpoint: join(directory, "checkpoint"),
    keptCheckpoints: join(directory, "checkpoints"),
    recentCheckpoints: join(directory, "recent"),
    parts: join(directory, "parts"),
    state: join(directory, "materialised.json"),
    releases: join(directory, "releases"),
  };
}

/** The name of a journal segment. Segments are numbered from 1 in the order in which they were begun. */
export function segmentName(sequence: number): string {
  return `${String(sequence).padStart(8, "0")}.journal`;
}

/** The number of a journal segment; `undefined` for another file. */
export function parseSegmentName(name: string): number | undefined {
  return /^\d{8}\.journal$/.test(name) ? Number(name.slice(0, 8)) : undefined;
}
