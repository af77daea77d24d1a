// SPDX-License-Identifier: Apache-2.0
// An app's side of Docket. The app always gets an answer within the time that it names: the decision, or,
// where the server is away, the outcome that it chose for such events beforehand, which the answer says.
import type { Decision, Event } from "@docket/protocol";
import { DocketApiError, DocketUnreachableError, DocketUsageError } from "./errors.ts";
import { exchange, isOutage } from "./exchange.ts";
import type { ExchangePorts, Question, Server } from "./exchange.ts";

/** What an app may do with an event while nobody decides it. */
export const fallbackOutcomes = ["allow", "hold", "reject"] as const;
/** What an app may do with an event while nobody decides it. */
export type FallbackOutcome = (typeof fallbackOutcomes)[number];

/** Most events of one request. */
export const batchEventsMax = 500;
/** How long a batch may take for each of its events, in ms, besides the time of one question. */
export const batchMsPerEvent = 20;
/** Tries besides the first, if nothing is said. */
export const retriesDefault = 2;

/** An event that was let through or refused without a decision. */
export type SpooledEvent = {
  readonly event: Event;
  readonly fallback: FallbackOutcome;
  readonly atMs: number;
};

/** Keeps events while the server is away (`@docket/client/spool` has one of files). */
export interface Spool {
  /** When it resolves, the event survives a crash of this process. */
  append(spooled: SpooledEvent): Promise<void>;
  /**
   * Hands the oldest events over, in order, a few at a time, until there are none or `deliver` rejects; what
   * it resolved for is gone from the spool.
   */
  drain(deliver: (events: readonly SpooledEvent[]) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** How a client is made. */
export type ClientOptions = {
  /** The server's address, as in `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly apiKey: string;
  /** How long a decision may take with all tries, in ms. The server itself answers within 2,000. */
  readonly timeoutMs: number;
  /**
   * What happens to an event when nobody decides it in time, by its type; `*` for all others. There is no
   * default: to let spam pass and to refuse everybody are both wrong for somebody.
   */
  readonly fallback: Readonly<Record<string, FallbackOutcome>>;
  /** Where such events wait until they can be sealed; without one they are never decided. */
  readonly spool?: Spool | undefined;
  /** Tries besides the first (default {@link retriesDefault}). */
  readonly retries?: number | undefined;
  /**
   * Decisions that are asked for within so many ms go in one request (default 0: each by itself). It costs
   * each of them that time, and saves a busy app most of its requests.
   */
  readonly gatherMs?: number | undefined;
  /** How often the spool is looked at, in ms (default 5,000). */
  readonly drainEveryMs?: number | undefined;
  /** Told of what went wrong besides an answer: an event that could not be kept, or was refused later. */
  readonly onFault?: ((fault: ClientFault) => void) | undefined;
  readonly ports?: Partial<ExchangePorts> | undefined;
};

/** What went wrong besides an answer. */
export type ClientFault = {
  readonly kind: "notSpooled" | "refusedLater" | "notDelivered";
  readonly message: string;
  readonly event?: Event | undefined;
};

/** What became of an event. `fallback` is set where it was not decided: then nothing is sealed, and why. */
export type Answer = Pick<Decision, "outcome" | "sealed"> &
  Partial<Decision> & { readonly fallback?: { readonly why: string; readonly spooled: boolean } };

/** What became of one event of many. */
export type ManyAnswer = { readonly answer: Answer } | { readonly error: DocketApiError };

/** Options of a single question. */
export type CallOptions = { readonly timeoutMs?: number | undefined };

const defaultPorts: ExchangePorts = {
  fetch: (...asked) => fetch(...asked),
  clock: () => Date.now(),
  random: () => Math.random(),
  wait: (ms) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms);
    }),
};

type Waiting = { event: Event; resolve: (answer: Answer) => void; reject: (error: unknown) => void };

/** A client of one site. */
export class DocketClient {
  readonly #options: ClientOptions;
  readonly #server: Server;
  readonly #ports: ExchangePorts;
  #gathered: Waiting[] = [];
  #draining: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @throws {DocketUsageError} for options that it can't work with */
  constructor(options: ClientOptions) {
    checkOptions(options);
    this.#options = options;
    this.#server = { url: options.url, apiKey: options.apiKey };
    this.#ports = { ...defaultPorts, ...options.ports };
    if (options.spool === undefined) return;
    this.#timer = setInterval(() => void this.drain(), options.drainEveryMs ?? 5000);
    // An app that ends is not kept by what waits; it is there at the next start.
    (this.#timer as { unref?: () => void }).unref?.();
    void this.drain();
  }

  /**
   * Asks about an event. Resolves within the time of the options, also when the server is away: then with the
   * fallback for events of its type.
   *
   * @throws {DocketApiError} for what only the app can mend: a wrong key, an event that is malformed, or an
   * id
   *   that another event has
   */
  decide(event: Event): Promise<Answer> {
    const { gatherMs = 0 } = this.#options;
    if (gatherMs === 0) return this.#decideOne(event);
    return new Promise((resolve, reject) => {
      if (this.#gathered.push({ event, resolve, reject }) === 1)
        setTimeout(() => this.#sendGathered(), gatherMs);
      else if (this.#gathered.length >= batchEventsMax) this.#sendGathered();
    });
  }

  /** Asks about many events, and answers in their order. What {@link decide} would throw is in its place. */
  async decideMany(events: readonly Event[]): Promise<ManyAnswer[]> {
    const answers: ManyAnswer[] = [];
    for (let at = 0; at < events.length; at += batchEventsMax) {
      const chunk = events.slice(at, at + batchEventsMax);
      try {
        for (const [place, answer] of (await this.#batch(chunk, false)).entries()) {
          answers.push(await this.#orFallback(answer, chunk[place] as Event));
        }
      } catch (error) {
        if (!isOutage(error)) throw error;
        for (const event of chunk) answers.push({ answer: await this.#fallBack(event, error) });
      }
    }
    return answers;
  }

  /** Tries an event: what would be decided, without a trace. It never falls back. */
  async tryEvent(event: Event, options?: CallOptions): Promise<Decision> {
    return this.post("v1/decisions", { ...event, dryRun: true }, options);
  }

  /** Reports a content on behalf of a user. */
  async report(
    report: ReportOfUser,
    options?: CallOptions,
  ): Promise<{ index: number; of: number; repeat: boolean }> {
    return this.post("v1/reports", report, options);
  }

  /** An account's strikes and restrictions now. */
  async standing(accountId: string, options?: CallOptions): Promise<StandingAnswer> {
    return this.get(`v1/actors/${encodeURIComponent(accountId)}/standing`, options);
  }

  /** What is in force for a content, by the app's own id. */
  async content(contentId: string, options?: CallOptions): Promise<{ outcome: string }> {
    return this.get(`v1/contents/${encodeURIComponent(contentId)}`, options);
  }

  /** A record's receipt, as text: what `docket verify` and `@docket/client/receipts` check. */
  async receipt(index: number, options?: CallOptions): Promise<string> {
    return this.#ask({ method: "GET", path: `v1/receipts/${index}` }, options);
  }

  /** Says that the app has done what records ordered. */
  async applied(of: readonly number[], options?: CallOptions): Promise<void> {
    await this.post("v1/applied", { of }, options);
  }

  /**
   * Changes of what is in force after a record, in the log's order; waits for the first one. A change may
   * come twice, after a crash of the app; to do it twice must do no harm.
   *
   * @param after the cursor: the `next` that was kept last, or 0
   * @param waitSeconds how long to wait if there is none, at most 25
   */
  async changes(after: number, waitSeconds = 0, options: CallOptions = {}): Promise<ChangesPage> {
    const { timeoutMs = this.#options.timeoutMs + waitSeconds * 1000 } = options;
    return this.get(`v1/changes?after=${after}&wait=${waitSeconds}`, { timeoutMs });
  }

  /** Asks for anything else that the server answers in JSON. */
  async get<Value>(path: string, options?: CallOptions): Promise<Value> {
    return JSON.parse(await this.#ask({ method: "GET", path }, options)) as Value;
  }

  /** Sends JSON, and gives the JSON that is answered. Asked again only where nobody answered. */
  async post<Value>(path: string, body: object, options?: CallOptions): Promise<Value> {
    return JSON.parse(
      await this.#ask({ method: "POST", path, body: JSON.stringify(body) }, options),
    ) as Value;
  }

  /**
   * Sends what waits in the spool. Never rejects; only one runs at a time, and one runs by itself now and
   * then.
   */
  drain(): Promise<void> {
    const { spool } = this.#options;
    if (spool === undefined) return Promise.resolve();
    this.#draining ??= spool
      .drain((spooled) => this.#deliver(spooled))
      .catch((error: unknown) => {
        if (!isOutage(error)) this.#fault({ kind: "notDelivered", message: (error as Error).message });
      })
      .finally(() => {
        this.#draining = undefined;
      });
    return this.#draining;
  }

  /** Sends what is gathered, tries once more to empty the spool, and closes it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#sendGathered();
    await this.drain();
    await this.#options.spool?.close();
  }

  async #decideOne(event: Event): Promise<Answer> {
    try {
      return await this.post<Decision>("v1/decisions", event);
    } catch (error) {
      if (!isOutage(error)) throw error;
      return this.#fallBack(event, error);
    }
  }

  #sendGathered(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    if (gathered.length === 0) return;
    if (gathered.length === 1) {
      const [{ event, resolve, reject }] = gathered as [Waiting];
      this.#decideOne(event).then(resolve, reject);
      return;
    }
    void this.#answerGathered(gathered);
  }

  async #answerGathered(gathered: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.decideMany(gathered.map(({ event }) => event));
      for (const [place, { resolve, reject }] of gathered.entries()) {
        const answer = answers[place] as ManyAnswer;
        if ("answer" in answer) resolve(answer.answer);
        else reject(answer.error);
      }
    } catch (error) {
      for (const { reject } of gathered) reject(error);
    }
  }

  async #orFallback(answer: ManyAnswer, event: Event): Promise<ManyAnswer> {
    if ("answer" in answer || !isOutage(answer.error)) return answer;
    return { answer: await this.#fallBack(event, answer.error) };
  }

  async #fallBack(event: Event, error: unknown): Promise<Answer> {
    const { fallback, spool } = this.#options;
    const outcome = fallback[event.type] ?? fallback["*"] ?? "hold";
    let spooled = false;
    if (spool !== undefined) {
      try {
        await spool.append({ event, fallback: outcome, atMs: this.#ports.clock() });
        spooled = true;
      } catch (fault) {
        this.#fault({ kind: "notSpooled", message: (fault as Error).message, event });
      }
    }
    return { outcome, sealed: false, fallback: { why: (error as Error).message, spooled } };
  }

  // What only the app could mend is told, and left behind: it must not keep what comes after it.
  async #deliver(spooled: readonly SpooledEvent[]): Promise<void> {
    const answers = await this.#batch(
      spooled.map(({ event }) => event),
      true,
    );
    for (const [place, answer] of answers.entries()) {
      if ("answer" in answer) continue;
      if (isOutage(answer.error)) throw answer.error;
      const event = spooled[place]?.event;
      this.#fault({ kind: "refusedLater", message: answer.error.message, event });
    }
  }

  async #batch(events: readonly Event[], late: boolean): Promise<ManyAnswer[]> {
    const { timeoutMs } = this.#options;
    const text = await this.#ask(
      {
        method: "POST",
        path: `v1/decisions/batch${late ? "?late=true" : ""}`,
        body: events.map((event) => `${JSON.stringify(event)}\n`).join(""),
        contentType: "application/x-ndjson",
      },
      { timeoutMs: timeoutMs + events.length * batchMsPerEvent },
    );
    const lines = text.split("\n").filter((line) => line !== "");
    const answers = lines.map((line) => JSON.parse(line) as BatchLine);
    const last = answers.pop();
    if (last?.end !== true || answers.length !== events.length) {
      throw new DocketUnreachableError("the answer to a batch ended before its end");
    }
    return answers.map(({ decision, error }) => {
      if (decision !== undefined) return { answer: decision };
      const { code, message } = error ?? { code: "unknown", message: "an answer without a decision" };
      return { error: new DocketApiError(lineStatus(code), code, `${code}: ${message}`) };
    });
  }

  #ask(
    question: Omit<Question, "timeoutMs" | "retries">,
    { timeoutMs = this.#options.timeoutMs }: CallOptions = {},
  ): Promise<string> {
    const { retries = retriesDefault } = this.#options;
    return exchange(this.#server, { ...question, timeoutMs, retries }, this.#ports);
  }

  #fault(fault: ClientFault): void {
    this.#options.onFault?.(fault);
  }
}

/** A report of a user. */
export type ReportOfUser = {
  readonly content?: string | undefined;
  readonly index?: number | undefined;
  readonly reporter: string;
  readonly category: string;
  readonly text?: string | undefined;
  readonly language?: string | undefined;
  readonly trusted?: boolean | undefined;
};
/** An account's standing. */
export type StandingAnswer = {
  readonly actor: string | null;
  readonly at: string;
  readonly strikes: readonly { policy: string; rule: string; count: number; at: string }[];
  readonly restrictions: readonly { id: string; kind: string; until?: string }[];
};
/** Some changes, and where to go on. */
export type ChangesPage = {
  readonly changes: readonly { record: number; type: string; [key: string]: unknown }[];
  readonly next: number;
  readonly more: boolean;
};

type BatchLine = {
  end?: true;
  decision?: Decision;
  error?: { code: string; message: string };
};

/** Codes of lines that may be sent again; all others are the app's to mend. */
export const passingCodes: ReadonlySet<string> = new Set([
  "overloaded",
  "sealing_unknown",
  "sealing_failed",
  "log_closed",
  "internal",
  "log_fenced",
  "log_behind",
  "log_retired",
  "log_unproven",
  "replica_behind",
  "too_many_requests",
]);

function lineStatus(code: string): number {
  return passingCodes.has(code) ? 503 : 400;
}

function checkOptions({ url, apiKey, timeoutMs, fallback }: ClientOptions): void {
  if (!/^https?:\/\//.test(url)) throw new DocketUsageError(`url must be an http address, and is ${url}`);
  if (apiKey === "") throw new DocketUsageError("apiKey is empty");
  if (!(timeoutMs > 0)) throw new DocketUsageError("timeoutMs must say how long a decision may take, in ms");
  if (fallback["*"] === undefined) {
    throw new DocketUsageError(
      'fallback must say for "*" what happens to events that nobody decides in time',
    );
  }
  for (const [type, outcome] of Object.entries(fallback)) {
    if (!fallbackOutcomes.includes(outcome)) {
      throw new DocketUsageError(`fallback for ${type} must be one of ${fallbackOutcomes.join(", ")}`);
    }
  }
}
