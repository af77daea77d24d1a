// SPDX-License-Identifier: Apache-2.0
/**
 * Hono (4): `app.post("/comments", guardHono({ client, event }), save)`. What goes through finds the answer
 * with `context.get("docket")`.
 */
import { acceptedLanguages, guard } from "./guard.ts";
import type { GuardOptions } from "./guard.ts";

/** What is used of a context of Hono. */
export type HonoLikeContext = {
  readonly req: { header(name: string): string | undefined; json(): Promise<unknown> };
  set(name: "docket", value: unknown): void;
};

/** A middleware that asks about the event of a request. */
export function guardHono<Context extends HonoLikeContext>(
  options: GuardOptions<Context>,
): (context: Context, next: () => Promise<void>) => Promise<Response | undefined> {
  return async (context, next) => {
    const languages = options.languages ?? ((each) => acceptedLanguages(each.req.header("accept-language")));
    const guarded = await guard(context, { ...options, languages });
    if (guarded?.refusal !== undefined) {
      const { status, headers, body } = guarded.refusal;
      return Response.json(body, { status, headers });
    }
    context.set("docket", guarded?.answer);
    await next();
    return undefined;
  };
}
