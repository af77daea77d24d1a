// SPDX-License-Identifier: Apache-2.0
// The thread that reads the file of API keys for a server: the thread that answers does no synchronous disk
// I/O.
import { parentPort, workerData } from "node:worker_threads";
import type { ToApiKeysThread, FromApiKeysThread, ApiKeysThreadStart } from "./api-keys-feed.ts";
import { openSqliteApiKeys } from "./api-keys.ts";

const start = workerData as ApiKeysThreadStart;
const main = parentPort as NonNullable<typeof parentPort>;
const store = openSqliteApiKeys(start.path, start.site);
let seenVersion: number | undefined;

main.on("message", (message: ToApiKeysThread) => {
  if (message.kind === "close") {
    store.close();
    main.close();
    return;
  }
  try {
    tell({ kind: "done", id: message.id, snapshot: answer(message) });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    tell({ kind: "failed", id: message.id, message: text });
  }
});

function answer(message: Exclude<ToApiKeysThread, { kind: "close" }>): FromApiKeysThread["snapshot"] {
  if (message.kind === "markSealed") {
    store.markSealed(message.change);
    return undefined;
  }
  // The version is read before the rows: a change in between is seen the next time.
  const version = store.version();
  if (version === seenVersion) return undefined;
  const snapshot = { keys: store.list(), unsealed: store.unsealed() };
  seenVersion = version;
  return snapshot;
}

function tell(message: FromApiKeysThread): void {
  main.postMessage(message);
}
