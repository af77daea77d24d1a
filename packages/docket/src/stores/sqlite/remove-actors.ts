// SPDX-License-Identifier: Apache-2.0
// Takes actors out of an identity map that nobody has open, so that nothing of them is left in the file.
import { DatabaseSync } from "node:sqlite";
import { transaction } from "./views-writer.ts";

/**
 * Removes the rows of these pseudonyms. Where there were any the file is written anew, page by page.
 *
 * @param path of `identity.sqlite`
 * @returns how many rows there were
 */
export function removeActors(path: string, pseudonyms: readonly string[]): number {
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL");
    const remove = database.prepare("DELETE FROM actors WHERE pseudonym = ?");
    let removed = 0;
    transaction(database, () => {
      for (const pseudonym of pseudonyms) removed += Number(remove.run(pseudonym).changes);
    });
    // Pages that were split may hold rows a second time.
    if (removed > 0) database.exec("VACUUM");
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return removed;
  } finally {
    database.close();
  }
}
