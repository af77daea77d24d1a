// SPDX-License-Identifier: Apache-2.0
// The threads of a site's SQLite files: calls come in batches and are answered in order. One thread writes
// and answers what events wait for; another only reads, so that a long query delays no event.
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { SqliteSiteIndex } from "./site-index.ts";
import type { IndexAnswer, IndexCall, IndexStart } from "./site-index-client.ts";
import { ViewsReader } from "./views-reader.ts";

const main = parentPort as NonNullable<typeof parentPort>;
const { identityPath, viewsPath, repeatWindowMs, keyStore, reads } = workerData as IndexStart;
const index: object = reads
  ? openReader()
  : new SqliteSiteIndex(identityPath, viewsPath, repeatWindowMs, { keyStore });

main.on("message", (calls: IndexCall[]) => {
  main.postMessage(calls.map((call) => answer(call)));
  if (calls.some((call) => call.method === "close")) main.close();
});

function answer({ id, method, argument }: IndexCall): IndexAnswer {
  try {
    const called = (index as Record<string, (argument: unknown) => unknown>)[method];
    return { id, value: called?.call(index, argument) };
  } catch (error) {
    return { id, error: (error as Error).message };
  }
}

function openReader(): ViewsReader & { close(): void } {
  const views = new DatabaseSync(viewsPath, { readOnly: true });
  views.exec("PRAGMA busy_timeout = 5000");
  return Object.assign(new ViewsReader(views), { close: () => views.close() });
}
