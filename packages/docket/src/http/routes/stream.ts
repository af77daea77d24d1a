// SPDX-License-Identifier: Apache-2.0
// Decisions as they are sealed, as server-sent events (WHATWG HTML, section 9.2). A reader that falls behind
// is cut off: it comes again, and is told of what it missed.
import { Readable } from "node:stream";
import { ProtocolError } from "@docket/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { mayDo } from "../../access/permissions.ts";
import { DocketError } from "../../error.ts";
import type { LiveBatch, LiveNews, SiteLive } from "../../live/contract.ts";
import { backlogMax, batchMs, pulseMs } from "../../live/contract.ts";
import { bearer } from "../authenticate.ts";
import { callerOf, queryParameters, shuttingDown } from "../context.ts";
import type { HttpContext } from "../context.ts";
import { streamUnreadBytesMax } from "../limits.ts";
import { describe } from "../openapi.ts";
import type { SiteHealth } from "../site-health.ts";

const mediaType = "text/event-stream";
/** How long a reader waits before it comes again, in ms. */
const comeAgainMs = 2000;

const stream = describe({
  summary: "Follow decisions as they are sealed",
  description:
    "Server-sent events, for whoever accepts `text/event-stream`: `backlog` (the newest decisions, or " +
    `those since Last-Event-ID, at most ${backlogMax}), then "batch" at most every ${batchMs} ms (the ` +
    "newest decisions by name, all of them by number and outcome, other records by kind), `health` every " +
    `${pulseMs / 1000} s, and "end" when the reader should come again. Each id is the last record's ` +
    "index. Whoever reads too slowly is cut off.",
  tag: "operation",
  action: "readFacts",
  answer: { description: "Events until either side ends it", type: mediaType, schema: Type.String() },
  errors: ["usage", "schema_mismatch", "unknown_field", "too_many_requests", "log_closed"],
});

/** What the stream leans on. */
type StreamContext = Pick<HttpContext, "authenticator" | "access" | "closing"> & {
  readonly live: SiteLive;
  readonly health: () => Promise<SiteHealth>;
};

/** `/v1/stream`. */
export function addStreamRoutes(server: FastifyInstance, context: StreamContext): void {
  const { live, closing, health } = context;
  server.get("/v1/stream", stream, async (request, reply) => {
    queryParameters(request, []);
    requireStream(request);
    const after = lastSeen(request);
    const holds = holding(request, context);
    if (closing.aborted) throw shuttingDown();
    const events = new EventStream();
    // Taken first: whoever finds no room is told so with a status.
    const leave = live.follow(after, (news) => tell(events, news, { health, holds }));
    const end = (): void => {
      leave();
      closing.removeEventListener("abort", end);
      events.end();
    };
    closing.addEventListener("abort", end);
    events.readable.once("close", end);
    events.write(`retry: ${comeAgainMs}\n\n`);
    return reply.header("x-accel-buffering", "no").type(`${mediaType}; charset=utf-8`).send(events.readable);
  });
}

/** What is written to a reader who may be slow. */
class EventStream {
  readonly readable: Readable = new Readable({ read: () => undefined });
  #ended = false;

  write(text: string): void {
    if (this.#ended) return;
    this.readable.push(text);
    if (this.readable.readableLength <= streamUnreadBytesMax) return;
    this.#ended = true;
    this.readable.destroy();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.readable.push(null);
  }
}

type Telling = { readonly health: () => Promise<SiteHealth>; readonly holds: () => boolean };

function tell(events: EventStream, news: LiveNews, { health, holds }: Telling): void {
  switch (news.kind) {
    case "batch":
      return events.write(batchText(news.batch));
    case "backlog": {
      const { last, decisions, missed } = news;
      events.write(eventText("backlog", { decisions, missed }, last));
      return void health().then(
        (now) => events.write(eventText("health", now)),
        () => undefined,
      );
    }
    case "pulse":
      if (!holds()) return endWith(events);
      return void health().then(
        (now) => events.write(eventText("health", now)),
        // A reader must hear something, or its connection is taken for a dead one.
        () => events.write(": no news\n\n"),
      );
    case "end":
      return endWith(events);
  }
}

function endWith(events: EventStream): void {
  events.write(eventText("end", {}));
  events.end();
}

/** Everybody is told the same: a batch is written once. */
const written = new WeakMap<LiveBatch, string>();

function batchText(batch: LiveBatch): string {
  let text = written.get(batch);
  if (text === undefined) {
    const { last, decisions, outcomes, records, skipped } = batch;
    written.set(batch, (text = eventText("batch", { decisions, outcomes, records, skipped }, last)));
  }
  return text;
}

function eventText(type: string, data: unknown, id?: number): string {
  const line = id === undefined || id < 0 ? "" : `id: ${id}\n`;
  return `${line}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** @throws {DocketError} `usage` for who would wait for an answer that ends */
function requireStream({ headers: { accept = "" } }: FastifyRequest): void {
  if (accept.includes(mediaType) || accept.includes("*/*")) return;
  throw new DocketError("usage", `this is read as it comes: send Accept: ${mediaType}`);
}

/** @throws {ProtocolError} `schema_mismatch` */
function lastSeen({ headers }: FastifyRequest): number | undefined {
  const given = headers["last-event-id"];
  if (given === undefined || given === "") return undefined;
  const index = Number(given);
  if (/^\d{1,16}$/.test(String(given)) && Number.isSafeInteger(index)) return index;
  throw new ProtocolError("schema_mismatch", "Last-Event-ID is the index of a record");
}

// Whoever was let in may be shut out while the stream goes on: asked at each pulse. It does not count as a
// use of a session, so that nobody stays signed in by looking away.
function holding(
  request: FastifyRequest,
  { authenticator, access }: Pick<HttpContext, "authenticator" | "access">,
): () => boolean {
  const caller = callerOf(request);
  const { signedIn } = request;
  if (signedIn !== null) {
    const { session, person } = signedIn;
    return () => access?.people.sessions(person.id).some(({ id }) => id === session.id) === true;
  }
  const token = bearer(request);
  return () => {
    const known = authenticator.callerOf(token);
    return known?.id === caller.id && mayDo(known, "readFacts");
  };
}
