// SPDX-License-Identifier: Apache-2.0
// The log asks its witnesses: at most every 10 s, if it grew, for cosignatures of the newest published
// checkpoint, all of them at once. As soon as the policy's quorum is met, the checkpoint is kept with them;
// what comes later is added. None of it is waited for by anything else: a witness that is slow, dead or
// lying costs its own cosignature.
import { setTimeout as sleep } from "node:timers/promises";
import { formatSignature, parseCheckpoint, parseNote, utf8 } from "@docket/tlog";
import type { NoteSignature, VerifiedSignature } from "@docket/tlog";
import { askWitness } from "./ask-witness.ts";
import type { WitnessAnswer } from "./ask-witness.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import type { Get, Post } from "./requests.ts";
import type { TreeFiles } from "./tree-files.ts";
import { contradictionOf } from "./witness-evidence.ts";
import { faultOf, isAlarm } from "./witness-fault.ts";
import { cosignaturesOf, isQuorum } from "./witness-policy.ts";
import type { WitnessEndpoint, WitnessPolicy } from "./witness-policy.ts";
import type { WitnessesStatus, WitnessStatus } from "./witness-status.ts";

/** Least time between two rounds, in ms. */
export const roundIntervalMs = 10_000;
/** How often it is looked whether there is anything to ask for, in ms. */
const lookIntervalMs = 1000;
/** A witness has this long to cosign, a second request included, in ms. */
export const askWithinMs = 5000;
/** A witness that fails is asked again after 10 s, 20 s, 40 s and so on, at the latest after this, in ms. */
export const backoffMsMax = 300_000;
/** Within this time, in ms, the materialiser says that it is done with what it has put in place. */
const settledWithinMs = 2000;
const settledPollMs = 20;

/** What the rounds are made of. */
export type WitnessRoundsOptions = {
  policy: WitnessPolicy;
  checkpoints: CheckpointStore;
  tree: TreeFiles;
  post: Post;
  get: Get;
  /** Records that the materialiser has said to be published. */
  publishedSize: () => number;
  /** Ms since 1970. */
  clock: () => number;
  /** For tests; default {@link askWithinMs}. */
  askWithinMs?: number;
  /** Told of every change of a witness's state, and of what could not be kept. */
  report: (level: "info" | "warn" | "error", message: string) => void;
};

type Witness = WitnessEndpoint & {
  status: WitnessStatus;
  /** The size that it is thought to hold. */
  hint: number;
  failedInARow: number;
  nextAskMs: number;
};
type Current = { note: Uint8Array; text: string; size: number; lines: VerifiedSignature[]; kept: number };

/** Asks the witnesses of one log. */
export class WitnessRounds {
  readonly #options: WitnessRoundsOptions;
  readonly #witnesses: Witness[];
  readonly #closing = new AbortController();
  #current: Current | undefined;
  #cosignedSize = 0;
  #keeping: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;

  constructor(options: WitnessRoundsOptions) {
    this.#options = options;
    this.#witnesses = options.policy.endpoints.map((endpoint) => ({
      ...endpoint,
      status: {
        name: endpoint.name,
        url: endpoint.url,
        state: "unasked",
        cosignedSize: 0,
        cosignatures: 0,
        failures: 0,
        fault: undefined,
      },
      hint: 0,
      failedInARow: 0,
      nextAskMs: 0,
    }));
  }

  /** Begins to ask, and goes on until {@link close}. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends; requests on their way are given up. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await this.#keeping;
  }

  /** How the witnesses fare. */
  status(): WitnessesStatus {
    const witnesses = this.#witnesses.map(({ status }) => ({ ...status }));
    const alarms = witnesses.flatMap(({ state, fault }) =>
      (state === "ahead" || state === "conflict") && fault !== undefined ? [fault] : [],
    );
    return { cosignedSize: this.#cosignedSize, witnesses, alarms };
  }

  /** One round: asks everyone who is due and hasn't cosigned the newest checkpoint. */
  async round(): Promise<void> {
    const current = await this.#newest();
    if (current === undefined) return;
    const nowMs = this.#options.clock();
    const due = this.#witnesses.filter((witness) => witness.nextAskMs <= nowMs && lacks(current, witness));
    await Promise.all(due.map((witness) => this.#ask(witness, current)));
    // Without a quorum, or with more than it: whatever there is by now.
    if (current.lines.length > current.kept) this.#keep(current);
    await this.#keeping;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const { clock, report } = this.#options;
    let lastMs = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const nowMs = clock();
      // A clock that went back must not keep the witnesses waiting.
      const mayAsk = nowMs >= lastMs + roundIntervalMs || nowMs < lastMs;
      if (mayAsk && this.#hasToAsk(nowMs)) {
        lastMs = nowMs;
        await this.round().catch((error: unknown) => {
          report("error", `the witnesses could not be asked: ${(error as Error).message}`);
        });
      }
      await sleep(lookIntervalMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #hasToAsk(nowMs: number): boolean {
    const current = this.#current;
    if (current === undefined || this.#options.publishedSize() > current.size) return true;
    if (current.lines.length > current.kept) return true;
    return this.#witnesses.some((witness) => witness.nextAskMs <= nowMs && lacks(current, witness));
  }

  async #newest(): Promise<Current | undefined> {
    const { checkpoints, policy } = this.#options;
    const note = await checkpoints.newest();
    if (note === undefined) return undefined;
    const { text } = parseNote(note);
    const { size } = parseCheckpoint(text);
    if (size === 0) return undefined;
    const before = this.#current;
    if (before !== undefined && before.size >= size) return before;
    if (before === undefined) await this.#readCosignedSize();
    // After a restart: what was cosigned already need not be asked for again.
    const kept = await checkpoints.readKept(size);
    const lines = kept === undefined || parseNote(kept).text !== text ? [] : cosignaturesOf(policy, kept);
    this.#current = { note, text, size, lines, kept: lines.length };
    return this.#current;
  }

  async #readCosignedSize(): Promise<void> {
    const note = await this.#options.checkpoints.newestCosigned();
    if (note === undefined) return;
    const { size } = parseCheckpoint(parseNote(note).text);
    this.#cosignedSize = size;
    const signed = new Set(cosignaturesOf(this.#options.policy, note).map(({ verifier }) => verifier));
    for (const witness of this.#witnesses) {
      if (witness.verifiers.some((verifier) => signed.has(verifier))) witness.hint = size;
    }
  }

  async #ask(witness: Witness, current: Current): Promise<void> {
    const { post, tree } = this.#options;
    const signal = AbortSignal.any([
      this.#closing.signal,
      AbortSignal.timeout(this.#options.askWithinMs ?? askWithinMs),
    ]);
    const ports = { post, consistency: (first: number, second: number) => tree.consistency(first, second) };
    const answer = await askWitness(ports, witness, current, witness.hint, signal);
    const shown = isAlarm(answer) ? await this.#contradiction(witness, current, signal) : undefined;
    if (this.#closing.signal.aborted) return;
    this.#note(witness, current, answer, shown);
    if (answer.kind !== "cosigned") return;
    const before = isQuorum(this.#options.policy, current.lines);
    current.lines.push(...answer.lines.filter(({ verifier }) => !signedBy(current, verifier.vkey)));
    if (!before && isQuorum(this.#options.policy, current.lines)) this.#keep(current);
  }

  #contradiction(witness: Witness, current: Current, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { get, tree, policy } = this.#options;
    const { origin } = parseCheckpoint(current.text);
    const { logVerifiers } = policy;
    const ports = { get, origin, logVerifiers, root: (size: number) => tree.root(size) };
    return contradictionOf(ports, witness.url, current.size, signal);
  }

  #note(witness: Witness, { size }: Current, answer: WitnessAnswer, shown: Uint8Array | undefined): void {
    const { status } = witness;
    const before = status.fault;
    status.state = answer.kind;
    status.fault = faultOf(witness, size, answer, shown !== undefined);
    if (answer.kind === "cosigned") {
      witness.hint = size;
      witness.failedInARow = 0;
      witness.nextAskMs = 0;
      status.cosignedSize = size;
      status.cosignatures += 1;
    } else {
      if (answer.kind === "ahead") witness.hint = answer.size;
      status.failures += 1;
      const backoffMs = Math.min(backoffMsMax, roundIntervalMs * 2 ** witness.failedInARow++);
      // A little less, so that a round that begins a moment early doesn't pass it over.
      witness.nextAskMs = this.#options.clock() + backoffMs - roundIntervalMs / 2;
    }
    if (status.fault === before) return;
    if (status.fault === undefined) this.#options.report("info", `the witness ${witness.name} cosigns again`);
    else if (!isAlarm(answer)) this.#options.report("warn", status.fault);
    else {
      // Kept where it cannot be missed: with it anyone can check what the witness says.
      const evidence = shown === undefined ? "" : `\n${Buffer.from(shown).toString("utf8")}`;
      this.#options.report("error", status.fault + evidence);
    }
  }

  // One after the other: the file with fewer cosignatures must not come to lie over the one with more.
  #keep(current: Current): void {
    this.#keeping = this.#keeping.then(() => this.#keepNow(current));
  }

  async #keepNow(current: Current): Promise<void> {
    const { checkpoints, policy, report } = this.#options;
    const { size, lines } = current;
    const count = lines.length;
    if (count <= current.kept) return;
    try {
      await this.#settled(size);
      const quorum = isQuorum(policy, lines);
      const note = cosignedNote(current, await checkpoints.readKept(size), policy);
      await checkpoints.keep(note, quorum);
      current.kept = count;
      if (quorum) this.#cosignedSize = Math.max(this.#cosignedSize, size);
    } catch (error) {
      // The lines are not lost: the next round keeps them.
      report("error", `cosignatures of size ${size} could not be kept: ${(error as Error).message}`);
    }
  }

  // The materialiser keeps one checkpoint a minute in the same place, just after it has published it.
  async #settled(size: number): Promise<void> {
    const { publishedSize } = this.#options;
    for (let waitedMs = 0; waitedMs < settledWithinMs; waitedMs += settledPollMs) {
      if (publishedSize() >= size || this.#closing.signal.aborted) return;
      await sleep(settledPollMs);
    }
  }
}

function lacks(current: Current, { verifiers }: Witness): boolean {
  // A witness that has several keys signs with all that it has; one line says that it was asked.
  return !verifiers.some(({ vkey }) => signedBy(current, vkey));
}

function signedBy({ lines }: Current, vkey: string): boolean {
  return lines.some(({ verifier }) => verifier.vkey === vkey);
}

// The log's own lines first, as they were published, then the witnesses' in the order of the policy.
function cosignedNote(
  current: Current,
  kept: Uint8Array | undefined,
  { endpoints }: WitnessPolicy,
): Uint8Array {
  const parsed = parseNote(kept ?? current.note);
  const own = (parsed.text === current.text ? parsed : parseNote(current.note)).signatures;
  const order = endpoints.flatMap(({ verifiers }) => verifiers.map(({ vkey }) => vkey));
  const theirs = [...current.lines].sort(
    (a, b) => order.indexOf(a.verifier.vkey) - order.indexOf(b.verifier.vkey),
  );
  const lines = new Map<string, NoteSignature>();
  for (const line of [...own, ...theirs]) {
    const key = `${line.name}+${line.keyId}`;
    if (!lines.has(key)) lines.set(key, line);
  }
  return utf8(`${current.text}\n${[...lines.values()].map(formatSignature).join("")}`);
}
