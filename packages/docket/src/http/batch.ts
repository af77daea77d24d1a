// SPDX-License-Identifier: Apache-2.0
// A batch of events: lines are decided concurrently, up to a window, and answered in their order. Nothing is
// held that the client does not read: when it stops reading, the generator below stops being asked, and so
// stops reading.
import type { Decision } from "@docket/protocol";
import { errorAnswer } from "./errors.ts";
import type { ErrorBody } from "./errors.ts";
import type { Line } from "./lines.ts";
import { batchChunkChars, batchRetryFirstMs, batchRetryLongestMs } from "./limits.ts";

/** The answer to one line. */
export type LineAnswer = { line: number } & ({ decision: Decision } | { error: ErrorBody });

/** What answering a batch leans on. */
export type BatchOptions = {
  /** Decides the event of a line. `patient` says that it is asked again if there is no room now. */
  decide: (line: Line, patient: boolean) => Promise<Decision>;
  /** Whether an error may pass by itself if the line waits. */
  isOverload: (error: unknown) => boolean;
  /** Told of each error that a line is answered with. */
  onError: (error: unknown) => void;
  requestId: string;
  windowLines: number;
  /** A line waits this long at most for room. */
  overloadMs: number;
  wait: (ms: number) => Promise<void>;
};

type Pending = { settled: Promise<void>; text: string | undefined };

/**
 * Yields the answers to `lines` as NDJSON, in whole lines, ended by `{"end":true,"lines":n}` with the number
 * of answers. If `lines` fails, the line at which it failed is answered with that error, and no end follows.
 *
 */
export async function* answerBatch(
  lines: AsyncIterator<Line>,
  options: BatchOptions,
): AsyncGenerator<string> {
  const queue: Pending[] = [];
  const overload = { lines: 0 };
  let answered = 0;
  let last = 0;
  let failure: unknown;
  let next: Promise<IteratorResult<Line> | undefined> | undefined = read();

  while (next !== undefined || queue.length > 0) {
    const head = queue[0];
    // While a line waits for room, no further one is begun: that is how a full queue pauses reading.
    const mayBegin = queue.length < options.windowLines && overload.lines === 0;
    const line = await first(head, mayBegin ? next : undefined);
    if (line !== undefined) next = begin(line);
    const text = take();
    if (text !== "") yield text;
  }
  if (failure === undefined) yield `${JSON.stringify({ end: true, lines: answered })}\n`;

  function read(): Promise<IteratorResult<Line> | undefined> {
    return lines.next().catch((error: unknown) => {
      failure = error;
      return undefined;
    });
  }

  function begin({ result }: { result: IteratorResult<Line> | undefined }): typeof next {
    if (result === undefined) {
      options.onError(failure);
      const { error } = errorAnswer(failure, options.requestId);
      queue.push({ settled: Promise.resolve(), text: lineText({ line: last + 1, error }) });
      return undefined;
    }
    if (result.done === true) return undefined;
    last = result.value.number;
    queue.push(answerLine(result.value, options, overload));
    return read();
  }

  function take(): string {
    let text = "";
    while (queue[0]?.text !== undefined && text.length < batchChunkChars) {
      text += queue[0].text;
      queue.shift();
      answered += 1;
    }
    return text;
  }
}

/**
 * What comes first: the next line, wrapped so that its end shows, or the answer at the head (then
 * `undefined`).
 */
async function first(
  head: Pending | undefined,
  next: Promise<IteratorResult<Line> | undefined> | undefined,
): Promise<{ result: IteratorResult<Line> | undefined } | undefined> {
  const line = next?.then((result) => ({ result }));
  const answer = head?.settled.then(() => undefined);
  if (answer === undefined) return line;
  return line === undefined ? answer : Promise.race([answer, line]);
}

function answerLine(line: Line, options: BatchOptions, overload: { lines: number }): Pending {
  const pending: Pending = { settled: Promise.resolve(), text: undefined };
  pending.settled = settle(line, options, overload).then((text) => void (pending.text = text));
  return pending;
}

async function settle(line: Line, options: BatchOptions, overload: { lines: number }): Promise<string> {
  try {
    return lineText({ line: line.number, decision: await decideWithPatience(line, options, overload) });
  } catch (cause) {
    options.onError(cause);
    const { error } = errorAnswer(cause, options.requestId);
    return lineText({ line: line.number, error });
  }
}

async function decideWithPatience(
  line: Line,
  { decide, isOverload, overloadMs, wait }: BatchOptions,
  overload: { lines: number },
): Promise<Decision> {
  let waitedMs = 0;
  let pauseMs = batchRetryFirstMs;
  for (;;) {
    const patient = waitedMs < overloadMs;
    try {
      return await decide(line, patient);
    } catch (error) {
      if (!isOverload(error) || !patient) throw error;
    }
    overload.lines += 1;
    await wait(pauseMs);
    overload.lines -= 1;
    waitedMs += pauseMs;
    pauseMs = Math.min(2 * pauseMs, batchRetryLongestMs);
  }
}

function lineText(answer: LineAnswer): string {
  return `${JSON.stringify(answer)}\n`;
}
