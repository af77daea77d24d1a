// SPDX-License-Identifier: Apache-2.0
// Opens the list of records.
import { LogReader } from "../log/reader.ts";
import { RecordDesk } from "../records/record-desk.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** Opens the list of records. */
export function openRecords({ index, paths }: OpenSiteOptions, site: DocketSite): RecordDesk {
  const reader = new LogReader(paths);
  return new RecordDesk({
    size: () => site.status().publishedSize,
    leaf: (at) => reader.leaf(at, site.status().publishedSize),
    numbers: (query) => index.recordNumbers(query),
    settled: async () => {
      const { size, publishedSize } = site.status();
      // Who reads a record waits until it is published. Where that fails, what is published is listed.
      if (size > publishedSize) await site.recorded(size - 1).catch(() => undefined);
      await site.indexed();
    },
  });
}
