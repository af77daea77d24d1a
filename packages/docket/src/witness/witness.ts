// SPDX-License-Identifier: Apache-2.0
// A witness (C2SP tlog-witness): it cosigns a log's checkpoint when it was shown that the log only grew since
// the one that it cosigned before.
//
//   parse -> known origin -> a trusted key's signature -> the log's turn: state -> consistent -> sign -> keep
//   -> answer
//
// From "the log's turn" on, requests of one log run one after the other, so that nothing comes between the
// look at the state and its change. The signature is made before the state is kept, because it is part of it,
// and leaves this file only after.
import {
  formatSignature,
  openCheckpoint,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  parseSignSubtree,
  TlogError,
} from "@docket/tlog";
import type { AddCheckpoint, Checkpoint, Hash, OpenedCheckpoint, SignSubtree } from "@docket/tlog";
import { quote } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { cosignatureSeconds } from "./cosigner.ts";
import type { Cosigner } from "./cosigner.ts";
import { nameOfOrigin } from "./directory.ts";
import { answerWithinMs, waitingMax } from "./limits.ts";
import type { KnownLog } from "./logs.ts";
import { readState } from "./state.ts";
import type { LogState } from "./state.ts";
import type { Kept, WitnessStore } from "./store.ts";
import { checkSubtree } from "./subtree.ts";
import { checkTransition } from "./transition.ts";
import { Turns } from "./turns.ts";

/** What a witness tells whoever runs it. */
export type WitnessEvents = {
  /** A log signed two roots of one size: two notes that prove it, the one kept and the one sent. */
  fork?: (origin: string, kept: string, sent: string) => void;
  /** Something is wrong on this side: a state that cannot be read or kept, a clock. */
  fault?: (message: string) => void;
};

/** What a witness is made of. */
export type WitnessOptions = {
  cosigner: Cosigner;
  store: WitnessStore;
  /** By origin. */
  logs: ReadonlyMap<string, KnownLog>;
  /** Ms since 1970. */
  clock: () => number;
  /** When the keys were made, in seconds since 1970. */
  createdSeconds: number;
  events?: WitnessEvents;
  /** For tests; default {@link answerWithinMs}. */
  answerWithinMs?: number;
};

/** A checkpoint that trusted keys signed. */
type Submission = {
  log: KnownLog;
  checkpoint: Checkpoint;
  /** The text and the lines that were verified: all of the note that is ever kept. */
  text: string;
  logLines: string;
  oldSize: number;
  proof: Hash[];
};

/** A witness at work. Its methods answer; they throw only for bugs. */
export class Witness {
  readonly #options: WitnessOptions;
  readonly #turns = new Turns(waitingMax);
  /** By name of origin. Read from the store when a log is first asked for. */
  readonly #states = new Map<string, LogState>();
  /** By name of origin: what was kept before, while the next note is being written. */
  readonly #writing = new Map<string, Uint8Array | undefined>();
  #logs: ReadonlyMap<string, KnownLog>;
  #fault: string | undefined;

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#logs = options.logs;
  }

  /** Why nothing is signed any more until a new start; `undefined` while all is well. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** How many logs are known. */
  get logCount(): number {
    return this.#logs.size;
  }

  /** Takes in another list of logs. What was seen of a log stays, for when it comes back. */
  setLogs(logs: ReadonlyMap<string, KnownLog>): void {
    this.#logs = logs;
  }

  /** Answers `POST /add-checkpoint`. */
  async addCheckpoint(body: Uint8Array): Promise<Answer> {
    const submission = this.#read(body);
    if ("kind" in submission) return submission;
    return this.#inTurn(submission.log, (isLate) => this.#cosign(submission, isLate));
  }

  /** Answers `POST /sign-subtree`. It changes no state. */
  async signSubtree(body: Uint8Array): Promise<Answer> {
    const request = readSubtree(body);
    if ("kind" in request) return request;
    const { origin } = parseCheckpoint(request.text);
    if (!this.#logs.has(origin)) return unknownLog(origin);
    if (this.#fault !== undefined) return unavailable(this.#fault);
    return checkSubtree(request, this.#options.cosigner, () => this.latest(nameOfOrigin(origin)));
  }

  /**
   * The latest cosigned checkpoint of a log that is known.
   *
   * @param name the hex SHA-256 of the log's origin
   * @returns the signed note; `undefined` if there is none
   */
  async latest(name: string): Promise<Uint8Array | undefined> {
    const note = await this.#options.store.read(name);
    // A new one may be in its place already, and not be durable yet.
    return this.#writing.has(name) ? this.#writing.get(name) : note;
  }

  /** Ends it once what is under way has ended. */
  async close(): Promise<void> {
    await this.#turns.idle();
    await this.#options.store.close();
  }

  /** Reads a request up to the point where the state is needed. */
  #read(body: Uint8Array): Submission | Answer {
    let origin: string;
    let request: AddCheckpoint;
    try {
      request = parseAddCheckpoint(body);
      ({ origin } = parseCheckpoint(parseNote(request.checkpoint).text));
    } catch (error) {
      return malformed(error);
    }
    const log = this.#logs.get(origin);
    if (log === undefined) return unknownLog(origin);
    const opened = openSubmitted(request.checkpoint, log);
    if ("kind" in opened) return opened;
    const { checkpoint, verified } = opened;
    if (request.oldSize > checkpoint.size) {
      const why = `the old size ${request.oldSize} is above the checkpoint's, ${checkpoint.size}`;
      return { kind: "malformed", why };
    }
    const { text } = parseNote(request.checkpoint);
    const logLines = verified.map((line) => formatSignature(line)).join("");
    return { log, checkpoint, text, logLines, oldSize: request.oldSize, proof: request.proof };
  }

  /** Runs `work` when the log's requests before it have ended, and answers in time whatever hangs. */
  async #inTurn(log: KnownLog, work: (isLate: () => boolean) => Promise<Answer>): Promise<Answer> {
    let late = false;
    const turn = this.#turns.take(log.origin, () => work(() => late));
    if (turn === undefined) return unavailable("too many requests of this log wait already");
    let timer: NodeJS.Timeout | undefined;
    const time = new Promise<Answer>((resolve) => {
      timer = setTimeout(() => {
        late = true;
        this.#options.events?.fault?.(`the state of the log ${quote(log.origin)} was not kept in time`);
        resolve(unavailable("the disk did not answer in time"));
      }, this.#options.answerWithinMs ?? answerWithinMs);
    });
    try {
      return await Promise.race([turn, time]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #cosign(submission: Submission, isLate: () => boolean): Promise<Answer> {
    // Whoever asked was answered already, and may have asked again.
    if (isLate()) return unavailable("the disk did not answer in time");
    if (this.#fault !== undefined) return unavailable(this.#fault);
    const { log, checkpoint, text, logLines, oldSize, proof } = submission;
    const name = nameOfOrigin(log.origin);
    const state = await this.#stateOf(log, name);
    if (state === "unreadable") return unavailable("the state of this log cannot be read");
    const found = checkTransition(state, oldSize, checkpoint, proof);
    if (found.kind === "conflict") return found;
    if (found.kind === "inconsistent") {
      if (found.fork) await this.#tellFork(log.origin, name, `${text}\n${logLines}`);
      return { kind: "inconsistent", why: found.why };
    }
    const { cosigner, clock, createdSeconds } = this.#options;
    const nowMs = clock();
    if (state !== undefined && state.seconds * 1000 <= nowMs && nowMs < (state.seconds + 1) * 1000) {
      // Cosignatures have whole seconds: the one that is kept says the same, and costs no write.
      const lines = await this.#keptLines(name, `${text}\n${logLines}`);
      if (lines !== undefined) return { kind: "signed", lines };
    }
    const seconds = cosignatureSeconds(nowMs, state?.seconds ?? createdSeconds);
    if (seconds === undefined) {
      this.#options.events?.fault?.(`the clock is behind the last cosignature of ${quote(log.origin)}`);
      return unavailable("this witness's clock is wrong");
    }
    const lines = cosigner.cosign(checkpoint, text, seconds);
    return this.#keep(name, `${text}\n${logLines}${lines}`, { ...head(checkpoint), seconds }, lines);
  }

  async #keep(name: string, note: string, state: LogState, lines: string): Promise<Answer> {
    const kept = await this.#replace(name, note);
    if (kept.outcome === "kept") {
      this.#states.set(name, state);
      return { kind: "signed", lines };
    }
    const why = (kept.error as Error).message;
    if (kept.outcome === "unknown") {
      // What a disk says after it failed to sync is not to be believed.
      this.#fault = "the disk failed; this witness signs nothing until it is started again";
      this.#options.events?.fault?.(`the disk failed to sync, nothing more is signed: ${why}`);
      return unavailable(this.#fault);
    }
    this.#options.events?.fault?.(`a state could not be kept: ${why}`);
    return unavailable("the state could not be kept");
  }

  async #replace(name: string, note: string): Promise<Kept> {
    const { store } = this.#options;
    try {
      this.#writing.set(name, await store.read(name));
    } catch (error) {
      return { outcome: "refused", error };
    }
    const kept = await store.replace(name, Buffer.from(note, "utf8"));
    // Where nobody knows which one is kept, the one before is served: it alone was ever answered.
    if (kept.outcome !== "unknown") this.#writing.delete(name);
    return kept;
  }

  async #stateOf(log: KnownLog, name: string): Promise<LogState | undefined | "unreadable"> {
    const known = this.#states.get(name);
    if (known !== undefined) return known;
    try {
      const note = await this.#options.store.read(name);
      if (note === undefined) return undefined;
      const state = readState(name, note, this.#options.cosigner.verifiers);
      this.#states.set(name, state);
      return state;
    } catch (error) {
      // Beginning anew would be to forget what was vouched for.
      const why = (error as Error).message;
      this.#options.events?.fault?.(`the state of ${quote(log.origin)} (${name}) cannot be read: ${why}`);
      return "unreadable";
    }
  }

  /** The witness's lines of the kept note, if that is the one that was sent. */
  async #keptLines(name: string, sent: string): Promise<string | undefined> {
    const kept = await this.#options.store.read(name).catch(() => undefined);
    const note = kept === undefined ? "" : Buffer.from(kept).toString("utf8");
    return note.startsWith(sent) ? note.slice(sent.length) : undefined;
  }

  async #tellFork(origin: string, name: string, sent: string): Promise<void> {
    const kept = await this.#options.store.read(name).catch(() => undefined);
    if (kept !== undefined) this.#options.events?.fork?.(origin, Buffer.from(kept).toString("utf8"), sent);
  }
}

function openSubmitted(note: Uint8Array, { origin, verifiers }: KnownLog): OpenedCheckpoint | Answer {
  try {
    return openCheckpoint(note, verifiers, origin);
  } catch (error) {
    const code = error instanceof TlogError ? error.code : undefined;
    if (code !== "unverified" && code !== "signature") return malformed(error);
    return { kind: "forbidden", why: (error as Error).message };
  }
}

function readSubtree(body: Uint8Array): SignSubtree | Answer {
  try {
    return parseSignSubtree(body);
  } catch (error) {
    return malformed(error);
  }
}

function head({ size, root }: Checkpoint): { size: number; root: Hash } {
  return { size, root };
}

function malformed(error: unknown): Answer {
  if (!(error instanceof TlogError)) throw error;
  return { kind: "malformed", why: error.message };
}

function unknownLog(origin: string): Answer {
  return { kind: "unknown", why: `this witness does not know the log ${quote(origin)}` };
}

function unavailable(why: string): Answer {
  return { kind: "unavailable", why };
}
