// SPDX-License-Identifier: Apache-2.0
// The search of decisions.
import { labelValues, outcomes, parseTime, ProtocolError } from "@docket/protocol";
import type { LabelValue, Outcome } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { searchedDefault, searchedMax } from "../../search/contract.ts";
import type { SiteSearch } from "../../search/contract.ts";
import { DocketError } from "../../error.ts";
import { decisionView } from "../../search/decision-view.ts";
import { askedTextLengthMax, askedWordsMax } from "../../search/terms.ts";
import { answerInTime, queryParameters } from "../context.ts";
import { accountIdLengthMax } from "../limits.ts";
import { describe } from "../openapi.ts";
import { wholeNumber } from "../whole-number.ts";

/** Longest name that is asked for: of a rule, a list, a type, a campaign. */
const nameLengthMax = 256;
/** A search of texts begins with a thread of its own: it is waited for this long, in ms. */
const textsWithinMs = 15_000;

const name = (description: string): ReturnType<typeof Type.Optional> =>
  Type.Optional(Type.String({ description, maxLength: nameLengthMax }));
const textOrNull = Type.Union([Type.String(), Type.Null()]);
const indexOrNull = Type.Union([Type.Integer(), Type.Null()]);

const FoundSchema = Type.Object({
  index: Type.Integer(),
  at: Type.String({ description: "When it was decided, RFC 3339" }),
  sealedAt: Type.String(),
  actor: Type.String(),
  outcome: Type.String(),
  rules: Type.Array(Type.String(), {
    description: "Rules that fired, as policy/rule; with :mode those without effect",
  }),
  type: Type.String(),
  op: Type.String(),
  late: Type.Boolean(),
  lists: Type.Array(Type.String(), { description: "Lists of which rules that fired had hit an entry" }),
  campaign: textOrNull,
  language: textOrNull,
  label: textOrNull,
  points: Type.Integer(),
  strikes: Type.Integer(),
  restrictions: Type.Integer(),
  refusedBy: textOrNull,
  release: Type.String(),
});

const search = describe({
  summary: "Find decisions",
  description:
    "The newest first, a page at a time; all that is given must hold. A search by text or domain is sealed " +
    "as a reading with what was searched for, before it is answered. " +
    "Texts are unlocked while one searches: an answer with `partial: true` looked no further back than " +
    "`older`; ask on with it.",
  tag: "decisions",
  action: "readFacts",
  querystring: Type.Object({
    actor: Type.Optional(Type.String({ description: "An account's id, or a pseudonym" })),
    outcome: name(`Of ${outcomes.join(", ")}, with commas between`),
    rule: name("A rule that fired: policy/rule, policy/rule:shadow without effect, or rule of any policy"),
    type: name("Type of the event"),
    op: name("create, edit, delete, …"),
    list: name("A list of which rules that fired had hit an entry"),
    campaign: name("A campaign"),
    language: name("The identified language, where a policy reads it"),
    release: name("The hash of a release"),
    label: name(`The label in force: ${labelValues.join(", ")}`),
    text: Type.Optional(
      Type.String({
        description:
          `Words of what was posted, at most ${askedWordsMax}, all of which must be there; ` +
          "spam* is every word that begins so",
        maxLength: askedTextLengthMax,
      }),
    ),
    domain: name("A domain that a link leads to, or one above it"),
    from: Type.Optional(Type.String({ description: "Decided at or after, RFC 3339" })),
    to: Type.Optional(Type.String({ description: "Decided before" })),
    before: Type.Optional(Type.Integer({ description: "Records before this one: older" })),
    after: Type.Optional(
      Type.Integer({ description: "Records after this one: alone, those that follow it next" }),
    ),
    limit: Type.Optional(
      Type.Integer({ description: `At most ${searchedMax} (default ${searchedDefault})` }),
    ),
  }),
  answer: {
    description: "Decisions; older is what to give as before, null at the end; newer what to give as after",
    type: "application/json",
    schema: Type.Object({
      decisions: Type.Array(FoundSchema),
      older: indexOrNull,
      newer: Type.Integer(),
      actor: textOrNull,
      partial: Type.Boolean(),
    }),
  },
  errors: ["schema_mismatch", "unknown_field", "not_found", "overloaded"],
});

const names = [
  "rule",
  "type",
  "op",
  "list",
  "campaign",
  "language",
  "release",
  "domain",
  "text",
  "actor",
] as const;

/** `GET /v1/decisions`. */
export function addSearchRoutes(server: FastifyInstance, { search: desk }: { search: SiteSearch }): void {
  server.get("/v1/decisions", search, async (request) => {
    const query = queryParameters(request, [
      ...names,
      "outcome",
      "label",
      "from",
      "to",
      "before",
      "after",
      "limit",
    ]);
    const given: Partial<Record<(typeof names)[number], string>> = {};
    for (const each of names) {
      const value = query.get(each);
      if (value !== undefined) given[each] = nameOf(each, value);
    }
    const { text, domain } = given;
    const isAboutTexts = text !== undefined || domain !== undefined;
    const page = await answerInTime(
      desk.find({
        ...given,
        outcomes: outcomesOf(query.get("outcome")),
        label: labelOf(query.get("label")),
        fromMs: timeOf(query, "from"),
        toMs: timeOf(query, "to"),
        before: wholeNumber(query, "before", 0, Number.MAX_SAFE_INTEGER),
        after: wholeNumber(query, "after", -1, Number.MAX_SAFE_INTEGER),
        limit: wholeNumber(query, "limit", 1, searchedMax) ?? searchedDefault,
      }),
      isAboutTexts ? textsLocked : undefined,
      isAboutTexts ? textsWithinMs : undefined,
    );
    const { decisions, older, newer, actor, isPartial } = page;
    const about = actor === undefined ? {} : { subject: actor };
    if (!isAboutTexts) {
      request.reading = decisions.length === 0 ? "nothing" : { count: decisions.length };
    } else {
      const asked = JSON.stringify({ text, domain });
      request.reading = { what: "texts", query: asked, count: decisions.length || undefined, ...about };
    }
    return { decisions: decisions.map(decisionView), older, newer, actor: actor ?? null, partial: isPartial };
  });
}

function textsLocked(): DocketError {
  return new DocketError("overloaded", "texts could not be unlocked in time; ask again");
}

function nameOf(parameter: string, value: string): string {
  const max = parameter === "actor" ? accountIdLengthMax : nameLengthMax;
  const length = Array.from(value).length;
  if (length >= 1 && length <= max) return value;
  throw new ProtocolError("schema_mismatch", `${parameter} has 1 to ${max} characters`);
}

function outcomesOf(text: string | undefined): Outcome[] | undefined {
  if (text === undefined) return undefined;
  const asked = text.split(",");
  const wrong = asked.find((each) => !(outcomes as readonly string[]).includes(each));
  if (wrong === undefined) return asked as Outcome[];
  const message = `outcome is of ${outcomes.join(", ")}, and not ${JSON.stringify(wrong)}`;
  throw new ProtocolError("schema_mismatch", message);
}

function labelOf(text: string | undefined): LabelValue | undefined {
  if (text === undefined || (labelValues as readonly string[]).includes(text)) {
    return text as LabelValue | undefined;
  }
  throw new ProtocolError("schema_mismatch", `label is one of ${labelValues.join(", ")}`);
}

function timeOf(query: ReadonlyMap<string, string>, parameter: string): number | undefined {
  const text = query.get(parameter);
  if (text === undefined) return undefined;
  const time = parseTime(text);
  if (time !== undefined) return time;
  const message = `${parameter} is ${JSON.stringify(text)}; give an RFC 3339 time, with "+" as %2B`;
  throw new ProtocolError("schema_mismatch", message);
}
