// SPDX-License-Identifier: Apache-2.0
/**
 * Fastify (4 and 5): `server.post("/comments", { preHandler: guardFastify({ client, event }) }, save)`. What
 * goes through finds the answer with `answerOf(request)`.
 */
import type { Answer } from "./client.ts";
import { acceptedLanguages, guard } from "./guard.ts";
import type { GuardOptions } from "./guard.ts";

/** What is used of a request of Fastify. */
export type FastifyLikeRequest = {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: unknown;
};
/** What is used of its reply. */
export type FastifyLikeReply = {
  code(status: number): FastifyLikeReply;
  headers(values: Readonly<Record<string, string>>): FastifyLikeReply;
  send(body: unknown): unknown;
};

const answers = new WeakMap<object, Answer>();

/** The answer to the event of a request that went through; `undefined` for one that was not asked about. */
export function answerOf(request: object): Answer | undefined {
  return answers.get(request);
}

/** A hook for `preHandler` that asks about the event of a request. */
export function guardFastify<Request extends FastifyLikeRequest>(
  options: GuardOptions<Request>,
): (request: Request, reply: FastifyLikeReply) => Promise<unknown> {
  return async (request, reply) => {
    const languages =
      options.languages ?? ((each) => acceptedLanguages(String(each.headers["accept-language"] ?? "")));
    const guarded = await guard(request, { ...options, languages });
    if (guarded === undefined) return undefined;
    answers.set(request, guarded.answer);
    if (guarded.refusal === undefined) return undefined;
    const { status, headers, body } = guarded.refusal;
    return reply.code(status).headers(headers).send(body);
  };
}
