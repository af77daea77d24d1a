// SPDX-License-Identifier: Apache-2.0
// An event: one attempt by an actor, as the app reports it. Its schema and its reader.
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { ProtocolError } from "./error.ts";
import {
  attributesMax,
  eventBytesMax,
  fieldItemsMax,
  fieldLengthMax,
  headersLengthMax,
  mailPartLengthMax,
  mailPartsMax,
  nameLengthMax,
  textLengthMax,
} from "./event-encoding.ts";
import { parseJson } from "./json.ts";
import type { JsonValue } from "./json.ts";
import { checkShape } from "./shape.ts";
import { parseTime, timePattern } from "./time.ts";

const identifier = Type.String({ minLength: 1, maxLength: nameLengthMax });
const time = Type.String({ pattern: timePattern, description: "RFC 3339 time" });
const link = Type.String({ minLength: 1, maxLength: 2048 });
const languageTag = Type.String({ pattern: "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", maxLength: 35 });

/** The actor of an event: the account behind it. */
export const ActorSchema = Type.Object(
  {
    id: Type.String({
      minLength: 1,
      maxLength: nameLengthMax,
      description: "The app's own id of the account",
    }),
    name: Type.Optional(Type.String({ maxLength: nameLengthMax, description: "The name that others see" })),
    ip: Type.Optional(Type.String({ minLength: 2, maxLength: 45, pattern: "^[0-9A-Fa-f:.]+$" })),
    email: Type.Optional(Type.String({ minLength: 3, maxLength: 320, pattern: "^[^@\\s]+@[^@\\s]+$" })),
    createdAt: Type.Optional(time),
    attributes: Type.Optional(
      Type.Record(
        Type.String({ pattern: "^[A-Za-z][A-Za-z0-9_]{0,63}$" }),
        Type.Union([Type.String({ maxLength: 1024 }), Type.Integer(), Type.Boolean()]),
        {
          maxProperties: attributesMax,
          additionalProperties: false,
          description: "What the app knows of the account; a policy declares those that it reads",
        },
      ),
    ),
  },
  { additionalProperties: false },
);

/** The content of an event: the thing that is posted. */
export const ContentSchema = Type.Object(
  {
    id: Type.Optional(identifier),
    revision: Type.Optional(Type.Integer({ minimum: 0 })),
    text: Type.Optional(Type.String({ maxLength: textLengthMax })),
    title: Type.Optional(Type.String({ maxLength: 1024 })),
    url: Type.Optional(link),
    language: Type.Optional(languageTag),
    group: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: nameLengthMax,
        description: "Where it stands: a thread, page, video",
      }),
    ),
    parent: Type.Optional(identifier),
    plain: Type.Optional(
      Type.String({
        maxLength: textLengthMax,
        description: "What a mail says in plain text beside its page",
      }),
    ),
    html: Type.Optional(
      Type.String({ maxLength: textLengthMax, description: "The page, of which text is what readers see" }),
    ),
    headers: Type.Optional(
      Type.String({
        maxLength: headersLengthMax,
        description: "The header block of a mail, as it is written",
      }),
    ),
    parts: Type.Optional(
      Type.Array(Type.String({ maxLength: mailPartLengthMax }), {
        maxItems: mailPartsMax,
        description: "The parts of a mail, one a line: type; charset; encoding; size",
      }),
    ),
  },
  { additionalProperties: false },
);

const fieldText = Type.String({ maxLength: fieldLengthMax });

/** What else an event says of itself, by name. */
export const FieldsSchema = Type.Record(
  Type.String({ pattern: "^[A-Za-z][A-Za-z0-9_]{0,63}$" }),
  Type.Union([
    fieldText,
    Type.Integer(),
    Type.Boolean(),
    Type.Array(Type.String({ maxLength: 1024 }), { maxItems: fieldItemsMax }),
  ]),
  {
    maxProperties: attributesMax,
    additionalProperties: false,
    description: "What else the event says; a policy declares, or the event type has, those that rules read",
  },
);

const eventProperties = {
  id: Type.String({
    minLength: 1,
    maxLength: nameLengthMax,
    description: "Names the attempt; a repeat is not sealed twice",
  }),
  type: Type.String({
    pattern: "^[a-z][a-z0-9-]{0,31}$",
    description: "comment, message, signup, login, email, …",
  }),
  op: Type.Optional(
    Type.Union(
      [
        Type.Literal("create"),
        Type.Literal("edit"),
        Type.Literal("delete"),
        Type.Literal("challengePassed"),
        Type.Literal("challengeFailed"),
      ],
      { description: "What is done to the content (default create)" },
    ),
  ),
  time: Type.Optional(
    Type.String({ pattern: timePattern, description: "When it happened, as the app claims" }),
  ),
  inReplyTo: Type.Optional(
    Type.Integer({ minimum: 0, description: "Index of the record of an earlier decision that this follows" }),
  ),
  actor: ActorSchema,
  content: Type.Optional(ContentSchema),
  fields: Type.Optional(FieldsSchema),
};

/** JSON Schema of an event. Unknown fields are refused. */
export const EventSchema = Type.Object(eventProperties, { additionalProperties: false });

/** JSON Schema of the body of `POST /v1/decisions`: an event, and whether it is only tried. */
export const DecisionRequestSchema = Type.Object(
  {
    ...eventProperties,
    dryRun: Type.Optional(
      Type.Boolean({ description: "Decide without counting or sealing (default false)" }),
    ),
  },
  { additionalProperties: false },
);

/** An event as the app reports it. */
export type Event = Type.Static<typeof EventSchema>;
/** An event, and whether it is only tried. */
export type DecisionRequest = Type.Static<typeof DecisionRequestSchema>;

const validator = Compile(DecisionRequestSchema);

/**
 * Reads the body of a decision request.
 *
 * @throws {@link ProtocolError} `json_*`, `schema_mismatch` or `unknown_field` with the place of the fault
 */
export function parseDecisionRequest(bytes: Uint8Array): { event: Event; dryRun: boolean } {
  if (bytes.length > eventBytesMax) {
    throw new ProtocolError(
      "body_too_large",
      `an event of ${bytes.length} bytes is over the limit of ${eventBytesMax}; shorten its text`,
    );
  }
  return checkDecisionRequest(parseJson(bytes));
}

/**
 * Checks a parsed decision request against the schema and the calendar.
 *
 * @throws {@link ProtocolError} `schema_mismatch` or `unknown_field` with the place of the fault
 */
export function checkDecisionRequest(value: JsonValue): { event: Event; dryRun: boolean } {
  checkShape(validator, value, "event");
  checkCalendar(value.time, "/time");
  checkCalendar(value.actor.createdAt, "/actor/createdAt");
  const { dryRun = false, ...event } = value;
  return { event, dryRun };
}

function checkCalendar(text: string | undefined, pointer: string): void {
  if (text === undefined || parseTime(text) !== undefined) return;
  throw new ProtocolError(
    "schema_mismatch",
    `${pointer} is ${JSON.stringify(text)}, which is no date of the calendar from 1970 on; ` +
      "give an RFC 3339 time",
    { pointer },
  );
}
