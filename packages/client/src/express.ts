// SPDX-License-Identifier: Apache-2.0
/**
 * Express (4 and 5): `app.post("/comments", express.json(), guardExpress({ client, event }), save)`. What
 * goes through finds the answer in `response.locals.docket`.
 */
import { acceptedLanguages, guard } from "./guard.ts";
import type { Guarded, GuardOptions } from "./guard.ts";

/** What is used of a request of Express. */
export type ExpressRequest = {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly ip?: string | undefined;
  readonly body?: unknown;
};
/** What is used of its response. */
export type ExpressResponse = {
  readonly locals: Record<string, unknown>;
  status(code: number): ExpressResponse;
  set(headers: Readonly<Record<string, string>>): unknown;
  json(body: unknown): unknown;
};

/** A middleware that asks about the event of a request. An error, such as a wrong key, goes to `next`. */
export function guardExpress<Request extends ExpressRequest>(
  options: GuardOptions<Request>,
): (request: Request, response: ExpressResponse, next: (error?: unknown) => void) => void {
  const languages =
    options.languages ?? ((each) => acceptedLanguages(String(each.headers["accept-language"] ?? "")));
  return (request, response, next) => {
    void passOn(guard(request, { ...options, languages }), response, next);
  };
}

// Express 4 knows nothing of promises: whatever comes of it, the next one is called, or the poster answered.
async function passOn(
  guarding: Promise<Guarded | undefined>,
  response: ExpressResponse,
  next: (error?: unknown) => void,
): Promise<void> {
  let guarded: Guarded | undefined;
  try {
    guarded = await guarding;
  } catch (error) {
    next(error);
    return;
  }
  if (guarded?.refusal !== undefined) {
    const { status, headers, body } = guarded.refusal;
    response.set(headers);
    response.status(status).json(body);
    return;
  }
  response.locals["docket"] = guarded?.answer;
  next();
}
