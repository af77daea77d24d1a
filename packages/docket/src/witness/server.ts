// SPDX-License-Identifier: Apache-2.0
// A witness over HTTP (C2SP tlog-witness): one prefix both for submission and for monitoring.
//
//   POST /add-checkpoint      200 lines, 400, 403, 404, 409 with the size, 422, 503
//   POST /sign-subtree        200 line, 400, 403, 404, 409 with a checkpoint, 422, 503
//   GET  /HEX/checkpoint      the latest cosigned checkpoint of a log; HEX is SHA-256 of its origin
//   GET  /healthz, /readyz    whether the process lives, and whether it signs
//   GET  /metrics             for Prometheus
//
// Answers that are no signature are a sentence of plain text, for people: clients go by the status. Bodies
// are plain text whatever their Content-Type says, as the specification names none.
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { formatTreeSize, treeSizeMediaType } from "@docket/tlog";
import type { Answer } from "./answer.ts";
import * as limits from "./limits.ts";
import type { WitnessMetrics } from "./metrics.ts";
import type { Witness } from "./witness.ts";

/** One line of the access log. It holds nothing of a body but what it came to. */
export type AccessLine = { method: string; route: string; status: number; ms: number; why?: string };

/** What a witness's server is made of. */
export type WitnessServerOptions = {
  witness: Pick<Witness, "addCheckpoint" | "signSubtree" | "latest" | "fault">;
  metrics: WitnessMetrics;
  /** A monotonic clock, in ms. */
  nowMs: () => number;
  /** Told of each answered request. */
  access?: (line: AccessLine) => void;
  /** Told of a bug: the request got a 500. */
  unexpected?: (error: unknown) => void;
  /** For tests; default {@link limits.discardMs}. */
  discardMs?: number;
};

/** Makes a witness's server. The caller listens and closes. */
export function createWitnessServer(options: WitnessServerOptions): Server {
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: limits.connectionsCheckIntervalMs,
      keepAliveTimeout: limits.keepAliveMs,
      maxHeaderSize: limits.headerBytesMax,
    },
    (request, response) => void handle(options, request, response),
  );
  server.maxConnections = limits.connectionsMax;
  server.setTimeout(limits.idleConnectionMs);
  return server;
}

/** An answer as HTTP. `why` is for the access log. */
type Reply = { status: number; headers?: Record<string, string>; body: string | Uint8Array; why?: string };

type Route = {
  name: string;
  methods: readonly string[];
  answer: (options: WitnessServerOptions, request: IncomingMessage) => Promise<Reply>;
};

const reading = ["GET", "HEAD"] as const;
const plainText = "text/plain; charset=utf-8";

const routes: Readonly<Record<string, Route>> = {
  "/add-checkpoint": {
    name: "add-checkpoint",
    methods: ["POST"],
    answer: (options, request) => answerBody(request, (body) => options.witness.addCheckpoint(body)),
  },
  "/sign-subtree": {
    name: "sign-subtree",
    methods: ["POST"],
    answer: (options, request) => answerBody(request, (body) => options.witness.signSubtree(body)),
  },
  "/healthz": {
    name: "healthz",
    methods: reading,
    answer: async () => ({ status: 200, body: "ok\n" }),
  },
  "/readyz": {
    name: "readyz",
    methods: reading,
    answer: async ({ witness: { fault } }) =>
      fault === undefined ? { status: 200, body: "ok\n" } : sentence(503, fault),
  },
  "/metrics": {
    name: "metrics",
    methods: reading,
    answer: async ({ metrics: { registry } }) => ({
      status: 200,
      headers: { "content-type": registry.contentType },
      body: await registry.metrics(),
    }),
  },
};

const checkpointPath = /^\/([0-9a-f]{64})\/checkpoint$/;

function routeOf(path: string): Route | undefined {
  if (Object.hasOwn(routes, path)) return routes[path];
  const name = checkpointPath.exec(path)?.[1];
  if (name === undefined) return undefined;
  return { name: "checkpoint", methods: reading, answer: ({ witness }) => answerCheckpoint(witness, name) };
}

async function handle(
  options: WitnessServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const startedMs = options.nowMs();
  const [path = ""] = (request.url ?? "").split("?");
  const route = routeOf(path);
  let reply: Reply;
  try {
    reply = await replyTo(options, request, route);
  } catch (error) {
    options.unexpected?.(error);
    reply = sentence(500, "something unexpected went wrong; nothing was signed");
  }
  if (!request.complete) await discard(request, options.discardMs ?? limits.discardMs);
  send(request, response, reply);
  const name = route?.name ?? "none";
  const { method = "" } = request;
  const { status, why } = reply;
  const ms = Math.round(options.nowMs() - startedMs);
  options.metrics.answered(name, status, ms / 1000);
  options.access?.({ method, route: name, status, ms, ...(why === undefined ? {} : { why }) });
}

async function replyTo(
  options: WitnessServerOptions,
  request: IncomingMessage,
  route: Route | undefined,
): Promise<Reply> {
  if (route === undefined) return sentence(404, "there is no such page here");
  if (!route.methods.includes(request.method ?? "")) {
    const allow = route.methods.join(", ");
    return { ...sentence(405, `only ${allow} is allowed here`), headers: { allow } };
  }
  return route.answer(options, request);
}

async function answerCheckpoint(witness: Pick<Witness, "latest">, name: string): Promise<Reply> {
  const note = await witness.latest(name);
  if (note === undefined) return sentence(404, "this witness has cosigned no checkpoint of such a log");
  return { status: 200, headers: { "cache-control": "no-cache" }, body: note };
}

async function answerBody(
  request: IncomingMessage,
  answer: (body: Uint8Array) => Promise<Answer>,
): Promise<Reply> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    const headers = { "accept-encoding": "identity" };
    return { ...sentence(415, "a body is not compressed"), headers };
  }
  const body = await readBody(request);
  if (body === "too-large") return sentence(413, `a body has at most ${limits.bodyBytesMax} bytes`);
  if (body === "broken") return sentence(400, "the body ended early");
  return replyOf(await answer(body));
}

function replyOf(answer: Answer): Reply {
  switch (answer.kind) {
    case "signed":
      return { status: 200, body: answer.lines };
    case "malformed":
      return sentence(400, answer.why);
    case "forbidden":
      return sentence(403, answer.why);
    case "unknown":
      return sentence(404, answer.why);
    case "conflict":
      return {
        status: 409,
        headers: { "content-type": treeSizeMediaType },
        body: formatTreeSize(answer.size),
      };
    case "other-checkpoint":
      return { status: 409, body: answer.checkpoint };
    case "inconsistent":
      return sentence(422, answer.why);
    case "unavailable":
      return sentence(503, answer.why);
  }
}

function sentence(status: number, why: string): Reply {
  const headers = status === 503 ? { "retry-after": String(limits.retryAfterSeconds) } : {};
  return { status, headers, body: `${why}\n`, why };
}

async function readBody(request: IncomingMessage): Promise<Buffer | "too-large" | "broken"> {
  if (Number(request.headers["content-length"] ?? 0) > limits.bodyBytesMax) return "too-large";
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > limits.bodyBytesMax) {
        request.removeAllListeners("data").pause();
        resolve("too-large");
        return;
      }
      chunks.push(chunk);
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", () => resolve("broken"));
    request.once("close", () => resolve("broken"));
  });
}

/** Closing while the client still sends would reset the connection, and with it the answer. */
function discard(request: IncomingMessage, ms: number): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      request.off("end", finish).off("close", finish);
      resolve();
    }
    request.on("end", finish).on("close", finish).on("error", finish);
    request.resume();
  });
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void {
  if (response.destroyed || response.headersSent) return;
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
  response.writeHead(status, {
    "content-type": plainText,
    "content-length": bytes.length,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    // Checkpoints and cosignatures are for everyone, a monitor or log in a browser too.
    "access-control-allow-origin": "*",
    ...headers,
    // What is left of an unread body must not be taken for the next request.
    ...(request.complete ? {} : { connection: "close" }),
  });
  response.end(bytes);
}
