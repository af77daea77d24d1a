// SPDX-License-Identifier: Apache-2.0
// Changes of the policy on a log in memory: releases are kept on a disk that forgets, time stands still until
// it is moved, and a crash can come before any step.
import type { PolicyFile } from "@docket/policy";
import { encodeBody, encodeLeaf, formatTime, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord, ReleaseBody } from "@docket/protocol";
import type { PlainPart } from "../../evidence/seal.ts";
import { at } from "../../testing/at.ts";
import { MemoryDisk } from "../../testing/memory-disk.ts";
import { emptyChangeState, isChangeRecord, takeRecord } from "../change-state.ts";
import type { ChangeState } from "../change-state.ts";
import type { ChangePorts, ListProposals, ReleaseListStore } from "../contract.ts";
import type { Author } from "../duties.ts";
import { PolicyChanges } from "../policy-changes.ts";
import { keepRelease, keptRelease, keptReleasePath, noLists, noModels, releaseOf } from "../release.ts";
import type { Release } from "../release.ts";
import type { ChangePart, Preview, TestReport } from "../review.ts";

/** When these tests play, in ms since 1970. */
export const startMs: number = Date.UTC(2026, 10, 23, 12);
export const minuteMs = 60_000;
export const hourMs = 3_600_000;

/** Whoever has the data directory, and the holders of keys. */
export const operator: Author = { by: "operator", role: "operator" };
export const ana: Author = { by: keyId("ana"), role: "analyst" };
export const ben: Author = { by: keyId("ben"), role: "analyst" };
export const ada: Author = { by: keyId("ada"), role: "admin" };
export const bob: Author = { by: keyId("bob"), role: "admin" };

const paths = { releases: "/releases" } as Parameters<typeof keepRelease>[1];

/** A log of changes in memory. */
export class ChangeLog {
  readonly disk = new MemoryDisk();
  readonly leaves: string[] = [];
  readonly parts = new Map<number, ChangePart>();
  readonly faults: unknown[] = [];
  nowMs = startMs;
  /** Called before each sealing; what it throws is what the sealing throws. */
  beforeSeal: (body: BodyWithoutParts) => void = () => undefined;
  runTests: (release: Release) => TestReport = () => ({ run: 0, failed: [] });
  preview: ((release: Release) => Promise<Preview>) | undefined;
  lists: ReleaseListStore = { current: () => noLists, at: () => noLists, adopted: () => undefined };
  listProposals: ListProposals = {
    look: async () => ({ why: null, stale: false }),
    enact: async () => Promise.reject(new Error("no list can be changed here")),
  };
  changes: PolicyChanges;
  current: Release;
  #state: ChangeState = emptyChangeState();
  #timers: { atMs: number; run: () => void }[] = [];

  /** A site that was started with these files, and whose keys were made before. */
  constructor(files: readonly PolicyFile[]) {
    this.disk.makeDirectory(paths.releases);
    for (const { by, role } of [ana, ben, ada, bob]) {
      this.append({ kind: "access", by: "operator", change: "created", key: by, role });
    }
    this.current = releaseOf(files);
    keepRelease(this.disk, paths, this.current);
    const { id } = this.current;
    this.append({ kind: "release", by: "operator", release: id, previous: null, via: "start", alone: true });
    this.changes = this.#open();
  }

  /** The records that were sealed. */
  get records(): DocketRecord[] {
    return this.leaves.map(parseLeaf);
  }

  /** The newest record, without its header. */
  get last(): BodyWithoutParts {
    const {
      v: _v,
      index: _index,
      prev: _prev,
      time: _time,
      uncertaintyMs: _u,
      ...body
    } = parseLeaf(this.leaves.at(-1) as string);
    return body;
  }

  /** Adds a record, as others do, and gives its index. */
  append(body: BodyWithoutParts, part?: ChangePart): number {
    const index = this.leaves.length;
    const digest = "A".repeat(43);
    const header = { v: 1 as const, index, prev: digest, time: formatTime(this.nowMs), uncertaintyMs: null };
    const leaf = encodeLeaf(header, encodeBody(body), part === undefined ? undefined : digest);
    this.leaves.push(leaf);
    const record = parseLeaf(leaf);
    if (isChangeRecord(record)) takeRecord(this.#state, record);
    if (part !== undefined) this.parts.set(index, part);
    return index;
  }

  /** The process ends here, and another one starts later. */
  async restart(laterMs = 0): Promise<void> {
    await this.changes.close();
    this.disk.restart("lost", () => 0);
    this.#timers = [];
    this.nowMs += laterMs;
    this.#state = this.state();
    const release = this.#state.inForce?.release ?? "";
    this.current = keptRelease(this.disk, paths, release);
    this.changes = this.#open();
    await this.changes.start();
  }

  /** What the records come to. */
  state(): ChangeState {
    const state = emptyChangeState();
    for (const record of this.records) if (isChangeRecord(record)) takeRecord(state, record);
    return state;
  }

  /** Lets time pass; what becomes due is done. */
  async pass(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    for (;;) {
      await settled();
      const due = this.#timers.filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers.splice(this.#timers.indexOf(due), 1);
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.run();
    }
    this.nowMs = end;
  }

  #open(): PolicyChanges {
    return new PolicyChanges(this.#state, this.#ports());
  }

  #ports(): ChangePorts {
    const path = (id: string): string => keptReleasePath(paths, id);
    return {
      seal: async (body, parts) => this.#seal(body, parts),
      adopt: async (release, body: ReleaseBody, parts) => {
        const index = this.#seal(body, parts);
        this.current = release;
        return index;
      },
      announce: async () => undefined,
      current: () => this.current,
      read: async (id) => this.disk.readFile(path(id)),
      keep: async (id, bytes) => this.disk.replaceFile(path(id), bytes, true),
      changeOf: async (index) => this.parts.get(index),
      records: async (kinds) => this.leaves.filter((leaf) => kinds.includes(parseLeaf(leaf).kind)),
      decided: async (index) => ({ record: parseLeaf(at(this.leaves, index)), facts: undefined }),
      size: () => this.leaves.length,
      lists: {
        current: (declared) => this.lists.current(declared),
        at: (versions) => this.lists.at(versions),
        adopted: (versions) => this.lists.adopted(versions),
      },
      models: { current: () => noModels, at: () => noModels, adopted: () => undefined },
      listProposals: {
        look: (of) => this.listProposals.look(of),
        enact: (of, glass) => this.listProposals.enact(of, glass),
      },
      runTests: (release) => this.runTests(release),
      ...(this.preview === undefined ? {} : { preview: this.preview }),
      siteKey: new Uint8Array(32),
      clock: () => this.nowMs,
      timer: (ms, run) => {
        const timer = { atMs: this.nowMs + ms, run };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((each) => each !== timer);
        };
      },
      onFault: (error) => void this.faults.push(error),
    };
  }

  #seal(body: BodyWithoutParts, parts: readonly PlainPart[]): number {
    this.beforeSeal(body);
    const plaintext = parts[0]?.plaintext;
    return this.append(body, plaintext === undefined ? undefined : (JSON.parse(plaintext) as ChangePart));
  }
}

function keyId(name: string): string {
  return `k_${name.padEnd(16, "x")}`;
}

// Everything that waits for nothing but promises has happened.
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
