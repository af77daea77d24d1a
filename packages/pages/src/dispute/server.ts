// SPDX-License-Identifier: Apache-2.0
// What the page of a dispute asks its server: everything with the token, which goes in a header and so into
// no address and no log.
import type { Phase } from "./words.ts";

/** What somebody wrote. */
export type ShownText = {
  index: number;
  from: "complainant" | "site";
  at: string;
  /** Absent where it is erased. */
  text?: { text: string; language?: string; attachments?: unknown[] };
};
/** A dispute as its complainant sees it: the answer of `GET /v1/disputes/by-token`. */
export type View = {
  of: number;
  kind: string;
  phase: Phase;
  until: string;
  explanation?: {
    outcomeWords: string;
    decidedAt: string;
    reasons: { rule: string; text: string }[];
    disclosed: { name: string; words: string }[];
    restrictions: { words: string }[];
    next: string | null;
  };
  dispute?: number;
  deadline?: string;
  overdue?: boolean;
  texts: ShownText[];
  ruling?: { index: number; at: string; told: Record<string, string> };
};

/** What the server refused, or that it gave no answer. */
export type Refusal = { code: string; message: string; waitSeconds: number };
/** An answer, or why there is none. */
export type Answer<Value> = { value: Value; refusal?: undefined } | { refusal: Refusal };

/** What a token looks like. */
export const tokenPattern: RegExp = /^dt1\.[A-Za-z0-9_-]{20,200}$/;

/** How long an answer is waited for, in ms. */
const answerWithinMs = 30_000;

/** Asks, with the token. A body makes it a POST. */
export async function ask<Value>(token: string, path: string, body?: object): Promise<Answer<Value>> {
  const request: RequestInit = {
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    credentials: "omit",
    signal: AbortSignal.timeout(answerWithinMs),
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  };
  try {
    const response = await fetch(`/v1/disputes${path}`, request);
    const answer = (await response.json()) as unknown;
    if (response.ok) return { value: answer as Value };
    const { error } = answer as { error: { code: string; message: string } };
    const waitSeconds = Number(response.headers.get("retry-after") ?? 1);
    return { refusal: { code: error.code, message: error.message, waitSeconds } };
  } catch {
    return { refusal: { code: "unreachable", message: "", waitSeconds: 0 } };
  }
}

/** Fetches a receipt, to the character: it is signed as it stands. */
export async function fetchReceipt(token: string): Promise<string | undefined> {
  const headers = { authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(answerWithinMs);
  const answer = await fetch("/v1/disputes/by-token/receipt", { headers, credentials: "omit", signal }).catch(
    () => undefined,
  );
  return answer?.ok === true ? answer.text() : undefined;
}
