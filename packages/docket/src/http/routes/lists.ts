// SPDX-License-Identifier: Apache-2.0
// Lists: what they hold, what a value hits, and their changes.
import { checkShape, parseJson, parseTime, ProtocolError } from "@docket/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { ListDesk } from "../../lists/contract.ts";
import { whyLengthMax } from "../../lists/list-changes.ts";
import { breakGlassMsMax } from "../../releases/duties.ts";
import type { WishedChange } from "../../lists/site-lists.ts";
import { answerInTime, callerOf, sealingUnknown } from "../context.ts";
import * as limits from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";

const json = "application/json";
const tag = "lists";
/** Longest value that is asked for or put in, in code points: an event's text. */
const valueLengthMax = 100_000;
const entryLengthMax = 4_096;

const count = Type.Integer({ minimum: 0 });
const kind = Type.String({ description: "term, pattern, domain, network, emailHost, hash or actor" });
const version = Type.String({ description: "A hash; docs/formats/lists.md says of what" });
const name = Type.String({ description: "The list's name" });
const params = Type.Object({ name });
const until = Type.Union([Type.String(), Type.Null()], {
  description: "In force before this time; null: for ever",
});
const EntrySchema = Type.Object({ value: Type.String(), until });
const SummarySchema = Type.Object({
  name,
  kind,
  version,
  size: Type.Integer({ description: "Entries, those whose time is over included" }),
  fromFile: Type.Boolean({ description: "Whether a file of the policy directory had a part in it" }),
  memoryBytes: Type.Integer({ description: "Bytes that its tables take in memory" }),
});
const ChangeViewSchema = Type.Object({
  index: Type.Integer({ description: "Its record" }),
  at: Type.String({ description: "When it was sealed" }),
  by: Type.String({ description: "Id of an API key, or operator" }),
  version,
  previous: version,
  added: count,
  removed: count,
  why: Type.Union([Type.String(), Type.Null()], { description: "null if it is gone" }),
  of: Type.Union([Type.Integer(), Type.Null()], {
    description: "The proposal that it came of, or the change that it reverts",
  }),
  approvals: Type.Array(
    Type.Object({
      index: Type.Integer({ description: "Its record" }),
      by: Type.String(),
      at: Type.String(),
      alone: Type.Boolean(),
    }),
    { description: "Who approved it: as a proposal, or so that it stays" },
  ),
  until: Type.Union([Type.String(), Type.Null()], {
    description: "Where the glass was broken for it: when it reverts by itself",
  }),
  glass: Type.Union([Type.Literal("open"), Type.Literal("confirmed"), Type.Literal("reverted"), Type.Null()]),
  add: Type.Array(EntrySchema, { description: "The first of them" }),
  remove: Type.Array(Type.String(), { description: "The first of them" }),
});
const ChangedSchema = Type.Object({
  list: name,
  version,
  added: count,
  removed: count,
  index: Type.Union([Type.Integer(), Type.Null()], {
    description: "Its record, or that of the proposal; null if nothing changed",
  }),
  inForce: Type.Boolean({ description: "Whether the list is so now; if not, the change waits for approval" }),
  proposal: Type.Union([Type.Integer(), Type.Null()], {
    description: "The proposal that waits, to be approved at /v1/policy/approvals; null if there is none",
  }),
  approvalsNeeded: Type.Integer({ description: "How many must approve it; 0 where none is missing" }),
  until: Type.Union([Type.String(), Type.Null()], {
    description: "When it reverts by itself unless it is approved; null if it does not",
  }),
  release: Type.String({ description: "The release in force then" }),
});

const PreviewedSchema = Type.Object({
  list: name,
  version,
  added: count,
  removed: count,
  restrictsMore: Type.Boolean({ description: "Whether somebody may be restricted who is not now" }),
  preview: Type.Union(
    [
      Type.Null(),
      Type.Object({ ran: Type.Literal(false), why: Type.String() }),
      Type.Object({
        ran: Type.Literal(true),
        from: Type.String(),
        to: Type.String(),
        events: count,
        outcomes: Type.Object(
          { before: Type.Record(Type.String(), count), after: Type.Record(Type.String(), count) },
          { description: "Decisions by outcome, with the list as it is and as it would be" },
        ),
        rules: Type.Array(Type.Object({ rule: Type.String(), before: count, after: count })),
        notes: Type.Array(Type.String()),
      }),
    ],
    { description: "null where nothing would change" },
  ),
});

const closed = { additionalProperties: false };
const value = Type.String({ minLength: 1, maxLength: entryLengthMax });
const entryFields = {
  add: Type.Optional(
    Type.Array(
      Type.Object(
        {
          value,
          until: Type.Optional(
            Type.Union([Type.String({ description: "RFC 3339 time, to come" }), Type.Null()]),
          ),
        },
        closed,
      ),
      { description: "Put in, in the place of those with the same value" },
    ),
  ),
  remove: Type.Optional(Type.Array(value, { description: "Taken out, where they are" })),
};
const changeFields = {
  ...entryFields,
  why: Type.String({ minLength: 1, maxLength: whyLengthMax, description: "Why; sealed with the record" }),
};
const EntriesSchema = Type.Object(entryFields, closed);
const ChangeSchema = Type.Object(changeFields, closed);
const GlassSchema = Type.Object(
  {
    ...changeFields,
    forMs: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: breakGlassMsMax,
        description: "How long it stays unless it is approved, in ms; a day if it is left out",
      }),
    ),
  },
  closed,
);
const CheckSchema = Type.Object(
  {
    value: Type.String({
      minLength: 1,
      maxLength: valueLengthMax,
      description: "A link, an address, a text, an account id",
    }),
    list: Type.Optional(Type.String({ maxLength: 64, description: "Only this one; all if it is left out" })),
  },
  closed,
);
const validators = {
  entries: Compile(EntriesSchema),
  change: Compile(ChangeSchema),
  glass: Compile(GlassSchema),
  check: Compile(CheckSchema),
};
const unknown = sealingUnknown(
  "the change was not confirmed durable in time; ask again: what was changed already is not changed twice",
);

const all = describe({
  summary: "List the lists that policies in force declare",
  tag,
  action: "readLists",
  answer: {
    description: "In the order of their names",
    type: json,
    schema: Type.Object({ lists: Type.Array(SummarySchema) }),
  },
  errors: [],
});
const one = describe({
  summary: "Read about a list",
  tag,
  action: "readLists",
  params,
  answer: { description: "The list", type: json, schema: SummarySchema },
  errors: ["not_found"],
});
const entries = describe({
  summary: "Read entries of a list",
  description: "In the order of their code points. Of a list of actors, entries are keyed hashes.",
  tag,
  action: "readLists",
  params,
  querystring: Type.Object({
    after: Type.Optional(
      Type.String({ description: "Only entries after this one: `next` of the answer before" }),
    ),
    q: Type.Optional(Type.String({ description: "Only entries that hold this text" })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.listEntriesListedMax })),
  }),
  answer: {
    description:
      "`next` is what to ask for as `after`, and null at the end; fewer than `limit` don't mean the end",
    type: json,
    schema: Type.Object({
      entries: Type.Array(EntrySchema),
      next: Type.Union([Type.String(), Type.Null()]),
    }),
  },
  errors: ["not_found", "schema_mismatch", "unknown_field"],
});
const log = describe({
  summary: "List the changes of a list, newest first",
  description: "What files of the policy directory changed is in the records of releases.",
  tag,
  action: "readLists",
  params,
  querystring: Type.Object({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.listChangesListedMax })),
    before: Type.Optional(Type.Integer({ minimum: 0, description: "Only records before this index" })),
  }),
  answer: {
    description: "The changes",
    type: json,
    schema: Type.Object({ changes: Type.Array(ChangeViewSchema) }),
  },
  errors: ["not_found", "schema_mismatch", "unknown_field", "overloaded"],
});
const change = describe({
  summary: "Change a list",
  description:
    "Sealed, and in force as a new release, when it is answered; above level solo it waits until others " +
    "approve it, and `inForce` is false. The same again changes nothing: then `index` is null, or the " +
    "proposal that waits.",
  tag,
  action: "changeLists",
  params,
  body: ChangeSchema,
  consumes: json,
  answer: { description: "What came of it", type: json, schema: ChangedSchema },
  errors: [...bodyErrors, ...sealingErrors, "not_found", "policy_invalid"],
});
const glass = describe({
  summary: "Change a list at once and for a time, by one person",
  description: "Unless it is approved before, it reverts by itself, over restarts too.",
  tag,
  action: "breakGlass",
  params,
  body: GlassSchema,
  consumes: json,
  answer: { description: "What came of it", type: json, schema: ChangedSchema },
  errors: [...bodyErrors, ...sealingErrors, "not_found", "policy_invalid"],
});
const preview = describe({
  summary: "Ask what a change of a list would have done last week",
  description:
    "The last week's events are decided again with the list as it would be, by a thread of its own, which " +
    "may take a minute. Nothing is kept or sealed.",
  tag,
  action: "changeLists",
  params,
  body: EntriesSchema,
  consumes: json,
  answer: { description: "What would come of it", type: json, schema: PreviewedSchema },
  errors: [...bodyErrors, "not_found", "policy_invalid", "overloaded", "log_closed"],
});
const check = describe({
  summary: "Ask what a value hits now",
  tag,
  action: "readLists",
  body: CheckSchema,
  consumes: json,
  answer: {
    description: "The lists that it hits, with the entries",
    type: json,
    schema: Type.Object({
      hits: Type.Array(Type.Object({ list: name, kind, entries: Type.Array(Type.String()) })),
    }),
  },
  errors: [...bodyErrors, "not_found"],
});

/** `/v1/lists`. */
export function addListRoutes(server: FastifyInstance, { lists }: { lists: ListDesk }): void {
  server.get("/v1/lists", all, () => ({ lists: lists.all() }));
  server.get("/v1/lists/:name", one, (request) => lists.summary(nameOf(request)));

  server.get("/v1/lists/:name/entries", entries, (request) => {
    const query = queryOf(request, ["after", "q", "limit"]);
    const limit = numberOf(query, "limit", limits.listEntriesListedMax) ?? limits.listEntriesListedDefault;
    return lists.entries(nameOf(request), { after: query["after"], q: query["q"], limit });
  });

  server.get("/v1/lists/:name/changes", log, async (request) => {
    const query = queryOf(request, ["limit", "before"]);
    const limit = numberOf(query, "limit", limits.listChangesListedMax) ?? limits.listChangesListedDefault;
    const before = numberOf(query, "before", Number.MAX_SAFE_INTEGER);
    return { changes: await answerInTime(lists.log(nameOf(request), limit, before)) };
  });

  const changeLimits = { bodyLimit: limits.listBodyBytesMax };
  server.post("/v1/lists/:name/changes", { ...change, ...changeLimits }, async (request) => {
    const body = bodyOf(request, limits.listBodyBytesMax);
    checkShape(validators.change, body, "request");
    const act = { by: callerOf(request).id, why: body.why };
    return answerInTime(lists.change(nameOf(request), wishOf(body), act), unknown);
  });

  server.post("/v1/lists/:name/break-glass", { ...glass, ...changeLimits }, async (request) => {
    const body = bodyOf(request, limits.listBodyBytesMax);
    checkShape(validators.glass, body, "request");
    const { why, forMs } = body;
    const act = { by: callerOf(request).id, why };
    return answerInTime(lists.breakGlass(nameOf(request), wishOf(body), act, forMs), unknown);
  });

  server.post("/v1/lists/:name/preview", { ...preview, ...changeLimits }, (request) => {
    const body = bodyOf(request, limits.listBodyBytesMax);
    checkShape(validators.entries, body, "request");
    return lists.preview(nameOf(request), wishOf(body));
  });

  const checkLimits = { bodyLimit: limits.bodyBytesMax };
  server.post("/v1/lists/check", { ...check, ...checkLimits }, (request) => {
    const body = bodyOf(request, limits.bodyBytesMax);
    checkShape(validators.check, body, "request");
    return { hits: lists.check(body.value, body.list) };
  });
}

function nameOf(request: FastifyRequest): string {
  return (request.params as { name: string }).name;
}

function bodyOf(request: FastifyRequest, bytesMax: number): unknown {
  return parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array(), { bytesMax });
}

function wishOf({
  add = [],
  remove = [],
}: {
  add?: { value: string; until?: string | null }[];
  remove?: string[];
}): WishedChange {
  if (add.length + remove.length === 0) {
    throw new ProtocolError("schema_mismatch", "give entries to add or to remove", { pointer: "" });
  }
  return {
    add: add.map(({ value: entry, until: end }, place) => {
      if (end === undefined || end === null) return { value: entry };
      const untilMs = parseTime(end);
      if (untilMs !== undefined) return { value: entry, untilMs };
      const message = `until is ${JSON.stringify(end)}; give an RFC 3339 time such as 2026-12-31T00:00:00Z`;
      throw new ProtocolError("schema_mismatch", message, { pointer: `/add/${place}/until` });
    }),
    remove,
  };
}

function queryOf(request: FastifyRequest, names: readonly string[]): Readonly<Record<string, string>> {
  const query = request.query as Record<string, string | string[]>;
  for (const [key, given] of Object.entries(query)) {
    if (!names.includes(key)) {
      throw new ProtocolError("unknown_field", `there is no query parameter ${JSON.stringify(key)}`);
    }
    if (typeof given !== "string") {
      throw new ProtocolError("schema_mismatch", `${key} is given more than once`);
    }
  }
  return query as Record<string, string>;
}

function numberOf(query: Readonly<Record<string, string>>, key: string, most: number): number | undefined {
  const text = query[key];
  if (text === undefined) return undefined;
  const number = Number(text);
  const least = key === "limit" ? 1 : 0;
  if (/^\d{1,16}$/.test(text) && number >= least && number <= most) return number;
  throw new ProtocolError(
    "schema_mismatch",
    `${key} is ${JSON.stringify(text)}; give a whole number from ${least} to ${most}`,
  );
}

// The change goes on; asking again changes nothing if it was made.
