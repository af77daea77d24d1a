// SPDX-License-Identifier: Apache-2.0
// What the clients of a real process saw: its answers, with the record and the signed root in each receipt,
// and the checkpoints that it published. Later the log is held against it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseLeaf } from "@docket/protocol";
import {
  appendLeafHash,
  decodeEntryBundle,
  emptyFrontier,
  entriesPath,
  frontierRoot,
  leafHash,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  parseProof,
  parseVerifierKey,
  tileWidth,
  TlogError,
} from "@docket/tlog";
import type { Verifier } from "@docket/tlog";
import { verifyLog } from "@docket/verify";
import { replayDirectory } from "../../../packages/docket/src/cli/replay/run.ts";
import { directorySource } from "../../../packages/docket/src/cli/verify/directory.ts";
import { checkInstallation } from "../../../packages/docket/src/cli/verify/installation-checks.ts";
import type { LogKind } from "../writer.ts";
import { entryOf } from "./events.ts";
import { newRow } from "./row.ts";
import type { CrashRow } from "./row.ts";

/** An answer as a client has it. */
export type Answer = { id: string; index: number; receipt?: { leaf: string; proof: string } | undefined };

/** Gathers what the clients of one log see, and compares. */
export class Observer {
  readonly row: CrashRow;
  readonly kind: LogKind;
  /** What went wrong, in words. */
  readonly problems: string[] = [];
  readonly #data: string;
  readonly #places = new Map<string, number>();
  readonly #leaves = new Map<number, string>();
  readonly #acts = new Set<number>();
  readonly #roots = new Map<number, string>();

  constructor(data: string, mode: string, fault: string, kind: LogKind = "records") {
    this.#data = data;
    this.kind = kind;
    this.row = newRow(mode, fault);
  }

  /** Ids of events that were answered. */
  get answered(): ReadonlyMap<string, number> {
    return this.#places;
  }

  /** A client got an answer. */
  hear({ id, index, receipt }: Answer): void {
    const before = this.#places.get(id);
    if (before === undefined) this.row.answered++;
    else if (before !== index) this.#wrong("twice", `${id} was answered with ${before} and with ${index}`);
    this.#places.set(id, index);
    if (this.kind === "opaque") this.#leaves.set(index, entryOf(Number(id.slice(1))));
    if (receipt === undefined) return;
    this.#leaves.set(index, receipt.leaf);
    this.seeCheckpoint(parseProof(receipt.proof).checkpoint);
  }

  /** Somebody got an answer to a verdict or a measure. */
  hearAct(index: number, leaf: string): void {
    this.row.answered++;
    this.#leaves.set(index, leaf);
    this.#acts.add(index);
  }

  /** A client got a checkpoint, in a receipt or as published. One cut short by a kill is none. */
  seeCheckpoint(bytes: Uint8Array): void {
    let opened: ReturnType<typeof openCheckpoint>;
    try {
      opened = openCheckpoint(bytes, this.#keys(), this.#keys()[0].name);
    } catch (error) {
      if (error instanceof TlogError) return this.#wrong("contradicted", `a checkpoint: ${error.message}`);
      throw error;
    }
    const { size, root } = opened.checkpoint;
    const before = this.#roots.get(size);
    if (before !== undefined && before !== hex(root))
      this.#wrong("contradicted", `two roots were signed at size ${size}`);
    this.#roots.set(size, hex(root));
  }

  /** A client fetches what is published now, if anything is. */
  fetchCheckpoint(): void {
    try {
      this.seeCheckpoint(readFileSync(join(this.#data, "sites/main/checkpoint")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  /** `docket verify` on the directory as it lies there. */
  async verify(when: string): Promise<void> {
    const source = await directorySource(this.#data);
    const report = await checkInstallation(
      source,
      await verifyLog(source, { keys: this.#keys() }, { opaque: source.opaque }),
      this.#keys(),
    );
    if (report.verdict === "verified") return;
    this.#wrong("unverified", `${when}: ${report.verdict} ${JSON.stringify(report.faults.slice(0, 3))}`);
  }

  /** `docket replay`: what decisions read of standings is what the records before them give. */
  async replay(): Promise<void> {
    const quiet = { stderr: process.stderr, nowMs: () => 0 };
    const report = await replayDirectory({ data: this.#data }, quiet);
    if (report.verdict === "same" && report.state?.lostAt === null) return;
    this.#wrong("unverified", `a replay differs: ${JSON.stringify(report.findings.slice(0, 3))}`);
  }

  /** Compares the closed log with all that was seen. */
  compare(): void {
    const leaves = this.#publishedLeaves();
    const frontier = emptyFrontier();
    const decided = new Set<number>();
    for (const [index, leaf] of leaves.entries()) {
      if (this.kind === "opaque" || parseLeaf(leaf).kind === "decision") decided.add(index);
      const seen = this.#leaves.get(index);
      if (seen !== undefined && seen !== leaf) this.#wrong("altered", `record ${index} is another one now`);
      appendLeafHash(frontier, leafHash(Buffer.from(leaf)));
      const root = this.#roots.get(index + 1);
      if (root !== undefined && root !== hex(frontierRoot(frontier)))
        this.#wrong("contradicted", `the root signed at size ${index + 1} is not that of the log`);
    }
    for (const size of this.#roots.keys())
      if (size > leaves.length) this.#wrong("contradicted", `a root over ${size} records was signed`);
    for (const index of this.#acts)
      if (index >= leaves.length) this.#wrong("lost", `an act was answered with ${index}`);
    for (const [id, index] of this.#places)
      if (!decided.has(index)) this.#wrong("lost", `${id} was answered with ${index}`);
    // Clients ask again until they are answered: more decisions than events means that one was sealed twice.
    if (this.kind === "opaque") {
      // Each entry is sent once: those that were not answered may be there, none twice.
      if (new Set(leaves).size < leaves.length) this.#wrong("twice", "an entry stands in the log twice");
    } else if (decided.size > this.#places.size)
      this.#wrong("twice", `${decided.size} decisions of ${this.#places.size} events`);
  }

  /** A start that failed. */
  refused(why: string): void {
    this.#wrong("refused", why);
  }

  #wrong(kind: "lost" | "altered" | "twice" | "contradicted" | "refused" | "unverified", what: string): void {
    this.row[kind]++;
    this.problems.push(`${this.row.mode}, ${this.row.fault}: ${kind}: ${what}`);
  }

  // As the auditor got it before anything failed: the keys do not change.
  #keys(): [Verifier, ...Verifier[]] {
    const text = readFileSync(join(this.#data, "log.vkey"), "utf8");
    const all = text.trim().split("\n").map(parseVerifierKey);
    return all as [Verifier, ...Verifier[]];
  }

  #publishedLeaves(): string[] {
    const site = join(this.#data, "sites/main");
    const { size } = parseCheckpoint(parseNote(readFileSync(join(site, "checkpoint"))).text);
    const leaves: string[] = [];
    for (let first = 0; first < size; first += tileWidth) {
      const width = Math.min(tileWidth, size - first);
      const bundle = readFileSync(join(site, entriesPath(first / tileWidth, width)));
      leaves.push(...decodeEntryBundle(bundle, width).map((entry) => Buffer.from(entry).toString("utf8")));
    }
    return leaves;
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
