// SPDX-License-Identifier: Apache-2.0
// A mail as it came, decided as an event.
import { ProtocolError } from "@docket/protocol";
import { checkDecisionRequest } from "@docket/protocol/events";
import type { ErrorCode } from "@docket/protocol";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { envelopeNames, readEnvelope } from "../../mail/envelope.ts";
import { mailEvent } from "../../mail/mail-event.ts";
import { readMail } from "../../mail/read-mail.ts";
import { callerOf, queryParameters } from "../context.ts";
import type { Routes } from "../context.ts";
import { mailBodyBytesMax } from "../limits.ts";
import { describe } from "../openapi.ts";
import { decideEvent, refuseEncodedBody, sealingErrors } from "./decisions.ts";

/** The media type of a mail (RFC 2046 section 5.2.1). */
const messageType = "message/rfc822";

const text = (description: string): ReturnType<typeof Type.String> => Type.String({ description });

const envelopeSchema = Type.Partial(
  Type.Object({
    id: text("The event's id (default: made of the mail and its envelope)"),
    actor: text("The app's own id of the account that sends it"),
    actorFrom: Type.Union([Type.Literal("envelope"), Type.Literal("from")], {
      description: "Without an account: whether MAIL FROM (the default) or From is taken for the actor",
    }),
    mailFrom: text("The address of MAIL FROM"),
    rcptTo: text("The addresses of RCPT TO, with commas between"),
    ip: text("The address of the client that delivered it"),
    reply: Type.Union([Type.Literal("true"), Type.Literal("false")], {
      description: "Whether it answers something that a recipient wrote (default false)",
    }),
    time: text("When it was taken in, RFC 3339"),
    spf: text("What the check came to: pass, fail, softfail, neutral, none"),
    dkim: text("What the check came to: pass, fail, none"),
    dmarc: text("What the check came to: pass, fail, none"),
    dryRun: Type.Union([Type.Literal("true"), Type.Literal("false")], {
      description: "Decide without counting or sealing (default false)",
    }),
  }),
);

const bodyErrors: readonly ErrorCode[] = [
  "schema_mismatch",
  "unknown_field",
  "body_too_large",
  "unsupported_media_type",
];

const oneMail = describe({
  summary: "Decide a mail",
  description:
    "The body is the mail as it came. It becomes an event of type `email`, which is decided, sealed and " +
    "answered as `POST /v1/decisions` does. What the mail can't say itself stands in the query, or in " +
    "headers that are named like it: `Docket-Mail-From` is `mailFrom`. A mail is never refused for what is " +
    "wrong with it.",
  tag: "decisions",
  action: "tryEvent",
  querystring: envelopeSchema,
  body: Type.String({ description: `At most ${mailBodyBytesMax} bytes` }),
  consumes: messageType,
  answer: { description: "The decision", type: "application/json", schema: { $ref: "Decision#" } },
  errors: [...bodyErrors, ...sealingErrors],
});

/** `/v1/mail`. */
export const addMailRoutes: Routes = (server, context) => {
  server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    const options = { parseAs: "buffer", bodyLimit: mailBodyBytesMax } as const;
    scope.addContentTypeParser(messageType, options, (_request, body, parsed) => parsed(null, body));
    scope.post("/v1/mail", { ...oneMail, bodyLimit: mailBodyBytesMax }, async (request) => {
      refuseEncodedBody(request);
      const { envelope, actorFrom, dryRun } = readEnvelope(envelopeValues(request));
      const bytes = (request.body as Uint8Array | undefined) ?? new Uint8Array();
      const event = mailEvent(bytes, readMail(bytes), envelope, actorFrom);
      const how = { surface: "mail" } as const;
      return decideEvent({ ...checkDecisionRequest(event), dryRun }, callerOf(request), context, how);
    });
    done();
  });
};

/** What query and headers say; one of them for each name. */
function envelopeValues(request: FastifyRequest): ReadonlyMap<string, string> {
  const values = new Map(queryParameters(request, Object.keys(envelopeNames)));
  for (const [name, header] of Object.entries(envelopeNames)) {
    const value = request.headers[header];
    if (value === undefined) continue;
    if (values.has(name)) throw new ProtocolError("schema_mismatch", `${name} stands in query and header`);
    // Headers arrive one character a byte; addresses and account ids may be UTF-8 (RFC 6531).
    values.set(name, Buffer.from(String(value), "latin1").toString("utf8"));
  }
  return values;
}
