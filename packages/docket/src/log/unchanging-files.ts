// SPDX-License-Identifier: Apache-2.0
// Files of a log that never change again: full tiles of hashes and of entries below the size that is synced.
// Whatever is put in their place later, by a recovery too, is a fault.
import { entriesPath, tilePath, tileWidth } from "@docket/tlog";

/** Levels of tiles of hashes that a log of 2^53 records has (tlog-tiles: eight bits a level). */
const levelsMax = 7;

/**
 * The paths of those files below the site's directory.
 *
 * @param size records whose files are synced
 */
export function* unchangingFiles(size: number): Generator<string> {
  const full = Math.floor(size / tileWidth);
  for (let index = 0; index < full; index++) yield entriesPath(index, tileWidth);
  for (let level = 0; level < levelsMax; level++) {
    const tiles = Math.floor(size / tileWidth ** (level + 1));
    for (let index = 0; index < tiles; index++) yield tilePath({ level, index, width: tileWidth });
  }
}
