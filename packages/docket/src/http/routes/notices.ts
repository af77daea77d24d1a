// SPDX-License-Identifier: Apache-2.0
// Notices: what affected users are told, for the app that tells them.
import { checkShape, parseJson, ProtocolError } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { Delivery } from "../../delivery/delivery.ts";
import { noticesListedDefault, noticesListedMax } from "../../delivery/notice-feed.ts";
import type { QuietWish } from "../../delivery/notice-feed.ts";
import { noticePage, noticeText } from "../../delivery/notice-text.ts";
import { noticeLanguages, parsePosition } from "../../delivery/notice.ts";
import type { NoticeLanguage } from "../../delivery/notice.ts";
import { answerInTime, callerOf, indexOf, queryParameters, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";
import { readingOf } from "../reads.ts";
import { flag, wholeNumber } from "../whole-number.ts";
import {
  IndexSchema,
  NoticesSchema,
  QuietSchema,
  QuietsSchema,
  RecordNoticesSchema,
} from "./delivery-schemas.ts";

const json = "application/json";
const tag = "notices";
const quietValidator = Compile(QuietSchema);
const unknown = sealingUnknown("it was not durable in time; look at /v1/quiets before you ask again");
const params = Type.Object({ index: Type.Integer({ description: "The record that is told of" }) });

const list = describe({
  summary: "Read notices for affected users",
  description: "In the order of the log. next is the cursor to go on with.",
  tag,
  action: "readNotices",
  querystring: Type.Object({
    after: Type.Optional(Type.String({ description: "A cursor: next of the page before" })),
    limit: Type.Optional(
      Type.Integer({ description: `At most ${noticesListedMax} (default ${noticesListedDefault})` }),
    ),
    receipts: Type.Optional(Type.Boolean({ description: "With each its receipt and opening" })),
  }),
  answer: { description: "Notices", type: json, schema: NoticesSchema },
  errors: ["schema_mismatch", "unknown_field", "overloaded"],
});
const one = describe({
  summary: "Read the notices of a record",
  description:
    "With receipt, opening and dispute token. format=text or html puts the first of them in words, in the " +
    "user's language or that of language=.",
  tag,
  action: "readNotices",
  params,
  querystring: Type.Object({
    format: Type.Optional(Type.Enum(["json", "text", "html"])),
    language: Type.Optional(Type.Enum([...noticeLanguages])),
  }),
  answer: { description: "The notices", type: json, schema: RecordNoticesSchema },
  errors: ["schema_mismatch", "unknown_field", "not_found", "overloaded"],
});
const quiet = describe({
  summary: "Keep a record from its actor until a time",
  description: "On a stated ground; it is sealed and counted. The notice goes out when the time is over.",
  tag,
  action: "keepQuiet",
  params,
  body: QuietSchema,
  consumes: json,
  answer: { description: "The record of it", type: json, schema: IndexSchema },
  errors: [...bodyErrors, "not_found", "usage", ...sealingErrors],
});
const quiets = describe({
  summary: "Read what is kept quiet",
  tag,
  action: "keepQuiet",
  answer: { description: "What is kept quiet now", type: json, schema: QuietsSchema },
  errors: [],
});

/** `/v1/notices` and `/v1/quiets`. */
export function addNoticeRoutes(server: FastifyInstance, { delivery }: { delivery: Delivery }): void {
  const { notices } = delivery;
  server.get("/v1/notices", list, async (request) => {
    const query = queryParameters(request, ["after", "limit", "receipts"]);
    const after = parsePosition(query.get("after") ?? "-1");
    if (after === undefined)
      throw new ProtocolError("schema_mismatch", "after is a cursor, such as 17 or 17.2");
    const limit = wholeNumber(query, "limit", 1, noticesListedMax) ?? noticesListedDefault;
    const page = await answerInTime(notices.page(after, limit, flag(query, "receipts")));
    request.reading = readingOf(page.notices);
    return page;
  });

  server.get("/v1/notices/:index", one, async (request, reply) => {
    const query = queryParameters(request, ["format", "language"]);
    const format = oneOf(query, "format", ["json", "text", "html"]) ?? "json";
    const language = oneOf(query, "language", noticeLanguages) as NoticeLanguage | undefined;
    const found = await answerInTime(notices.at(indexOf(request)));
    const [first] = found;
    if (format === "json" || first === undefined) return { notices: found };
    // What users wrote stands in it, escaped; nothing in it may run in any case (security-headers.ts).
    reply.type(format === "text" ? "text/plain; charset=utf-8" : "text/html; charset=utf-8");
    return format === "text" ? noticeText(first, language) : noticePage(first, language);
  });

  server.post("/v1/notices/:index/quiet", { ...quiet, bodyLimit: smallBodyBytesMax }, async (request) => {
    const record = indexOf(request);
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(quietValidator, body, "quiet");
    const wish = body as Omit<QuietWish, "record">;
    const { id, role } = callerOf(request);
    return answerInTime(notices.quiet({ by: id, role }, { ...wish, record }), unknown);
  });

  server.get("/v1/quiets", quiets, async () => notices.quiets());
}

function oneOf(
  query: ReadonlyMap<string, string>,
  name: string,
  known: readonly string[],
): string | undefined {
  const value = query.get(name);
  if (value === undefined || known.includes(value)) return value;
  throw new ProtocolError("schema_mismatch", `${name} is ${known.join(", ")}`);
}
