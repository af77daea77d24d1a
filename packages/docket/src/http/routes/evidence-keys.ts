// SPDX-License-Identifier: Apache-2.0
// The keys of the evidence: which there are, and changes of them. No key itself is ever answered.
import { checkShape, parseJson } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { providerNames } from "../../key-providers/contract.ts";
import { rotatableKeys } from "../../key-desk/contract.ts";
import type { RotatableKey, RotationWish, SiteKeyDesk } from "../../key-desk/contract.ts";
import { whyLengthMax } from "../../releases/review.ts";
import { answerInTime, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { answerOutcome, authorOf } from "./requests.ts";

const json = "application/json";
const tag = "evidence keys";
const rotatable = Type.Union(rotatableKeys.map((key) => Type.Literal(key)));
const unknown = sealingUnknown("the change goes on; look at /v1/evidence-keys before you ask again");

const KeySchema = Type.Object({
  name: Type.String({ description: "keyEncryption, site, keyStore, hashing, log or logMlDsa44" }),
  id: Type.String({ description: "Names the key and says nothing of it" }),
  current: Type.Boolean({ description: "Whether it is in use; former ones open what they sealed" }),
  since: Type.Union([Type.String(), Type.Null()], { description: "RFC 3339, where it is known" }),
  file: Type.String(),
  protectedBy: Type.Union([...providerNames.map((name) => Type.Literal(name)), Type.Null()], {
    description: "What protects the file; null if it is plain",
  }),
});
const WishSchema = Type.Object(
  {
    key: rotatable,
    why: Type.String({ minLength: 1, maxLength: whyLengthMax, description: "Sealed with the request" }),
    request: Type.Optional(
      Type.Integer({ minimum: 0, description: "The request that a second person approved" }),
    ),
  },
  { additionalProperties: false },
);
const validator = Compile(WishSchema);

const list = describe({
  summary: "List the keys of the evidence, not the keys themselves",
  tag,
  action: "readEvidenceKeys",
  answer: {
    description: "Keys, those in use first",
    type: json,
    schema: Type.Object({ keys: Type.Array(KeySchema) }),
  },
  errors: ["schema_mismatch", "unknown_field"],
});
const rotation = describe({
  summary: "Change a key of the evidence while the site goes on answering",
  description:
    "Above level solo it takes a second person: it is answered 202 with the request, and done when it is " +
    "asked again with `request` after that was approved.",
  tag,
  action: "rotateEvidenceKeys",
  body: WishSchema,
  consumes: json,
  answer: {
    description: "The change, once it is sealed",
    type: json,
    schema: Type.Object({
      key: rotatable,
      count: Type.Integer({ description: "Actors' keys that were wrapped or sealed anew" }),
      index: Type.Integer({ description: "Index of the record that says so" }),
    }),
  },
  errors: [...bodyErrors, "not_found", "approval_needed", "request_conflict", "usage", ...sealingErrors],
});

/** `/v1/evidence-keys`. */
export function addEvidenceKeyRoutes(server: FastifyInstance, { keyDesk }: { keyDesk: SiteKeyDesk }): void {
  server.get("/v1/evidence-keys", list, async () => ({ keys: keyDesk.list() }));

  server.post(
    "/v1/evidence-keys/rotation",
    { ...rotation, bodyLimit: smallBodyBytesMax },
    async (request, reply) => {
      const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
      checkShape(validator, body, "rotation");
      const { key, why, request: of } = body as RotationWish & { key: RotatableKey; request?: number };
      return answerOutcome(
        reply,
        await answerInTime(keyDesk.rotate(authorOf(request), { key, why }, of), unknown),
      );
    },
  );
}
