// SPDX-License-Identifier: Apache-2.0
// The log's records as a list, and how the log stands.
import { parseTime, ProtocolError } from "@docket/protocol";
import { encodeBase64, parseCheckpoint, parseNote } from "@docket/tlog";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { CheckpointStore } from "../../publication/checkpoint-store.ts";
import { recordKindsMax, recordsListedDefault, recordsListedMax } from "../../records/contract.ts";
import type { SiteRecords } from "../../records/contract.ts";
import { answerInTime, queryParameters } from "../context.ts";
import type { LogContext } from "../context.ts";
import { readingOf } from "../reads.ts";
import { describe } from "../openapi.ts";
import { wholeNumber } from "../whole-number.ts";

const json = "application/json";
const tag = "log";
const count = Type.Integer({ minimum: 0 });
const orNull = (schema: ReturnType<typeof Type.String>): ReturnType<typeof Type.Union> =>
  Type.Union([schema, Type.Null()]);
/** How many of the newest checkpoints that are kept for good are told. */
const checkpointsToldMax = 20;
const subjectPattern = /^[as]_[A-Za-z0-9_-]{22}$/;
const authorPattern = /^(?:operator|docket|token|[kp]_[A-Za-z0-9_-]{16})$/;

const list = describe({
  summary: "List records of all kinds, the newest first",
  description:
    "Their leaves, which say nothing personal. With several conditions all must hold. `by` finds acts of " +
    "keys and people, but no decisions.",
  tag,
  action: "readFacts",
  querystring: Type.Object({
    kind: Type.Optional(Type.String({ description: "Kinds of records, with commas between" })),
    by: Type.Optional(
      Type.String({ description: "Who made them: the id of a key or person, operator, docket" }),
    ),
    of: Type.Optional(Type.Integer({ description: "A record that they name" })),
    subject: Type.Optional(Type.String({ description: "An actor or subject that they are about" })),
    until: Type.Optional(Type.String({ description: "Those sealed until this time, RFC 3339" })),
    before: Type.Optional(Type.Integer({ description: "Those before this record" })),
    limit: Type.Optional(
      Type.Integer({ description: `At most ${recordsListedMax} (default ${recordsListedDefault})` }),
    ),
  }),
  answer: {
    description: "Records; next is what to ask for before, null at the end; size is how many are published",
    type: json,
    schema: Type.Object({
      records: Type.Array(
        Type.Object({
          record: Type.Object(
            {},
            { description: "The record, as its leaf has it", additionalProperties: true },
          ),
          says: Type.String({ description: "What it says, in a sentence" }),
        }),
      ),
      next: Type.Union([count, Type.Null()]),
      size: count,
    }),
  },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});
const CheckpointSchema = Type.Object({
  size: count,
  root: Type.String({ description: "Base64" }),
  signers: Type.Array(Type.String(), { description: "Names of the keys that signed it, the log's first" }),
});
const logState = describe({
  summary: "How the log stands: its sizes, its newest checkpoints, and its witnesses",
  tag,
  action: "readFacts",
  answer: {
    description: "The log",
    type: json,
    schema: Type.Object({
      origin: Type.String(),
      size: count,
      durableSize: count,
      integratedSize: count,
      publishedSize: count,
      fault: orNull(Type.String({ description: "Why nothing is sealed" })),
      published: Type.Union([CheckpointSchema, Type.Null()]),
      cosigned: Type.Union([CheckpointSchema, Type.Null()], {
        description: "The newest with a quorum of the witnesses",
      }),
      kept: Type.Array(CheckpointSchema, {
        description: "The newest that are kept for good, the newest first",
      }),
      witnesses: Type.Array(
        Type.Object({
          name: Type.String(),
          url: Type.String(),
          state: Type.String(),
          cosignedSize: count,
          cosignatures: count,
          failures: count,
          fault: orNull(Type.String()),
        }),
      ),
      alarms: Type.Array(Type.String()),
      publicEntries: Type.Boolean({ description: "Whether anyone may fetch the entries" }),
    }),
  },
  errors: ["overloaded"],
});

/** `/v1/records`. */
export function addRecordRoutes(server: FastifyInstance, { records }: { records: SiteRecords }): void {
  server.get("/v1/records", list, async (request) => {
    const query = queryParameters(request, ["kind", "by", "of", "subject", "until", "before", "limit"]);
    const page = await answerInTime(
      records.list({
        kinds: kindsIn(query.get("kind")),
        by: matching(query, "by", authorPattern, "the id of a key or person, operator or docket"),
        of: wholeNumber(query, "of", 0, Number.MAX_SAFE_INTEGER),
        subject: matching(query, "subject", subjectPattern, "a pseudonym, a_… or s_…"),
        untilMs: timeIn(query.get("until")),
        before: wholeNumber(query, "before", 0, Number.MAX_SAFE_INTEGER),
        limit: wholeNumber(query, "limit", 1, recordsListedMax) ?? recordsListedDefault,
      }),
    );
    request.reading = readingOf(page.records);
    return page;
  });
}

/** `/v1/log`. */
export function addLogRoutes(
  server: FastifyInstance,
  { site, publication, publicEntries }: Pick<LogContext, "site" | "publication" | "publicEntries">,
): void {
  const { checkpoints } = publication;
  server.get("/v1/log", logState, async () => {
    const { origin, size, durableSize, integratedSize, publishedSize, fault } = site.status();
    const witnesses = publication.witnesses?.status();
    const [published, cosigned, kept] = await answerInTime(
      Promise.all([checkpoints.newest(), checkpoints.newestCosigned(), newestKept(checkpoints)]),
    );
    return {
      origin,
      size,
      durableSize,
      integratedSize,
      publishedSize,
      fault: fault ?? null,
      published: published === undefined ? null : checkpointIn(published),
      cosigned: cosigned === undefined ? null : checkpointIn(cosigned),
      kept: kept.map(checkpointIn),
      witnesses: (witnesses?.witnesses ?? []).map((each) => ({ ...each, fault: each.fault ?? null })),
      alarms: witnesses?.alarms ?? [],
      publicEntries,
    };
  });
}

type CheckpointView = { size: number; root: string; signers: string[] };

function checkpointIn(note: Uint8Array): CheckpointView {
  const { text, signatures } = parseNote(note);
  const { size, root } = parseCheckpoint(text);
  return { size, root: encodeBase64(root), signers: [...new Set(signatures.map(({ name }) => name))] };
}

async function newestKept(checkpoints: CheckpointStore): Promise<Uint8Array[]> {
  const sizes = await checkpoints.keptSizes(0, Number.MAX_SAFE_INTEGER);
  const newest = sizes.slice(-checkpointsToldMax).reverse();
  const notes = await Promise.all(newest.map((size) => checkpoints.readKept(size)));
  return notes.filter((note) => note !== undefined);
}

function kindsIn(given: string | undefined): string[] | undefined {
  if (given === undefined) return undefined;
  const kinds = [...new Set(given.split(","))];
  const isRight = kinds.length <= recordKindsMax && kinds.every((kind) => /^[a-z][a-z-]{0,31}$/.test(kind));
  if (isRight) return kinds;
  throw new ProtocolError("schema_mismatch", "kind names kinds of records, with commas between");
}

function matching(
  query: ReadonlyMap<string, string>,
  name: string,
  pattern: RegExp,
  what: string,
): string | undefined {
  const value = query.get(name);
  if (value === undefined || pattern.test(value)) return value;
  throw new ProtocolError("schema_mismatch", `${name} is ${what}`);
}

function timeIn(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const ms = parseTime(given);
  if (ms === undefined) throw new ProtocolError("schema_mismatch", "until is a time, RFC 3339");
  return ms;
}
