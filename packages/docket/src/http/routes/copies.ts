// SPDX-License-Identifier: Apache-2.0
// The log's copies: how its replicas fare, and drills.
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { SiteCopies } from "../../copies/copies-desk.ts";
import { callerOf } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { describe } from "../openapi.ts";

const json = "application/json";
const tag = "copies";
const text = (description: string): ReturnType<typeof Type.String> => Type.String({ description });
const count = (description: string): ReturnType<typeof Type.Integer> => Type.Integer({ description });

const ReplicaSchema = Type.Object({
  name: text("As docket.yaml names it"),
  state: text("connecting, copying, failed (tried again) or forked (nothing is written to it)"),
  held: count("Records that it holds, durable and proven"),
  durable: count("Records that are durable here"),
  lagMs: count("Age of the oldest record that it lacks; 0 if it lacks none"),
  fault: Type.Union([Type.String(), Type.Null()]),
});
const DrillSchema = Type.Object({
  result: Type.Union([Type.Literal("passed"), Type.Literal("failed")]),
  from: text("The copy that was restored"),
  size: count("Records that came back"),
  lostRecords: count("Records that it lacked when the drill began"),
  lostMs: count("Age of the oldest of them"),
  tookMs: count("How long it all took"),
  index: count("Index of its record"),
  at: text("When it ended, RFC 3339"),
});
const StatusSchema = Type.Object({
  ack: Type.Union([Type.Literal("async"), Type.Literal("sync")]),
  replicas: Type.Array(ReplicaSchema),
  drill: Type.Object({ running: Type.Boolean(), last: Type.Optional(DrillSchema) }),
});

const read = describe({
  summary: "How the log's replicas fare, and what the last drill came to",
  tag,
  action: "readCopies",
  answer: { description: "All replicas that docket.yaml names", type: json, schema: StatusSchema },
  errors: [],
});
const begin = describe({
  summary: "Begin a drill: the newest copy is restored in a scratch place and checked",
  description: "It goes on after the answer; GET /v1/copies says when it is over. Its result is a record.",
  tag,
  action: "runDrill",
  answer: { description: "It runs", type: json, schema: StatusSchema },
  errors: ["usage"],
});

/** `/v1/copies` and `/v1/drills`. `onFault` is told why a drill could not be run. */
export function addCopiesRoutes(
  server: FastifyInstance,
  { copies, onFault }: { copies: SiteCopies; onFault: (error: unknown) => void },
): void {
  server.get("/v1/copies", read, () => copies.status());
  server.post("/v1/drills", { ...begin, bodyLimit: smallBodyBytesMax }, (request) => {
    copies.startDrill(callerOf(request).id).catch(onFault);
    return copies.status();
  });
}
