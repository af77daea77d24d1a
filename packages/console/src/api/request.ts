// SPDX-License-Identifier: Apache-2.0
// Asks the server, as whoever has signed in: a person by the cookie of their session, which the browser
// sends, or whoever brought an API key, which this tab keeps until it is closed.

/** What the server answered in place of what was asked for; `code` is one of docs/reference/errors.md. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly code: string;
  /** What to do, as the server says. */
  readonly remedy: string;
  /** All that it said of the error. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, details: Readonly<Record<string, unknown>>) {
    super(textOf(details["message"]) ?? `the server answered ${status}`);
    this.status = status;
    this.code = textOf(details["code"]) ?? "unknown";
    this.remedy = textOf(details["remedy"]) ?? "";
    this.details = details;
  }
}

/** How a request is made, beside where and with what. */
export type AskOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Why personal data is read; recorded. */
  readonly reason?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
};

const keyName = "docket-key";
const requestMsMax = 30_000;

/** The API key that this tab goes by, if any. */
export function heldKey(): string | undefined {
  return sessionStorage.getItem(keyName) ?? undefined;
}

/** Goes by an API key from now on, or by none. */
export function holdKey(key: string | undefined): void {
  if (key === undefined) sessionStorage.removeItem(keyName);
  else sessionStorage.setItem(keyName, key);
}

/**
 * Asks for what a path names.
 *
 * @throws {ApiError}
 */
export async function get<T>(path: string, options: AskOptions = {}): Promise<T> {
  return (await (await ask("GET", path, undefined, options)).json()) as T;
}

/**
 * Has something done.
 *
 * @param body sent as JSON; left out, an empty object
 * @throws {ApiError}
 */
export async function post<T>(path: string, body: unknown = {}, options: AskOptions = {}): Promise<T> {
  return (await (await ask("POST", path, body, options)).json()) as T;
}

/**
 * Has something taken away.
 *
 * @throws {ApiError}
 */
export async function del<T>(path: string, options: AskOptions = {}): Promise<T> {
  return (await (await ask("DELETE", path, undefined, options)).json()) as T;
}

/**
 * Sends a request and gives its answer as it comes: for files, streams and headers.
 *
 * @throws {ApiError} with `code` `unreachable` where no answer came
 */
export async function ask(
  method: "GET" | "POST" | "DELETE",
  path: string,
  body: unknown,
  options: AskOptions & { readonly endless?: boolean } = {},
): Promise<Response> {
  const key = heldKey();
  const headers: Record<string, string> = { "docket-request": "1", ...options.headers };
  if (key !== undefined) headers["authorization"] = `Bearer ${key}`;
  if (options.reason !== undefined) headers["docket-reason"] = encodeReason(options.reason);
  let sent: BodyInit | undefined;
  if (body instanceof Blob || body instanceof Uint8Array) {
    headers["content-type"] ??= "application/octet-stream";
    sent = body as BodyInit;
  } else if (body !== undefined) {
    headers["content-type"] ??= "application/json";
    sent = JSON.stringify(body);
  }
  const signals = [options.signal, options.endless === true ? undefined : AbortSignal.timeout(requestMsMax)];
  const signal = AbortSignal.any(signals.filter((each) => each !== undefined));
  let response: Response;
  try {
    const how: RequestInit = { method, headers, signal, cache: "no-store" };
    if (sent !== undefined) how.body = sent;
    response = await fetch(path, how);
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw new ApiError(0, {
      code: "unreachable",
      message: "The server does not answer.",
      remedy: "Look whether it runs, and try again.",
    });
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function errorOf(response: Response): Promise<ApiError> {
  const said = (await response.json().catch(() => ({}))) as { error?: Record<string, unknown> };
  return new ApiError(response.status, said.error ?? {});
}

/** A header is bytes, each of which a string holds as one character: the server reads them as UTF-8. */
function encodeReason(reason: string): string {
  return String.fromCharCode(...new TextEncoder().encode(reason.replaceAll(/\s+/g, " ").trim()));
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
