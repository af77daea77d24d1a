// SPDX-License-Identifier: Apache-2.0
// The thread of a site's SQLite files: calls come in batches and are answered in order.
import { parentPort, workerData } from "node:worker_threads";
import { SqliteSiteIndex } from "./site-index.ts";
import type { IndexAnswer, IndexCall, IndexStart } from "./site-index-client.ts";

const main = parentPort as NonNullable<typeof parentPort>;
const { identityPath, viewsPath, repeatWindowMs } = workerData as IndexStart;
const index = new SqliteSiteIndex(identityPath, viewsPath, repeatWindowMs);

main.on("message", (calls: IndexCall[]) => {
  main.postMessage(calls.map((call) => answer(call)));
  if (calls.some((call) => call.method === "close")) main.close();
});

function answer({ id, method, argument }: IndexCall): IndexAnswer {
  try {
    const value = (index[method] as (argument: unknown) => unknown).call(index, argument);
    return { id, value };
  } catch (error) {
    return { id, error: (error as Error).message };
  }
}
