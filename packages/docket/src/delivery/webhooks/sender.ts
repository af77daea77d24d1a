// SPDX-License-Identifier: Apache-2.0
// Delivers to one endpoint: at least once, and in order for each actor. It reads the log's messages from its
// cursor on, holds a bounded window of them, and tries those that fail again. While the receiver is in
// trouble one message at a time finds out when it is well again.
//
// If the process dies here, what was sent since the progress was last kept is sent again, with the same ids.
import { formatTime } from "@docket/protocol";
import { printable } from "../../printable.ts";
import { wholeRecord } from "./contract.ts";
import type {
  DeadLetter,
  Endpoint,
  EndpointProgress,
  Message,
  MessageSource,
  Position,
  Post,
} from "./contract.ts";
import { delayAfter, triesMax } from "./schedule.ts";
import { signedHeaders } from "./signature.ts";

/** Most messages of an endpoint in memory. */
export const windowMax = 200;
/** Requests to an endpoint under way at once; one while it is in trouble. */
export const atOnceMax = 4;
/** A receiver has this long to answer, in ms. */
export const answerMsMax = 20_000;
/** So many failures in a row mean that the receiver is in trouble, whatever it answers. */
export const failuresInTrouble = 5;
/** An endpoint that takes nothing for this long is switched off, in ms: five days. */
export const troubleMsMax: number = 5 * 86_400_000;
/** Most messages that were given up and are kept as such; beyond them the endpoint is switched off. */
export const deadLettersMax = 1000;
/** So many later messages may be done while one is tried again; then that one is given up. */
export const doneAheadMax = 10_000;
/** How far it is, is kept at most this often, in ms. */
const keptEveryMs = 1000;
/** After an error on our side (the log, the disk) it goes on this much later, in ms. */
const ownFaultMs = 1000;
const whyLengthMax = 200;

/** What a sender leans on. */
export type SenderPorts = {
  readonly source: MessageSource;
  readonly post: Post;
  /** Secrets that count now, the newest first. */
  readonly secrets: () => Promise<readonly string[]>;
  readonly keep: (progress: EndpointProgress) => Promise<void>;
  /** Told why nothing is to be sent to the endpoint any more. */
  readonly onOff: (why: string) => void;
  readonly clock: () => number;
  readonly random: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Default {@link answerMsMax}; for tests. */
  readonly answerMs?: number;
};

/** How an endpoint fares. */
export type SenderStatus = {
  cursor: number;
  /** Messages that were read and are not done. */
  waiting: number;
  delivered: number;
  failed: number;
  dead: number;
  /** What went wrong last, while something does; `null` else. */
  trouble: string | null;
  /** When it is tried next, RFC 3339, while in trouble. */
  nextTryAt: string | null;
};

/** A message of the window; `again` if it was given up, and is a dead letter until it is done. */
type Waiting = Message & { tries: number; nextMs: number; sending: boolean; again: boolean };

/** Delivers to one endpoint. */
export class Sender {
  readonly #endpoint: Endpoint;
  readonly #ports: SenderPorts;
  #window: Waiting[] = [];
  /** Done before a restart, of records after the cursor. */
  readonly #doneBefore: Set<string>;
  #dead: DeadLetter[];
  #readTo: Position;
  #reading = false;
  /** There may be more to read than was read. */
  #more = true;
  #sending = 0;
  #failuresInRow = 0;
  #troubleSinceMs: number | undefined;
  #trouble: string | null = null;
  #pausedUntilMs = 0;
  #delivered = 0;
  #failed = 0;
  #stopped = false;
  #wake: (() => void) | undefined;
  #keeping: Promise<void> | undefined;
  #keepAgain = false;
  /** Done in this process, of records after the cursor. */
  readonly #doneIds = new Map<string, number>();
  #idle: (() => void)[] = [];

  constructor(endpoint: Endpoint, progress: EndpointProgress, ports: SenderPorts) {
    this.#endpoint = endpoint;
    this.#ports = ports;
    this.#readTo = { record: progress.cursor, place: wholeRecord };
    this.#doneBefore = new Set(progress.done);
    this.#dead = [...progress.dead];
  }

  /** There may be something new: it goes on. */
  poke(): void {
    this.#more = true;
    this.#step();
  }

  /** Takes messages that were given up as if they were new; all, or those of these ids. */
  replay(ids: ReadonlySet<string> | undefined): number {
    const under = new Set(this.#window.map(({ id }) => id));
    const chosen = this.#dead.filter(({ id }) => !under.has(id) && (ids === undefined || ids.has(id)));
    this.#window = [...chosen.map((letter) => waiting(letter, true)), ...this.#window];
    this.#calm();
    this.#step();
    return chosen.length;
  }

  /** Forgets messages about these actors, those that were given up too. Durable when it resolves. */
  async forget(actors: ReadonlySet<string>): Promise<void> {
    this.#dead = this.#dead.filter(({ about }) => !actors.has(about));
    for (const message of this.#window.filter(({ about }) => actors.has(about))) this.#finish(message);
    await this.#keeping?.catch(() => undefined);
    await this.#ports.keep(this.#progress());
    this.#step();
  }

  get dead(): readonly DeadLetter[] {
    return this.#dead;
  }

  status(): SenderStatus {
    const { cursor } = this.#progress();
    const paused = this.#pausedUntilMs > this.#ports.clock();
    return {
      cursor,
      waiting: this.#window.length,
      delivered: this.#delivered,
      failed: this.#failed,
      dead: this.#dead.length,
      trouble: this.#trouble,
      nextTryAt: paused ? formatTime(this.#pausedUntilMs) : null,
    };
  }

  /** Resolves when nothing is under way that could be sent now. For tests. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#step();
    });
  }

  /** Sends no more, waits for what is under way, and keeps how far it is. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    while (this.#sending > 0 || this.#reading) await this.#quiet();
    await this.#keeping?.catch(() => undefined);
    await this.#ports.keep(this.#progress()).catch(() => undefined);
  }

  #quiet(): Promise<void> {
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  // One turn: reads what there is room for, sends what may be sent, and sets the timer for the rest.
  #step(): void {
    this.#wake?.();
    this.#wake = undefined;
    if (!this.#stopped) {
      void this.#read();
      this.#send();
      this.#setTimer();
    }
    if (this.#sending > 0 || this.#reading) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const each of idle) each();
  }

  async #read(): Promise<void> {
    if (this.#reading || !this.#more || this.#window.length >= windowMax) return;
    this.#reading = true;
    this.#more = false;
    try {
      const room = windowMax - this.#window.length;
      const { families } = this.#endpoint;
      const { messages, upTo } = await this.#ports.source.after(this.#readTo, room, families);
      const { record, place } = this.#readTo;
      // Told of something new meanwhile, it reads again in any case.
      const isFurther = upTo.record > record || (upTo.record === record && upTo.place > place);
      if (isFurther) {
        this.#readTo = upTo;
        this.#more = true;
      }
      for (const message of messages) {
        if (!this.#doneBefore.delete(message.id)) this.#window.push(waiting(message, false));
      }
      if (isFurther) this.#keep();
    } catch {
      // The log or its views did not answer: nothing was read, and nothing is lost.
      this.#later(ownFaultMs, () => (this.#more = true));
    } finally {
      this.#reading = false;
      this.#step();
    }
  }

  #send(): void {
    const nowMs = this.#ports.clock();
    if (this.#pausedUntilMs > nowMs) return;
    const most = this.#failuresInRow > 0 ? 1 : atOnceMax;
    for (const message of this.#nextOfEach()) {
      if (this.#sending >= most) return;
      if (message.sending || message.nextMs > nowMs) continue;
      message.sending = true;
      this.#sending += 1;
      void this.#try(message);
    }
  }

  // What is about the same actor waits for what came before it.
  #nextOfEach(): Waiting[] {
    const held = new Set<string>();
    return this.#window.filter(({ about }) => !held.has(about) && held.add(about));
  }

  async #try(message: Waiting): Promise<void> {
    const { source, post, clock } = this.#ports;
    try {
      const body = await source.body(message);
      if (body === undefined) return this.#finish(message);
      const headers = signedHeaders(message.id, clock(), body, await this.#ports.secrets());
      const timeoutMs = this.#ports.answerMs ?? answerMsMax;
      const sent = post({ url: this.#endpoint.url, headers, body, timeoutMs });
      const answer = await sent.catch((error: unknown) => error as Error);
      this.#judge(message, answer);
    } catch {
      // Ours is the fault: it is no try of the receiver's.
      message.nextMs = clock() + ownFaultMs;
    } finally {
      message.sending = false;
      this.#sending -= 1;
      this.#step();
    }
  }

  #judge(message: Waiting, answer: Error | { status: number; retryAfterMs: number | undefined }): void {
    if (!(answer instanceof Error) && answer.status >= 200 && answer.status < 300) {
      this.#delivered += 1;
      this.#calm();
      this.#finish(message);
      return;
    }
    const nowMs = this.#ports.clock();
    const why = answer instanceof Error ? causeOf(answer) : `it answered ${answer.status}`;
    this.#failed += 1;
    this.#failuresInRow += 1;
    this.#troubleSinceMs ??= nowMs;
    this.#trouble = why;
    if (!(answer instanceof Error) && answer.status === 410) return this.#off("it answered 410 Gone");
    if (nowMs - this.#troubleSinceMs >= troubleMsMax) return this.#off(`it took nothing for days: ${why}`);
    const asked = answer instanceof Error ? undefined : answer.retryAfterMs;
    this.#pause(answer, asked, nowMs);
    message.tries += 1;
    message.nextMs = nowMs + delayAfter(message.tries, this.#ports.random(), asked);
    if (message.tries >= triesMax) this.#giveUp(message, why, nowMs);
  }

  // No answer, too many requests, a gateway in between: then it is the receiver that needs time, not the
  // message.
  #pause(answer: Error | { status: number }, askedMs: number | undefined, nowMs: number): void {
    const overloaded = answer instanceof Error || [429, 502, 503, 504].includes(answer.status);
    if (!overloaded && this.#failuresInRow < failuresInTrouble) return;
    this.#pausedUntilMs = nowMs + delayAfter(this.#failuresInRow, this.#ports.random(), askedMs);
  }

  #giveUp(message: Waiting, why: string, nowMs: number): void {
    const { id, record, place, type, about, tries } = message;
    if (message.again) {
      this.#window = this.#window.filter((each) => each !== message);
      return;
    }
    if (this.#dead.length >= deadLettersMax) {
      return this.#off(`${deadLettersMax} messages were given up, the last: ${why}`);
    }
    this.#finish(message);
    this.#dead.push({ id, record, place, type, about, tries, why, at: formatTime(nowMs) });
  }

  #off(why: string): void {
    this.#stopped = true;
    this.#ports.onOff(why);
    this.#keep();
  }

  #finish(message: Waiting): void {
    this.#window = this.#window.filter((each) => each !== message);
    if (message.again) this.#dead = this.#dead.filter(({ id }) => id !== message.id);
    else this.#doneIds.set(message.id, message.record);
    if (this.#doneIds.size > doneAheadMax) {
      const first = this.#window.find(({ again }) => !again);
      if (first !== undefined && !first.sending) {
        this.#giveUp(first, this.#trouble ?? "it held up others", this.#ports.clock());
      }
    }
    this.#keep();
  }

  #calm(): void {
    this.#failuresInRow = 0;
    this.#troubleSinceMs = undefined;
    this.#trouble = null;
    this.#pausedUntilMs = 0;
  }

  #progress(): EndpointProgress {
    const first = this.#window.find(({ again }) => !again);
    const { record: readTo, place } = this.#readTo;
    const cursor = first === undefined ? (place === wholeRecord ? readTo : readTo - 1) : first.record - 1;
    for (const [id, record] of this.#doneIds) if (record <= cursor) this.#doneIds.delete(id);
    const done = [...this.#doneIds.keys(), ...this.#doneBefore];
    return { v: 1, cursor, done, dead: this.#dead };
  }

  // One file write at a time, and no more than one a second: what it misses is sent again after a crash.
  #keep(): void {
    if (this.#keeping !== undefined) {
      this.#keepAgain = true;
      return;
    }
    this.#keepAgain = false;
    this.#keeping = this.#keepOnce();
  }

  async #keepOnce(): Promise<void> {
    await this.#ports.keep(this.#progress()).catch(() => undefined);
    this.#ports.timer(keptEveryMs, () => {
      this.#keeping = undefined;
      if (this.#keepAgain && !this.#stopped) this.#keep();
    });
  }

  #setTimer(): void {
    const nowMs = this.#ports.clock();
    const times = this.#nextOfEach()
      .filter(({ sending }) => !sending)
      .map(({ nextMs }) => nextMs);
    const next = Math.min(...times);
    const at = Math.max(next, this.#pausedUntilMs);
    if (!Number.isFinite(at) || at <= nowMs) return;
    this.#wake = this.#ports.timer(at - nowMs, () => this.#step());
  }

  #later(ms: number, act: () => void): void {
    this.#ports.timer(ms, () => {
      act();
      this.#step();
    });
  }
}

function waiting({ id, record, place, type, about }: Message, again: boolean): Waiting {
  return { id, record, place, type, about, tries: 0, nextMs: 0, sending: false, again };
}

/** Why a request failed, without what it was: an address may hold a word that is nobody's business. */
function causeOf(error: Error): string {
  if (error.name === "TimeoutError") return "it did not answer in time";
  const cause = (error as { cause?: { code?: unknown } }).cause?.code;
  return typeof cause === "string"
    ? printable(`no connection (${cause})`).slice(0, whyLengthMax)
    : "no answer";
}
