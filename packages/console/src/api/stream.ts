// SPDX-License-Identifier: Apache-2.0
// Server-sent events (WHATWG HTML, section 9.2) by fetch: EventSource can't bring an API key along.
import { ApiError, ask } from "./request.ts";

/** An event as it was sent. */
export type StreamEvent = { readonly id: string | undefined; readonly type: string; readonly data: string };

const againMs = 2_000;
const againMsMax = 30_000;

/**
 * Reads a stream until `signal` is aborted; where it breaks off it is opened again after the last event that
 * came.
 *
 * @param onState told whether the stream is open
 */
export async function openStream(
  path: string,
  onEvent: (event: StreamEvent) => void,
  signal: AbortSignal,
  onState: (open: boolean) => void = () => {},
): Promise<void> {
  let last: string | undefined;
  let pause = againMs;
  while (!signal.aborted) {
    try {
      const headers = last === undefined ? {} : { "last-event-id": last };
      const response = await ask("GET", path, undefined, { signal, headers, endless: true });
      onState(true);
      pause = againMs;
      for await (const event of eventsOf(response)) {
        last = event.id ?? last;
        onEvent(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      // Whoever may not read it may not a moment later either.
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) throw error;
    }
    onState(false);
    await sleep(pause, signal);
    pause = Math.min(pause * 2, againMsMax);
  }
}

async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield* parser.push(value);
  }
}

/** Takes the text of a stream apart, however it was cut. */
export class EventParser {
  #rest = "";
  #id: string | undefined;
  #type = "";
  #data: string[] = [];

  /** Takes the next piece, and gives the events that it completes. */
  push(piece: string): StreamEvent[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): StreamEvent | undefined {
    if (line === "") {
      const event = { id: this.#id, type: this.#type || "message", data: this.#data.join("\n") };
      const isOne = this.#data.length > 0;
      this.#type = "";
      this.#data = [];
      return isOne ? event : undefined;
    }
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "id") this.#id = value;
    if (field === "event") this.#type = value;
    if (field === "data") this.#data.push(value);
    return undefined;
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
