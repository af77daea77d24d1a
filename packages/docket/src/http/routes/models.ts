// SPDX-License-Identifier: Apache-2.0
// Models: those in force, their bytes, and new ones to be proposed.
import type { FastifyInstance } from "fastify";
import { modelBytesMax, modelKinds } from "@docket/policy";
import { Type } from "typebox";
import type { TSchema } from "typebox";
import type { Models } from "../../models/contract.ts";
import { answerInTime } from "../context.ts";
import { bodyErrors, describe } from "../openapi.ts";

const json = "application/json";
const binary = "application/octet-stream";
const tag = "models";
const closed = { additionalProperties: false };
const none = new Uint8Array(0);

const count = Type.Integer({ minimum: 0 });
const view = {
  sha256: Type.String({ description: "SHA-256 of its bytes, base64url" }),
  kind: Type.Enum([...modelKinds]),
  examples: Type.Object(
    { spam: count, ham: count },
    { ...closed, description: "How many texts it was trained on" },
  ),
};
const ModelAnswer: TSchema = Type.Object(view, closed);
const ModelsAnswer: TSchema = Type.Object(
  {
    models: Type.Array(
      Type.Object(
        {
          name: Type.String({ description: "By which conditions read it" }),
          file: Type.Union([Type.String(), Type.Null()], {
            description:
              "The file that the policy names; null where it uses the general one, or what followed it",
          }),
          ...view,
        },
        closed,
      ),
    ),
  },
  closed,
);

const inForce = describe({
  summary: "List the models in force",
  tag,
  action: "readPolicy",
  answer: { description: "The models that the release in force names", type: json, schema: ModelsAnswer },
  errors: ["overloaded"],
});
const fetched = describe({
  summary: "Fetch a model's bytes",
  tag,
  action: "readPolicy",
  params: Type.Object({ sha256: Type.String({ description: "Its hash, base64url" }) }),
  answer: { description: "The model's file", type: binary, schema: Type.String() },
  errors: ["not_found", "directory_damaged", "overloaded"],
});
const brought = describe({
  summary: "Bring a model, so that a change of the policy can name it",
  description:
    "The body is the model's file. It is checked and kept by its hash, and scores nothing by that: propose " +
    "it with `model`, or a policy that has it in a file with `models`, at /v1/policy/proposals.",
  tag,
  action: "proposePolicy",
  body: Type.String({ description: `At most ${modelBytesMax} bytes` }),
  consumes: binary,
  answer: { description: "What it is, with its hash", type: json, schema: ModelAnswer },
  errors: [...bodyErrors, "model_invalid"],
});

/** `/v1/models`. */
export function addModelRoutes(server: FastifyInstance, { models }: { models: Models }): void {
  server.get("/v1/models", inForce, () => ({ models: models.inForce() }));
  server.get("/v1/models/:sha256", fetched, async (request, reply) => {
    const { sha256 } = request.params as { sha256: string };
    const bytes = await answerInTime(models.bytes(sha256));
    return reply.type(binary).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });
  server.register((scope, _options, done) => {
    const options = { parseAs: "buffer", bodyLimit: modelBytesMax } as const;
    scope.addContentTypeParser(binary, options, (_request, body, parsed) => parsed(null, body));
    scope.post("/v1/models", { ...brought, bodyLimit: modelBytesMax }, (request) =>
      answerInTime(models.keep((request.body as Uint8Array | undefined) ?? none)),
    );
    done();
  });
}
