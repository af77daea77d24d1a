// SPDX-License-Identifier: Apache-2.0
// Consistent copies of the databases beside a log, also while a server writes them, made aside of whoever
// waits: API keys by SQLite's backup, in one step, so that no writer makes it begin again; the identity map
// row by row, each without the layer of the key-store key, which every erasure replaces.
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import type { KeyFolder } from "../evidence/key-folder.ts";
import { threadUrl } from "../thread-url.ts";
import { copiedSite, identityFile } from "./contract.ts";
import type { CopiedDatabase } from "./contract.ts";
import type { IdentityCopyStart } from "./identity-thread.ts";
import { hashFile } from "./side-files.ts";

/** More pages than a database has: all of it in one step. */
const allPages = 2_147_483_647;

/** A copy of a database, in a place of this process; `remove` it when it was used. */
export type Snapshot = { path: string; hash: string; remove(): void };

/** Makes snapshots of the databases of a data directory. */
export class Snapshots {
  readonly #data: string;
  readonly #scratch: string;
  readonly #folder: KeyFolder;
  #count = 0;

  /**
   * @param scratch a directory of this one's own; what a crash left in it goes
   * @param folder of the site's keys
   */
  constructor(data: string, scratch: string, folder: KeyFolder) {
    this.#data = data;
    this.#folder = folder;
    this.#scratch = scratch;
    rmSync(scratch, { recursive: true, force: true });
  }

  /** Changes whenever a database may have changed; `undefined` if it isn't there. */
  stamp(file: CopiedDatabase): string | undefined {
    const path = join(this.#data, file);
    if (!existsSync(path)) return undefined;
    return [path, `${path}-wal`].map((each) => stampOf(each)).join();
  }

  /** Copies a database; `undefined` if it isn't there. */
  async take(file: CopiedDatabase): Promise<Snapshot | undefined> {
    const from = join(this.#data, file);
    if (!existsSync(from)) return undefined;
    mkdirSync(this.#scratch, { recursive: true, mode: 0o700 });
    const path = join(this.#scratch, `${++this.#count}.sqlite`);
    if (file === identityFile) await copyIdentity({ from, target: path, folder: this.#folder });
    else await copyDatabase(from, path);
    settle(path);
    return { path, hash: await hashFile(path), remove: () => rmSync(path, { force: true }) };
  }

  /** All actors of so many first records are in the identity map: as many as the views have. */
  identitySize(): number {
    const path = join(this.#data, "sites", copiedSite, "views.sqlite");
    if (!existsSync(path)) return 0;
    const views = new DatabaseSync(path, { readOnly: true });
    try {
      const row = views.prepare("SELECT size FROM position").get() as { size: number } | undefined;
      return row?.size ?? 0;
    } catch {
      // Views of another version: nothing is known of it.
      return 0;
    } finally {
      views.close();
    }
  }

  close(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

function copyIdentity(start: IdentityCopyStart): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(threadUrl("./identity-thread", import.meta.url), {
      workerData: start,
      stdout: true,
      stderr: true,
    });
    worker.once("error", reject);
    worker.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error("the identity map could not be copied"));
    });
  });
}

async function copyDatabase(from: string, target: string): Promise<void> {
  const database = new DatabaseSync(from, { readOnly: true });
  try {
    await backup(database, target, { rate: allPages });
  } finally {
    database.close();
  }
}

// One file, which needs no other beside it.
function settle(path: string): void {
  const copy = new DatabaseSync(path);
  copy.exec("PRAGMA journal_mode = DELETE");
  copy.close();
}

function stampOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? "" : `${found.size}.${found.mtimeNs}`;
}
