// SPDX-License-Identifier: Apache-2.0
// What is wrong with the site now, and who is told. Channels are the operator's (docket.yaml); from how much
// on something is an alert is said by settings.
import { checkShape, parseJson } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { alertKinds, severities } from "../../alerts/contract.ts";
import type { SiteAlerts } from "../../alerts/contract.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe } from "../openapi.ts";

const json = "application/json";
const tag = "alerts";
const orNull = (description: string): ReturnType<typeof Type.Union> =>
  Type.Union([Type.String(), Type.Null()], { description });
const Kind = Type.Enum([...alertKinds]);
const SeveritySchema = Type.Enum([...severities]);

const AlertSchema = Type.Object({
  kind: Kind,
  about: Type.String({ description: "Which of its kind, such as a witness's name" }),
  severity: SeveritySchema,
  says: Type.String({ description: "What is wrong, a sentence" }),
  page: Type.String({ description: "Where in the console it is looked after" }),
  since: Type.String(),
  endedAt: orNull("When it was over"),
  told: Type.Array(Type.String(), { description: "Channels that were told" }),
});
const ChannelSchema = Type.Object({
  id: Type.String(),
  form: Type.Enum(["mail", "chat", "webhook"]),
  target: Type.String({ description: "Where it leads, without anything secret" }),
  least: SeveritySchema,
  kinds: Type.Array(Kind),
  sentAt: orNull("When a message went out last"),
  fault: orNull("Why the last try failed"),
  nextTryAt: orNull("When it is tried again"),
  sentLately: Type.Integer({ description: "Messages of the last hour" }),
  perHour: Type.Integer({ description: "Most messages an hour" }),
  waiting: Type.Integer({ description: "Alerts that it was not yet told of" }),
});
const TestWish = Type.Object(
  { channel: Type.String({ minLength: 1, maxLength: 32 }) },
  { additionalProperties: false },
);
const testValidator = Compile(TestWish);

const read = describe({
  summary: "Read which alerts there are, and who is told",
  tag,
  action: "readSettings",
  answer: {
    description: "Channels, alerts that are open (urgent ones first), and those that ended within a day",
    type: json,
    schema: Type.Object({
      channels: Type.Array(ChannelSchema),
      open: Type.Array(AlertSchema),
      ended: Type.Array(AlertSchema),
    }),
  },
  errors: [],
});
const test = describe({
  summary: "Send a channel a message that only tries it",
  description: "Answers when it was taken, or why it was not.",
  tag,
  action: "changeSettings",
  body: TestWish,
  consumes: json,
  answer: {
    description: "What came of it",
    type: json,
    schema: Type.Object({
      channel: Type.String(),
      ok: Type.Boolean(),
      why: orNull("Why not"),
      ms: Type.Integer(),
    }),
  },
  errors: [...bodyErrors, "not_found", "too_many_requests"],
});

/** `/v1/alerts`. */
export function addAlertRoutes(server: FastifyInstance, { alerts }: { alerts: SiteAlerts }): void {
  server.get("/v1/alerts", read, async () => alerts.view());

  // Bounded by the time that a receiver has to answer.
  server.post("/v1/alerts/test", { ...test, bodyLimit: smallBodyBytesMax }, async (request) => {
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(testValidator, body, "alerts");
    return alerts.test(body.channel);
  });
}
