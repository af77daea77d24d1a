// SPDX-License-Identifier: Apache-2.0
// Backtests that run beside the server's work, and what rules found while they were held back.
import { checkShape, parseJson, ProtocolError } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { jobNameLengthMax } from "../../backtest/jobs-contract.ts";
import type { BacktestWish, SiteBacktests } from "../../backtest/jobs-contract.ts";
import { heldDaysDefault, heldDaysMax } from "../../patterns/held-rules.ts";
import type { HeldRulesFinder } from "../../patterns/held-rules.ts";
import { policyFileBytesMax, policyFilesMax } from "../../releases/policy-directory.ts";
import { answerInTime, callerOf, queryParameters } from "../context.ts";
import { policyBodyBytesMax, smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe } from "../openapi.ts";
import { checkedFiles } from "./policy.ts";
import { NothingSchema } from "./review-schemas.ts";

const json = "application/json";
const tag = "policy";
const closed = { additionalProperties: false };
const none = new Uint8Array();
const time = Type.String({ description: "RFC 3339 time, UTC" });
const recordIndex = Type.Integer({ minimum: 0, description: "A record's index" });

const WishBody = Type.Object(
  {
    files: Type.Optional(
      Type.Array(
        Type.Object(
          {
            path: Type.String({ minLength: 1, maxLength: 1024, description: "Below the policy directory" }),
            text: Type.String({ maxLength: policyFileBytesMax }),
          },
          closed,
        ),
        { maxItems: policyFilesMax, description: "All policy files of the candidate" },
      ),
    ),
    release: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: "A kept release: its id, the beginning of it, its record, or in-force",
      }),
    ),
    of: Type.Optional(Type.Integer({ minimum: 0, description: "The record of a proposal" })),
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: jobNameLengthMax, description: "What to call it" }),
    ),
    from: Type.Optional(recordIndex),
    to: Type.Optional(Type.Integer({ minimum: 1, description: "The record after the last" })),
    since: Type.Optional(
      Type.String({ description: "Instead of from: events decided since then, an RFC 3339 time" }),
    ),
    memory: Type.Optional(
      Type.Enum(["cold", "warm"], {
        description:
          "Whether counters, limits and standing begin empty, or with what the records before left; warm " +
          "if it is left out, and cold from the first record on",
      }),
    ),
  },
  { ...closed, description: "One of files, release and of" },
);
const validator = Compile(WishBody);
const nothing = Compile(NothingSchema);

const job = {
  id: Type.String(),
  name: Type.String(),
  by: Type.String({ description: "Who asked for it" }),
  at: time,
  state: Type.Enum(["waiting", "running", "done", "failed", "stopped"]),
  from: recordIndex,
  to: Type.Integer({ description: "The record after the last" }),
  memory: Type.Enum(["cold", "warm"]),
  done: Type.Integer({ description: "Records that were gone through, those before from included" }),
  total: Type.Integer({ description: "Of how many" }),
  startedAt: nullable(time),
  endedAt: nullable(time),
  why: nullable(Type.String({ description: "Why it failed or was stopped" })),
  changed: nullable(Type.Integer({ description: "Decisions that come out otherwise, once it is done" })),
};
const JobAnswer: TSchema = Type.Object(job, closed);
const JobsAnswer: TSchema = Type.Object({ backtests: Type.Array(JobAnswer) }, closed);
const ResultAnswer: TSchema = Type.Object(
  {
    ...job,
    report: nullable(
      Type.Object(
        { format: Type.Literal("docket-backtest/v1") },
        { description: "What `docket backtest --json` prints, once it is done" },
      ),
    ),
  },
  closed,
);
const HeldAnswer: TSchema = Type.Object(
  {
    from: time,
    to: time,
    decisions: Type.Integer({ description: "All decisions of that time" }),
    rules: Type.Array(
      Type.Object(
        {
          policy: Type.String(),
          rule: Type.String(),
          mode: Type.String({ description: "shadow, rollout, warming, brake or exempt" }),
          events: Type.Integer({ description: "Events that it hit so" }),
          outcomes: Type.Record(Type.String(), Type.Integer(), {
            description: "What came of them without it",
          }),
          days: Type.Array(Type.Object({ day: Type.String(), events: Type.Integer() }, closed)),
        },
        closed,
      ),
    ),
  },
  closed,
);
const params = Type.Object({ id: Type.String({ description: "The backtest's id" }) });

const begin = describe({
  summary: "Decide recorded events again under a candidate, beside the server's work",
  description:
    "It waits until no other one runs. What it found is in memory for a day at most, and a restart " +
    "forgets it.",
  tag,
  action: "proposePolicy",
  body: WishBody,
  consumes: json,
  answer: { description: "How it stands", type: json, schema: JobAnswer },
  errors: [...bodyErrors, "usage", "not_found", "policy_invalid", "directory_damaged", "log_closed"],
});
const list = describe({
  summary: "List backtests: those that wait or run, and the last that ended, the newest first",
  tag,
  action: "proposePolicy",
  answer: { description: "Backtests", type: json, schema: JobsAnswer },
  errors: [],
});
const one = describe({
  summary: "How a backtest stands, and its report once it is done",
  tag,
  action: "proposePolicy",
  params,
  answer: { description: "The backtest", type: json, schema: ResultAnswer },
  errors: ["not_found"],
});
const stop = describe({
  summary: "Stop a backtest",
  tag,
  action: "proposePolicy",
  params,
  body: NothingSchema,
  consumes: json,
  answer: { description: "The backtest", type: json, schema: JobAnswer },
  errors: [...bodyErrors, "not_found"],
});
const held = describe({
  summary: "What rules found while they had no effect: in shadow, in a rollout, stopped, or exempt",
  description: "By rule and by what held it back, over the last days before the latest decision.",
  tag,
  action: "readPolicy",
  querystring: Type.Object({
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: heldDaysMax })),
  }),
  answer: { description: "Rules, those with the most events first", type: json, schema: HeldAnswer },
  errors: ["schema_mismatch", "unknown_field", "usage", "overloaded"],
});

/** `/v1/backtests`. */
export function addBacktestRoutes(
  server: FastifyInstance,
  { backtests }: { backtests: SiteBacktests },
): void {
  server.post("/v1/backtests", { ...begin, bodyLimit: policyBodyBytesMax }, async (request) => {
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? none, {
      bytesMax: policyBodyBytesMax,
    });
    checkShape(validator, body, "request");
    const { id, role } = callerOf(request);
    return answerInTime(backtests.begin({ by: id, role }, wishOf(body)));
  });
  server.get("/v1/backtests", list, () => ({ backtests: backtests.list() }));
  server.get("/v1/backtests/:id", one, (request) => {
    const result = backtests.one(idOf(request.params));
    // How far it is says nothing of what was decided.
    if (result.report === null) request.reading = "nothing";
    return result;
  });
  server.post("/v1/backtests/:id/stop", { ...stop, bodyLimit: smallBodyBytesMax }, (request) => {
    checkShape(nothing, parseJson((request.body as Uint8Array | undefined) ?? none), "stop");
    const { id, role } = callerOf(request);
    return backtests.stop({ by: id, role }, idOf(request.params));
  });
}

/** `/v1/policy/held`. */
export function addHeldRulesRoute(
  server: FastifyInstance,
  { heldRules }: { heldRules: HeldRulesFinder },
): void {
  server.get("/v1/policy/held", held, (request) => {
    const text = queryParameters(request, ["days"]).get("days") ?? String(heldDaysDefault);
    if (!/^\d{1,3}$/.test(text)) throw new ProtocolError("schema_mismatch", "days is a whole number");
    return answerInTime(heldRules(Number(text)));
  });
}

function wishOf(body: Static<typeof WishBody>): BacktestWish {
  const { files, release, of, since, from, ...rest } = body;
  const named = [files, release, of].filter((each) => each !== undefined).length;
  if (named !== 1 || (since !== undefined && from !== undefined)) {
    throw new ProtocolError("schema_mismatch", "give one of files, release and of; and from or since", {
      pointer: "",
    });
  }
  const sinceMs = since === undefined ? undefined : Date.parse(since);
  if (Number.isNaN(sinceMs)) {
    throw new ProtocolError("schema_mismatch", "since is an RFC 3339 time", { pointer: "/since" });
  }
  const range = { ...rest, from, sinceMs };
  if (files !== undefined) return { ...range, candidate: { files: checkedFiles(files) } };
  return { ...range, candidate: of === undefined ? { release: release as string } : { of } };
}

function idOf(params: unknown): string {
  return (params as { id: string }).id;
}

function nullable(schema: TSchema): TSchema {
  return Type.Union([schema, Type.Null()]);
}
