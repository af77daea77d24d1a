// SPDX-License-Identifier: Apache-2.0
/**
 * Route handlers of Next.js, and of whatever else takes a `Request` and gives a `Response`: `export const
 * POST = guardRoute({ client, event }, save)`. `save` is handed the answer; the request's body can be read
 * once, so let `event` read a `request.clone()`.
 */
import type { Answer } from "./client.ts";
import { acceptedLanguages, guard } from "./guard.ts";
import type { GuardOptions } from "./guard.ts";

/** Wraps a handler: it is called where the event of the request goes through. */
export function guardRoute<Rest extends unknown[]>(
  options: GuardOptions<Request>,
  handler: (request: Request, answer: Answer | undefined, ...rest: Rest) => Response | Promise<Response>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  return async (request, ...rest) => {
    const languages = options.languages ?? ((each) => acceptedLanguages(each.headers.get("accept-language")));
    const guarded = await guard(request, { ...options, languages });
    if (guarded?.refusal !== undefined) {
      const { status, headers, body } = guarded.refusal;
      return Response.json(body, { status, headers });
    }
    return handler(request, guarded?.answer, ...rest);
  };
}
