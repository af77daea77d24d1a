// SPDX-License-Identifier: Apache-2.0
// Many events under way at once, answered in their order. Reading waits for room, and answering does not wait
// for reading: a stream that pauses has its answers at once.
import { ProtocolError } from "@docket/protocol";
import type { Decision, Event } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import type { DecideRequest } from "../../intake/contract.ts";
import { lineError } from "./input.ts";
import type { LineError } from "./input.ts";
import type { OrderedItem } from "./order.ts";

/** Most events under way. Enough to fill the log's batches. */
export const windowEvents = 2048;
/** How long to wait before events for which there was no room are decided again, in ms. */
const roomWaitMs = 100;

/** What became of a line. */
export type Answer = { line: number; event: Event; decision: Decision } | { line: number; error: LineError };

/** What deciding many events leans on. */
export type WindowOptions = {
  decide: (request: DecideRequest) => Promise<Decision>;
  /** Whether answers need their receipts. */
  receipts: boolean;
  /** Told each answer, in order. `more` says that the next one is there already. */
  onAnswer: (answer: Answer, more: boolean) => void | Promise<void>;
  /** When aborted, nothing further is read; what is under way is finished. */
  stop: AbortSignal;
  wait: (ms: number) => Promise<void>;
};

type Outcome = { decision: Decision } | { failure: Error };
type Pending = { item: OrderedItem; settled: Promise<void>; outcome: Outcome | undefined };

/**
 * Decides items in their order.
 *
 * @returns why it ended early, if the log took no more, and at which line
 * @throws whatever else went wrong, after all that was under way has ended
 */
export async function decideInOrder(
  items: AsyncIterable<OrderedItem> | Iterable<OrderedItem>,
  options: WindowOptions,
): Promise<{ line: number; error: DocketError } | undefined> {
  const ended = new AbortController();
  const stop = AbortSignal.any([options.stop, ended.signal]);
  const window: Window = { queue: [], changed: new Change(), paused: false, read: false };
  const reading = readInto(window, items, options, stop);
  // Rejections are taken up below, when all that is under way has ended.
  reading.catch(() => undefined);
  let fault: { line: number; error: DocketError } | undefined;
  try {
    for (let head = await headOf(window); head !== undefined; head = await headOf(window)) {
      await head.settled;
      if (isOverload(head.outcome)) {
        await decideAgain(window, options);
        continue;
      }
      window.queue.shift();
      window.changed.tell();
      // After a fault the rest only ends: each would be answered with the same.
      if (fault !== undefined) continue;
      const answer = answerOf(head);
      if ("fault" in answer) {
        fault = { line: head.item.line, error: answer.fault };
        ended.abort();
        window.changed.tell();
      } else await options.onAnswer(answer, window.queue[0]?.outcome !== undefined);
    }
  } finally {
    ended.abort();
    window.changed.tell();
  }
  await reading;
  return fault;
}

/** Yields items until `stop` is aborted, also while the next one is being waited for. */
export async function* untilAborted<T>(
  items: AsyncIterable<T> | Iterable<T>,
  stop: AbortSignal,
): AsyncGenerator<T> {
  const iterator: AsyncIterator<T> | Iterator<T> =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let release: (() => void) | undefined;
  const aborted = (): void => release?.();
  stop.addEventListener("abort", aborted);
  try {
    while (!stop.aborted) {
      const next = await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
        release = () => resolve(undefined);
        Promise.resolve(iterator.next()).then(resolve, reject);
      });
      if (next === undefined || next.done === true) break;
      yield next.value;
    }
  } finally {
    stop.removeEventListener("abort", aborted);
  }
}

type Window = {
  queue: Pending[];
  changed: Change;
  /** Nothing further is begun while events are decided again. */
  paused: boolean;
  read: boolean;
};

async function readInto(
  window: Window,
  items: AsyncIterable<OrderedItem> | Iterable<OrderedItem>,
  options: WindowOptions,
  stop: AbortSignal,
): Promise<void> {
  const { queue, changed } = window;
  try {
    for await (const item of untilAborted(items, stop)) {
      while ((queue.length >= windowEvents || window.paused) && !stop.aborted) await changed.next();
      if (stop.aborted) break;
      queue.push(begin(item, options));
      changed.tell();
    }
  } finally {
    window.read = true;
    changed.tell();
  }
}

async function headOf(window: Window): Promise<Pending | undefined> {
  while (window.queue.length === 0 && !window.read) await window.changed.next();
  return window.queue[0];
}

function begin(item: OrderedItem, { decide, receipts }: WindowOptions): Pending {
  const pending: Pending = { item, settled: Promise.resolve(), outcome: undefined };
  if ("error" in item) return pending;
  const { event, decidedAtMs } = item;
  // For a file `receivedMs` is the time to decide by; the event keeps its own.
  const request: DecideRequest = {
    event,
    dryRun: false,
    by: "operator",
    source: "file",
    receivedMs: decidedAtMs,
    withoutReceipt: !receipts,
    priority: "bulk",
  };
  pending.settled = (async () => {
    try {
      pending.outcome = { decision: await decide(request) };
    } catch (failure) {
      pending.outcome = { failure: failure as Error };
    }
  })();
  return pending;
}

// There was no room: all that is under way ends first, so that those without room keep their order.
async function decideAgain(window: Window, options: WindowOptions): Promise<void> {
  const { queue } = window;
  window.paused = true;
  await Promise.all(queue.map((pending) => pending.settled));
  await options.wait(roomWaitMs);
  for (const [place, pending] of queue.entries()) {
    if (isOverload(pending.outcome)) queue[place] = begin(pending.item, options);
  }
  window.paused = false;
  window.changed.tell();
}

function isOverload(outcome: Outcome | undefined): boolean {
  return (
    outcome !== undefined && "failure" in outcome && (outcome.failure as DocketError).code === "overloaded"
  );
}

function answerOf({ item, outcome }: Pending): Answer | { fault: DocketError } {
  const { line } = item;
  if ("error" in item) return { line, error: item.error };
  if (outcome === undefined) throw new Error("an event is answered before it was decided");
  if ("decision" in outcome) return { line, event: item.event, decision: outcome.decision };
  const { failure } = outcome;
  if (failure instanceof ProtocolError) return { line, error: lineError(failure) };
  if (failure instanceof DocketError) return { fault: failure };
  throw failure;
}

/** Wakes whoever waits for something to change. */
class Change {
  #current = Promise.withResolvers<void>();

  next(): Promise<void> {
    return this.#current.promise;
  }

  tell(): void {
    const { resolve } = this.#current;
    this.#current = Promise.withResolvers();
    resolve();
  }
}
