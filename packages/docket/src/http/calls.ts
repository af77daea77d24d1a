// SPDX-License-Identifier: Apache-2.0
// The last calls of apps, for whoever connects one: what was called, and what it was answered. In memory, of
// this process, and bounded. Neither bodies nor addresses nor paths: those hold account ids and texts.
import { errorTable, formatTime } from "@docket/protocol";
import type { ErrorCode } from "@docket/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { printable } from "../printable.ts";
import { ownPagesHeader } from "./from.ts";

/** So many calls are remembered, and so many beside them that were answered with an error. */
export const callsMax = 500;
/** Longest pointer to what was wrong, in characters: names of fields that nobody knows come from outside. */
const pointerLengthMax = 100;

/** One call. */
export type Call = {
  /** When it was answered. */
  at: string;
  /** The method and the path as http.md has it: `POST /v1/decisions`, `GET /v1/actors/{id}/standing`. */
  call: string;
  status: number;
  /** The public id of the key; `null` where there was none that is known. */
  key: string | null;
  ms: number;
  /** What was wrong, of the call or of the first line of a batch that was refused; `null` if nothing. */
  error: CallError | null;
};

/** What was wrong with a call: a code of docs/reference/errors.md, and what that says of it. */
export type CallError = { code: ErrorCode; pointer: string | null; summary: string; remedy: string };

/** What is remembered, newest first; `since` is when the process began to. */
export type CallsView = { since: string; seen: number; failed: number; calls: Call[] };

/** Remembers calls. */
export class CallLog {
  readonly #clock: () => number;
  readonly #sinceMs: number;
  readonly #all = new Ring<Call>(callsMax);
  readonly #failed = new Ring<Call>(callsMax);

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#sinceMs = clock();
  }

  /** Takes in a call that was answered: with a key, or one that nobody knows, and not the console's. */
  note(request: FastifyRequest, status: number, ms: number): void {
    const { caller, failure, signedIn } = request;
    const path = request.routeOptions.url;
    if (path === undefined || !path.startsWith("/v1/") || signedIn !== null) return;
    if (request.headers[ownPagesHeader] !== undefined) return;
    if (caller === null && failure?.code !== "unauthenticated") return;
    const call: Call = {
      at: formatTime(this.#clock()),
      call: `${request.method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`,
      status,
      key: caller?.id ?? null,
      ms: Math.round(ms * 10) / 10,
      error: failure && errorOf(failure),
    };
    this.#all.add(call);
    if (call.error !== null) this.#failed.add(call);
  }

  /** The newest of all calls, or of those that failed. */
  view(which: "all" | "failed", limit: number): CallsView {
    const ring = which === "all" ? this.#all : this.#failed;
    const [seen, failed] = [this.#all.added, this.#failed.added];
    return { since: formatTime(this.#sinceMs), seen, failed, calls: ring.newest(limit) };
  }
}

/** Has a server's calls remembered. */
export function noteCalls(server: FastifyInstance, calls: CallLog): void {
  server.addHook("onResponse", (request, reply, done) => {
    calls.note(request, reply.statusCode, reply.elapsedTime);
    done();
  });
}

function errorOf({ code, pointer }: NonNullable<FastifyRequest["failure"]>): CallError {
  const { summary, remedy } = errorTable[code];
  return {
    code,
    pointer: pointer === undefined ? null : printable(pointer).slice(0, pointerLengthMax),
    summary,
    remedy,
  };
}

/** The last so many of what was added. */
class Ring<T> {
  readonly #most: number;
  readonly #held: T[] = [];
  added = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(each: T): void {
    this.#held[this.added % this.#most] = each;
    this.added += 1;
  }

  newest(limit: number): T[] {
    const count = Math.min(limit, this.#held.length);
    return Array.from(
      { length: count },
      (_, place) => this.#held[(this.added - 1 - place) % this.#most] as T,
    );
  }
}
