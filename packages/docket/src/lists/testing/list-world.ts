// SPDX-License-Identifier: Apache-2.0
// Lists on a log and a disk in memory, which outlive the process that uses them: for tests.
import { hash } from "node:crypto";
import type { ListDeclaration, ListKind } from "@docket/policy";
import { encodeBody, encodeLeaf, formatTime, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { emptyChangeState, isChangeRecord, takeRecord } from "../../releases/change-state.ts";
import type { ChangeState } from "../../releases/change-state.ts";
import type { ListVersion } from "../../releases/release.ts";
import { MemoryDisk } from "../../testing/memory-disk.ts";
import { ListChanges } from "../list-changes.ts";
import { SiteLists } from "../site-lists.ts";
import { openListStore } from "../store.ts";

/** The time at which these tests play, in ms since 1970. */
export const listNowMs: number = Date.UTC(2026, 10, 23, 12);

/** The lists of a policy in force: `bad` of domains, `words` of terms, `vip` of actors. */
const declared = new Map<string, ListDeclaration>(
  (
    [
      ["bad", "domain"],
      ["vip", "actor"],
      ["words", "term"],
    ] as const
  ).map(([name, kind]: readonly [string, ListKind]) => {
    return [name, { name, kind, brake: { share: 100, least: 20 }, place: "p.yaml:1" }];
  }),
);

/** A log of records and a disk that outlive a process; `fail` names the step at which it dies. */
export class ListWorld {
  readonly disk = new MemoryDisk();
  readonly leaves: string[] = [];
  readonly parts = new Map<number, string>();
  /** By release, what it names. */
  readonly releases = new Map<string, readonly ListVersion[]>();
  fail: string | undefined;
  nowMs: number = listNowMs;
  readonly faults: unknown[] = [];
  #down = false;
  #state: ChangeState = emptyChangeState();
  #timers: { atMs: number; run: () => void }[] = [];

  constructor() {
    this.disk.makeDirectory("/data/sites/main");
  }

  async open(): Promise<{ lists: SiteLists; changes: ListChanges }> {
    this.#down = false;
    this.#timers = [];
    this.#state = this.state();
    const store = openListStore(this.disk, { site: "/data/sites/main" }, async (path, bytes) => {
      this.#step("before keep");
      this.disk.replaceFile(path, bytes, true);
      this.#step("after keep");
    });
    const hashActor = (id: string): string => hash("sha256", id, "base64url");
    const inForce = this.releases.get(this.release()) ?? [];
    const lists = new SiteLists({ store, files: () => undefined, hashActor }, inForce);
    const changes = new ListChanges({
      lists,
      store,
      seal: async (body, parts) => {
        this.#step(`before ${body.kind} record`);
        const leaf = this.append(body, parts[0]?.plaintext);
        this.#step(`after ${body.kind} record`);
        return leaf;
      },
      publish: async (by, wanted, of) => {
        this.#step("before release record");
        this.#adopt(by, wanted.versions, of);
        this.#step("after release record");
        lists.adopted(wanted.versions);
        return { release: this.release() };
      },
      release: () => this.release(),
      records: async (kinds) => this.leaves.filter((leaf) => kinds.includes(parseLeaf(leaf).kind)),
      partOf: async (index) => this.parts.get(index),
      duties: {
        state: this.#state,
        during: (act) => act(),
        candidate: async ({ versions }) => {
          const candidate = hash("sha256", JSON.stringify(versions), "base64url");
          this.releases.set(candidate, versions);
          return { candidate, base: this.release() };
        },
        restrictsMore: () => true,
      },
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
    });
    if (this.leaves.length === 0) {
      const { versions } = lists.current(declared);
      this.#adopt("operator", versions);
      lists.adopted(versions);
    }
    await changes.start();
    return { lists, changes };
  }

  release(): string {
    const last = this.leaves.map(parseLeaf).findLast((record) => record.kind === "release");
    return last?.kind === "release" ? last.release : "";
  }

  /** What the records come to. */
  state(): ChangeState {
    const state = emptyChangeState();
    for (const record of this.leaves.map(parseLeaf)) if (isChangeRecord(record)) takeRecord(state, record);
    return state;
  }

  /** Lets time pass; what becomes due is done. */
  async pass(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const due = this.#timers.filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers.splice(this.#timers.indexOf(due), 1);
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.run();
    }
    this.nowMs = end;
  }

  #adopt(by: string, versions: readonly ListVersion[], of?: number): void {
    const release = hash("sha256", JSON.stringify([this.leaves.length, versions]), "base64url");
    this.releases.set(release, versions);
    const previous = this.release() || null;
    this.append({
      kind: "release",
      by,
      release,
      previous,
      via: "lists",
      ...(of === undefined ? {} : { of }),
    });
  }

  /** Adds a record, as others do, and gives its leaf. */
  append(body: BodyWithoutParts, part?: string): string {
    const index = this.leaves.length;
    const digest = "A".repeat(43);
    const header = { v: 1, index, prev: digest, time: formatTime(this.nowMs), uncertaintyMs: null } as const;
    const leaf = encodeLeaf(header, encodeBody(body), part === undefined ? undefined : digest);
    this.leaves.push(leaf);
    if (part !== undefined) this.parts.set(index, part);
    const record = parseLeaf(leaf);
    if (isChangeRecord(record)) takeRecord(this.#state, record);
    return leaf;
  }

  #step(name: string): void {
    if (this.fail === name) this.#down = true;
    if (this.#down) throw new DocketError("sealing_failed", `it died ${name}`);
  }
}
