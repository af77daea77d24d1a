// SPDX-License-Identifier: Apache-2.0
// The file of API keys as the thread that answers sees it: every access is a message to `api-keys-thread.ts`.
import { Worker } from "node:worker_threads";
import type { AccessChange } from "../../access/api-keys.ts";
import type { ApiKeyFeed, ApiKeySnapshot } from "../../access/authenticator.ts";
import { DocketError } from "../../error.ts";
import { threadUrl } from "../../thread-url.ts";

/** What the thread is started with. */
export type ApiKeysThreadStart = { path: string; site: string };
/** To the thread. */
export type ToApiKeysThread =
  | { kind: "refresh"; id: number }
  | { kind: "markSealed"; id: number; change: AccessChange }
  | { kind: "close" };
/** From the thread. */
export type FromApiKeysThread = {
  kind: "done" | "failed";
  id: number;
  snapshot?: ApiKeySnapshot | undefined;
  message?: string;
};

type Waiting = { resolve: (snapshot: ApiKeySnapshot | undefined) => void; reject: (error: Error) => void };

/** Reads the API keys of a site in a thread of its own. A dead thread is started again by the next call. */
export function openSqliteApiKeyFeed(path: string, site: string): ApiKeyFeed {
  return new SqliteApiKeyFeed({ path, site });
}

class SqliteApiKeyFeed implements ApiKeyFeed {
  readonly #start: ApiKeysThreadStart;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;

  constructor(start: ApiKeysThreadStart) {
    this.#start = start;
  }

  refresh(): Promise<ApiKeySnapshot | undefined> {
    return this.#ask((id) => ({ kind: "refresh", id }));
  }

  async markSealed(change: AccessChange): Promise<void> {
    await this.#ask((id) => ({ kind: "markSealed", id, change }));
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.postMessage({ kind: "close" } satisfies ToApiKeysThread);
    await exited;
  }

  #ask(message: (id: number) => ToApiKeysThread): Promise<ApiKeySnapshot | undefined> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#running().postMessage(message(id));
    });
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(threadUrl("./api-keys-thread", import.meta.url), { workerData: this.#start });
    worker.on("message", ({ kind, id, snapshot, message }: FromApiKeysThread) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (kind === "done") waiting?.resolve(snapshot);
      else waiting?.reject(new DocketError("internal", `the file of API keys: ${message}`));
    });
    let cause: unknown;
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      this.#worker = undefined;
      const ended = new DocketError("internal", "the thread that reads the API keys ended", { cause });
      for (const waiting of this.#waiting.values()) waiting.reject(ended);
      this.#waiting.clear();
    });
    this.#worker = worker;
    return worker;
  }
}
