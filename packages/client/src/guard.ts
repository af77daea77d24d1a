// SPDX-License-Identifier: Apache-2.0
// What stands in front of a route: asks about the event that a request is, and says what the poster is
// answered where it does not go through. The middleware of each framework is a few lines around it.
import type { Event } from "@docket/protocol";
import type { Answer, DocketClient } from "./client.ts";

/** What a guard is told of a route. */
export type GuardOptions<Request> = {
  readonly client: Pick<DocketClient, "decide">;
  /** Makes the event of a request, or `undefined` for one that is not asked about. */
  readonly event: (request: Request) => Event | undefined | Promise<Event | undefined>;
  /** The languages that reasons are told in, the best first (default: `en`). */
  readonly languages?: ((request: Request) => readonly string[]) | undefined;
  /**
   * Whether what is held goes through: the app keeps it unpublished until a change says more (default: it is
   * answered 202 and goes no further).
   */
  readonly passHeld?: boolean | undefined;
};

/** What a poster is answered where the event does not go through. */
export type GuardAnswer = {
  readonly status: 202 | 403 | 422 | 429;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly outcome: Answer["outcome"];
    /** Why, in the poster's language, as far as it is public. */
    readonly reasons: readonly string[];
    readonly retryAfterMs?: number | undefined;
    readonly holdUntil?: string | undefined;
    /** The record of the decision: what an objection names. */
    readonly record?: number | undefined;
  };
};

/** What came of asking: the answer, and what the poster is told where the event does not go through. */
export type Guarded = { readonly answer: Answer; readonly refusal: GuardAnswer | undefined };

/** Asks about the event of a request; `undefined` for one that is not asked about. */
export async function guard<Request>(
  request: Request,
  { client, event, languages, passHeld = false }: GuardOptions<Request>,
): Promise<Guarded | undefined> {
  const asked = await event(request);
  if (asked === undefined) return undefined;
  const answer = await client.decide(asked);
  const refusal = answerToPoster(answer, languages?.(request) ?? ["en"]);
  return { answer, refusal: answer.outcome === "hold" && passHeld ? undefined : refusal };
}

/**
 * What a poster is answered: `undefined` where their event goes through (`allow` and `flag`).
 *
 * @param languages that reasons are told in, the best first
 */
export function answerToPoster(
  answer: Answer,
  languages: readonly string[] = ["en"],
): GuardAnswer | undefined {
  const { outcome, retryAfterMs, holdUntil, index } = answer;
  if (outcome === "allow" || outcome === "flag") return undefined;
  const reasons = (answer.reasons ?? []).flatMap(({ text }) => inLanguage(text, languages) ?? []);
  const headers = retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  return {
    status: statusOf[outcome],
    headers,
    body: {
      outcome,
      reasons,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(holdUntil === undefined ? {} : { holdUntil }),
      ...(index === undefined ? {} : { record: index }),
    },
  };
}

/** The languages of an `Accept-Language` header (RFC 9110 §12.5.4), the best first. */
export function acceptedLanguages(header: string | null | undefined): string[] {
  return (header ?? "")
    .split(",")
    .map((part) => {
      const [tag = "", ...parameters] = part.trim().split(/\s*;\s*/);
      const quality = parameters.find((each) => each.startsWith("q="))?.slice(2);
      return { tag: tag.toLowerCase(), quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ tag, quality }) => tag !== "" && tag !== "*" && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag);
}

const statusOf = { challenge: 403, delay: 429, hold: 202, reject: 422 } as const;

function inLanguage(
  texts: Readonly<Record<string, string>>,
  languages: readonly string[],
): string | undefined {
  for (const language of languages) {
    const found = texts[language] ?? texts[language.split("-")[0] ?? ""];
    if (found !== undefined) return found;
  }
  return texts["en"] ?? Object.values(texts)[0];
}
