// SPDX-License-Identifier: Apache-2.0
// What an answer may be, whatever was sent.
import { errorTable } from "@docket/protocol";
import type { ErrorCode } from "@docket/protocol";
import { isSmuggling } from "./raw-requests.ts";
import type { WireAnswer } from "./client.ts";
import type { WireRequest } from "./requests.ts";

/** What is wrong with an answer. */
export type Finding = { readonly what: string; readonly about: string; readonly answer: string };

const shownMax = 600;
/** What must be in no answer: stack traces, modules, files, statements of SQL. */
const insides: readonly [string, RegExp][] = [
  ["a stack trace", /^\s+at .+:\d+:\d+/m],
  ["a file's name", /(file:\/\/|node:internal|node_modules|packages\/docket|\.ts:\d)/],
  ["a system error", /\b(ENOENT|EACCES|EISDIR|SQLITE_|ERR_[A-Z_]{4,})\b/],
  ["SQL", /\b(SELECT|INSERT INTO|UPDATE) .{1,80}\b(FROM|VALUES|SET|WHERE)\b/],
  ["a prototype's member", /function Object\(\)|\[native code\]/],
];

/** What is wrong with the answers to what was sent on one connection; `undefined` if nothing is. */
export function judge(
  { about, codes }: WireRequest,
  { text, hung }: WireAnswer,
  secrets: readonly string[],
): Finding | undefined {
  const finding = (what: string): Finding => ({ what, about, answer: text.slice(0, shownMax) });
  if (hung) return finding("no end of the answer in time");
  // A connection that is closed without a word is an answer to what is no HTTP.
  if (text === "") return about.startsWith("raw:") ? undefined : finding("no answer");
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
  if (statuses.length === 0) return finding("no status line");
  if (isSmuggling(about) && statuses.length > 1 && statuses.at(-1) === 200) {
    return finding("a hidden request was answered");
  }
  for (const status of statuses) {
    if (status >= 500 && !(status === 503 && isDocumented503(text))) return finding(`status ${status}`);
  }
  const body = text.slice(text.indexOf("\r\n\r\n") + 4);
  for (const [what, pattern] of insides) {
    if (pattern.test(body) && !about.includes("/openapi.json")) return finding(`${what} in the answer`);
  }
  if (secrets.some((secret) => body.includes(secret))) return finding("a path or a key in the answer");
  const [status = 0] = statuses;
  const isOwn = !about.startsWith("raw:") && !about.startsWith("HEAD ");
  if (isOwn && status >= 400 && !hasErrorShape(text)) return finding("an error in another shape");
  if (isOwn && !isParsers(text) && !/^x-content-type-options: nosniff\r$/im.test(text)) {
    return finding("no x-content-type-options");
  }
  const code = /^\{"error":\{"code":"([a-z_0-9]+)"/.exec(body)?.[1];
  if (codes !== undefined && code !== undefined && !codes.has(code) && !anywhere.has(code)) {
    return finding(`an error that the document does not name: ${code}`);
  }
  return undefined;
}

/** Errors that come before a route is found or its body is read. */
const anywhere: ReadonlySet<string> = new Set([
  "not_found",
  "method_not_allowed",
  "unauthenticated",
  "forbidden",
  "too_many_requests",
  // Of a body where none is read.
  "unsupported_media_type",
  "body_too_large",
]);

function isDocumented503(text: string): boolean {
  const code = /"code":"([a-z_0-9]+)"/.exec(text)?.[1] ?? "";
  return Object.hasOwn(errorTable, code) && errorTable[code as ErrorCode].status === 503;
}

function hasErrorShape(text: string): boolean {
  if (isParsers(text)) return true;
  const [, code = ""] = /\{"error":\{"code":"([a-z_0-9]+)","message":/.exec(text) ?? [];
  return Object.hasOwn(errorTable, code);
}

/** What the parser of HTTP refuses gets a status line alone. */
function isParsers(text: string): boolean {
  return /^HTTP\/1\.1 4\d\d [^\r]*\r\nconnection: close\r\ncontent-length: 0\r\n\r\n$/i.test(text);
}
