// SPDX-License-Identifier: Apache-2.0
// Webhooks: who is told of changes and notices. Who may do this decides where personal data goes, so it is
// for administrators alone.
import { checkShape, parseJson } from "@docket/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { Validator } from "typebox/compile";
import type { MessageFamily } from "../../delivery/webhooks/contract.ts";
import type { WebhookDesk } from "../../delivery/webhooks/webhook-desk.ts";
import { answerInTime, callerOf, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import {
  DeadSchema,
  EndpointMadeSchema,
  EndpointsSchema,
  EndpointWishSchema,
  IndexSchema,
  NothingSchema,
  ReplayedSchema,
  ReplaySchema,
  SwitchOffSchema,
  TestedSchema,
} from "./delivery-schemas.ts";

const json = "application/json";
const shared = { tag: "webhooks", action: "manageWebhooks" } as const;
const params = Type.Object({ id: Type.String({ description: "The webhook's id, w_…" }) });
const unknown = sealingUnknown("it was not durable in time; look at /v1/webhooks before you ask again");
const wishValidator = Compile(EndpointWishSchema);
const replayValidator = Compile(ReplaySchema);
const nothingValidator = Compile(NothingSchema);
const offValidator = Compile(SwitchOffSchema);

const list = describe({
  ...shared,
  summary: "List the webhooks and how they fare",
  answer: { description: "Webhooks, without their secrets", type: json, schema: EndpointsSchema },
  errors: ["overloaded"],
});
const add = describe({
  ...shared,
  summary: "Add a webhook",
  description: "It is told of what comes from now on, signed as Standard Webhooks has it.",
  body: EndpointWishSchema,
  consumes: json,
  answer: { description: "Its id, and its secret this once", type: json, schema: EndpointMadeSchema },
  errors: [...bodyErrors, "usage", ...sealingErrors],
});
const remove = describe({
  ...shared,
  summary: "Remove a webhook",
  params,
  answer: { description: "The record of it", type: json, schema: IndexSchema },
  errors: ["not_found", ...sealingErrors],
});
const rotate = describe({
  ...shared,
  summary: "Give a webhook a new secret",
  description: "Messages are signed with the old one too for a day.",
  params,
  body: NothingSchema,
  consumes: json,
  answer: { description: "The new secret, this once", type: json, schema: EndpointMadeSchema },
  errors: [...bodyErrors, "not_found", ...sealingErrors],
});
const enable = describe({
  ...shared,
  summary: "Switch a webhook on again",
  description: "It goes on where it was.",
  params,
  body: NothingSchema,
  consumes: json,
  answer: { description: "The record of it", type: json, schema: IndexSchema },
  errors: [...bodyErrors, "not_found", ...sealingErrors],
});
const disable = describe({
  ...shared,
  summary: "Switch a webhook off",
  params,
  body: SwitchOffSchema,
  consumes: json,
  answer: { description: "The record of it", type: json, schema: IndexSchema },
  errors: [...bodyErrors, "not_found", ...sealingErrors],
});
const test = describe({
  ...shared,
  summary: "Send a webhook a message of type webhook.test",
  params,
  body: NothingSchema,
  consumes: json,
  answer: { description: "What came back", type: json, schema: TestedSchema },
  errors: [...bodyErrors, "not_found"],
});
const dead = describe({
  ...shared,
  summary: "List messages that were given up",
  params,
  answer: { description: "The messages, and why", type: json, schema: DeadSchema },
  errors: ["not_found", "overloaded"],
});
const replay = describe({
  ...shared,
  summary: "Send messages again",
  description:
    "Those that were given up (all, or those of ids), or with after everything after a record. Their ids " +
    "are the same as before.",
  params,
  body: ReplaySchema,
  consumes: json,
  answer: { description: "How many were given up and go out again", type: json, schema: ReplayedSchema },
  errors: [...bodyErrors, "not_found", "usage", "overloaded"],
});

/** `/v1/webhooks`. */
export function addWebhookRoutes(server: FastifyInstance, { webhooks }: { webhooks: WebhookDesk }): void {
  const small = { bodyLimit: smallBodyBytesMax };
  server.get("/v1/webhooks", list, async () => ({ webhooks: await answerInTime(webhooks.list()) }));

  server.post("/v1/webhooks", { ...add, ...small }, async (request) => {
    const wish = bodyOf(request, wishValidator) as { url: string; families?: MessageFamily[] };
    return answerInTime(webhooks.add(authorOf(request), wish), unknown);
  });

  server.delete("/v1/webhooks/:id", remove, async (request) =>
    answerInTime(webhooks.remove(authorOf(request), idOf(request)), unknown),
  );

  server.post("/v1/webhooks/:id/secret", { ...rotate, ...small }, async (request) => {
    bodyOf(request, nothingValidator);
    return answerInTime(webhooks.rotate(authorOf(request), idOf(request)), unknown);
  });

  server.post("/v1/webhooks/:id/enable", { ...enable, ...small }, async (request) => {
    bodyOf(request, nothingValidator);
    return answerInTime(webhooks.switch(authorOf(request), idOf(request), null), unknown);
  });

  server.post("/v1/webhooks/:id/disable", { ...disable, ...small }, async (request) => {
    const { why } = bodyOf(request, offValidator) as { why: string };
    return answerInTime(webhooks.switch(authorOf(request), idOf(request), why), unknown);
  });

  // Bounded by the time that a receiver has to answer.
  server.post("/v1/webhooks/:id/test", { ...test, ...small }, async (request) => {
    bodyOf(request, nothingValidator);
    return webhooks.test(idOf(request));
  });

  server.get("/v1/webhooks/:id/dead", dead, async (request) => ({
    dead: await answerInTime(webhooks.dead(idOf(request))),
  }));

  server.post("/v1/webhooks/:id/replay", { ...replay, ...small }, async (request) => {
    const wish = bodyOf(request, replayValidator) as { after?: number; ids?: string[] };
    return { messages: await answerInTime(webhooks.replay(idOf(request), wish)) };
  });
}

function bodyOf(request: FastifyRequest, validator: Validator): unknown {
  const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
  checkShape(validator, body, "webhook");
  return body;
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}

function authorOf(request: FastifyRequest): { by: string; role: string } {
  const { id, role } = callerOf(request);
  return { by: id, role };
}
