// SPDX-License-Identifier: Apache-2.0
// One event, a batch of events, and a decision that was recorded.
import { createGunzip } from "node:zlib";
import { Readable } from "node:stream";
import { ProtocolError } from "@docket/protocol";
import { eventBytesMax, parseDecisionRequest } from "@docket/protocol/events";
import type { Decision, ErrorCode, Event } from "@docket/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Caller } from "../../access/authenticator.ts";
import { mayDo } from "../../access/permissions.ts";
import { DocketError } from "../../error.ts";
import type { Surface } from "../../gaps/config.ts";
import type { Priority } from "../../log/admission.ts";
import { answerBatch } from "../batch.ts";
import { answerInTime, callerOf, indexOf, queryParameter, requireAction, shuttingDown } from "../context.ts";
import type { HttpContext, Routes } from "../context.ts";
import { errorAnswer, logUnexpected } from "../errors.ts";
import { readLines } from "../lines.ts";
import type { Line } from "../lines.ts";
import { batchIdleMs, batchOverloadMs, batchWindowLines, bodyBytesMax } from "../limits.ts";
import { bodyErrors, describe } from "../openapi.ts";

/** The media type of a batch. */
const ndjson = "application/x-ndjson";

/** What may go wrong with sealing a decision. */
export const sealingErrors: readonly ErrorCode[] = [
  "event_id_conflict",
  "overloaded",
  "sealing_unknown",
  "sealing_failed",
  "log_closed",
];

const lateQuery = Type.Object({
  late: Type.Optional(
    Type.Enum(["true", "false"], {
      description:
        "true where the app has acted already: the event comes from a spool, or was let pass without an " +
        "answer. A reject is then ordered as a removal (default false)",
    }),
  ),
});

const oneEvent = describe({
  summary: "Decide one event",
  description:
    "Answers once the decision is sealed. The same event id and body give the same decision again. " +
    "With `dryRun: true` nothing is counted or sealed, and the role analyst may do it too. While nothing " +
    "can be sealed, the operator may let events pass: `allow` with `sealed: false` and no receipt.",
  tag: "decisions",
  action: "tryEvent",
  querystring: lateQuery,
  body: { $ref: "DecisionRequest#" },
  consumes: "application/json",
  answer: { description: "The decision", type: "application/json", schema: { $ref: "Decision#" } },
  errors: [...bodyErrors, ...sealingErrors],
});

const manyEvents = describe({
  summary: "Decide many events, one a line",
  description:
    "NDJSON in both directions: one answer line per non-blank line, in order, `{line, decision}` or " +
    '`{line, error}`; the last line is `{"end":true,"lines":n}`. Read the answers while sending: a client ' +
    "that doesn't read for 30 s is cut off. The body may have Content-Encoding gzip.",
  tag: "decisions",
  action: "tryEvent",
  querystring: lateQuery,
  body: { $ref: "DecisionRequest#" },
  consumes: ndjson,
  answer: {
    description: "One object a line",
    type: ndjson,
    schema: Type.Union([
      Type.Object({ line: Type.Integer(), decision: Type.Ref("Decision") }),
      Type.Object({
        line: Type.Integer(),
        error: Type.Object({ code: Type.String(), message: Type.String() }),
      }),
      Type.Object({ end: Type.Literal(true), lines: Type.Integer() }),
    ]),
  },
  errors: ["schema_mismatch", "unknown_field", "unsupported_media_type"],
});

const oneRecord = describe({
  summary: "Read a record, the decision that was answered, and its facts",
  tag: "decisions",
  action: "readDecision",
  params: Type.Object({ index: Type.String({ description: "The record's index in the log" }) }),
  answer: { description: "The record", type: "application/json", schema: { $ref: "Recorded#" } },
  errors: ["not_found", "overloaded"],
});

/** `/v1/decisions`. */
export const addDecisionRoutes: Routes = (server, context) => {
  server.post("/v1/decisions", { ...oneEvent, bodyLimit: bodyBytesMax }, async (request) => {
    refuseEncodedBody(request);
    const how = { surface: "decisions", late: isLate(request) } as const;
    return decide(request.body as Uint8Array | undefined, callerOf(request), context, how);
  });

  server.get("/v1/decisions/:index", oneRecord, async (request) => {
    const { record, decision, facts } = await answerInTime(context.site.recorded(indexOf(request)));
    const shown = mayDo(callerOf(request), "readFacts") ? facts : undefined;
    if (shown === undefined) request.reading = "nothing";
    return {
      record,
      ...(decision === undefined ? {} : { decision }),
      ...(shown === undefined ? {} : { facts: shown }),
    };
  });

  server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(ndjson, (_request, payload, parsed) => parsed(null, payload));
    scope.post("/v1/decisions/batch", manyEvents, (request, reply) => sendBatch(request, reply, context));
    done();
  });
};

async function decide(
  body: Uint8Array | undefined,
  caller: Caller,
  context: HttpContext,
  how: HowDecided,
): Promise<Decision> {
  return decideEvent(parseDecisionRequest(body ?? new Uint8Array()), caller, context, how);
}

/** How an event is decided, beside what it says: see `DecideRequest`. */
export type HowDecided = {
  /** Where it came in, which says what becomes of it while nothing can be sealed. */
  readonly surface: Surface;
  readonly priority?: Priority;
  readonly late?: boolean;
  /** It may wait for room: until it has waited, an overload is no failure. */
  readonly patient?: boolean;
};

/**
 * Has an event decided, whatever form it came in.
 *
 * @throws {DocketError} `forbidden` if the caller may not have it sealed, and what sealing throws
 */
export async function decideEvent(
  { event, dryRun }: { event: Event; dryRun: boolean },
  caller: Caller,
  { site, clock, metrics, gaps }: HttpContext,
  { surface, priority = "normal", late = false, patient = false }: HowDecided,
): Promise<Decision> {
  const receivedMs = clock();
  if (!dryRun) requireAction(caller, "decide");
  const by = caller.id;
  const deciding = site.decide({ event, dryRun, by, source: "http", receivedMs, priority, late });
  // The site itself bounds the time of what it seals, and says `sealing_unknown` then.
  const decision = await (dryRun ? answerInTime(deciding) : deciding).catch((error: unknown) => {
    if (dryRun || (patient && isOverload(error))) throw error;
    const passed = gaps?.failed(surface, { event, by, receivedMs }, error);
    if (passed === undefined) throw error;
    return passed;
  });
  metrics.decided(decision, (clock() - receivedMs) / 1000);
  return decision;
}

function sendBatch(request: FastifyRequest, reply: FastifyReply, context: HttpContext): FastifyReply {
  // A batch may take as long as it likes, as long as it moves.
  if (request.bodyTimer !== null) clearTimeout(request.bodyTimer);
  const caller = callerOf(request);
  const late = isLate(request);
  const lines = readLines(receiving(request, decoded(request), context.closing), eventBytesMax);
  const answers = answerBatch(lines, {
    decide: (line, patient) => decideLine(line, caller, context, { late, patient }),
    isOverload,
    onError: (error) => {
      const { error: body, status } = errorAnswer(error, request.id);
      context.metrics.refused(body.code);
      request.failure ??= { code: body.code, pointer: body.pointer };
      if (status === 500) logUnexpected(request.log, error, request.id);
    },
    requestId: request.id,
    windowLines: batchWindowLines,
    overloadMs: batchOverloadMs,
    wait: context.wait,
  });
  const cut = (): unknown => request.raw.socket.destroy();
  // What the client would still send is not waited for when the server closes.
  reply.raw.once("finish", () => {
    if (context.closing.aborted && !request.raw.complete) request.raw.socket.destroySoon();
  });
  // Not to be held back by a proxy: answers are to be read while events are sent.
  return reply
    .headers({ "content-type": ndjson, "x-accel-buffering": "no" })
    .send(Readable.from(cutOffStalled(answers, context.batchStalledMs, cut), { highWaterMark: 1 }));
}

async function decideLine(
  line: Line,
  caller: Caller,
  context: HttpContext,
  how: { late: boolean; patient: boolean },
): Promise<Decision> {
  if ("bytes" in line) {
    return decide(line.bytes, caller, context, { surface: "batch", priority: "bulk", ...how });
  }
  const message = `an event of ${line.tooLong} bytes is over the limit of ${eventBytesMax}; shorten its text`;
  throw new ProtocolError("body_too_large", message, { limit: eventBytesMax });
}

function isOverload(error: unknown): boolean {
  return error instanceof DocketError && error.code === "overloaded";
}

function isLate(request: FastifyRequest): boolean {
  const late = queryParameter(request, "late");
  if (late === undefined || late === "true" || late === "false") return late === "true";
  throw new ProtocolError("schema_mismatch", "late is true or false");
}

function decoded(request: FastifyRequest): Readable {
  // A batch without a body is an empty one.
  const payload = (request.body as Readable | undefined) ?? Readable.from([]);
  const encoding = request.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding === "identity") return payload;
  if (encoding !== "gzip") {
    throw new ProtocolError(
      "unsupported_media_type",
      `a batch of Content-Encoding ${JSON.stringify(encoding)} is not read; send it plain or as gzip`,
    );
  }
  const gunzip = createGunzip();
  payload.on("error", (error) => gunzip.destroy(error));
  return payload.pipe(gunzip);
}

async function* receiving(
  request: FastifyRequest,
  source: Readable,
  closing: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = source[Symbol.asyncIterator]();
  for (;;) {
    // Only waiting for the client counts: while its lines are decided, the clock stands.
    const idle = setTimeout(() => request.raw.destroy(), batchIdleMs);
    const next = await unlessClosing(chunks.next(), closing)
      .catch(throwUnpackingError)
      .finally(() => clearTimeout(idle));
    if (next.done === true) return;
    yield next.value;
  }
}

function throwUnpackingError(error: unknown): never {
  if (!((error as NodeJS.ErrnoException).code ?? "").startsWith("Z_")) throw error;
  const message = "the body is not what gzip wrote, or ends too early";
  throw new ProtocolError("json_encoding", message, { cause: error });
}

/** Rejects as soon as the server begins to close, which a batch of hours would keep it from. */
function unlessClosing<T>(work: Promise<T>, closing: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(shuttingDown());
    if (closing.aborted) stop();
    closing.addEventListener("abort", stop);
    work.then(resolve, reject).finally(() => closing.removeEventListener("abort", stop));
  });
}

async function* cutOffStalled(
  answers: AsyncIterable<string>,
  stalledMs: number,
  cut: () => void,
): AsyncGenerator<string> {
  for await (const text of answers) {
    const timer = setTimeout(cut, stalledMs);
    try {
      yield text;
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * Refuses a body that is packed.
 *
 * @throws {ProtocolError} `unsupported_media_type`
 */
export function refuseEncodedBody({ headers }: FastifyRequest): void {
  const encoding = headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding === "identity") return;
  throw new ProtocolError(
    "unsupported_media_type",
    `a body of Content-Encoding ${JSON.stringify(encoding)} is not read here; send it plain`,
  );
}
