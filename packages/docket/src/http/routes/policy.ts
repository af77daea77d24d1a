// SPDX-License-Identifier: Apache-2.0
// Changes of the policy: what is in force, what is proposed, and each step of the way of a change.
import { checkShape, dutyLevels, parseJson, ProtocolError } from "@docket/protocol";
import type { ErrorCode } from "@docket/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import type { Changes, Wish } from "../../releases/contract.ts";
import type { Author } from "../../releases/duties.ts";
import { breakGlassMsMax } from "../../releases/duties.ts";
import { policyFileBytesMax, policyFilesMax } from "../../releases/policy-directory.ts";
import { whyLengthMax } from "../../releases/review.ts";
import { answerInTime, callerOf, indexOf, sealingUnknown } from "../context.ts";
import type { HttpContext } from "../context.ts";
import {
  effectsAnswerMs,
  policyBodyBytesMax,
  policyLogListedDefault,
  modelFilesMax,
  policyLogListedMax,
  smallBodyBytesMax,
} from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import * as schemas from "./policy-schemas.ts";

const json = "application/json";
const tag = "policy";

const closed = { additionalProperties: false };
const recordIndex = Type.Integer({ minimum: 0, description: "A record's index" });
const level = Type.Optional(Type.Enum([...dutyLevels]));
const why = Type.Optional(
  Type.String({
    maxLength: whyLengthMax,
    description: "Why; sealed with the record, and readable with the site's key",
  }),
);
const forMs = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: breakGlassMsMax,
    description: "How long it stays in force unless it is approved, in ms; a day if it is left out",
  }),
);
const files = Type.Optional(
  Type.Array(
    Type.Object(
      {
        path: Type.String({ minLength: 1, maxLength: 1024, description: "Below the policy directory" }),
        text: Type.String({ maxLength: policyFileBytesMax }),
      },
      closed,
    ),
    {
      maxItems: policyFilesMax,
      description: "All policy files, not only those that differ",
    },
  ),
);
const modelHash = Type.String({ pattern: "^[A-Za-z0-9_-]{43}$", description: "SHA-256, base64url" });
const models = Type.Optional(
  Type.Array(
    Type.Object({ path: Type.String({ minLength: 1, maxLength: 256 }), sha256: modelHash }, closed),
    {
      maxItems: modelFilesMax,
      description: "With files: the models that they have in files, which POST /v1/models took",
    },
  ),
);
const texts = Type.Integer({ minimum: 0 });
const millionths = Type.Integer({ minimum: 0, maximum: 1_000_000 });
const model = Type.Optional(
  Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 64 }),
      sha256: modelHash,
      check: Type.Optional(
        Type.Object(
          {
            spam: texts,
            ham: texts,
            before: millionths,
            after: millionths,
            forced: Type.Optional(Type.Literal(true)),
          },
          {
            ...closed,
            description:
              "How it did on texts that neither model learned from: the area above the ROC curve, in " +
              "millionths, of the model in force and of the new one. Sealed as it is said.",
          },
        ),
      ),
    },
    { ...closed, description: "Another model for a name that uses the general one" },
  ),
);
const release = Type.Optional(
  Type.String({
    maxLength: 64,
    description: "An earlier release: its id, the beginning of it, or its record",
  }),
);
const keepLists = Type.Optional(
  Type.Boolean({ description: "Keep the lists as they are now, instead of as they were in that release" }),
);
const standby = Type.Optional(
  Type.Boolean({ description: "Once approved it waits to be switched to, whatever is in force then" }),
);

const ProposalBody = Type.Object(
  { files, models, release, keepLists, model, level, why, standby },
  { ...closed, description: "One of files, release, model and level" },
);
const OfBody = Type.Object({ of: recordIndex }, closed);
const PublicationBody = Type.Object({ of: recordIndex, forMs }, closed);
const RollbackBody = Type.Object({ to: release, keepLists, why }, closed);
const BreakGlassBody = Type.Object(
  { files, models, release, keepLists, model, of: Type.Optional(recordIndex), forMs, why },
  { ...closed, description: "One of files, release, model and of, which names a proposal" },
);
const validators = {
  proposal: Compile(ProposalBody),
  of: Compile(OfBody),
  publication: Compile(PublicationBody),
  rollback: Compile(RollbackBody),
  breakGlass: Compile(BreakGlassBody),
};

const unknown = sealingUnknown(
  "the change was not confirmed durable in time; look at /v1/policy before you ask again",
);
const checkErrors: readonly ErrorCode[] = ["policy_invalid", "policy_tests_failed"];
const standErrors: readonly ErrorCode[] = ["not_found", "approval_needed", "change_conflict", "usage"];

const state = describe({
  summary: "Read what is in force and what is proposed",
  tag,
  action: "readPolicy",
  answer: {
    description: "The level of duties, the release in force, open proposals",
    type: json,
    schema: schemas.ChangesAnswer,
  },
  errors: ["overloaded"],
});
const log = describe({
  summary: "List the records of changes of the policy, newest first",
  tag,
  action: "readPolicy",
  querystring: Type.Object({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: policyLogListedMax })),
    before: Type.Optional(Type.Integer({ minimum: 0, description: "Only records before this index" })),
  }),
  answer: {
    description: "The records as their leaves have them",
    type: json,
    schema: Type.Array(schemas.RecordAnswer),
  },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});
const oneChange = describe({
  summary: "Read a change: its record, where it stands, and what it changes",
  description: "The difference, the tests' result, the preview and the reason are those that were sealed.",
  tag,
  action: "readPolicy",
  params: Type.Object({ index: Type.String({ description: "The record's index in the log" }) }),
  answer: { description: "The change", type: json, schema: schemas.ChangeAnswer },
  errors: ["not_found", "overloaded"],
});
const oneRelease = describe({
  summary: "Fetch a release: its manifest and its policy files",
  tag,
  action: "readPolicy",
  params: Type.Object({
    name: Type.String({
      description: "`in-force`, an id, the beginning of one, or the index of the record that names it",
    }),
  }),
  answer: { description: "The release", type: json, schema: schemas.KeptAnswer },
  errors: ["not_found", "usage", "directory_damaged", "overloaded"],
});
const effects = describe({
  summary: "Count what rules did from a record on",
  description:
    "Decisions in which one of the rules had a part, and the restrictions in them; a page at a time: " +
    "`next` says where to go on.",
  tag,
  action: "readPolicy",
  querystring: Type.Object({
    rule: Type.String({ description: "`policy/rule`; may be given more than once" }),
    from: Type.Optional(Type.Integer({ minimum: 0, description: "The first record that is looked at" })),
  }),
  answer: { description: "The count", type: json, schema: schemas.EffectsAnswer },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});
const propose = describe({
  summary: "Propose a change of the policy or of the level of duties",
  description:
    "The files are checked, the tests in them run, and the candidate decides the last week again where the " +
    "server can: that may take up to two minutes.",
  tag,
  action: "proposePolicy",
  body: ProposalBody,
  consumes: json,
  answer: { description: "The proposal", type: json, schema: schemas.ProposalAnswer },
  errors: [...bodyErrors, ...checkErrors, ...standErrors, ...sealingErrors],
});
const approve = describe({
  summary: "Approve a proposal, or confirm a release or a change of a list that would revert by itself",
  description: "A change of a list is in force when the last approval that it needs is answered.",
  tag,
  action: "approvePolicy",
  body: OfBody,
  consumes: json,
  answer: { description: "How changes stand then", type: json, schema: schemas.ChangesAnswer },
  errors: [...bodyErrors, ...standErrors, ...sealingErrors],
});
const cancel = describe({
  summary: "Cancel a proposal",
  tag,
  action: "proposePolicy",
  body: OfBody,
  consumes: json,
  answer: { description: "The proposal", type: json, schema: schemas.ProposalAnswer },
  errors: [...bodyErrors, ...standErrors, ...sealingErrors],
});
const publish = describe({
  summary: "Put an approved proposal in force",
  description:
    "Publishing again what is in force changes nothing. Events are decided by it from its record on.",
  tag,
  action: "publishPolicy",
  body: PublicationBody,
  consumes: json,
  answer: {
    description: "The release in force, and its record",
    type: json,
    schema: schemas.PublishedAnswer,
  },
  errors: [...bodyErrors, ...standErrors, ...sealingErrors],
});
const rollback = describe({
  summary: "Withdraw the release in force by naming an earlier one",
  description: "The one before it if none is named; with its lists as they were, unless told otherwise.",
  tag,
  action: "publishPolicy",
  body: RollbackBody,
  consumes: json,
  answer: {
    description: "The release in force, and what was withdrawn",
    type: json,
    schema: schemas.WithdrawnAnswer,
  },
  errors: [...bodyErrors, ...standErrors, ...sealingErrors],
});
const breakGlass = describe({
  summary: "Put a release in force at once and for a time, by one person",
  description: "Unless it is approved before, it reverts by itself to the release before, over restarts too.",
  tag,
  action: "breakGlass",
  body: BreakGlassBody,
  consumes: json,
  answer: {
    description: "The release in force, and when it reverts",
    type: json,
    schema: schemas.PublishedAnswer,
  },
  errors: [...bodyErrors, ...checkErrors, ...standErrors, ...sealingErrors],
});

/** `/v1/policy`. */
export function addPolicyRoutes(
  server: FastifyInstance,
  { changes, clock }: Pick<HttpContext, "clock"> & { changes: Changes },
): void {
  addReading(server, changes, clock);
  const large = { bodyLimit: policyBodyBytesMax };
  const small = { bodyLimit: smallBodyBytesMax };
  // A preview takes its time, and so does the check of many files: these two answer when they are done.
  server.post("/v1/policy/proposals", { ...propose, ...large }, (request) => {
    const body = bodyOf(request, policyBodyBytesMax);
    checkShape(validators.proposal, body, "request");
    const { why: reason, standby, ...wish } = body;
    return changes.propose({ author: authorOf(request), why: reason, standby, wish: wishOf(wish) });
  });
  server.post("/v1/policy/break-glass", { ...breakGlass, ...large }, (request) => {
    const body = bodyOf(request, policyBodyBytesMax);
    checkShape(validators.breakGlass, body, "request");
    const { why: reason, forMs: time, of, ...wish } = body;
    const wished = of === undefined ? wishOf(wish) : { of };
    if ("level" in wished)
      throw new ProtocolError("unknown_field", "there is no level to break the glass for");
    return changes.breakGlass({ author: authorOf(request), why: reason, forMs: time, wish: wished });
  });
  server.post("/v1/policy/approvals", { ...approve, ...small }, (request) => {
    const body = bodyOf(request, smallBodyBytesMax);
    checkShape(validators.of, body, "request");
    return answerInTime(changes.approve({ author: authorOf(request), of: body.of }), unknown);
  });
  server.post("/v1/policy/cancellations", { ...cancel, ...small }, (request) => {
    const body = bodyOf(request, smallBodyBytesMax);
    checkShape(validators.of, body, "request");
    return answerInTime(changes.cancel({ author: authorOf(request), of: body.of }), unknown);
  });
  server.post("/v1/policy/publications", { ...publish, ...small }, (request) => {
    const body = bodyOf(request, smallBodyBytesMax);
    checkShape(validators.publication, body, "request");
    const { of, forMs: time } = body;
    return answerInTime(changes.publish({ author: authorOf(request), of, forMs: time }), unknown);
  });
  server.post("/v1/policy/rollbacks", { ...rollback, ...small }, (request) => {
    const body = bodyOf(request, smallBodyBytesMax);
    checkShape(validators.rollback, body, "request");
    const { to, keepLists: keep, why: reason } = body;
    const act = { author: authorOf(request), to, keepLists: keep, why: reason };
    return answerInTime(changes.rollback(act), unknown);
  });
}

function addReading(server: FastifyInstance, changes: Changes, clock: () => number): void {
  server.get("/v1/policy", state, () => answerInTime(changes.stands()));

  server.get("/v1/policy/log", log, (request) => {
    const query = queryOf(request, ["limit", "before"]);
    const limit = count(query["limit"], "limit") ?? policyLogListedDefault;
    if (limit < 1 || limit > policyLogListedMax) {
      throw new ProtocolError("schema_mismatch", `limit is ${limit}; give 1 to ${policyLogListedMax}`);
    }
    return answerInTime(changes.records(limit, count(query["before"], "before")));
  });

  server.get("/v1/policy/records/:index", oneChange, (request) =>
    answerInTime(changes.change(indexOf(request))),
  );

  server.get("/v1/policy/releases/:name", oneRelease, (request) => {
    const { name } = request.params as { name: string };
    return answerInTime(changes.kept(name === "in-force" ? undefined : name));
  });

  server.get("/v1/policy/effects", effects, (request) => {
    const query = queryOf(request, ["rule", "from"]);
    const rules = [query["rule"] ?? []].flat();
    const started = clock();
    const goOn = (): boolean => clock() - started < effectsAnswerMs;
    return changes.effects(new Set(rules), count(query["from"], "from") ?? 0, goOn);
  });
}

function bodyOf(request: FastifyRequest, bytesMax: number): unknown {
  return parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array(), { bytesMax });
}

function authorOf(request: FastifyRequest): Author {
  const { id, role } = callerOf(request);
  return { by: id, role };
}

type WishBody = Pick<
  Static<typeof ProposalBody>,
  "files" | "models" | "release" | "keepLists" | "model" | "level"
>;

function wishOf(wish: WishBody): Wish {
  const {
    files: given,
    models: beside,
    release: earlier,
    keepLists: keep,
    model: other,
    level: wished,
  } = wish;
  const named = [given, earlier, other, wished].filter((each) => each !== undefined).length;
  const isStray = (keep !== undefined && earlier === undefined) || (beside !== undefined && !given);
  if (named !== 1 || isStray) {
    const message =
      "give one of files (to which models belongs), release (to which keepLists belongs), model and level";
    throw new ProtocolError("schema_mismatch", message, { pointer: "" });
  }
  if (given !== undefined) {
    const hashes = new Map(beside?.map(({ path, sha256 }) => [path, sha256]));
    return { files: checkedFiles(given), models: hashes };
  }
  if (other !== undefined) return { model: other };
  return wished === undefined ? { release: earlier as string, keepLists: keep } : { level: wished };
}

/**
 * Policy files in the order in which a directory is read, each path once and none that leads out of it.
 *
 * @throws {ProtocolError} `schema_mismatch` naming the first that is not
 */
export function checkedFiles(
  given: readonly { path: string; text: string }[],
): { path: string; text: string }[] {
  const seen = new Set<string>();
  for (const [place, { path }] of given.entries()) {
    const parts = path.split("/");
    const bad = seen.has(path) || parts.some((part) => part === "" || part === "." || part === "..");
    if (bad || path.includes("\\") || !/^\P{Cc}+\.ya?ml$/u.test(path)) {
      const message = `${JSON.stringify(path)} is not the path of a policy file, or stands there twice`;
      throw new ProtocolError("schema_mismatch", message, { pointer: `/files/${place}/path` });
    }
    seen.add(path);
  }
  return [...given].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function queryOf(
  request: FastifyRequest,
  names: readonly string[],
): Readonly<Record<string, string | string[]>> {
  const query = request.query as Record<string, string | string[]>;
  for (const name of Object.keys(query)) {
    if (!names.includes(name)) {
      throw new ProtocolError("unknown_field", `there is no query parameter ${JSON.stringify(name)}`);
    }
  }
  return query;
}

function count(text: string | string[] | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (typeof text === "string" && /^\d{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new ProtocolError("schema_mismatch", `${name} is ${JSON.stringify(text)}; give one whole number`);
}

// The act goes on; whoever looks a moment later sees whether it was done, and doing it again does no harm.
