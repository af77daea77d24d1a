// SPDX-License-Identifier: Apache-2.0
// Keeps one copy up to date: records as they become durable, the files that they name before them, the other
// files and the identity map now and then. Whoever drives it tries again what is not reached.
import { join } from "node:path";
import { encodeBase64, parseCheckpoint, parseNote } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { DurableNews } from "../log/replica-gate.ts";
import { accessFile, copiedSite, identityFile } from "./contract.ts";
import type { CopiedDatabase, CopyState, CopyTarget } from "./contract.ts";
import type { LogSource } from "./log-source.ts";
import { listPartsFiles } from "./side-files.ts";
import type { WatchedFiles } from "./side-files.ts";
import type { Snapshots } from "./snapshots.ts";
import { hashFile } from "./side-files.ts";
import { readFileSync, statSync } from "node:fs";
import { isWholePartsFile } from "./parts-file.ts";

/** What is copied, and how it is read. */
export type CopierPorts = {
  data: string;
  origin: string;
  /** The log's keys.json, as text. */
  keys: () => string;
  source: LogSource;
  files: WatchedFiles;
  snapshots: Snapshots;
};

/** Brings a copy up to date, step by step. One at a time uses a target. */
export class Copier {
  readonly #ports: CopierPorts;
  readonly #target: CopyTarget;
  /** The files that the target has. */
  #remote = new Map<string, string>();
  #size = 0;
  #published = 0;
  #identityStamp: string | undefined;
  #accessStamp: string | undefined;
  /** All actors of so many first records must be in the identity map there; so many are, from this run. */
  #actorsNeeded = 0;
  #actorsSent = 0;
  /** Something was erased, and what the target holds of it is not gone yet. */
  #erased = true;

  constructor(ports: CopierPorts, target: CopyTarget) {
    this.#ports = ports;
    this.#target = target;
  }

  /** Records that the target holds. */
  get size(): number {
    return this.#size;
  }

  /**
   * Begins the copy, or finds out what it holds, and that it holds the beginning of this log.
   *
   * @param newest what is durable here, if that is known
   * @returns whether what it holds is proven to be of this log; else the next records prove it
   * @throws {DocketError} `replica_forked` if it is another log, or there is more of it than here
   */
  async connect(newest: DurableNews | undefined): Promise<boolean> {
    const { origin, keys } = this.#ports;
    let state = await this.#target.state();
    if (state === undefined) {
      await this.#target.begin({ origin, keys: keys() });
      state = (await this.#target.state()) as CopyState;
    }
    if (state.origin !== origin) {
      throw new DocketError("replica_forked", `it is a copy of ${state.origin}, not of ${origin}`);
    }
    const proven = await this.#isOurs(state, newest);
    this.#remote = new Map(Object.entries(await this.#target.files()));
    this.#size = state.size;
    this.#published = state.published;
    if (!state.identity) this.#actorsNeeded = state.size;
    return proven;
  }

  /**
   * Copies the next records, with the files that they name.
   *
   * @returns whether there were any
   */
  async step(newest: DurableNews): Promise<boolean> {
    const lot = await this.#ports.source.next(this.#size, newest);
    if (lot === undefined) return false;
    if (lot.namesFiles) await this.sendFiles(true);
    this.#size = await this.#target.push(lot);
    if (lot.filed) this.#actorsNeeded = this.#size;
    this.#erased ||= lot.erases;
    return true;
  }

  /**
   * Whether records were copied whose actors the target does not have: then it could be brought up, and would
   * not know whose evidence it holds.
   */
  get lacksActors(): boolean {
    return this.#actorsSent < this.#actorsNeeded;
  }

  /** Copies the files beside the log that changed. @param named only those that records may name */
  async sendFiles(named = false): Promise<void> {
    const { files, data } = this.#ports;
    const state = named ? undefined : await this.#target.state();
    this.#published = state?.published ?? this.#published;
    const hashes = await files.hashes(named);
    for (const [path, hash] of hashes) {
      if (this.#remote.get(path) === hash || this.#isAhead(path)) continue;
      await this.#target.putFile(path, join(data, path), hash).catch(async (error: unknown) => {
        // It changed, or went, between the two: the next round has it.
        if ((await hashFile(join(data, path)).catch(() => "")) === hash) throw error;
      });
      this.#remote.set(path, hash);
    }
    if (named) return;
    const gone = [...this.#remote.keys()].filter(
      (path) => !hashes.has(path) && /^policy\/|\/webhooks\//.test(path),
    );
    if (gone.length > 0) await this.#target.removeFiles(gone);
    for (const path of gone) this.#remote.delete(path);
  }

  /** Copies the databases if they changed. May run beside {@link step}. */
  async sendDatabases(): Promise<void> {
    const { snapshots } = this.#ports;
    const identity = snapshots.stamp(identityFile);
    if (identity === undefined) this.#actorsSent = Infinity;
    else if (identity !== this.#identityStamp || this.lacksActors) {
      // Asked first: what comes meanwhile may be in it, and does not count.
      const size = snapshots.identitySize();
      await this.#sendDatabase(identityFile, size);
      this.#identityStamp = identity;
      this.#actorsSent = size;
    }
    const access = snapshots.stamp(accessFile);
    if (access !== undefined && access !== this.#accessStamp) {
      await this.#sendDatabase(accessFile);
      this.#accessStamp = access;
    }
  }

  /** Whether something was erased that the target may still hold. */
  get mustForget(): boolean {
    return this.#erased;
  }

  /**
   * Lets the target forget what was erased here: a fresh identity map, parts' files that got smaller, and no
   * journal that holds wrapped keys.
   *
   * @returns whether it is done; else it is asked again
   */
  async forget(): Promise<boolean> {
    const { data } = this.#ports;
    this.#identityStamp = undefined;
    await this.sendDatabases();
    const held = await this.#target.partsFiles();
    const published = this.#ports.source.published()?.size ?? 0;
    for (const path of await listPartsFiles(data, published)) {
      const size = held[path];
      const own = statSync(join(data, path), { throwIfNoEntry: false })?.size;
      if (size === undefined || own === undefined || own >= size) continue;
      // A start after a crash cuts what was not synced, and writes it again a moment later.
      if (!isWholePartsFile(readFileSync(join(data, path)))) return false;
      await this.#target.putFile(path, join(data, path), await hashFile(join(data, path)));
    }
    const vacated = await this.#target.vacate();
    if (vacated) this.#erased = false;
    return vacated;
  }

  async #sendDatabase(file: CopiedDatabase, size?: number): Promise<void> {
    const snapshot = await this.#ports.snapshots.take(file);
    if (snapshot === undefined) return;
    try {
      await this.#target.putFile(file, snapshot.path, snapshot.hash, size);
    } finally {
      snapshot.remove();
    }
  }

  async #isOurs({ size, root }: CopyState, newest: DurableNews | undefined): Promise<boolean> {
    const { source } = this.#ports;
    if (size === 0) return true;
    const covered =
      newest?.size === size ? parseCheckpoint(parseNote(newest.checkpoint).text).root : undefined;
    const own = covered ?? (await source.rootAt(size));
    if (own !== undefined && encodeBase64(own) !== root) {
      throw new DocketError("replica_forked", `it holds ${size} records that are not the first of this log`);
    }
    const here = Math.max(newest?.size ?? 0, source.published()?.size ?? 0);
    if (newest !== undefined && size > here) {
      const message = `it holds ${size} records, and this log ${here}: an older copy of the log was put back`;
      throw new DocketError("replica_forked", message);
    }
    return own !== undefined;
  }

  // A checkpoint is taken when the records are that it covers.
  #isAhead(path: string): boolean {
    const [, size] = new RegExp(`^sites/${copiedSite}/checkpoints/(\\d+)$`).exec(path) ?? [];
    return size !== undefined && Number(size) > this.#published;
  }
}
