// SPDX-License-Identifier: Apache-2.0
// The file of API keys and people as the thread that answers sees it: every access is a message to
// `access-thread.ts`, which is started by the first. A dead thread is started again by the next call.
import { Worker } from "node:worker_threads";
import type { ErrorCode } from "@docket/protocol";
import type { ApiKeyStore } from "../../access/api-keys.ts";
import type { ApiKeyFeed, ApiKeySnapshot } from "../../access/authenticator.ts";
import type { Later } from "../../access/later.ts";
import type { PeopleStore } from "../../access/people-store.ts";
import { DocketError } from "../../error.ts";
import { threadUrl } from "../../thread-url.ts";

/** What the thread is started with. */
export type AccessThreadStart = { path: string; site: string };
/** To the thread. */
export type ToAccessThread =
  | { kind: "call"; id: number; store: "keys" | "people"; method: string; args: readonly unknown[] }
  | { kind: "close" };
/** From the thread. */
export type FromAccessThread =
  | { kind: "done"; id: number; value: unknown }
  | { kind: "failed"; id: number; code: ErrorCode; message: string };

/** A site's file of API keys and people. */
export type AccessFile = {
  /** The keys as an authenticator asks for them; closing it closes nothing. */
  readonly feed: ApiKeyFeed;
  readonly keys: Later<Pick<ApiKeyStore, "insert" | "list" | "rotate" | "revoke">>;
  readonly people: Later<Omit<PeopleStore, "close">>;
  close(): Promise<void>;
};

/** Reaches the file at a path through a thread of its own, which nothing starts before it is needed. */
export function openSqliteAccess(path: string, site: string): AccessFile {
  const thread = new AccessThread({ path, site });
  const call =
    (store: "keys" | "people", method: string) =>
    (...args: unknown[]): Promise<never> =>
      thread.ask(store, method, args) as Promise<never>;
  return {
    feed: {
      refresh: (nowMs) => thread.ask("keys", "refresh", [nowMs]) as Promise<ApiKeySnapshot | undefined>,
      markSealed: call("keys", "markSealed"),
      markUsed: call("keys", "markUsed"),
      close: () => Promise.resolve(),
    },
    keys: {
      insert: call("keys", "insert"),
      list: call("keys", "list"),
      rotate: call("keys", "rotate"),
      revoke: call("keys", "revoke"),
    },
    people: {
      list: call("people", "list"),
      put: call("people", "put"),
      remove: call("people", "remove"),
      useStep: call("people", "useStep"),
      setRecoveryCodes: call("people", "setRecoveryCodes"),
      useRecoveryCode: call("people", "useRecoveryCode"),
      recoveryCodesLeft: call("people", "recoveryCodesLeft"),
      sessions: call("people", "sessions"),
      addSession: call("people", "addSession"),
      touchSession: call("people", "touchSession"),
      endSession: call("people", "endSession"),
      wish: call("people", "wish"),
      wishes: call("people", "wishes"),
      dropWish: call("people", "dropWish"),
    },
    close: () => thread.close(),
  };
}

/** The API keys of a site alone, for a server that knows no people. */
export function openSqliteApiKeyFeed(path: string, site: string): ApiKeyFeed {
  const file = openSqliteAccess(path, site);
  return { ...file.feed, close: () => file.close() };
}

type Waiting = { resolve: (value: unknown) => void; reject: (error: Error) => void };

class AccessThread {
  readonly #start: AccessThreadStart;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;

  constructor(start: AccessThreadStart) {
    this.#start = start;
  }

  ask(store: "keys" | "people", method: string, args: readonly unknown[]): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const message: ToAccessThread = { kind: "call", id, store, method, args };
      this.#running().postMessage(message);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.postMessage({ kind: "close" } satisfies ToAccessThread);
    await exited;
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(threadUrl("./access-thread", import.meta.url), { workerData: this.#start });
    worker.on("message", (message: FromAccessThread) => {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.kind === "done") waiting?.resolve(message.value);
      else waiting?.reject(new DocketError(message.code, `the file of keys and people: ${message.message}`));
    });
    let cause: unknown;
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      this.#worker = undefined;
      const ended = new DocketError("internal", "the thread that reads keys and people ended", { cause });
      for (const waiting of this.#waiting.values()) waiting.reject(ended);
      this.#waiting.clear();
    });
    this.#worker = worker;
    return worker;
  }
}
