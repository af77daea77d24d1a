// SPDX-License-Identifier: Apache-2.0
// Outside time-stamps of the log's checkpoints.
import type { FastifyInstance } from "fastify";
import { anchorSources } from "@docket/protocol";
import { Type } from "typebox";
import { anchorsListedDefault, anchorsListedMax } from "../../anchors/contract.ts";
import type { SiteAnchors } from "../../anchors/contract.ts";
import { answerInTime, indexOf, queryParameters } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { describe } from "../openapi.ts";
import { wholeNumber } from "../whole-number.ts";

const json = "application/json";
const tag = "anchors";
/** How long `POST /v1/anchors` waits for outside clocks before it says how far they are, in ms. */
const roundWithinMs = 1500;

const text = (description: string): ReturnType<typeof Type.String> => Type.String({ description });
const source = Type.Union(
  anchorSources.map((each) => Type.Literal(each)),
  { description: "What kind of stamp it is" },
);
const AnchorSchema = Type.Object({
  index: Type.Integer({ description: "Index of its record; that and all later ones came after notBefore" }),
  size: Type.Integer({ description: "All records below this index were there by notAfter" }),
  root: text("Root of the tree of that size, base64url"),
  source,
  name: text("The outside clock, as the operator named it"),
  stampedAt: text("Its time, RFC 3339"),
  accuracyMs: Type.Union([Type.Integer(), Type.Null()], { description: "How far off it may be, if it says" }),
  notBefore: text("stampedAt less the accuracy"),
  notAfter: text("stampedAt and the accuracy"),
  sealedAt: text("When it was sealed, by the log's own clock"),
});
const BoundSchema = Type.Union([
  Type.Object({ time: text("RFC 3339"), anchor: Type.Integer(), name: Type.String() }),
  Type.Null(),
]);
const OutcomeSchema = Type.Object({
  name: Type.String(),
  source,
  state: Type.Union([Type.Literal("asked"), Type.Literal("anchored"), Type.Literal("failed")]),
  index: Type.Union([Type.Integer(), Type.Null()]),
  stampedAt: Type.Union([Type.String(), Type.Null()]),
  fault: Type.Union([Type.String(), Type.Null()]),
});

const list = describe({
  summary: "List the outside time-stamps of the log",
  description: "What their records say. Whether they hold is told by `docket verify`, which anyone can run.",
  tag,
  action: "readAnchors",
  querystring: Type.Object({
    from: Type.Optional(Type.Integer({ description: "The first record (default 0)" })),
    limit: Type.Optional(
      Type.Integer({ description: `At most ${anchorsListedMax} (default ${anchorsListedDefault})` }),
    ),
  }),
  answer: {
    description: "In the order of the log; next is where to go on, null at the end",
    type: json,
    schema: Type.Object({
      anchors: Type.Array(AnchorSchema),
      next: Type.Union([Type.Integer(), Type.Null()]),
    }),
  },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});
const interval = describe({
  summary: "Between what a record was sealed",
  description: "By the outside time-stamps before and after it, at their records' word.",
  tag,
  action: "readAnchors",
  answer: {
    description: "A bound is null where no time-stamp gives one yet",
    type: json,
    schema: Type.Object({
      index: Type.Integer(),
      notBefore: BoundSchema,
      notAfter: BoundSchema,
      widthMs: Type.Union([Type.Integer(), Type.Null()]),
    }),
  },
  errors: ["not_found", "overloaded"],
});
const now = describe({
  summary: "Have the newest checkpoint stamped now",
  description:
    `Answers after ${roundWithinMs} ms at the latest: clocks that are "asked" by then go on, and their ` +
    "stamps are listed once they are sealed.",
  tag,
  action: "anchor",
  answer: {
    description: "What became of asking each of the outside clocks",
    type: json,
    schema: Type.Object({
      size: Type.Integer({ description: "Records that the checkpoint covers" }),
      root: text("Its root, base64url"),
      outcomes: Type.Array(OutcomeSchema),
    }),
  },
  errors: ["usage", "not_found", "overloaded"],
});

/** `/v1/anchors`. */
export function addAnchorRoutes(server: FastifyInstance, { anchors }: { anchors: SiteAnchors }): void {
  server.get("/v1/anchors", list, async (request) => {
    const query = queryParameters(request, ["from", "limit"]);
    const from = wholeNumber(query, "from", 0, Number.MAX_SAFE_INTEGER) ?? 0;
    const limit = wholeNumber(query, "limit", 1, anchorsListedMax) ?? anchorsListedDefault;
    return answerInTime(anchors.list(from, limit));
  });

  server.get("/v1/anchors/interval/:index", interval, async (request) =>
    answerInTime(anchors.interval(indexOf(request))),
  );

  server.post("/v1/anchors", { ...now, bodyLimit: smallBodyBytesMax }, async () =>
    answerInTime(anchors.now(roundWithinMs)),
  );
}
